"""When a room or equipment can be had: hours of a place on its own clock, no two at once, and what is free next."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from necmergitur.kernel.refusal import Refusal

AHEAD_MOST = timedelta(days=366)  # ours: nobody plans a room further
SHORTEST = timedelta(minutes=15)  # ours: less is not worth a line in a list
LENT_MOST = timedelta(days=31)  # ours: longer is a loan with a paper of its own
OFFERED = 3  # ours: whoever is refused chooses among so many
SEARCHED = timedelta(days=30)  # ours: what is free later than that is found in the weeks


class State(StrEnum):
    """What became of a booking. Asked and confirmed ones hold the thing; the others do not."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


HOLDS = (State.ASKED, State.CONFIRMED)


class Hours(msgspec.Struct, frozen=True):
    """When a thing is to be had: from and until, on these days (0 is Monday). Equal ends: the whole day.

    `overnight`: it may be kept past closing, as equipment is; both ends still lie within the hours.
    """

    opens: time
    closes: time
    days: tuple[int, ...]
    overnight: bool = False

    @property
    def whole_day(self) -> bool:
        """Whether it never closes on a day it is open."""
        return self.opens == self.closes


Span = tuple[datetime, datetime]


def instant(day: date, at: time, zone: ZoneInfo, *, later: bool = False) -> datetime | None:
    """Return when a clock on the wall shows `at`; None when it never does that day.

    In the night clocks go back an hour comes twice: the first is meant, `later` the second.
    """
    local = datetime.combine(day, at, zone).replace(fold=int(later))
    there = local.astimezone(UTC)
    return there if there.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None


def may_book(hours: Hours, begins: datetime, ends: datetime, now: datetime, zone: ZoneInfo) -> Refusal | None:
    """Return why these hours are none that can be asked for; None when they are."""
    if ends <= begins:
        return Refusal(rule="booking_ends_before")
    if begins < now:
        return Refusal(rule="booking_past")
    if begins > now + AHEAD_MOST:
        return Refusal(rule="booking_far")
    if ends - begins < SHORTEST:
        return Refusal(rule="booking_short")
    if ends - begins > LENT_MOST:
        return Refusal(rule="booking_long")
    first, last = begins.astimezone(zone), ends.astimezone(zone)
    if not (_open(hours, first, closing=False) and _open(hours, last, closing=True)):
        return Refusal(rule="booking_closed")
    # Midnight ends the day before.
    same = last.date() == first.date() or (last.time() == time(0) and last.date() == first.date() + timedelta(days=1))
    return None if hours.overnight or same else Refusal(rule="booking_overnight")


def _open(hours: Hours, local: datetime, *, closing: bool) -> bool:
    day, at = local.weekday(), local.time()
    if closing and at == time(0):
        day, at = (day - 1) % 7, time.max
    if day not in hours.days:
        return False
    if hours.whole_day:
        return True
    closes = time.max if hours.closes == time(0) else hours.closes
    return hours.opens <= at <= closes if closing else hours.opens <= at < closes


def free_next(
    hours: Hours, begins: datetime, lasts: timedelta, taken: Iterable[Span], now: datetime, zone: ZoneInfo
) -> list[Span]:
    """Return the first times from `begins` on at which a thing is free for as long."""
    busy = sorted(taken)
    offered: list[Span] = []
    for start in sorted(set(_starts(hours, begins, busy, now, zone))):
        span = (start, start + lasts)
        if any(span[0] < end and begin < span[1] for begin, end in [*busy, *offered]):
            continue
        if may_book(hours, *span, now, zone) is None:
            offered.append(span)
            if len(offered) == OFFERED:
                break
    return offered


def _starts(hours: Hours, begins: datetime, busy: list[Span], now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield when it can begin: at the wish itself, when somebody gives it back, at opening, at the wish's hour."""
    begins = max(begins, now)
    until = begins + SEARCHED
    yield begins
    yield from (end for _begin, end in busy if begins <= end <= until)
    wished = begins.astimezone(zone)
    for days in range(SEARCHED.days + 1):
        day = wished.date() + timedelta(days=days)
        for at in (hours.opens, wished.time()):
            found = instant(day, at, zone)
            if found is not None and begins <= found <= until:
                yield found


def next_open(hours: Hours, now: datetime, zone: ZoneInfo) -> date | None:
    """Return the day of the next hour at which a thing is to be had: today until it closes; None when it never is."""
    local = now.astimezone(zone)
    late = not (hours.whole_day or hours.closes == time(0) or local.time() < hours.closes)
    days = (local.date() + timedelta(days=number) for number in range(int(late), 8))
    return next((day for day in days if day.weekday() in hours.days), None)


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())
