"""How long it takes to pair 5,000 guests with 10,000 hosts, and how far they walk beside the least they could.

Hosts live along the whole city's streets; guests stand around a closed area at its middle, which nobody may cross.
They are paired as in a crisis: by the middles of their cells. What is told is the walk between the places themselves.
"""

import math
import random
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from necmergitur.kernel.geo import Position, offset
from necmergitur.people import assignment, shelter
from necmergitur.people.assignment import Ground, Streets
from necmergitur.people.constants import WALK_MAX_M
from necmergitur.people.shelter import ANIMALS, ANYBODY, CHILDREN, WHEELCHAIR, WOMEN_AT_HOME, Circle, Party
from necmergitur.sim.bench.evening import city_at_hand
from necmergitur.territory.model import City

OFFERS, REQUESTS = 10_000, 5_000
CLOSED_M = 500.0
SPREAD_M = 1_000.0  # how far around the closed area guests stand: two thirds within this distance of it
HOSTS_HAVE = {CHILDREN: 0.7, ANIMALS: 0.3, WHEELCHAIR: 0.2, WOMEN_AT_HOME: 0.1, ANYBODY: 0.9}
GUESTS_NEED = {CHILDREN: 0.25, ANIMALS: 0.05, WHEELCHAIR: 0.03, WOMEN_AT_HOME: 0.03, ANYBODY: 0.9}
PLACES, PEOPLE = (1, 2, 2, 3, 4, 6), (1, 1, 1, 2, 2, 3, 4)
RUNS, RUNS_QUICK = 5, 1
GRAIN_M = 4.0  # the optimum is sought in grains of it: exact to half of that
_AWAY_M = 1e6
_ROWS = 128

Floats = NDArray[np.float64]


class _Night(NamedTuple):
    ground: Ground
    guests: list[Party]
    hosts: list[Party]


def measure(*, quick: bool = False, seed: int = 1) -> dict[str, Any]:
    """Return the seconds of one round (median of five, or one), mean metres walked, and the least there could be."""
    night = _night(city_at_hand(seed), random.Random(seed))  # noqa: S311  people on a map
    guests, hosts = _coarse(night.guests), _coarse(night.hosts)
    took: list[float] = []
    pairs: list[assignment.Pair] = []
    for _ in range(RUNS_QUICK if quick else RUNS):
        started = time.perf_counter()
        pairs = assignment.pair(night.ground, guests, hosts)
        took.append(time.perf_counter() - started)
    walks = _walks(night)
    exact = assignment.pair(night.ground, night.guests, night.hosts)
    mine = np.array([walks[pair.guest, pair.host] for pair in pairs])
    best = _least(walks)
    nearest = _first_come(walks)
    return {
        "match_s": round(sorted(took)[len(took) // 2], 2),
        "mean_walk_m": round(float(mine.mean()), 1),
        "optimum_m": round(float(best.mean()), 1),
        "by_places_m": round(float(np.mean([walks[pair.guest, pair.host] for pair in exact])), 1),
        "first_come_m": round(float(nearest.mean()), 1),
        "matched": len(pairs),
        "optimum_matched": len(best),
        "first_come_matched": len(nearest),
        "longest_m": round(float(mine.max()), 1),
        "through_closed": int((mine >= _AWAY_M).sum()),
        "offers": OFFERS,
        "requests": REQUESTS,
        "runs": len(took),
    }


def _night(city: City, chance: random.Random) -> _Night:
    junctions, streets = city.network.junctions, city.network.streets
    lon, lat = np.array([j.lon for j in junctions]), np.array([j.lat for j in junctions])
    graph = Streets(
        lon,
        lat,
        np.array([s.start for s in streets], np.int64),
        np.array([s.end for s in streets], np.int64),
        np.array([s.metres for s in streets], np.float64),
    )
    middle = Position(float(lon.mean()), float(lat.mean()))
    closed = (Circle(middle, CLOSED_M),)

    def party(at: Position, sizes: tuple[int, ...], shares: dict[int, float]) -> Party:
        return Party(at, chance.choice(sizes), sum(bit for bit, share in shares.items() if chance.random() < share))

    def host() -> Position:
        return offset(chance.choice(junctions), chance.gauss(0, 40), chance.gauss(0, 40))

    def guest() -> Position:
        away, turn = CLOSED_M + abs(chance.gauss(0, SPREAD_M)), chance.uniform(0, math.tau)
        return offset(middle, away * math.cos(turn), away * math.sin(turn))

    def some(place: Any, count: int) -> list[Position]:
        found: list[Position] = []
        while len(found) < count:
            at = place()
            if not shelter.shut_in(shelter.cell_of(at), closed):
                found.append(at)
        return found

    guests = [party(at, PEOPLE, GUESTS_NEED) for at in some(guest, REQUESTS)]
    hosts = [party(at, PLACES, HOSTS_HAVE) for at in some(host, OFFERS)]
    return _Night(Ground(graph, closed), guests, hosts)


def _coarse(parties: list[Party]) -> list[Party]:
    """Return them as the city knows them: in the middle of their cells."""
    return [Party(shelter.middle_of(shelter.cell_of(one.at)), one.size, one.bits) for one in parties]


def _walks(night: _Night) -> Floats:
    """Return the metres of every walk between the places themselves; far away where the two do not suit."""
    from_, off = night.ground.snap([one.at for one in night.guests])
    to, aside = night.ground.snap([one.at for one in night.hosts])
    size, bits = np.array([one.size for one in night.hosts]), np.array([one.bits for one in night.hosts])
    walks = np.full((len(night.guests), len(night.hosts)), _AWAY_M, np.float32)
    sources = np.unique(from_[from_ >= 0])
    for first in range(0, len(sources), _ROWS):
        some = sources[first : first + _ROWS]
        for junction, row in zip(some, night.ground.walks(some, 2 * WALK_MAX_M), strict=True):
            metres = np.where(to >= 0, row[to] + aside, np.inf)
            for number in np.flatnonzero(from_ == junction):
                guest = night.guests[number]
                suits = (size >= guest.size) & ((bits & guest.bits) == guest.bits) & np.isfinite(metres)
                walks[number] = np.where(suits, metres + off[number], _AWAY_M)
    return np.asarray(walks)


def _least(walks: Floats) -> Floats:
    """Return the walks of the pairing that has most pairs, then the least metres, of all there are."""
    guests, hosts = walks.shape
    rows, columns = np.nonzero(walks <= WALK_MAX_M)
    costs = np.round(walks[rows, columns] / GRAIN_M) + 1.0
    alone = np.full(guests, _AWAY_M)
    own = np.arange(guests)
    matrix = csr_array(
        (np.concatenate([costs, alone]), (np.concatenate([rows, own]), np.concatenate([columns, hosts + own]))),
        shape=(guests, hosts + guests),
    )
    chosen, taken = min_weight_full_bipartite_matching(matrix)
    paired = taken < hosts
    return np.asarray(walks[chosen[paired], taken[paired]])


def _first_come(walks: Floats) -> Floats:
    """Return the walks when each guest in turn takes the nearest host that is left."""
    left = walks.copy()
    walked: list[float] = []
    for number in range(len(left)):
        host = int(left[number].argmin())
        if left[number, host] <= WALK_MAX_M:
            walked.append(float(left[number, host]))
            left[:, host] = _AWAY_M
    return np.array(walked)
