"""Rooms and equipment: asked for behind a link or by the desk, never lent twice, with what is free next."""

import itertools
import threading
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from necmergitur.innovation.booking import State
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.commons import bookings, views
from necmergitur.web.commons.constants import OPEN_MOST, WORDS_KEPT
from necmergitur.web.commons.models import Asker, Booking
from necmergitur.web.commons.who import Who
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.incubation.models import Application
from necmergitur.web.letters import sending
from necmergitur.web.network.models import Partner
from necmergitur.web.programme import links
from tests.web.commons.lending import HERE, anybody, partner, sent, thing, tomorrow
from tests.web.commons.mailbox import Mailbox, mailbox
from tests.web.hackathon.playing import Hackathon
from tests.web.incubation.test_incubation import accepted
from tests.web.pages import City


def test_a_partner_asks_behind_their_link_and_the_desk_answers_with_a_way_back(city: City) -> None:
    room, (_partner, mine) = thing(), partner()
    browser, analyst = anybody(), city.client("analyst")
    assert "Large room" in browser.get(mine).content.decode()
    assert browser.post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12))).status_code == 302
    one = Booking.objects.get()
    assert (one.state, one.asker) == (State.ASKED, Asker.PARTNER)
    page = analyst.get(HERE).content.decode()
    assert "Palais des Sports" in page and "A demonstration" in page
    here = f"{HERE}bookings/{one.pk}/"
    assert analyst.post(here, {"do": "confirm", "answer": "Bring your badge."}).status_code == 302
    page = browser.get(mine).content.decode()
    assert "Confirmed" in page and "Bring your badge." in page
    for do, state in (("decline", State.DECLINED), ("undo", State.CONFIRMED), ("cancel", State.CANCELLED)):
        assert analyst.post(here, {"do": do}).status_code == 302
        one.refresh_from_db()
        assert one.state == state
    assert analyst.post(here, {"do": "confirm"}).status_code == 409, "what was cancelled is brought back, not confirmed"
    assert "10:00" not in browser.get("/programme/resources/").content.decode()


def test_what_is_taken_is_refused_with_what_is_free_next_and_the_words_stay(city: City) -> None:
    room, (_one, mine), (_other, theirs) = thing(), partner(), partner("Another")
    browser = anybody()
    browser.post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    answer = browser.post(f"{theirs}things/{room.pk}/", sent(tomorrow(11), tomorrow(13), "Our <own> trial"))
    page = answer.content.decode()
    assert answer.status_code == 409 and Booking.objects.count() == 1
    assert "Somebody has it at these hours." in page and "12:00 \N{EN DASH} 14:00" in page
    assert "Our &lt;own&gt; trial" in page and f'value="{tomorrow(11)}"' in page
    assert "Palais des Sports" not in page, "by whom is nobody's business"
    assert browser.post(f"{theirs}things/{room.pk}/", sent(tomorrow(12), tomorrow(14))).status_code == 302, (
        "back to back"
    )


