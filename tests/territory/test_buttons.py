"""Buttons: even along the streets, numbered in order, standing ones left where they are."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from necmergitur.kernel.geo import distance_m
from necmergitur.territory.build import build_city
from necmergitur.territory.buttons import along_curve
from necmergitur.territory.model import City, CityPlan, Standing
from tests.territory.towns import PLANE, town


def built(buttons: int, standing: Standing | None = None) -> City:
    made = build_city(town(), CityPlan(zones=4, buttons=buttons), standing)
    assert isinstance(made, City)
    return made


def test_every_zone_gets_buttons_in_proportion_to_its_streets() -> None:
    city = built(400)
    held = {zone.id: sum(button.zone_id == zone.id for button in city.buttons) for zone in city.zones}
    total_m = sum(zone.street_length_m for zone in city.zones)
    for zone in city.zones:
        # A post on the border may be counted next door.
        assert held[zone.id] == pytest.approx(400 * zone.street_length_m / total_m, abs=6)


def test_no_place_on_a_street_is_farther_from_a_button_than_two_spacings() -> None:
    city = built(380)
    total_m = sum(street.metres for street in city.streets)
    posts = cKDTree([PLANE.to_xy(button.position) for button in city.buttons])
    corners = [PLANE.to_xy(p) for street in city.streets for p in street.positions]
    assert posts.query(corners)[0].max() <= 2 * total_m / 380


def test_numbers_run_from_one_zone_to_the_next() -> None:
    city = built(250)
    assert [button.id for button in city.buttons] == [f"b-{i:05d}" for i in range(1, 251)]
    zones = [int(button.zone_id.removeprefix("z-")) for button in city.buttons]
    assert np.mean(np.diff(zones) >= 0) > 0.95


def test_no_buttons_is_a_city_without_buttons() -> None:
    assert built(0).buttons == ()


def test_standing_posts_stay_to_the_last_digit() -> None:
    before = built(300)
    standing = Standing(buttons=tuple(button.position for button in before.buttons))
    after = built(300, standing)
    assert {b.position for b in after.buttons} == {b.position for b in before.buttons}


def test_new_posts_go_where_the_nearest_one_is_far() -> None:
    west = Standing(buttons=tuple(b.position for b in built(300).buttons if PLANE.to_xy(b.position)[0] < 0))
    after = built(300, west)
    kept = {button.position for button in after.buttons}
    assert set(west.buttons) <= kept
    added = [PLANE.to_xy(p)[0] for p in kept - set(west.buttons)]
    assert len(added) == 300 - len(west.buttons)
    assert np.mean(np.array(added) > -60) > 0.95


def test_of_too_many_posts_the_crowded_ones_go_first() -> None:
    standing = [b.position for b in built(100).buttons]
    doubled = Standing(buttons=(*standing, *(PLANE.to_position(*np.add(PLANE.to_xy(p), 2.0)) for p in standing[:20])))
    after = built(100, doubled).buttons
    gaps = [min(distance_m(a.position, b.position) for b in after if b is not a) for a in after]
    assert min(gaps) > 5


def test_a_post_far_from_any_street_is_not_kept() -> None:
    astray = PLANE.to_position(1_000 + 100, 0)
    assert astray not in {b.position for b in built(10, Standing(buttons=(astray,))).buttons}


def test_the_curve_visits_neighbours_one_after_the_other() -> None:
    side = 32
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    grid = np.column_stack((x.ravel(), y.ravel())).astype(float)
    walk = grid[np.argsort(along_curve(grid * 32.05), kind="stable")]
    assert np.abs(np.diff(walk, axis=0)).sum(axis=1).max() == 1
