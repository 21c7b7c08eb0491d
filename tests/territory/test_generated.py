"""The invented city: plausible for any seed, the same for the same seed, at no real place."""

import msgspec
import numpy as np
import pytest
import shapely

from necmergitur.kernel.geo import distance_m
from necmergitur.territory.generated import ORIGIN, generate, invent
from necmergitur.territory.model import City, CityPlan
from necmergitur.territory.report import report
from necmergitur.territory.shapes import shape_of


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 99, 2_026])
def test_any_seed_gives_a_source_of_the_scale_of_a_capital(seed: int) -> None:
    source = invent(seed)
    assert len(source.quarters) == 80
    assert len({quarter.name for quarter in source.quarters}) == 80
    assert 7_000 < len(source.network.junctions) < 13_000
    assert 1_100 < sum(street.metres for street in source.network.streets) / 1_000 < 1_800
    assert max(distance_m(ORIGIN, junction) for junction in source.network.junctions) < 9_000
    bridges = [i for i, name in source.street_names.items() if name == "Pont"]
    assert len(bridges) >= 5
    # Streets of one line keep its name from end to end.
    assert {"Pont", "Quai"} < set(source.street_names.values())
    assert sum(name.startswith("Avenue") for name in set(source.street_names.values())) >= 8


def test_the_default_city_meets_the_asked_counts_and_bounds() -> None:
    city = generate(1)
    said = report(city)
    assert (said["zones"], said["docks"], said["buttons"], said["quarters"]) == (240, 240, 20_000, 80)
    assert said["balance"]["max_over_mean"] <= 1.3
    assert said["zones_in_pieces"] == 0
    assert said["bound"]["area"]["mean_s"] <= 43
    assert said["bound"]["area"]["p95_s"] <= 53
    assert any(button.label.startswith("Avenue des ") for button in city.buttons)


def test_the_same_seed_gives_the_same_city_and_another_seed_another() -> None:
    plan = CityPlan(zones=20, buttons=100)
    assert generate(5, plan) == generate(5, plan)
    assert generate(5, plan).outline != generate(6, plan).outline


@pytest.mark.parametrize("quarters", [1, 7, 150])
def test_any_number_of_quarters_covers_the_outline_once(quarters: int) -> None:
    shapes = [shape_of(quarter.polygons) for quarter in invent(3, quarters).quarters]
    assert len(shapes) == quarters
    assert sum(shape.area for shape in shapes) == pytest.approx(shapely.union_all(shapes).area, rel=1e-7)


def test_a_city_survives_json_unchanged() -> None:
    city = generate(8, CityPlan(zones=15, buttons=200))
    assert msgspec.json.decode(msgspec.json.encode(city), type=City) == city


def test_a_plan_out_of_range_raises() -> None:
    with pytest.raises(ValueError, match="zones_out_of_range"):
        generate(1, CityPlan(zones=0))


def test_zones_of_woods_hold_no_street_but_a_dock_nearby() -> None:
    city = generate(1, CityPlan(zones=120, buttons=0))
    assert max(zone.area_m2 for zone in city.zones) < 6 * np.mean([zone.area_m2 for zone in city.zones])