def test_of_many_at_once_one_gets_it(city: City) -> None:
    room = thing(days=list(range(7)), opens=time(0), closes=time(0))
    begins = timezone.localtime().replace(hour=10, minute=0) + timedelta(days=2)
    askers = [partner(f"Partner {number}")[0] for number in range(8)]
    outcomes: list[object] = []
    ready = threading.Barrier(len(askers))

    def ask(ref: str) -> None:
        ready.wait()
        by = Who(Asker.PARTNER, ref, "")
        outcomes.append(bookings.ask(room, begins, begins + timedelta(hours=1), "", by, timezone.now()))
        connections.close_all()

    threads = [threading.Thread(target=ask, args=(str(one.pk),)) for one in askers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(isinstance(one, Booking) for one in outcomes) == 1
    assert {one.rule for one in outcomes if isinstance(one, Refusal)} == {"booking_taken"}


def test_postgresql_lends_nothing_twice_whoever_writes(city: City) -> None:
    room, (_partner, mine) = thing(), partner()
    anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    again = (
        "INSERT INTO commons_booking (thing_id, begins, ends, state, before, what_for, asker, asker_ref, answer,"
        " asked_at, changed_at) SELECT thing_id, begins + interval '1 hour', ends, %s, '', '', 'desk', '', '', now(),"
        " now() FROM commons_booking LIMIT 1"
    )
    with psycopg.connect(city.url) as connection:
        with pytest.raises(psycopg.errors.ExclusionViolation), connection.transaction():
            connection.execute(again, ["confirmed"])
        assert connection.execute(again, ["declined"]).rowcount == 1, "what holds nothing is in nobody's way"


def test_what_the_desk_answered_stays_when_a_booking_is_cancelled_and_brought_back(city: City) -> None:
    room, (_partner, mine) = thing(), partner()
    browser, analyst = anybody(), city.client("analyst")
    browser.post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    one = Booking.objects.get()
    desk = f"/programme/desk/resources/bookings/{one.pk}/"
    assert analyst.post(desk, {"do": "confirm", "answer": "The key is at the door."}).status_code == 302
    for what in ("cancel", "undo"):
        assert browser.post(f"{mine}bookings/{one.pk}/", {"do": what}).status_code == 302
        one.refresh_from_db()
        assert one.answer == "The key is at the door.", what


def test_an_undo_finds_it_taken_meanwhile(city: City) -> None:
    room, (_partner, mine), (_other, theirs) = thing(), partner(), partner("Another")
    browser = anybody()
    browser.post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    one = Booking.objects.get()
    assert browser.post(f"{theirs}bookings/{one.pk}/", {"do": "cancel"}).status_code == 404, "another's"
    assert browser.post(f"{mine}bookings/{one.pk}/", {"do": "cancel"}).status_code == 302
    browser.post(f"{theirs}things/{room.pk}/", sent(tomorrow(11), tomorrow(12)))
    answer = browser.post(f"{mine}bookings/{one.pk}/", {"do": "undo"})
    assert answer.status_code == 409 and "Somebody has it at these hours." in answer.content.decode()


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (tomorrow(12), tomorrow(11), "It must end after it begins."),
        (tomorrow(10, days=-2), tomorrow(11, days=-2), "This time is over."),
        (tomorrow(7), tomorrow(10), "not to be had at these hours"),
        (tomorrow(17), tomorrow(19), "not to be had at these hours"),
        (tomorrow(10), tomorrow(10, 5), "a quarter of an hour at least"),
        (tomorrow(10), tomorrow(10, days=2), "book each day by itself"),
        (tomorrow(10, days=400), tomorrow(11, days=400), "a year ahead at most"),
        ("tomorrow", "", "A day and an hour."),
        ("0001-01-01T00:00", "9999-12-31T23:59", "A day and an hour."),
    ],
)
def test_hours_that_cannot_be_are_refused_in_words(city: City, begins: str, ends: str, said: str) -> None:
    room, (_partner, mine) = thing(), partner()
    answer = anybody().post(f"{mine}things/{room.pk}/", sent(begins, ends, "Kept words"))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert "Kept words" in answer.content.decode() and not Booking.objects.exists()


def test_equipment_is_kept_overnight_and_nobody_takes_a_house(city: City) -> None:
    lidar, (_partner, mine) = thing(overnight=True, name_en="Lidar on a tripod"), partner()
    browser = anybody()
    assert browser.post(f"{mine}things/{lidar.pk}/", sent(tomorrow(10), tomorrow(16, days=3))).status_code == 302
    for number in range(OPEN_MOST - 1):
        day = 5 + number
        assert (
            browser.post(f"{mine}things/{lidar.pk}/", sent(tomorrow(10, days=day), tomorrow(11, days=day))).status_code
            == 302
        )
    answer = browser.post(f"{mine}things/{lidar.pk}/", sent(tomorrow(10, days=30), tomorrow(11, days=30)))
    assert answer.status_code == 409 and "ten bookings ahead" in answer.content.decode()


