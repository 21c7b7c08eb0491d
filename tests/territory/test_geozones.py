"""When a geozone applies, and when a set of them may be flown by."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest

from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory.geozones import (
    Circle,
    DailyWindow,
    Geozone,
    GeozoneProblem,
    GeozoneSet,
    Period,
    Volume,
    applies,
    applies_during,
    usable,
)

# A Wednesday.
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PARIS_SUMMER = timezone(timedelta(hours=2))


def zone(*periods: Period, sound: bool = True, ident: str = "Z") -> Geozone:
    volume = Volume(circle=Circle(Position(2.3, 48.8), 100.0))
    return Geozone(ident, ident, "PROHIBITED", (volume,), periods, sound=sound)


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=UTC)


def window(start: str, end: str, *days: str) -> Period:
    return Period(windows=(DailyWindow(days, time.fromisoformat(start), time.fromisoformat(end)),))


def test_a_zone_without_periods_always_applies() -> None:
    assert applies(zone(), NOW)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(start=NOW), True),
        (Period(end=NOW), True),
        (Period(start=NOW + timedelta(seconds=1)), False),
        (Period(end=NOW - timedelta(seconds=1)), False),
        (window("11:00Z", "13:00Z"), True),
        (window("13:00Z", "14:00Z"), False),
        (window("11:00Z", "13:00Z", "WED"), True),
        (window("11:00Z", "13:00Z", "TUE", "THU"), False),
        # 12:00 UTC is 14:00 in Paris in summer.
        (window("13:30+02:00", "14:30+02:00"), True),
        (window("11:30+02:00", "12:30+02:00"), False),
        # Past midnight: Tuesday's window runs into Wednesday, not to noon.
        (window("22:00Z", "06:00Z"), False),
        (window("22:00Z", "12:30Z", "TUE"), True),
        (window("22:00Z", "12:30Z", "WED"), False),
        # The same time twice is a whole day.
        (window("00:00Z", "00:00Z", "WED"), True),
        (window("00:00Z", "00:00Z", "FRI"), False),
    ],
)
def test_a_period_applies_in_its_dates_days_and_hours(period: Period, expected: bool) -> None:
    assert applies(zone(period), NOW) is expected


def test_a_window_of_days_only_holds_all_those_days_in_utc() -> None:
    weekend = zone(Period(windows=(DailyWindow(("SAT", "SUN")),)))
    assert [applies(weekend, at(12, day=day)) for day in range(1, 8)] == [False] * 3 + [True] * 2 + [False] * 2


def test_one_period_in_force_is_enough() -> None:
    assert applies(zone(Period(end=NOW - timedelta(days=1)), window("11:00Z", "13:00Z")), NOW)


def test_a_zone_that_starts_during_the_mission_counts() -> None:
    soon = zone(window("12:10Z", "13:00Z"))
    assert not applies(soon, NOW)
    assert applies_during(soon, NOW, timedelta(minutes=20), timedelta(minutes=5))
    assert not applies_during(soon, NOW, timedelta(minutes=5), timedelta(minutes=5))


@pytest.mark.parametrize(
    ("zones", "rule"),
    [
        (GeozoneSet("f", ()), "geozones_empty"),
        (GeozoneSet("f", (), (GeozoneProblem(0, "A", "no geometry", placed=False),)), "geozones_unreadable"),
        (GeozoneSet("f", (zone(sound=False),)), "geozones_unreadable"),
        (GeozoneSet("f", (zone(Period(end=NOW - timedelta(days=1))),)), "geozones_stale"),
        (GeozoneSet("f", (zone(),), valid_to=NOW - timedelta(seconds=1)), "geozones_stale"),
        (GeozoneSet("f", (zone(),), valid_from=NOW + timedelta(seconds=1)), "geozones_not_yet_valid"),
        (GeozoneSet("f", (zone(),), (GeozoneProblem(1, "B", "no geometry", placed=False),)), "geozone_unplaced"),
    ],
)
def test_no_flight_on_a_set_that_says_nothing_for_certain(zones: GeozoneSet, rule: str) -> None:
    refusal = usable(zones, NOW)
    assert isinstance(refusal, Refusal)
    assert (refusal.rule, refusal.owner) == (rule, "airspace")


def test_a_set_that_does_not_say_how_long_it_holds_is_stale_after_one_airac_cycle() -> None:
    read = GeozoneSet("f", (zone(),), read_at=NOW - timedelta(days=28))
    assert usable(read, NOW) is None
    refusal = usable(read, NOW + timedelta(seconds=1))
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "geozones_stale"
    said = GeozoneSet("f", (zone(),), valid_to=NOW + timedelta(days=300), read_at=NOW - timedelta(days=60))
    assert usable(said, NOW) is None, "what the authority says comes before our guess"


def test_a_set_with_a_placed_problem_and_an_ended_zone_is_usable() -> None:
    ended = zone(Period(end=NOW - timedelta(days=1)), ident="OLD")
    problem = GeozoneProblem(2, "C", "polygon not closed", placed=True)
    assert usable(GeozoneSet("f", (zone(), ended, zone(sound=False, ident="C")), (problem,)), NOW) is None
