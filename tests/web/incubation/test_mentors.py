"""Mentors and office hours, by private links and forms alone: never two in one half hour, in PostgreSQL neither."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, connections, transaction
from django.test import Client, override_settings
from django.utils import timezone

from necmergitur.web.incubation import office
from necmergitur.web.incubation.models import Application, Booking, Call, Helper, Milestone, Slot
from necmergitur.web.letters import sending
from necmergitur.web.letters.models import Letter
from necmergitur.web.programme.models import Project
from tests.web.incubation.test_incubation import DESK, OTHER, WHY, applied, called
from tests.web.pages import City

DAY = timezone.localdate() + timedelta(days=30)


class Cohort:
    """Two projects of one call, and a mentor who has two half hours."""

    def __init__(self, city: City, capacity: int = 3) -> None:
        self.analyst, self.call = called(city, places=2)
        self.mine = [applied(self.call).headers["Location"], applied(self.call, **OTHER).headers["Location"]]
        for one in Application.objects.all():
            self.analyst.post(f"{DESK}applications/{one.pk}/", {"reason": WHY, "to": "accept"})
        self.first, self.second = (one.project for one in Application.objects.order_by("received_at"))
        said = {
            "name": "Maud",
            "language": "fr",
            "skills": ["law"],
            "offers": "Data protection",
            "capacity": str(capacity),
        }
        page = self.analyst.post(f"{DESK}calls/{self.call.pk}/mentors/", said).content.decode()
        self.mentor = "/programme/incubation/mentor/" + page.split("/programme/incubation/mentor/")[1].split("<")[0]
        said = {"do": "offer", "day": f"{DAY:%Y-%m-%d}", "begins": "09:00", "ends": "10:00"}
        assert somebody().post(self.mentor, said).status_code == 302

    def book(self, number: int, slot: Slot) -> int:
        said = {"do": "book", "slot": str(slot.pk), "about": "May we keep counts?"}
        return somebody().post(f"{self.mine[number]}hours/", said).status_code


@pytest.fixture
def cohort(city: City) -> Cohort:
    return Cohort(city)


def somebody() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def page(place: str) -> str:
    return somebody().get(place).content.decode()


def test_a_project_books_a_half_hour_the_mentor_sees_it_with_its_milestones_and_either_gives_it_back(
    cohort: Cohort,
) -> None:
    Milestone.objects.create(project=cohort.first, title="First count", due=DAY)
    early, late = Slot.objects.all()
    assert "Maud" in page(f"{cohort.mine[0]}hours/") and "Data protection" in page(f"{cohort.mine[0]}hours/")
    assert cohort.book(0, early) == 302
    assert cohort.book(1, early) == 409, "one project a half hour"
    assert cohort.book(1, late) == 302
    mentor = page(cohort.mentor)
    assert "May we keep counts?" in mentor and "First count" in mentor and "Crowd advice" in mentor
    assert "09:00" in mentor and "Europe/Paris" in mentor
    one = Booking.objects.get(slot=early)
    assert somebody().post(f"{cohort.mine[1]}hours/", {"do": "cancel", "id": str(one.pk)}).status_code == 302
    assert Booking.objects.filter(pk=one.pk).exists(), "another project's is not theirs to give back"
    assert somebody().post(f"{cohort.mine[0]}hours/", {"do": "cancel", "id": str(one.pk)}).status_code == 302
    other = Booking.objects.get()
    assert somebody().post(cohort.mentor, {"do": "cancel", "id": str(other.pk)}).status_code == 302
    assert not Booking.objects.exists()
    assert somebody().post(cohort.mentor, {"do": "withdraw", "id": str(early.pk)}).status_code == 302
    assert cohort.book(0, early) == 409, "taken back"


def test_half_hours_are_those_of_the_clock_on_the_wall_also_where_it_is_turned(cohort: Cohort) -> None:
    winter, summer = date(2027, 1, 15), date(2027, 7, 15)
    mentor, now = Helper.objects.get(), datetime(2026, 12, 1, tzinfo=UTC)
    for day in (winter, summer):
        assert office.offer(mentor, day, time(14), time(15), now) == 2
        assert office.offer(mentor, day, time(14), time(15), now) == 0, "offered twice is offered once"
    starts = [one.starts_at.astimezone(UTC).hour for one in Slot.objects.filter(starts_at__year=2027)[:4]]
    assert starts == [13, 13, 12, 12]


@pytest.mark.parametrize(("begins", "ends"), [("09:10", "10:00"), ("10:00", "09:00"), ("08:00", "20:00"), ("9h", "")])
def test_hours_that_are_none_come_back_with_what_was_typed(cohort: Cohort, begins: str, ends: str) -> None:
    said = {"do": "offer", "day": f"{DAY:%Y-%m-%d}", "begins": begins, "ends": ends}
    answer = somebody().post(cohort.mentor, said)
    assert answer.status_code == 422 and f"{DAY:%Y-%m-%d}" in answer.content.decode()
    assert Slot.objects.count() == 2


def test_a_mentor_takes_no_more_projects_than_they_can_and_one_project_is_in_one_place(city: City) -> None:
    cohort = Cohort(city, capacity=1)
    early, late = Slot.objects.all()
    assert cohort.book(0, early) == 302
    assert cohort.book(1, late) == 409
    assert cohort.book(0, late) == 302, "the same project may come again"
    other = Helper.objects.create(
        id=cohort.first.pk, call=cohort.call, kind="mentor", name="B", link_hash="b", added_at=timezone.now()
    )
    assert cohort.book(0, Slot.objects.create(mentor=other, starts_at=early.starts_at)) == 409


def test_a_mentor_who_leaves_calls_off_what_was_booked_and_each_project_is_told(cohort: Cohort) -> None:
    early, late = Slot.objects.all()
    assert (cohort.book(0, early), cohort.book(1, late)) == (302, 302)
    with override_settings(EMAIL_HOST="127.0.0.1"):
        assert somebody().post(cohort.mentor, {"do": "erase"}).status_code == 302
        told = Letter.objects.filter(kind="hour_off").order_by("pk")
        notes = {note.to: note.text for one in told for note in [sending.kinds()[one.kind](one.about)] if note}
    assert set(notes) == set(Application.objects.values_list("contact_email", flat=True))
    assert all("was given back: nobody comes" in text for text in notes.values())
    assert not Booking.objects.exists() and not Slot.objects.exists() and not Helper.objects.exists()
    assert "Maud" not in page(f"{cohort.mine[0]}hours/")


def test_a_mentor_whom_the_desk_takes_back_calls_off_what_was_booked_and_the_project_is_told(cohort: Cohort) -> None:
    early, _late = Slot.objects.all()
    assert cohort.book(0, early) == 302
    desk = f"{DESK}calls/{cohort.call.pk}/"
    address = f"{desk}disinvite/{Helper.objects.get().pk}/"
    assert f'action="{address}"' in cohort.analyst.get(f"{desk}mentors/").content.decode()
    with override_settings(EMAIL_HOST="127.0.0.1"):
        assert cohort.analyst.post(address).headers["Location"] == f"{desk}mentors/"
        assert Letter.objects.filter(kind="hour_off").count() == 1
    assert not Booking.objects.exists() and not Helper.objects.exists()
    assert somebody().get(cohort.mentor).status_code == 404


def test_a_project_that_gave_up_books_nothing_and_a_wrong_link_shows_nothing(cohort: Cohort) -> None:
    for phase in ("construction", "abandoned"):
        said = {"to": phase, "reason": "too many false alarms at night"}
        cohort.analyst.post(f"/programme/desk/projects/{cohort.first.pk}/do/phase/", said)
    assert "No half hour is free now." in page(f"{cohort.mine[0]}hours/")
    slot = Slot.objects.first()
    assert slot is not None and cohort.book(0, slot) >= 400, "nor by naming a half hour the page does not show"
    assert not hasattr(slot, "booking") and cohort.book(1, slot) == 302
    for place in ("/programme/incubation/mentor/none/", "/programme/incubation/mine/none/hours/"):
        assert somebody().get(place).status_code == 404


def test_of_two_who_book_at_once_one_has_it(cohort: Cohort) -> None:
    slot = Slot.objects.first()
    assert slot is not None
    taken = Booking(slot=slot, project=cohort.second, about="first", at=timezone.now())
    seen = office.Slot.objects.filter(pk=slot.pk).first()
    assert seen is not None and not hasattr(seen, "booking")
    taken.save()
    assert office.book(cohort.first, slot.pk, "too late", timezone.now()).rule == "slot_taken"  # type: ignore[union-attr]
    assert Booking.objects.count() == 1 and not connections["default"].needs_rollback


def twice(cohort: Cohort, slot: Slot) -> None:
    for project in (cohort.first, cohort.second):
        Booking.objects.create(slot=slot, project=project, about="x", at=timezone.now())


def overlapping(_cohort: Cohort, slot: Slot) -> None:
    Slot.objects.create(mentor=slot.mentor, starts_at=slot.starts_at + timedelta(minutes=10))


def again(_cohort: Cohort, slot: Slot) -> None:
    Slot.objects.create(mentor=slot.mentor, starts_at=slot.starts_at)


def beyond(cohort: Cohort, slot: Slot) -> None:
    Helper.objects.update(capacity=0)
    Booking.objects.create(slot=slot, project=cohort.first, about="x", at=timezone.now())


def elsewhere(cohort: Cohort, slot: Slot) -> None:
    other = Call.objects.get()
    other.pk = Project.objects.order_by("pk").first().pk  # type: ignore[union-attr]
    other.save(force_insert=True)
    Helper.objects.update(call=other)
    Booking.objects.create(slot=slot, project=cohort.first, about="x", at=timezone.now())


@pytest.mark.parametrize("breach", [twice, overlapping, again, beyond, elsewhere])
def test_postgresql_refuses_by_itself(cohort: Cohort, breach: Callable[[Cohort, Slot], None]) -> None:
    slot = Slot.objects.first()
    assert slot is not None
    with pytest.raises(DatabaseError, match="incubation"), transaction.atomic():
        breach(cohort, slot)
