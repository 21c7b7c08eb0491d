"""Guests and hosts paired: held against SciPy's dense assignment, another implementation, and against closed streets."""

import heapq
import random

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from necmergitur.kernel.geo import Position, distance_m, offset
from necmergitur.people.assignment import Ground, Streets, pair
from necmergitur.people.constants import LANGUAGE_WORTH_M, PREFERRED_WORTH_M, WALK_GRAIN_M
from necmergitur.people.shelter import Circle, Party

MIDDLE = Position(2.35, 48.86)
BLOCKS, BLOCK_M = 24, 100.0


def grid() -> Streets:
    places = [offset(MIDDLE, e * BLOCK_M, n * BLOCK_M) for e in range(-BLOCKS, BLOCKS) for n in range(-BLOCKS, BLOCKS)]
    side = 2 * BLOCKS
    number = {(e, n): e * side + n for e in range(side) for n in range(side)}
    ends = [(number[e, n], number[e + 1, n]) for e in range(side - 1) for n in range(side)]
    ends += [(number[e, n], number[e, n + 1]) for e in range(side) for n in range(side - 1)]
    start, end = np.array(ends).T
    lon, lat = np.array([p.lon for p in places]), np.array([p.lat for p in places])
    return Streets(lon, lat, start, end, np.full(len(ends), BLOCK_M))


def party(east: float, north: float, size: int = 1, bits: int = 0, **more) -> Party:
    return Party(offset(MIDDLE, east, north), size, bits, **more)


def some(chance: random.Random, count: int, spread_m: float) -> list[Party]:
    return [party(chance.gauss(0, spread_m), chance.gauss(0, spread_m), chance.choice((1, 2, 3))) for _ in range(count)]


def test_walks_are_those_of_the_street_graph() -> None:
    streets = grid()
    circle = Circle(offset(MIDDLE, 500, 0), 220.0)
    ground = Ground(streets, [circle])
    shut = {
        n
        for n in range(len(streets.lon))
        if distance_m(Position(streets.lon[n], streets.lat[n]), circle.middle) <= circle.radius_m
    }
    beside: dict[int, list[int]] = {}
    for a, b in zip(streets.start.tolist(), streets.end.tolist(), strict=True):
        if a not in shut and b not in shut:
            beside.setdefault(a, []).append(b)
            beside.setdefault(b, []).append(a)
    source = next(iter(beside))
    walks = ground.walks(np.array([source]), 1e9)[0]
    lengths, waiting = {}, [(0.0, source)]  # Dijkstra's own words, in nine lines
    while waiting:
        metres, here = heapq.heappop(waiting)
        if here not in lengths:
            lengths[here] = metres
            for there in beside[here]:
                heapq.heappush(waiting, (metres + BLOCK_M, there))
    assert {n: round(walks[n]) for n in lengths} == {n: round(m) for n, m in lengths.items()}
    assert np.isinf(walks[list(shut)]).all()


@pytest.mark.parametrize(("seed", "spread_m"), [(1, 300.0), (2, 900.0), (3, 1_500.0)])
def test_all_walks_together_are_within_a_hundredth_of_the_least(seed: int, spread_m: float) -> None:
    chance = random.Random(seed)
    ground = Ground(grid())
    guests, hosts = some(chance, 150, spread_m), some(chance, 400, 1_200.0)
    found = pair(ground, guests, hosts)
    from_, off = ground.snap([g.at for g in guests])
    to, aside = ground.snap([h.at for h in hosts])
    walks = ground.walks(from_, 3_000.0)[:, to] + aside + off[:, None]
    fits = np.array([[h.size >= g.size for h in hosts] for g in guests])
    costs = np.where(fits & (walks <= 3_000.0), walks, 1e7)
    rows, columns = linear_sum_assignment(costs)
    least = costs[rows, columns]
    assert len(found) == int((least < 1e7).sum())
    assert sum(p.walk_m for p in found) <= least[least < 1e7].sum() * 1.01 + len(found) * WALK_GRAIN_M / 2
    assert len({p.host for p in found}) == len({p.guest for p in found}) == len(found)


def test_nobody_is_sent_into_or_through_a_closed_area() -> None:
    streets = grid()
    wall = [Circle(offset(MIDDLE, 0, n), 120.0) for n in range(-2_600, 2_601, 150)]
    ground = Ground(streets, wall)
    west, east = party(-600, 0), party(600, 0)
    assert pair(ground, [west], [east]) == []
    assert pair(ground, [west], [party(0, 0)]) == []
    assert pair(ground, [party(0, 0)], [west]) == [], "whoever is in it stays where they are"
    assert len(pair(ground, [west], [party(-900, 0), east])) == 1


def test_more_are_paired_before_any_walk_is_shorter() -> None:
    ground = Ground(grid())
    near, far = party(100, 0, 1), party(1_900, 0, 3)
    one, three = party(0, 0, 1), party(200, 0, 3)
    assert {(p.guest, p.host) for p in pair(ground, [one, three], [near, far])} == {(0, 0), (1, 1)}


def test_needs_and_room_are_conditions_and_languages_and_trust_are_minutes() -> None:
    ground = Ground(grid())
    guest = party(0, 0, 2, 0b101, languages=frozenset({"ar"}))
    assert pair(ground, [guest], [party(100, 0, 1, 0b101), party(100, 0, 2, 0b001)]) == []
    plain, spoken = party(0, 0, 2, 0b111), party(0, LANGUAGE_WORTH_M - 100, 2, 0b111, languages=frozenset({"ar"}))
    assert pair(ground, [guest], [plain, spoken])[0].host == 1
    known = party(0, PREFERRED_WORTH_M + 100, 2, 0b111, preferred=True)
    assert pair(ground, [party(0, 0, 2, 0b101)], [party(0, 200, 2, 0b111), known])[0].host == 1
    assert pair(ground, [guest], [plain], {0: frozenset({0})}) == []


def test_nothing_to_pair_is_no_error() -> None:
    ground = Ground(grid())
    assert pair(ground, [], [party(0, 0)]) == []
    assert pair(ground, [party(0, 0)], []) == []
    everywhere = Ground(grid(), [Circle(MIDDLE, 10_000.0)])
    assert pair(everywhere, [party(0, 0)], [party(100, 0)]) == []
