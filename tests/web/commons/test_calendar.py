"""The calendar: written at the desk, gathered from other rooms, followed by calendar programs."""

from datetime import timedelta
from typing import Any

import icalendar
from django.test import Client
from django.utils import timezone

from necmergitur.web.commons import happenings
from necmergitur.web.commons.models import Happening, Kind
from necmergitur.web.incubation.models import Call
from tests.web.commons.lending import HERE, anybody, tomorrow
from tests.web.incubation.test_incubation import called
from tests.web.pages import City

DESK = f"{HERE}calendar/"
FEED = "/programme/calendar.ics"


def written(analyst: Client, **changes: str) -> Happening:
    form = {
        "kind": "demo", "title_fr": "Journée; de démonstration, à la mairie", "title_en": "Demo day",
        "begins": tomorrow(9, days=3), "ends": tomorrow(18, days=3), "place": "Hôtel de Ville",
    }  # fmt: skip
    answer = analyst.post(f"{DESK}new/", form | changes)
    assert answer.status_code == 302, answer.content.decode()
    made = Happening.objects.order_by("-changed_at").first()
    assert made is not None
    return made


def events(**options: Any) -> list[icalendar.Event]:
    answer = Client().get(FEED, **options)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_what_the_desk_writes_is_read_by_people_and_by_their_calendars(city: City) -> None:
    made = written(city.client("analyst"))
    assert "Demo day" in anybody().get("/programme/calendar/").content.decode()
    french = events(query_params={"language": "fr"})[0]
    assert str(french["SUMMARY"]) == "Journée; de démonstration, à la mairie"
    assert str(events(query_params={"language": "en"})[0]["SUMMARY"]) == "Demo day"
    assert french.decoded("DTSTART") == made.begins and french.decoded("DTEND") == made.ends
    one = icalendar.Calendar.from_ical(Client().get(f"/programme/calendar/{made.pk}.ics").content)
    assert [str(each["UID"]) for each in one.walk("VEVENT")] == [str(made.pk)]


def test_a_change_and_a_cancelling_keep_the_uid_and_count_up(city: City) -> None:
    analyst = city.client("analyst")
    made = written(analyst)
    form = {"kind": "demo", "title_fr": "Autre", "title_en": "Other", "begins": tomorrow(10, days=4)}
    assert analyst.post(f"{DESK}{made.pk}/", form).status_code == 302
    found = events()[0]
    assert (str(found["UID"]), int(found["SEQUENCE"]), str(found["STATUS"])) == (str(made.pk), 1, "CONFIRMED")
    assert "DTEND" not in found
    assert analyst.post(f"{DESK}{made.pk}/cancel/").status_code == 302
    found = events()[0]
    assert (str(found["UID"]), int(found["SEQUENCE"]), str(found["STATUS"])) == (str(made.pk), 2, "CANCELLED")
    assert "Called off" in anybody().get("/programme/calendar/").content.decode()
    analyst.post(f"{DESK}{made.pk}/cancel/")
    assert str(events()[0]["STATUS"]) == "CONFIRMED"


def test_a_program_that_asks_again_hears_that_nothing_is_new(city: City) -> None:
    analyst = city.client("analyst")
    made = written(analyst)
    first = Client().get(FEED)
    assert "max-age" in first["Cache-Control"] and first["Last-Modified"]
    by_tag = Client().get(FEED, headers={"If-None-Match": first["ETag"]})
    by_date = Client().get(FEED, headers={"If-Modified-Since": first["Last-Modified"]})
    assert (by_tag.status_code, by_tag.content, by_date.status_code) == (304, b"", 304)
    analyst.post(f"{DESK}{made.pk}/cancel/")
    assert Client().get(FEED, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_empty_calendar_is_one(city: City) -> None:
    assert events() == []
    assert "Nothing is planned." in anybody().get("/programme/calendar/").content.decode()


def test_dates_of_calls_come_by_themselves_move_with_them_and_are_called_off_with_them(city: City) -> None:
    called(city)
    now, call = timezone.now(), Call.objects.get()
    assert happenings.gather(now) == 1 and happenings.gather(now) == 0
    row = Happening.objects.get()
    assert (row.kind, row.begins, row.sequence) == (Kind.DEADLINE, call.closes_at, 0)
    assert (row.title_fr, row.title_en) == (
        "Cohort 2027\N{NO-BREAK SPACE}: candidatures jusque-là",
        "Cohort 2027: applications until then",
    )
    Call.objects.update(closes_at=call.closes_at + timedelta(days=1))
    assert happenings.gather(now) == 1
    row.refresh_from_db()
    assert (row.begins, row.sequence) == (call.closes_at + timedelta(days=1), 1)
    assert city.client("analyst").post(f"{DESK}{row.pk}/cancel/").status_code == 404, "changed where it is from"
    assert "Cohort 2027" in city.client("analyst").get(DESK).content.decode()
    Call.objects.all().delete()
    assert happenings.gather(now) == 1
    assert [(str(each["STATUS"]), int(each["SEQUENCE"])) for each in events()] == [("CANCELLED", 2)]


def test_a_deadline_of_a_call_that_takes_no_more_is_not_called_off(city: City) -> None:
    called(city)
    now = timezone.now()
    assert happenings.gather(now) == 1
    Call.objects.update(closes_at=now)
    assert happenings.gather(now) == 1
    page = anybody().get("/programme/calendar/").content.decode()
    assert "No more applications" in page and "Called off" not in page


def test_a_wrong_event_is_refused_and_its_words_stay(city: City) -> None:
    form = {"kind": "demo", "title_fr": "Fr", "title_en": "<b>En</b>", "begins": tomorrow(9), "ends": tomorrow(8)}
    answer = city.client("analyst").post(f"{DESK}new/", form)
    page = answer.content.decode()
    assert answer.status_code == 422 and "It must end after it begins." in page and "&lt;b&gt;En&lt;/b&gt;" in page


def test_a_long_calendar_has_pages_and_what_was_has_its_own(city: City) -> None:
    now = timezone.now()
    for number in range(40):
        Happening.objects.create(
            id=f"00000000-0000-4000-8000-{number:012}", kind=Kind.MEETING, title_fr="R", title_en=f"Meeting {number}!",
            begins=now + timedelta(days=number - 5, hours=1), changed_at=now,
        )  # fmt: skip
    first = anybody().get("/programme/calendar/").content.decode()
    assert "Meeting 5!" in first and "Meeting 39!" not in first and "?page=2" in first
    assert "Meeting 39!" in anybody().get("/programme/calendar/?page=2").content.decode()
    assert "Meeting 4!" in anybody().get("/programme/calendar/?past=1").content.decode()
    assert anybody().get("/programme/calendar/?page=nonsense").status_code == 200
