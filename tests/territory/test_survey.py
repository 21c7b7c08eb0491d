"""A source that cannot carry a city is refused with the reason and the place; nothing is half-built."""

import msgspec
import pytest
import shapely

from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory.build import build_city
from necmergitur.territory.model import City, CityPlan, CitySource, Polygon, Quarter, Street, StreetNetwork
from necmergitur.territory.shapes import polygons_of, shape_to_lonlat
from tests.territory.towns import PLANE, lattice, square_km, town

PLAN = CityPlan(zones=3, buttons=20)


def with_quarters(*quarters: Quarter) -> CitySource:
    return CitySource("Town", quarters, lattice(square_km()))


def with_streets(*streets: Street, extra: tuple[Position, ...] = ()) -> CitySource:
    source = town()
    network = StreetNetwork((*source.network.junctions, *extra), (*source.network.streets, *streets))
    return msgspec.structs.replace(source, network=network)


def quarter(name: str, shape: shapely.Polygon) -> Quarter:
    return Quarter(name.lower(), name, polygons_of(shape_to_lonlat(PLANE, shape)))


def ring(*corners: tuple[float, float]) -> tuple[Position, ...]:
    return tuple(PLANE.to_position(*corner) for corner in corners)


def refused(source: CitySource, plan: CityPlan = PLAN) -> Refusal:
    outcome = build_city(source, plan)
    assert isinstance(outcome, Refusal)
    return outcome


BOWTIE = Quarter("q", "Bow", (Polygon(ring((0, 0), (900, 900), (900, 0), (0, 900), (0, 0))),))
OPEN = Quarter("q", "Open", (Polygon(ring((0, 0), (900, 0), (900, 900))),))
FLAT = Quarter("q", "Flat", (Polygon(ring((0, 0), (900, 0), (1_800, 0), (0, 0))),))


@pytest.mark.parametrize(
    ("quarters", "rule", "facts"),
    [
        ((), "no_quarters", {}),
        ((quarter("A", square_km()), BOWTIE), "quarter_self_crossing", {"quarter": "1", "name": "Bow"}),
        ((OPEN,), "ring_not_closed", {"quarter": "0", "name": "Open"}),
        ((Quarter("q", "Empty", ()),), "quarter_empty", {"quarter": "0", "name": "Empty"}),
        (
            (quarter("A", square_km()), quarter("B", shapely.box(500, 500, 3_000, 3_000))),
            "quarters_overlap",
            {"quarter": "1", "name": "B"},
        ),
        ((quarter("A", shapely.box(0, 0, 50, 50)),), "territory_too_small", {}),
        (
            (quarter("A", square_km()), quarter("B", shapely.box(160_000, 0, 161_000, 900))),
            "territory_too_wide",
            {},
        ),
    ],
)
def test_bad_quarters_are_refused(quarters: tuple[Quarter, ...], rule: str, facts: dict[str, str]) -> None:
    refusal = refused(with_quarters(*quarters))
    assert (refusal.rule, refusal.facts) == (rule, facts)


def test_a_folded_quarter_is_refused() -> None:
    assert refused(with_quarters(FLAT)).rule == "quarter_self_crossing"


@pytest.mark.parametrize(
    ("street", "rule"),
    [
        (Street(0, 99_999, 10.0, 1.0, both_ways=True), "unknown_junction"),
        (Street(-1, 0, 10.0, 1.0, both_ways=True), "unknown_junction"),
        (Street(0, 1, 0.0, 1.0, both_ways=True), "street_length"),
        (Street(0, 1, float("nan"), 1.0, both_ways=True), "street_length"),
        (Street(0, 1, 60_000.0, 1.0, both_ways=True), "street_length"),
    ],
)
def test_a_street_that_cannot_be_is_refused_by_its_number(street: Street, rule: str) -> None:
    number = len(town().network.streets)
    refusal = refused(with_streets(street))
    assert (refusal.rule, refusal.facts) == (rule, {"street": str(number)})


def test_streets_outside_the_territory_are_refused_and_one_is_named() -> None:
    source = CitySource("Town", (quarter("A", shapely.box(-1_000, -1_000, 500, 1_000)),), lattice(square_km()))
    refusal = refused(source)
    assert refusal.rule == "streets_outside_territory"
    number = int(refusal.facts["street"])
    street = source.network.streets[number]
    assert PLANE.to_xy(source.network.junctions[street.start])[0] > 450


