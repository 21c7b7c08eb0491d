"""The ground everything stands on: places, instants, refusals, facts."""

import math
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from necmergitur.kernel.clock import require_utc
from necmergitur.kernel.events import Fact, fold
from necmergitur.kernel.geo import Box, LocalPlane, Position, bearing_deg, distance_m, offset, ring_contains
from necmergitur.kernel.refusal import Refusal

PARIS = Position(2.3522, 48.8566)
NEAR_M = st.floats(-8_000, 8_000)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(180.1, 0), (-180.1, 0), (0, 90.1), (0, -90.1), (math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)],
)
def test_what_is_no_place_on_earth_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(ValueError, match="not a WGS84 position"):
        Position(lon, lat)


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        # Geodesics of WGS84, Karney's GeographicLib (geod), rounded to the metre.
        (Position(2.3522, 48.8566), Position(-0.1278, 51.5074), 343_923),
        (Position(0.0, 0.0), Position(1.0, 0.0), 111_319),
        (Position(2.2945, 48.8584), Position(2.3499, 48.8530), 4_109),
    ],
)
def test_distances_are_within_half_a_percent_of_the_geodesic(a: Position, b: Position, metres: float) -> None:
    assert distance_m(a, b) == pytest.approx(metres, rel=0.005)


@given(NEAR_M, NEAR_M)
def test_moving_by_metres_and_measuring_agree(east_m: float, north_m: float) -> None:
    moved = offset(PARIS, east_m, north_m)
    assert distance_m(PARIS, moved) == pytest.approx(math.hypot(east_m, north_m), rel=0.002, abs=0.01)
    x_m, y_m = LocalPlane(PARIS).to_xy(moved)
    assert (x_m, y_m) == pytest.approx((east_m, north_m), rel=1e-9, abs=1e-6)


@given(NEAR_M, NEAR_M)
def test_a_plane_gives_back_what_it_was_given(x_m: float, y_m: float) -> None:
    plane = LocalPlane(PARIS)
    assert plane.to_xy(plane.to_position(x_m, y_m)) == pytest.approx((x_m, y_m), abs=1e-6)


@pytest.mark.parametrize(("east", "north", "bearing"), [(0, 100, 0), (100, 0, 90), (0, -100, 180), (-100, 0, 270)])
def test_bearings_run_clockwise_from_north(east: float, north: float, bearing: float) -> None:
    assert bearing_deg(PARIS, offset(PARIS, east, north)) == pytest.approx(bearing, abs=0.01)


def test_a_box_holds_its_edges() -> None:
    box = Box(west=0, south=0, east=1, north=1)
    assert box.contains(Position(0, 1))
    assert not box.contains(Position(-1e-9, 0.5))


@given(st.lists(st.tuples(NEAR_M, NEAR_M), min_size=3, max_size=12), NEAR_M, NEAR_M)
def test_a_ring_holds_what_shapely_says_it_holds(corners: list[tuple[float, float]], x: float, y: float) -> None:
    polygon = Polygon(corners)
    if not polygon.is_valid or polygon.boundary.distance(Point(x, y)) < 1e-3:
        return
    plane = LocalPlane(PARIS)
    ring = [plane.to_position(*corner) for corner in corners]
    assert ring_contains(ring, plane.to_position(x, y)) == polygon.contains(Point(x, y))


def test_an_instant_is_aware_and_utc() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert require_utc(now) is now
    for bad in (datetime(2026, 3, 1), now.astimezone(timezone(timedelta(hours=1)))):  # noqa: DTZ001
        with pytest.raises(ValueError, match="not an aware UTC instant"):
            require_utc(bad)


def test_a_refusal_is_falsy_and_keeps_its_reason() -> None:
    refusal = Refusal(rule="no_pilot", facts={"on_shift": "0"})
    assert not refusal
    assert (refusal.rule, refusal.facts) == ("no_pilot", {"on_shift": "0"})


class Opened(msgspec.Struct, frozen=True, tag=True):
    zebra: int
    apple: datetime


def test_a_fact_is_written_in_one_way_only() -> None:
    fact = Fact(stream="x:1", version=1, event=Opened(1, datetime(2026, 3, 1, tzinfo=UTC)), actor="test")
    assert fact.kind == "Opened"
    assert fact.payload() == b'{"apple":"2026-03-01T00:00:00Z","type":"Opened","zebra":1}'


def test_folding_nothing_gives_nothing() -> None:
    assert fold(lambda state, event: (state or 0) + event, []) is None
    assert fold(lambda state, event: (state or 0) + event, [1, 2, 3]) == 6
