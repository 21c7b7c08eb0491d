"""Straight routes against geozones, held to great-circle distances sampled along the way."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.kernel.geo import Position, distance_m, offset
from necmergitur.territory.airspace import Airspace, Ground, route_clear
from necmergitur.territory.geozones import Circle, Geozone, GeozoneSet, Limit, Period, Reference, Restriction, Volume
from necmergitur.territory.model import Polygon

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
HERE = Position(2.34, 48.86)
CRUISE_M = 60.0


def place(east_m: float, north_m: float) -> Position:
    return offset(HERE, east_m, north_m)


def disc(
    east_m: float = 0.0,
    radius_m: float = 100.0,
    restriction: Restriction = "PROHIBITED",
    lower: Limit | None = None,
    upper: Limit | None = None,
) -> Geozone:
    return Geozone("DISC", "Disc", restriction, (Volume((), Circle(place(east_m, 0), radius_m), lower, upper),))


def rule_of(zone: Geozone, start: Position, to: Position, *authorised: str, ground: Ground | None = None) -> str:
    outcome = Airspace(GeozoneSet("f", (zone,)), HERE, ground).route_clear(
        start, to, CRUISE_M, NOW, frozenset(authorised)
    )
    return "clear" if outcome is None else outcome.rule


WEST, EAST, NORTH = place(-1_000, 0), place(1_000, 0), place(0, 1_000)


@pytest.mark.parametrize(
    ("restriction", "rule"),
    [
        ("PROHIBITED", "geozone_prohibited"),
        ("REQ_AUTHORISATION", "geozone_needs_authorisation"),
        ("CONDITIONAL", "geozone_conditional"),
        ("NO_RESTRICTION", "clear"),
    ],
)
def test_a_route_through_a_zone_is_refused_by_what_the_zone_asks(restriction: Restriction, rule: str) -> None:
    assert rule_of(disc(restriction=restriction), WEST, EAST) == rule


@pytest.mark.parametrize(
    ("restriction", "rule"),
    [("PROHIBITED", "geozone_prohibited"), ("REQ_AUTHORISATION", "clear"), ("CONDITIONAL", "clear")],
)
def test_an_authorisation_opens_its_zone_but_never_a_prohibited_one(restriction: Restriction, rule: str) -> None:
    assert rule_of(disc(restriction=restriction), WEST, EAST, "DISC") == rule
    assert rule_of(disc(restriction=restriction), WEST, EAST, "OTHER") != "clear"


def test_only_a_written_derogation_opens_a_prohibited_zone() -> None:
    airspace = Airspace(GeozoneSet("f", (disc(),)), HERE)
    assert airspace.route_clear(WEST, EAST, CRUISE_M, NOW, frozenset(), frozenset({"DISC"})) is None


def test_the_refusal_names_the_zone() -> None:
    outcome = route_clear(GeozoneSet("f", (disc(),)), WEST, EAST, CRUISE_M, NOW)
    assert outcome is not None
    assert outcome.facts == {"zone": "DISC", "restriction": "PROHIBITED"}


@settings(max_examples=150, deadline=None)
@given(
    ends=st.tuples(*[st.floats(-3_000, 3_000)] * 4),
    east_m=st.floats(-2_000, 2_000),
    radius_m=st.floats(20, 1_500),
)
def test_a_circle_is_met_exactly_when_the_corridor_comes_within_its_radius(
    ends: tuple[float, float, float, float], east_m: float, radius_m: float
) -> None:
    start, to = place(*ends[:2]), place(*ends[2:])
    centre = place(east_m, 0)
    walk = [
        Position(start.lon + (to.lon - start.lon) * i / 400, start.lat + (to.lat - start.lat) * i / 400)
        for i in range(401)
    ]
    gap_m = min(distance_m(step, centre) for step in walk) - radius_m - 30.0
    outcome = rule_of(disc(east_m, radius_m), start, to)
    # Between: the sampling step, the many-sided circle, the flat plane.
    if gap_m > 12:
        assert outcome == "clear"
    if gap_m < -1:
        assert outcome == "geozone_prohibited"


@pytest.mark.parametrize(
    ("lower", "upper", "rule"),
    [
        (None, None, "geozone_prohibited"),
        (("AGL", 0.0), ("AGL", 120.0), "geozone_prohibited"),
        (("AGL", 80.0), ("AGL", 120.0), "clear"),
        (("AGL", 74.0), ("AGL", 120.0), "geozone_prohibited"),
        (("AGL", 0.0), ("AGL", 40.0), "clear"),
        (("AGL", 0.0), ("AGL", 46.0), "geozone_prohibited"),
        # Ground between 30 and 130 m: 60 m of height is 90 to 190 m above sea level.
        (("AMSL", 0.0), ("AMSL", 70.0), "clear"),
        (("AMSL", 0.0), ("AMSL", 80.0), "geozone_prohibited"),
        (("AMSL", 210.0), None, "clear"),
        (("AMSL", 190.0), None, "geozone_prohibited"),
        # The ellipsoid lies up to 110 m from sea level.
        (("WGS84", 310.0), None, "geozone_prohibited"),
        (("WGS84", 320.0), None, "clear"),
    ],
)
def test_heights_are_compared_over_the_citys_ground(
    lower: tuple[Reference, float] | None, upper: tuple[Reference, float] | None, rule: str
) -> None:
    limits = [Limit(stated[1], stated[0]) if stated else None for stated in (lower, upper)]
    zone = disc(lower=limits[0], upper=limits[1])
    assert rule_of(zone, WEST, EAST, ground=Ground(30.0, 130.0)) == rule


def test_without_known_ground_a_sea_level_zone_counts_at_any_height() -> None:
    zone = disc(lower=Limit(5_000.0, "AMSL"), upper=Limit(6_000.0, "AMSL"))
    assert rule_of(zone, WEST, EAST) == "geozone_prohibited"


def test_a_low_zone_is_flown_over_but_not_climbed_through() -> None:
    low = disc(upper=Limit(30.0, "AGL"))
    assert rule_of(low, WEST, EAST) == "clear"
    assert rule_of(low, HERE, EAST) == "geozone_prohibited"
    assert rule_of(low, WEST, HERE) == "geozone_prohibited"


def test_every_ring_of_a_zone_is_closed_ground() -> None:
    square = tuple(place(x, y) for x, y in ((-200, -200), (200, -200), (200, 200), (-200, 200), (-200, -200)))
    zone = Geozone("SQ", "Square", "PROHIBITED", (Volume(polygons=(Polygon(square),)),))
    assert rule_of(zone, WEST, EAST) == "geozone_prohibited"
    assert rule_of(zone, place(-1_000, 225), place(1_000, 225)) == "geozone_prohibited"
    assert rule_of(zone, place(-1_000, 235), place(1_000, 235)) == "clear"


def test_many_routes_at_once_answer_as_one_by_one() -> None:
    zones = GeozoneSet("f", (disc(500.0, 200.0), disc(-700.0, 50.0, "CONDITIONAL", upper=Limit(20.0, "AGL"))))
    airspace = Airspace(zones, HERE)
    starts = [place(x, y) for x in range(-1_000, 901, 150) for y in range(-900, 901, 150)]
    together = airspace.routes_clear(starts, NORTH, CRUISE_M, NOW)
    assert together == [airspace.route_clear(start, NORTH, CRUISE_M, NOW) for start in starts]
    rules = {None if outcome is None else outcome.rule for outcome in together}
    assert rules == {None, "geozone_prohibited", "geozone_conditional"}
    assert airspace.routes_clear([], NORTH, CRUISE_M, NOW) == []


def test_no_route_is_clear_of_an_unusable_set() -> None:
    airspace = Airspace(GeozoneSet("f", ()), HERE)
    outcomes = airspace.routes_clear([WEST, EAST], NORTH, CRUISE_M, NOW)
    assert [outcome.rule for outcome in outcomes if outcome is not None] == ["geozones_empty"] * 2


def test_a_route_out_of_the_drawn_reach_is_refused() -> None:
    far = Position(5.0, 48.86)
    assert rule_of(disc(), WEST, far) == "route_out_of_reach"
    assert rule_of(disc(), far, WEST) == "route_out_of_reach"


def test_a_set_goes_stale_while_it_is_in_use() -> None:
    ends = NOW + timedelta(hours=1)
    circle = disc(restriction="NO_RESTRICTION")
    zones = GeozoneSet("f", (msgspec.structs.replace(circle, periods=(Period(end=ends),)),))
    airspace = Airspace(zones, HERE)

    def rule(now: datetime) -> str:
        outcome = airspace.route_clear(WEST, EAST, CRUISE_M, now)
        return "clear" if outcome is None else outcome.rule

    assert [rule(NOW), rule(ends), rule(ends + timedelta(seconds=1)), rule(NOW - timedelta(days=1))] == [
        "clear",
        "clear",
        "geozones_stale",
        "clear",
    ]
    dated = Airspace(msgspec.structs.replace(zones, valid_from=NOW, valid_to=ends), HERE)
    outcomes = [
        dated.route_clear(WEST, EAST, CRUISE_M, now)
        for now in (NOW, NOW - timedelta(seconds=1), ends + timedelta(seconds=1))
    ]
    rules = ["clear" if outcome is None else outcome.rule for outcome in outcomes]
    assert rules == ["clear", "geozones_not_yet_valid", "geozones_stale"]