def test_swapped_coordinates_are_guessed() -> None:
    source = town()
    swapped = tuple(Position(p.lat, p.lon) for p in source.network.junctions)
    network = StreetNetwork(swapped, source.network.streets)
    assert "look swapped" in refused(msgspec.structs.replace(source, network=network)).detail


def test_a_few_streets_over_the_edge_are_left_out_and_counted() -> None:
    beyond = tuple(PLANE.to_position(x, 950.0) for x in (1_050.0, 1_150.0))
    corner = len(town().network.junctions)
    source = with_streets(
        Street(0, corner, 60.0, 5.0, both_ways=True),
        Street(corner, corner + 1, 100.0, 9.0, both_ways=True),
        extra=beyond,
    )
    city = build_city(source, PLAN)
    assert isinstance(city, City)
    assert [note for note in city.notes if "outside" in note] != []
    assert len(city.streets) < len(source.network.streets)
    assert max(PLANE.to_xy(p)[0] for p in (b.position for b in city.buttons)) <= 1_000.03


def test_a_graph_in_large_parts_is_refused() -> None:
    left, right = lattice(shapely.box(-1_000, -1_000, -100, 1_000)), lattice(shapely.box(100, -1_000, 1_000, 1_000))
    shift = len(left.junctions)
    moved = tuple(Street(s.start + shift, s.end + shift, s.metres, s.seconds, s.both_ways) for s in right.streets)
    network = StreetNetwork(left.junctions + right.junctions, left.streets + moved)
    refusal = refused(msgspec.structs.replace(town(), network=network))
    assert refusal.rule == "network_disconnected"
    assert "2 separate parts" in refusal.detail
    assert "50%" in refusal.detail


def test_a_lone_street_is_left_out_of_the_network_and_said() -> None:
    lone = tuple(PLANE.to_position(x, 5.0) for x in (20.0, 60.0))
    first = len(town().network.junctions)
    city = build_city(with_streets(Street(first, first + 1, 40.0, 4.0, both_ways=True), extra=lone), PLAN)
    assert isinstance(city, City)
    assert city.network == town().network
    assert city.notes == ("40 m of street are cut off from the main network and left out",)


def test_a_street_listed_twice_counts_once() -> None:
    again = town().network.streets[0]
    back = Street(again.end, again.start, again.metres, again.seconds, both_ways=False)
    city = build_city(with_streets(again, back), PLAN)
    assert isinstance(city, City)
    assert len(city.streets) == len(town().network.streets)
    assert city.notes == ("2 streets listed twice or ending where they start",)


def test_drawing_gaps_between_quarters_are_filled_and_enclaves_kept() -> None:
    # Two halves 0.4 m apart in the middle (joined at the rims), and a true enclave of 200 m by 200 m.
    whole = square_km()
    slit, enclave = shapely.box(-0.2, -900, 0.2, 900), shapely.box(300, 300, 500, 500)
    outline = whole.difference(slit).difference(enclave)
    west = quarter("West", outline.intersection(shapely.box(-1_000, -1_000, 0, 1_000)))
    east = quarter("East", outline.intersection(shapely.box(0, -1_000, 1_000, 1_000)))
    source = CitySource("Town", (west, east), lattice(whole.difference(enclave)))
    city = build_city(source, PLAN)
    assert isinstance(city, City)
    (outline_kept,) = city.outline
    assert len(outline_kept.holes) == 1
    assert sum(zone.area_m2 for zone in city.zones) == pytest.approx(2_000**2 - 200**2, rel=1e-5)


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        (CityPlan(zones=0), "zones_out_of_range"),
        (CityPlan(buttons=-1), "buttons_out_of_range"),
        (CityPlan(buttons=200_001), "buttons_out_of_range"),
        (CityPlan(area_share=1.1), "area_share_out_of_range"),
        (CityPlan(zones=2_000), "too_many_zones"),
    ],
)
def test_a_plan_out_of_range_is_refused(plan: CityPlan, rule: str) -> None:
    assert refused(town(), plan).rule == rule