def test_what_is_not_for_a_partner_is_not_there_for_them(city: City) -> None:
    room, (_partner, mine) = thing(askers=[Asker.COMPANY]), partner()
    assert anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12))).status_code == 404
    assert anybody().get("/programme/resources/mine/nobodys/").status_code == 404


def last_sunday_ahead(month: int) -> date:
    """Return the next last Sunday of a month, after tomorrow: when the European Union turns its clocks (2000/84/EC)."""
    for year in itertools.count(timezone.now().year):
        last = date(year, month, 31)
        found = last - timedelta(days=last.isoweekday() % 7)
        if found > timezone.now().date() + timedelta(days=1):
            return found
    raise AssertionError


def test_the_night_clocks_go_back_is_an_hour_longer_and_the_one_they_go_forward_lacks_one(city: City) -> None:
    paris = ZoneInfo("Europe/Paris")
    cage = thing(opens=time(0), closes=time(0), name_en="Test cage")
    forward, back = last_sunday_ahead(3), last_sunday_ahead(10)
    analyst = city.client("analyst")
    page = f"{HERE}things/{cage.pk}/"
    answer = analyst.post(page, sent(f"{forward:%Y-%m-%d}T02:30", f"{forward:%Y-%m-%d}T05:00"))
    assert answer.status_code == 422 and "this hour does not exist" in answer.content.decode()
    assert analyst.post(page, sent(f"{forward:%Y-%m-%d}T01:00", f"{forward:%Y-%m-%d}T04:00")).status_code == 302
    one = Booking.objects.get()
    assert one.ends - one.begins == timedelta(hours=2), "one to four, and one of the hours is not there"
    assert analyst.post(page, sent(f"{back:%Y-%m-%d}T02:00", f"{back:%Y-%m-%d}T02:30")).status_code == 302
    one = Booking.objects.latest("changed_at")
    assert one.begins == datetime(back.year, back.month, back.day, 2, 0, tzinfo=paris).astimezone(UTC)
    assert one.ends - one.begins == timedelta(minutes=90), "an hour that comes twice is had both times"
    week = analyst.get(f"{page}?week={back - timedelta(days=6):%Y-%m-%d}").content.decode()
    assert "02:00\N{EN DASH}02:30" in week and str(back.year) in week
    assert bookings.free_next(cage, one.begins, one.ends, one.begins - timedelta(days=20))[0][0] == one.ends


def test_words_go_a_month_after_and_what_erased_people_hold_is_free(city: City) -> None:
    room, (gone, mine) = thing(), partner()
    anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    gone.delete()
    now = timezone.now()
    assert "Somebody who was erased, or left" in city.client("analyst").get(HERE).content.decode()
    assert bookings.sweep(now) == 1
    one = Booking.objects.get()
    assert (one.state, one.what_for, one.asker_ref) == (State.CANCELLED, "", "")
    Booking.objects.update(what_for="A name", ends=now - WORDS_KEPT, begins=now - WORDS_KEPT - timedelta(hours=1))
    assert bookings.sweep(now) == 1
    assert Booking.objects.get().what_for == ""


def test_what_somebody_booked_who_was_erased_by_their_rights_is_free_too(city: City) -> None:
    room, (_gone, mine) = thing(), partner()
    anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    Booking.objects.update(what_for="", asker_ref="")
    assert "Somebody who was erased, or left" in city.client("analyst").get(HERE).content.decode()
    assert bookings.sweep(timezone.now()) == 1
    assert Booking.objects.get().state == State.CANCELLED


def test_a_week_is_asked_for_by_any_day_of_it_and_nonsense_is_this_week(city: City) -> None:
    room, (_partner, mine) = thing(), partner()
    anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10, days=9), tomorrow(12, days=9)))
    later = (timezone.localtime() + timedelta(days=9)).date().isoformat()
    assert "10:00\N{EN DASH}12:00" in anybody().get(f"/programme/resources/?week={later}").content.decode()
    for nonsense in ("9999-12-31", "0001-01-01", "<script>", ""):
        answer = anybody().get("/programme/resources/", {"week": nonsense})
        assert answer.status_code == 200 and "10:00\N{EN DASH}12:00" not in answer.content.decode()


