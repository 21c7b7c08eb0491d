"""What holds for every city, whatever its outline: checked on outlines nobody chose."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.refusal import Refusal
from necmergitur.territory.build import build_city
from necmergitur.territory.model import City, CityPlan
from necmergitur.territory.shapes import shape_of, shape_to_xy
from tests.territory.towns import PLANE, lattice, point_m, square_km, town, zone_shapes_m

# Twice the rounding of a position (1e-7 degree): what two roundings may differ by.
_ROUNDING_M = 0.03


@st.composite
def outlines(draw: st.DrawFn) -> BaseGeometry:
    """A star-shaped outline of 2 to 30 km2, often deeply concave, sometimes with an enclave."""
    reach = draw(st.lists(st.floats(600, 3_500), min_size=5, max_size=14))
    turn = np.linspace(0, 2 * np.pi, len(reach), endpoint=False)
    outline = shapely.Polygon(np.column_stack((np.cos(turn), np.sin(turn))) * np.array(reach)[:, None])
    if draw(st.booleans()):
        outline = outline.difference(shapely.Point(draw(st.floats(-300, 300)), 0).buffer(150))
    assume(outline.is_valid and outline.geom_type == "Polygon" and outline.area > 2e6)
    return outline


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(outline=outlines(), zones=st.integers(1, 24), share=st.sampled_from([0.0, 0.5, 1.0]))
def test_zones_are_whole_cover_the_outline_once_and_hold_their_dock(
    outline: BaseGeometry, zones: int, share: float
) -> None:
    source = town(outline)
    assume(len(source.network.streets) > 4 * zones)
    city = build_city(source, CityPlan(zones=zones, buttons=300, area_share=share))
    assert isinstance(city, City)

    shapes = zone_shapes_m(city)
    assert [len(zone.polygons) for zone in city.zones] == [1] * zones
    assert all(shape.is_valid for shape in shapes)
    union = shapely.union_all(shapes)
    assert union.symmetric_difference(outline).area <= _ROUNDING_M * outline.length
    assert sum(shape.area for shape in shapes) == pytest.approx(union.area, rel=1e-7)

    for dock, zone, shape in zip(city.docks, city.zones, shapes, strict=True):
        assert dock.zone_id == zone.id
        assert shape.distance(point_m(dock.position)) <= _ROUNDING_M
    total_m = sum(street.metres for street in city.streets)
    assert sum(zone.street_length_m for zone in city.zones) == pytest.approx(total_m)

    held = dict(zip((zone.id for zone in city.zones), shapes, strict=True))
    assert len({button.id for button in city.buttons}) == 300
    assert max(held[b.zone_id].distance(point_m(b.position)) for b in city.buttons) <= _ROUNDING_M


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(side_m=st.floats(1_500, 5_000), zones=st.integers(2, 30), stretch=st.floats(1.0, 3.0))
def test_no_zone_of_an_even_town_holds_half_more_street_than_the_mean(
    side_m: float, zones: int, stretch: float
) -> None:
    outline = shapely.box(0, 0, side_m * stretch, side_m / stretch)
    source = town(outline, block_m=75.0)
    assume(len(source.network.streets) > 30 * zones)
    city = build_city(source, CityPlan(zones=zones, buttons=0))
    assert isinstance(city, City)
    streets_m = np.array([zone.street_length_m for zone in city.zones])
    assert streets_m.max() / streets_m.mean() <= 1.5


def test_neighbours_are_mutual_and_share_a_border() -> None:
    city = build_city(town(), CityPlan(zones=9, buttons=0))
    assert isinstance(city, City)
    shapes = dict(zip((zone.id for zone in city.zones), zone_shapes_m(city), strict=True))
    pairs = {(zone.id, other) for zone in city.zones for other in zone.neighbours}
    assert pairs == {(b, a) for a, b in pairs}
    touching = {
        (a, b)
        for a in shapes
        for b in shapes
        if a != b and shapes[a].boundary.intersection(shapes[b].boundary).length > 1.0
    }
    assert pairs == touching


def test_one_zone_is_the_whole_territory() -> None:
    city = build_city(town(), CityPlan(zones=1, buttons=10))
    assert isinstance(city, City)
    assert shape_of(city.zones[0].polygons).symmetric_difference(shape_of(city.outline)).area == 0
    assert city.zones[0].neighbours == ()


def test_an_island_without_a_dock_belongs_to_one_zone_and_is_not_orphaned() -> None:
    mainland, islet = square_km(), shapely.box(1_300, 0, 1_400, 80)
    source = town(shapely.MultiPolygon([mainland, islet]))
    city = build_city(source, CityPlan(zones=6, buttons=0, area_share=0.0))
    assert isinstance(city, City)
    pieces = [len(zone.polygons) for zone in city.zones]
    assert sorted(pieces) == [1, 1, 1, 1, 1, 2]
    union = shapely.union_all(zone_shapes_m(city))
    assert union.area == pytest.approx(mainland.area + islet.area, rel=1e-5)


def test_the_same_source_and_plan_make_the_same_city() -> None:
    plan = CityPlan(zones=12, buttons=500, seed=7)
    assert build_city(town(), plan) == build_city(town(), plan)


def test_a_territory_of_several_quarters_keeps_their_names_on_zones_and_buttons() -> None:
    left, right = town(shapely.box(-1_000, -1_000, 0, 1_000)), town(shapely.box(0, -1_000, 1_000, 1_000))
    quarters = (left.quarters[0], type(right.quarters[0])("q-02", "Port", right.quarters[0].polygons))
    source = type(left)("Town", quarters, lattice(square_km()))
    city = build_city(source, CityPlan(zones=8, buttons=100))
    assert isinstance(city, City)
    for zone in city.zones:
        name = "Port" if zone.quarter_id == "q-02" else "Old Town"
        assert zone.label == f"{name}, zone {zone.number}"
    numbers = {zone.id: zone.number for zone in city.zones}
    port = shape_to_xy(PLANE, shape_of(quarters[1].polygons))
    for button in city.buttons:
        name = "Port" if port.distance(point_m(button.position)) == 0 else "Old Town"
        number = int(button.id.removeprefix("b-"))
        assert button.label == f"{name}, zone {numbers[button.zone_id]}, no {number}"


def test_more_zones_than_places_is_refused() -> None:
    tiny = town(shapely.box(0, 0, 150, 150), block_m=50.0)
    crowded = build_city(tiny, CityPlan(zones=10))
    assert isinstance(crowded, Refusal)
    assert crowded.rule == "too_many_zones"
    beyond = build_city(tiny, CityPlan(zones=2_401))
    assert isinstance(beyond, Refusal)
    assert beyond.rule == "zones_out_of_range"
