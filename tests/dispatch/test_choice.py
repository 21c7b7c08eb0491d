"""The least time to the scene, counting drones that are free soon; checked against other ways to compute it."""

import math
import random
from itertools import permutations
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.dispatch.choice import DroneFact, Fleet, Need, choose, unusable
from necmergitur.dispatch.constants import ASSIGNMENT_OPEN_MIN, ETA_MAX_S
from necmergitur.dispatch.flight_time import arrival_s
from necmergitur.kernel.geo import Position, distance_m, offset

MIDDLE = Position(2.35, 48.86)
OFFSETS = st.tuples(st.floats(-4_000, 4_000), st.floats(-4_000, 4_000))


def drone(name: str, east_m: float = 0.0, north_m: float = 0.0, **changes: object) -> DroneFact:
    base = DroneFact(
        id=name, position=offset(MIDDLE, east_m, north_m), battery_pct=100.0, link_pct=100.0, wind_m_s=3.0, linked=True
    )
    return msgspec.structs.replace(base, **changes)


def need(number: int, east_m: float = 0.0, north_m: float = 0.0, **changes: object) -> Need:
    return msgspec.structs.replace(Need(UUID(int=number), offset(MIDDLE, east_m, north_m)), **changes)


@given(st.lists(OFFSETS, min_size=1, max_size=8), OFFSETS)
def test_the_time_is_that_of_the_flight_model(docks, scene) -> None:
    drones = [drone(f"D-{n}", *place) for n, place in enumerate(docks)]
    eta = Fleet(drones).eta_s([need(1, *scene)])[0]
    for found, one in zip(eta, drones, strict=True):
        expected = arrival_s(distance_m(one.position, offset(MIDDLE, *scene)))
        if expected >= ETA_MAX_S * 0.998:  # at the edge of reach, a rounding may put it on either side
            assert found == pytest.approx(expected, rel=0.002) or found == float("inf")
        else:
            assert found == pytest.approx(expected, rel=0.002)


@given(st.lists(OFFSETS, min_size=1, max_size=8), OFFSETS)
def test_one_call_gets_the_fastest_drone(docks, scene) -> None:
    fleet = Fleet([drone(f"D-{n}", *place) for n, place in enumerate(docks)])
    (chosen,) = choose(fleet, [need(1, *scene)])
    assert chosen.eta_s == fleet.eta_s([need(1, *scene)]).min()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_many_calls_are_shared_out_at_the_least_total_time(seed: int) -> None:
    """Against every possible sharing, on a corner small enough to try them all."""
    chance = random.Random(seed)
    corner = [(chance.uniform(-2_000, 2_000), chance.uniform(-2_000, 2_000)) for _ in range(12)]
    # Fillers far apart from the corner, each with its own drone on the spot, to reach the assignment's threshold.
    far = [(0.0, 9_000.0 + 900.0 * n) for n in range(ASSIGNMENT_OPEN_MIN)]
    drones = [drone(f"D-{n}", *place) for n, place in enumerate(corner[:6])]
    needs = [need(n + 1, *place) for n, place in enumerate(corner[6:])]
    fillers = [drone(f"F-{n}", *place) for n, place in enumerate(far)]
    filled = [need(100 + n, *place) for n, place in enumerate(far)]
    chosen = {c.incident_id: c for c in choose(Fleet([*drones, *fillers]), [*needs, *filled])}
    mine = sum(chosen[n.incident_id].eta_s for n in needs)
    eta = Fleet(drones).eta_s(needs)
    best = min(sum(eta[row, column] for row, column in enumerate(order)) for order in permutations(range(6)))
    assert mine == pytest.approx(best)
    assert all(chosen[n.incident_id].drone_id.startswith("F") for n in filled)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 30), st.integers(0, 10_000))
def test_a_drone_serves_one_call_and_a_call_gets_one_drone(calls: int, drones: int, seed: int) -> None:
    chance = random.Random(seed)
    fleet = Fleet([drone(f"D-{n}", chance.uniform(-3e3, 3e3), chance.uniform(-3e3, 3e3)) for n in range(drones)])
    needs = [need(n + 1, chance.uniform(-3e3, 3e3), chance.uniform(-3e3, 3e3)) for n in range(calls)]
    chosen = choose(fleet, needs)
    assert len(chosen) == min(calls, drones)
    assert len({c.drone_id for c in chosen}) == len({c.incident_id for c in chosen}) == len(chosen)
    for one in chosen:
        row = fleet.eta_s([n for n in needs if n.incident_id == one.incident_id])[0]
        assert one.eta_s == row[[d.id for d in fleet.drones].index(one.drone_id)]