def test_whoever_only_reads_the_desk_changes_nothing(city: City) -> None:
    room = thing()
    lead = city.client("lead")
    assert lead.get(HERE).status_code == 200
    lead.post(f"{HERE}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    assert not Booking.objects.exists()
    assert lead.post(f"{HERE}things/{room.pk}/close/").status_code == 403
    assert city.client("pilot").get(HERE).status_code == 403


def test_a_thing_is_written_closed_and_opened_at_the_desk(city: City) -> None:
    analyst = city.client("analyst")
    form = {
        "name_fr": "Écran", "name_en": "Screen", "place": "Cave", "opens": "08:00", "closes": "20:00", "days": ["0", "1"],
        "askers": ["partner", "company"], "overnight": "on",
    }  # fmt: skip
    answer = analyst.post(f"{HERE}things/new/", form | {"days": []})
    assert answer.status_code == 422 and "Écran" in answer.content.decode()
    answer = analyst.post(f"{HERE}things/new/", form)
    assert answer.status_code == 302
    here = answer["Location"]
    assert "Screen" in anybody().get("/programme/resources/").content.decode()
    analyst.post(f"{here}close/")
    assert "Screen" not in anybody().get("/programme/resources/").content.decode()
    assert "Lent no more" in analyst.get(here).content.decode()
    analyst.post(f"{here}close/")
    assert analyst.post(f"{here}write/", form | {"capacity": "3"}).status_code == 302
    assert "Écran" in anybody("fr").get("/programme/resources/").content.decode()


def test_people_of_the_incubation_and_of_hackathons_come_with_the_link_they_have_and_are_told_by_mail(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    analyst, _project = accepted(city)
    company = f"/programme/resources/mine/{links.own('applicant', Application.objects.get().pk)}/"
    someone = Hackathon(city).apply(1).removeprefix("/programme/hackathon/mine/")
    room = thing(askers=[Asker.COMPANY, Asker.PARTICIPANT])
    assert anybody().post(f"{company}things/{room.pk}/", sent(tomorrow(10), tomorrow(11))).status_code == 302
    participant = f"/programme/resources/mine/{someone}"
    assert anybody().post(f"{participant}things/{room.pk}/", sent(tomorrow(12), tomorrow(13))).status_code == 302
    with mailbox(Mailbox) as inbox:
        for one in Booking.objects.order_by("begins"):
            analyst.post(f"{HERE}bookings/{one.pk}/", {"do": "confirm", "answer": "Ring twice."})
        assert sending.send_due(inbox.messenger, timezone.now()) >= 2
    told = {to: str(mail.get_content()) for to, mail in inbox.came if "Ring twice." in str(mail.get_content())}
    assert len(told) == 2 and company in told["ada@densite.example"]


def test_a_booking_of_somebody_who_was_erased_is_told_to_nobody(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    room, (gone, mine) = thing(), partner()
    Partner.objects.update(contact_email="ada@hall.example")
    anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    city.client("analyst").post(f"{HERE}bookings/{Booking.objects.get().pk}/", {"do": "confirm"})
    gone.delete()
    with mailbox(Mailbox) as inbox:
        assert sending.send_due(inbox.messenger, timezone.now()) == 0 and inbox.came == []


def test_nobody_asks_and_cancels_by_script(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "asked", Limit(2))
    room, (_partner, mine) = thing(), partner()
    form, answers = sent(tomorrow(10), tomorrow(12)), []
    for _ in range(3):
        answers.append(anybody().post(f"{mine}things/{room.pk}/", form).status_code)
        Booking.objects.update(state=State.CANCELLED)
    assert answers == [302, 302, 429] and Booking.objects.count() == 2
