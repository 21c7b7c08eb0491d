"""Office hours: half hours that mentors offer and projects of their call book; never two in one (PostgreSQL, NM030)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from necmergitur.innovation.phases import OVER, Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.incubation import writing
from necmergitur.web.incubation.models import Booking, Helper, Slot
from necmergitur.web.programme.models import Project

HALF_HOUR = timedelta(minutes=30)
AT_ONCE_MAX = 12  # ours: six hours of talk are a day
TO_COME_MAX = 6  # ours: half hours one project holds, so that others have some


def offer(mentor: Helper, day: date, begins: time, ends: time, now: datetime) -> int | Refusal:
    """Offer half hours of a day, by the clock on the wall; return how many are new."""
    first, last = (timezone.make_aware(datetime.combine(day, each)) for each in (begins, ends))
    count = (last - first) // HALF_HOUR
    if not 1 <= count <= AT_ONCE_MAX or first <= now or first.minute % 30 or first.second:
        return Refusal(rule="hours_out_of_range")
    made = [Slot(mentor=mentor, starts_at=first + number * HALF_HOUR) for number in range(count)]
    before = mentor.slots.count()
    Slot.objects.bulk_create(made, ignore_conflicts=True)
    return mentor.slots.count() - before


def free(project: Project, now: datetime) -> Any:
    """Return the half hours to come that a project may book, the nearest first."""
    found = Slot.objects.filter(mentor__call__applications__project=project, starts_at__gt=now, booking=None)
    return found.select_related("mentor").order_by("starts_at")


def under_way(project: Project) -> bool:
    """Return whether a project is in a phase that is not over."""
    last = project.steps.last()
    return last is not None and Phase(last.phase) not in OVER


def book(project: Project, slot_id: int, about: str, now: datetime) -> Booking | Refusal:
    """Book a half hour. Of two who press at once, one has it."""
    held = Project.objects.select_for_update().filter(pk=project.pk)
    try:
        with transaction.atomic():
            held.get()  # a project books one half hour after the other
            return _booked(project, slot_id, about, now)
    except IntegrityError:
        return Refusal(rule="slot_taken")
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") == "NM030":
            return Refusal(rule="mentor_full")
        raise


def _booked(project: Project, slot_id: int, about: str, now: datetime) -> Booking | Refusal:
    if not under_way(project):
        return Refusal(rule="project_over")
    slot = Slot.objects.filter(pk=slot_id, mentor__call__applications__project=project).first()
    if slot is None or hasattr(slot, "booking"):
        return Refusal(rule="slot_taken")
    if slot.starts_at <= now:
        return Refusal(rule="slot_past")
    mine = Booking.objects.filter(project=project, slot__starts_at__gt=now)
    if mine.filter(slot__starts_at=slot.starts_at).exists():
        return Refusal(rule="hour_elsewhere")
    if mine.count() >= TO_COME_MAX:
        return Refusal(rule="hours_many")
    made = Booking.objects.create(slot=slot, project=project, about=about, at=now)
    writing.tell_mentor("hour", made, now)
    return made


@transaction.atomic
def cancel(bookings: Any, pk: int, now: datetime, *, by_mentor: bool) -> Booking | None:
    """Give a half hour to come back, and tell the other side; return what it was."""
    found: Booking | None = (
        bookings.filter(pk=pk, slot__starts_at__gt=now).select_related("slot__mentor__call", "project").first()
    )
    if found is not None and Booking.objects.filter(pk=pk).delete()[0]:
        (writing.tell_project if by_mentor else writing.tell_mentor)("hour_off", found, now)
    return found


def withdraw(mentor: Helper, pk: int) -> bool:
    """Take a half hour back that nobody booked; return whether it was there."""
    return bool(mentor.slots.filter(pk=pk, booking=None).delete()[0])
