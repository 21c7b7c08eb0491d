"""Docks: what a bound means, and that siting serves the mix it was asked to serve."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.kernel.geo import distance_m
from necmergitur.territory.build import build_city
from necmergitur.territory.demand import Demand, area_demand, cut_streets, grain_m, keep_inside, mix, street_demand
from necmergitur.territory.model import City, CityPlan, CitySource, StreetLine
from necmergitur.territory.report import report
from necmergitur.territory.siting import bound, flight_s, site, site_around
from tests.territory.towns import PLANE, lattice, square_km, town


def city_of(source: CitySource, plan: CityPlan) -> City:
    made = build_city(source, plan)
    assert isinstance(made, City)
    return made


def test_flight_time_follows_the_trapezoid_of_the_published_table() -> None:
    # 250 m and 404 m at 15 m/s and 3 m/s2 after a 20 s launch: 42 s and 52 s (dispatch research, section 3).
    seconds = 20 + flight_s(np.array([250.0, 404.0]), 15.0)
    assert np.round(seconds).tolist() == [42, 52]


@given(metres=st.floats(0.1, 5_000), speed=st.floats(5, 30))
def test_a_longer_flight_never_takes_less_time(metres: float, speed: float) -> None:
    shorter, longer = flight_s(np.array([metres, metres * 1.01]), speed)
    assert 0 < shorter < longer
    # Never faster than cruising all the way, never slower than speeding up and braking apart.
    assert metres / speed <= shorter <= metres / speed + speed / 3.0 + 1e-9


def test_the_bound_is_the_nearest_dock_by_great_circle() -> None:
    city = city_of(town(), CityPlan(zones=5, buttons=0))
    middles = [PLANE.to_position(x, y) for x, y in cut_streets(PLANE, city.streets).middles.tolist()]
    nearest_m = sorted(min(distance_m(p, dock.position) for dock in city.docks) for p in middles)
    found = bound(city, "street")
    assert found.max_m == pytest.approx(nearest_m[-1], rel=1e-3)
    assert found.mean_m == pytest.approx(np.mean(nearest_m), rel=1e-3)
    assert found.p95_m == pytest.approx(nearest_m[int(0.95 * len(nearest_m))], rel=5e-3)
    assert found.max_s == pytest.approx(20 + found.max_m / 15 + 5)
    assert found.mean_m < found.p95_m < found.max_m


def test_five_docks_on_a_square_do_as_well_as_the_best_published_lattice() -> None:
    # k-means of a unit square, k = 4: cells are quarter squares, mean squared distance side^2 / 24.
    ground = area_demand(square_km(2_000.0), 20.0)
    places = site(ground, 4)
    gap = ((ground.points[:, None, :] - places[None]) ** 2).sum(axis=2).min(axis=1)
    assert gap.mean() <= 1_000.0**2 / 6 * 1.02


def test_docks_move_to_the_streets_or_to_the_ground_as_the_mix_says() -> None:
    # Streets on the west half only.
    whole = shapely.box(-2_000, -1_000, 2_000, 1_000)
    source = town(whole)
    western = CitySource("West", source.quarters, lattice(shapely.box(-2_000, -1_000, 0, 1_000)))
    docks = {
        share: [PLANE.to_xy(dock.position)[0] for dock in city_of(western, CityPlan(12, 0, share)).docks]
        for share in (0.0, 0.5, 1.0)
    }
    east = {share: sum(x > 50 for x in found) for share, found in docks.items()}
    assert east[0.0] == 0
    assert 0 < east[0.5] < east[1.0]
    assert east[1.0] in {5, 6, 7}


def test_every_dock_stands_on_a_street_when_one_is_near() -> None:
    city = city_of(town(block_m=70.0), CityPlan(zones=16, buttons=0))
    streets = keep_inside(cut_streets(PLANE, city.streets), square_km())
    for dock in city.docks:
        gap_m = np.hypot(*(streets.middles - PLANE.to_xy(dock.position)).T)
        assert gap_m.min() <= 0.1


def test_standing_docks_do_not_move_and_new_ones_fill_the_gaps() -> None:
    ground = area_demand(square_km(), 30.0)
    standing = site(ground, 6)
    more = site_around(ground, 9, standing)
    assert more[:6].tolist() == standing.tolist()
    fewer = site_around(ground, 4, standing)
    assert {tuple(place) for place in fewer.tolist()} < {tuple(place) for place in standing.tolist()}

    def cost(places: np.ndarray) -> float:
        return float(((ground.points[:, None] - places[None]) ** 2).sum(axis=2).min(axis=1).mean())

    assert cost(more) < cost(standing) < cost(fewer)


def test_more_docks_than_distinct_places_raise() -> None:
    lone = Demand(np.zeros((5, 2)), np.ones(5))
    with pytest.raises(ValueError, match="2 docks for 1 distinct"):
        site(lone, 2)


def test_a_mix_weighs_each_demand_by_its_share() -> None:
    ground = area_demand(square_km(), 100.0)
    streets = Demand(np.array([[5_000.0, 0.0]]), np.array([123.0]))
    both = mix(ground, streets, 0.25)
    assert both.weights[-1] == pytest.approx(0.75)
    assert both.weights.sum() == pytest.approx(1.0)
    assert len(mix(ground, streets, 1.0).points) == len(ground.points)


def test_street_length_is_conserved_when_streets_are_cut_and_gathered() -> None:
    lines = [StreetLine(tuple(PLANE.to_position(x, 0.0) for x in (0, 100, 130)), 200.0)]
    pieces = cut_streets(PLANE, lines, 30.0)
    assert pieces.metres.sum() == pytest.approx(200.0)
    # Evenly along the drawn line: 130 m drawn for 200 m stated, 7 pieces.
    assert pieces.middles[:, 0] == pytest.approx(130.0 * (np.arange(7) + 0.5) / 7, abs=0.05)
    assert street_demand(pieces, 50.0).weights.sum() == pytest.approx(200.0)
    assert grain_m(square_km(), 240) == pytest.approx(2_000 / np.sqrt(30_000))


def test_the_report_says_what_was_reached() -> None:
    city = city_of(town(), CityPlan(zones=8, buttons=64))
    said = report(city)
    assert {key: said[key] for key in ("zones", "docks", "buttons", "quarters", "zones_in_pieces")} == {
        "zones": 8,
        "docks": 8,
        "buttons": 64,
        "quarters": 1,
        "zones_in_pieces": 0,
    }
    streets_m = [zone.street_length_m for zone in city.zones]
    assert said["balance"]["max_over_mean"] == round(max(streets_m) / (sum(streets_m) / 8), 3)
    assert said["bound"]["area"]["mean_s"] == round(bound(city, "area").mean_s, 2)
