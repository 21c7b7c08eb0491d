"""A city imported again keeps its ids, never reuses one and orphans nothing."""

import msgspec
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.kernel.geo import offset
from necmergitur.territory.build import build_city
from necmergitur.territory.model import City, CityPlan, CitySource, StreetNetwork
from necmergitur.territory.reimport import Changes, Inventory, Known, inventory_of, reimport, standing_of
from tests.territory.towns import town

PLAN = CityPlan(zones=9, buttons=200)


def city_of(source: CitySource, plan: CityPlan = PLAN, old: Inventory | None = None) -> City:
    made = build_city(source, plan, standing_of(old) if old else None)
    assert isinstance(made, City)
    return made


def counts(changes: Changes) -> tuple[int, int, int, int]:
    return len(changes.kept), len(changes.moved), len(changes.added), len(changes.retired)


def check_nothing_orphaned(city: City) -> None:
    zones = {zone.id for zone in city.zones}
    assert len(zones) == len(city.zones)
    assert {dock.zone_id for dock in city.docks} == zones
    assert {button.zone_id for button in city.buttons} <= zones
    assert {other for zone in city.zones for other in zone.neighbours} <= zones
    for zone in city.zones:
        assert zone.label.endswith(f", zone {zone.number}")
        assert zone.id == f"z-{zone.number:03d}"
    for button in city.buttons:
        zone = next(zone for zone in city.zones if zone.id == button.zone_id)
        assert button.label.endswith(f", zone {zone.number}, no {int(button.id[2:])}")


def test_the_same_city_again_changes_nothing() -> None:
    city = city_of(town())
    again = reimport(inventory_of(city), city)
    assert again.city == city
    assert (counts(again.zones), counts(again.docks), counts(again.buttons)) == (
        (9, 0, 0, 0),
        (9, 0, 0, 0),
        (200, 0, 0, 0),
    )


def test_a_street_less_moves_no_dock_and_hardly_a_button() -> None:
    city = city_of(town())
    source = town()
    thinner = StreetNetwork(source.network.junctions, source.network.streets[3:])
    old = inventory_of(city)
    again = reimport(old, city_of(msgspec.structs.replace(source, network=thinner), PLAN, old))
    check_nothing_orphaned(again.city)
    assert counts(again.docks) == (9, 0, 0, 0)
    kept, moved, added, retired = counts(again.buttons)
    assert (kept + moved + added, added) == (200, retired)
    assert kept >= 195
    assert counts(again.zones)[2:] == (0, 0)


def test_a_larger_plan_adds_under_fresh_ids() -> None:
    city = city_of(town())
    old = inventory_of(city)
    again = reimport(old, city_of(town(), CityPlan(zones=11, buttons=220), old))
    check_nothing_orphaned(again.city)
    assert again.docks.added == ("d-010", "d-011")
    assert again.buttons.added == tuple(f"b-{i:05d}" for i in range(201, 221))
    assert again.docks.retired == again.buttons.retired == ()


def test_a_retired_id_is_never_given_again() -> None:
    city = city_of(town())
    old = inventory_of(city)
    gone = Known("b-00999", offset(city.buttons[0].position, 10.0, 0.0), retired=True)
    old = Inventory(old.zones, old.docks, (*old.buttons, gone))
    again = reimport(old, city_of(town(), CityPlan(zones=9, buttons=201), old))
    assert again.buttons.added == ("b-01000",)
    assert "b-00999" not in {button.id for button in again.city.buttons}


def test_a_smaller_plan_retires_rows_and_keeps_the_others_ids() -> None:
    city = city_of(town())
    old = inventory_of(city)
    again = reimport(old, city_of(town(), CityPlan(zones=7, buttons=150), old))
    check_nothing_orphaned(again.city)
    assert counts(again.docks) == (7, 0, 0, 2)
    assert counts(again.buttons) == (150, 0, 0, 50)
    before = {button.id: button.position for button in city.buttons}
    assert all(before[button.id] == button.position for button in again.city.buttons)


def test_another_town_elsewhere_retires_everything_and_starts_fresh_numbers() -> None:
    city, other = city_of(town()), city_of(town(shapely.box(20_000, 0, 22_000, 2_000)))
    again = reimport(inventory_of(city), other)
    check_nothing_orphaned(again.city)
    assert counts(again.zones) == (0, 0, 9, 9)
    assert counts(again.docks) == (0, 0, 9, 9)
    assert counts(again.buttons) == (0, 0, 200, 200)
    assert again.city.zones[0].id == "z-010"


def test_zones_without_known_polygons_are_recognised_by_their_centre() -> None:
    city = city_of(town())
    old = inventory_of(city)
    bare = Inventory(tuple(Known(z.id, z.position) for z in old.zones), old.docks, old.buttons)
    assert counts(reimport(bare, city).zones) == (9, 0, 0, 0)


def test_a_first_import_adds_everything() -> None:
    city = city_of(town())
    again = reimport(Inventory((), (), ()), city)
    assert again.city == city
    assert counts(again.buttons) == (0, 0, 200, 0)


CITY = city_of(town())


@settings(max_examples=30, deadline=None)
@given(
    shift_m=st.tuples(st.floats(-150, 150), st.floats(-150, 150)),
    dropped=st.sets(st.integers(0, 199), max_size=80),
)
def test_each_old_row_is_kept_moved_or_retired_exactly_once(shift_m: tuple[float, float], dropped: set[int]) -> None:
    buttons = tuple(
        Known(button.id, offset(button.position, *shift_m)) for i, button in enumerate(CITY.buttons) if i not in dropped
    )
    old = msgspec.structs.replace(inventory_of(CITY), buttons=buttons)
    changes = reimport(old, CITY).buttons
    told = [*changes.kept, *(moved.id for moved in changes.moved), *changes.retired]
    assert sorted(told) == sorted(known.id for known in buttons)
    assert len(changes.kept) + len(changes.moved) + len(changes.added) == 200
    assert not set(changes.added) & set(told)


def test_moved_names_both_places() -> None:
    old = inventory_of(CITY)
    shifted = Known(old.docks[0].id, offset(old.docks[0].position, 30.0, 0.0))
    changes = reimport(Inventory(old.zones, (shifted, *old.docks[1:]), old.buttons), CITY).docks
    (moved,) = changes.moved
    assert (moved.id, moved.before, moved.after) == ("d-001", shifted.position, CITY.docks[0].position)
    assert pytest.approx(8) == len(changes.kept)