def test_a_drone_free_soon_is_chosen_when_it_still_comes_first() -> None:
    soon, far = drone("SOON", 100, free_in_s=30.0), drone("FAR", 3_000)
    (chosen,) = choose(Fleet([soon, far]), [need(1)])
    assert (chosen.drone_id, chosen.wait_s) == ("SOON", 30.0)
    assert ", free in 30 s, next best " in chosen.why
    (chosen,) = choose(Fleet([msgspec.structs.replace(soon, free_in_s=300.0), far]), [need(1)])
    assert (chosen.drone_id, chosen.wait_s) == ("FAR", 0.0)


def test_a_call_that_waited_long_enough_takes_the_first_that_is_free() -> None:
    fleet = Fleet([drone("SOON", 100, free_in_s=30.0), drone("FAR", 3_000)])
    first, second = choose(fleet, [need(1, waits=False), need(2)])
    assert (first.drone_id, second.drone_id) == ("FAR", "SOON")
    assert choose(Fleet([drone("SOON", free_in_s=30.0)]), [need(1, waits=False)]) == []


def test_a_barred_drone_is_left_for_others() -> None:
    fleet = Fleet([drone("A", 100), drone("B", 500)])
    first, second = choose(fleet, [need(1, barred=frozenset({"A"})), need(2)])
    assert (first.drone_id, second.drone_id) == ("B", "A")
    assert choose(fleet, [need(1, barred=frozenset({"A", "B", "unheard of"}))]) == []


def test_a_drone_ten_minutes_away_is_no_help() -> None:
    reach_m = (ETA_MAX_S - arrival_s(0) - 5) * 15
    assert len(choose(Fleet([drone("A", 0, reach_m - 100)]), [need(1)])) == 1
    assert choose(Fleet([drone("A", 0, reach_m + 200)]), [need(1)]) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"enabled": False}, "disabled"),
        ({"linked": False}, "no_link"),
        ({"link_pct": 39.9}, "no_link"),
        ({"battery_pct": None}, "battery"),
        ({"battery_pct": 59.9}, "battery"),
        ({"battery_pct": 30.0, "free_in_s": 700.0}, None),
        ({"wind_m_s": 12.1}, "wind"),
        ({"wind_m_s": None}, None),
    ],
)
def test_a_drone_that_may_not_fly_is_named_by_its_rule(change, rule) -> None:
    one = drone("A", **change)
    assert unusable(one) == rule
    fleet = Fleet([one, drone("B", 500)])
    assert fleet.grounded == ({} if rule is None else {rule: 1})
    assert len(fleet.drones) == (2 if rule is None else 1)


@pytest.mark.parametrize(
    ("drones", "why"),
    [
        ([drone("A", 400)], "A: ETA 52 s, no other in reach"),
        ([drone("A", 400), drone("B", 550)], "A: ETA 52 s, next best 62 s"),
    ],
)
def test_the_reason_is_one_line(drones, why) -> None:
    (chosen,) = choose(Fleet(drones), [need(1)])
    assert chosen.why == why


def test_the_reason_says_when_a_nearer_one_serves_another() -> None:
    first, second = choose(Fleet([drone("A", 100), drone("B", 1_000)]), [need(1), need(2)])
    assert first.why.startswith("A: ETA 32 s, next best")
    assert second.why.endswith("nearest at 32 s serves another")


def test_with_no_drone_or_no_call_there_is_no_choice() -> None:
    assert choose(Fleet([]), [need(1)]) == []
    assert choose(Fleet([drone("A")]), []) == []


def test_the_answer_is_the_same_twice() -> None:
    chance = random.Random(7)
    fleet = Fleet([drone(f"D-{n}", chance.uniform(-4e3, 4e3), chance.uniform(-4e3, 4e3)) for n in range(60)])
    needs = [need(n + 1, chance.uniform(-4e3, 4e3), chance.uniform(-4e3, 4e3)) for n in range(40)]
    assert choose(fleet, needs) == choose(fleet, needs)
    assert not math.isnan(float(np.sum(fleet.eta_s(needs))))
