"""A booking is asked for, confirmed, declined, cancelled, brought back. The last word on "free" is PostgreSQL's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from necmergitur.innovation import booking
from necmergitur.innovation.booking import HOLDS, Span, State
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.commons import who
from necmergitur.web.commons.constants import OPEN_MOST, WORDS_KEPT
from necmergitur.web.commons.models import DESK, Booking, Thing
from necmergitur.web.commons.who import Who

EXCLUSION = "commons_never_twice"


def zone() -> ZoneInfo:
    """Return the city's clock."""
    return ZoneInfo(str(timezone.get_default_timezone()))


def ask(
    thing: Thing, begins: datetime, ends: datetime, what_for: str, by: Who | None, now: datetime
) -> Booking | Refusal:
    """Ask for a thing; `by` None: the desk, whose bookings are confirmed."""
    refused = booking.may_book(thing.hours, begins, ends, now, zone())
    if refused is not None:
        return refused
    if by is not None and by.asker not in thing.askers:
        return Refusal(rule="booking_not_yours")
    try:
        with transaction.atomic():
            # One after the other: two bookings of one thing at once would both count the same ones before them.
            if Thing.objects.select_for_update().filter(pk=thing.pk, closed_at=None).first() is None:
                return Refusal(rule="booking_closed")
            if by is not None and _ahead(by, now) >= OPEN_MOST:
                return Refusal(rule="booking_too_many")
            return Booking.objects.create(
                thing=thing,
                begins=begins,
                ends=ends,
                what_for=what_for,
                state=State.CONFIRMED if by is None else State.ASKED,
                asker=DESK if by is None else by.asker,
                asker_ref="" if by is None else by.ref,
                asked_at=now,
                changed_at=now,
            )
    except IntegrityError as error:
        if EXCLUSION not in str(error):
            raise
        return Refusal(rule="booking_taken")


def _ahead(by: Who, now: datetime) -> int:
    return Booking.objects.filter(asker=by.asker, asker_ref=by.ref, state__in=HOLDS, ends__gt=now).count()


def free_next(thing: Thing, begins: datetime, ends: datetime, now: datetime) -> list[Span]:
    """Return the next times a thing is free for as long as was wished."""
    lasts = min(max(ends - begins, booking.SHORTEST), booking.LENT_MOST)
    begins = max(begins, now)
    taken = Booking.objects.filter(thing=thing, state__in=HOLDS, ends__gt=begins)
    spans = taken.filter(begins__lt=begins + booking.SEARCHED + lasts).values_list("begins", "ends")
    return booking.free_next(thing.hours, begins, lasts, spans, now, zone())


MAY = {
    State.CONFIRMED: (State.ASKED,),
    State.DECLINED: (State.ASKED, State.CONFIRMED),
    State.CANCELLED: (State.ASKED, State.CONFIRMED),
}


def move(one: Booking, to: State, now: datetime, answer: str | None = None) -> Refusal | None:
    """Confirm, decline or cancel a booking. Without an answer the one before stays: whoever asked has none to give."""
    said = {} if answer is None else {"answer": answer}
    moved = Booking.objects.filter(pk=one.pk, state__in=MAY.get(to, ()), ends__gt=now).update(
        before=F("state"), state=to, changed_at=now, **said
    )
    return None if moved else Refusal(rule="booking_moved_on")


def undo(one: Booking, now: datetime, *, by_desk: bool, answer: str | None = None) -> Refusal | None:
    """Bring back what was before the last step, if it is still free. Whoever asked brings back what they cancelled."""
    try:
        with transaction.atomic():
            held = Booking.objects.select_for_update().get(pk=one.pk)
            if not held.before or held.ends <= now or not (by_desk or held.state == State.CANCELLED):
                return Refusal(rule="booking_moved_on")
            held.state, held.before, held.changed_at = held.before, "", now
            held.answer = held.answer if answer is None else answer
            held.save(update_fields=["state", "before", "answer", "changed_at"])
    except IntegrityError as error:
        if EXCLUSION not in str(error):
            raise
        return Refusal(rule="booking_taken")
    return None


def sweep(now: datetime) -> int:
    """Empty what bookings were for a month after they are over, and free what erased people hold; return how many."""
    old = Booking.objects.filter(ends__lte=now - WORDS_KEPT).exclude(what_for="", answer="", asker_ref="")
    emptied = old.update(what_for="", answer="", asker_ref="")
    ahead = list(Booking.objects.filter(ends__gt=now, state__in=HOLDS).exclude(asker=DESK))
    known = who.names((one.asker, one.asker_ref) for one in ahead)
    gone = [one.pk for one in ahead if (one.asker, one.asker_ref) not in known]
    return emptied + _free(Booking.objects.filter(pk__in=gone), now)


def forget(people: Iterable[Any], now: datetime) -> int:
    """Empty at once all that bookings say of erased people, and free what they hold; return how many bookings."""
    theirs = Booking.objects.filter(asker_ref__in=[str(one) for one in people])
    freed = _free(theirs.filter(ends__gt=now, state__in=HOLDS), now)
    return freed + theirs.update(before="", what_for="", answer="", asker_ref="")


def _free(held: Any, now: datetime) -> int:
    freed: int = held.update(state=State.CANCELLED, before="", what_for="", answer="", asker_ref="", changed_at=now)
    return freed


def week(things: list[Thing], monday: datetime) -> dict[int, list[list[Booking]]]:
    """Return, for each thing, what holds it on each of seven days."""
    edges = [monday + timedelta(days=number) for number in range(8)]
    edges = [booking.instant(one.date(), monday.time(), zone()) or one for one in edges]
    held: dict[int, list[list[Booking]]] = {one.pk: [[] for _ in range(7)] for one in things}
    rows = Booking.objects.filter(thing__in=things, state__in=HOLDS, begins__lt=edges[7], ends__gt=edges[0])
    for row in rows.order_by("begins"):
        for number in range(7):
            if row.begins < edges[number + 1] and edges[number] < row.ends:
                held[row.thing_id][number].append(row)
    return held
