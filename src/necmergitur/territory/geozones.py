"""Airspace zones (ED-269, ED-318) as values: where, how high, when, and what they ask. Pure and light.

Reading is tolerant, flying is not: whatever could not be understood counts as wider, longer and stricter.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Literal

import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory.constants import GEOZONES_LAST
from necmergitur.territory.model import Polygon

Restriction = Literal["PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL", "NO_RESTRICTION"]
Reference = Literal["AGL", "AMSL", "WGS84"]

WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_OWNER = "airspace"


class Circle(msgspec.Struct, frozen=True):
    """All places within `radius_m` of a centre."""

    centre: Position
    radius_m: float


class Limit(msgspec.Struct, frozen=True):
    """A height: metres above ground (AGL), mean sea level (AMSL) or the ellipsoid (WGS84)."""

    metres: float
    reference: Reference


class Volume(msgspec.Struct, frozen=True):
    """One part of a zone: a circle or polygons, between two limits; None means no limit on that side."""

    polygons: tuple[Polygon, ...] = ()
    circle: Circle | None = None
    lower: Limit | None = None
    upper: Limit | None = None


class DailyWindow(msgspec.Struct, frozen=True):
    """Hours of some days (of WEEK; empty: every day). Aware times; None: from or to midnight.

    A window whose end is not after its start runs past midnight, into the next day.
    """

    days: tuple[str, ...] = ()
    start: time | None = None
    end: time | None = None


class Period(msgspec.Struct, frozen=True):
    """When a zone applies: between two instants (None: open), in daily windows (empty: all day)."""

    start: datetime | None = None
    end: datetime | None = None
    windows: tuple[DailyWindow, ...] = ()


class Geozone(msgspec.Struct, frozen=True):
    """One published zone. No periods: always. `sound` is false when part of it had to be guessed."""

    id: str
    name: str
    restriction: Restriction
    volumes: tuple[Volume, ...]
    periods: tuple[Period, ...] = ()
    reasons: tuple[str, ...] = ()
    message: str = ""
    sound: bool = True


class GeozoneProblem(msgspec.Struct, frozen=True):
    """What is wrong with one zone of a file. `placed`: its extent is known at least roughly, and kept."""

    index: int
    zone_id: str
    reason: str
    placed: bool


class GeozoneSet(msgspec.Struct, frozen=True):
    """All zones of one file, what was wrong with it, and when the whole set holds (None: not said).

    `read_at` is when it was stored: a set that does not say how long it holds grows stale by its age.
    """

    source: str
    zones: tuple[Geozone, ...]
    problems: tuple[GeozoneProblem, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    read_at: datetime | None = None

    @property
    def holds_until(self) -> datetime | None:
        """Return when the whole set is stale: as it says, else one AIRAC cycle after it was read."""
        if self.valid_to is not None or self.read_at is None:
            return self.valid_to
        return self.read_at + GEOZONES_LAST


def usable(zones: GeozoneSet, now: datetime) -> Refusal | None:
    """Return None when flights may be judged by this set at `now` (aware, UTC), else why none may fly.

    No flight on an empty, unreadable, out-of-date set, nor while a zone is somewhere unknown.
    """
    sound = [zone for zone in zones.zones if zone.sound]
    lost = next((problem for problem in zones.problems if not problem.placed), None)
    if not zones.zones and not zones.problems:
        return _refusal("geozones_empty", f"{zones.source} holds no zone")
    if not sound:
        first = zones.problems[0].reason if zones.problems else "no zone is sound"
        return _refusal("geozones_unreadable", f"no zone of {zones.source} could be read: {first}")
    if zones.valid_from is not None and now < zones.valid_from:
        return _refusal("geozones_not_yet_valid", f"{zones.source} holds from {zones.valid_from.isoformat()}")
    if zones.holds_until is not None and now > zones.holds_until:
        return _refusal("geozones_stale", f"{zones.source} held until {zones.holds_until.isoformat()}")
    if all(_over(zone, now) for zone in sound):
        return _refusal("geozones_stale", f"every zone of {zones.source} has ended")
    if lost is not None:
        detail = f"zone {lost.zone_id} of {zones.source} could be anywhere: {lost.reason}"
        return _refusal("geozone_unplaced", detail, zone=lost.zone_id)
    return None


def usable_until(zones: GeozoneSet) -> datetime | None:
    """Return the last instant at which a set usable now still will be; None for ever."""
    ends = [_last_instant(zone) for zone in zones.zones if zone.sound]
    over = None if None in ends else max((end for end in ends if end is not None), default=None)
    known = [instant for instant in (over, zones.holds_until) if instant is not None]
    return min(known, default=None)


def applies(zone: Geozone, now: datetime) -> bool:
    """Return whether the zone is in force at `now` (aware, UTC)."""
    return not zone.periods or any(_in_period(period, now) for period in zone.periods)


def applies_during(zone: Geozone, now: datetime, lasting: timedelta, step: timedelta) -> bool:
    """Return whether the zone is in force at `now` or at any `step` of the time `lasting` after it."""
    checks = int(lasting / step)
    return any(applies(zone, now + step * i) for i in range(checks + 1))


def _over(zone: Geozone, now: datetime) -> bool:
    last = _last_instant(zone)
    return last is not None and last < now


def _last_instant(zone: Geozone) -> datetime | None:
    ends = [period.end for period in zone.periods if period.end is not None]
    return max(ends) if ends and len(ends) == len(zone.periods) else None


def _in_period(period: Period, now: datetime) -> bool:
    if period.start is not None and now < period.start:
        return False
    if period.end is not None and now > period.end:
        return False
    return not period.windows or any(_in_window(window, now) for window in period.windows)


def _in_window(window: DailyWindow, now: datetime) -> bool:
    zone = (window.start or window.end or time(tzinfo=UTC)).tzinfo or UTC
    local = now.astimezone(zone)
    # A window belongs to the day it starts; the one that started yesterday may still run.
    for days_ago in (0, 1):
        day = local - timedelta(days=days_ago)
        if window.days and WEEK[day.weekday()] not in window.days:
            continue
        start = _at(day, window.start or time(tzinfo=zone))
        end = _at(day, window.end or time(tzinfo=zone))
        if end <= start:
            end += timedelta(days=1)
        if start <= now <= end:
            return True
    return False


def _at(day: datetime, clock: time) -> datetime:
    return datetime.combine(day.date(), clock)


def _refusal(rule: str, detail: str, **facts: str) -> Refusal:
    return Refusal(rule=rule, detail=detail, owner=_OWNER, facts=facts)
