"""Who walks where: guests and hosts paired so that all walks together are shortest, around what is closed.

Places are junctions of the street graph, which operations hand over as arrays. Of the hosts that suit a guest, the
nearest and others spread over the rest are candidates of one sparse assignment (Jonker and Volgenant's LAPJVsp in
`scipy.sparse.csgraph`). The nearest alone would not do: around a closed area all guests have the same ones. Who stays
without a host gets more candidates, and all are paired again.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.people.constants import (
    CANDIDATES_FAR,
    CANDIDATES_MAX,
    CANDIDATES_NEAR,
    LANGUAGE_WORTH_M,
    PREFERRED_WORTH_M,
    WALK_DETOUR,
    WALK_GRAIN_M,
    WALK_MAX_M,
)
from necmergitur.people.shelter import Circle, Party

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SOURCES = 128  # walks are measured from so many places at a time: 128 rows of a large city's junctions are 100 MB
_GOLDEN = 0.618033988749895  # multiples of it, modulo 1, lie apart from each other
_ALONE = 1_000.0
_PLACES_MIN_M = 1.0  # scipy's sparse matrices know no edge of length 0


class Streets(NamedTuple):
    """The street graph: where junctions are, which two each street joins, and how long it is."""

    lon: Floats
    lat: Floats
    start: Ints
    end: Ints
    metres: Floats


class Pair(NamedTuple):
    """A guest and a host by their numbers, and the walk between their places."""

    guest: int
    host: int
    walk_m: float


class Ground:
    """The street graph as people may walk it."""

    def __init__(self, streets: Streets, closed: Sequence[Circle] = ()) -> None:
        """Leave out junctions in closed areas, and streets that cross one. One-way streets bind cars alone."""
        self._closed = tuple(closed)
        self._plane = LocalPlane(Position(float(streets.lon.mean()), float(streets.lat.mean())))
        x, y = self._xy(streets.lon, streets.lat)
        shut = np.zeros(len(x), bool)
        crossed = np.zeros(len(streets.start), bool)
        for circle in closed:
            cx, cy = self._plane.to_xy(circle.middle)
            shut |= np.hypot(x - cx, y - cy) <= circle.radius_m
            crossed |= _gap_m(x, y, streets.start, streets.end, cx, cy) <= circle.radius_m
        kept = ~(shut[streets.start] | shut[streets.end] | crossed)
        self.junctions = len(x)
        lengths = np.maximum(streets.metres[kept], _PLACES_MIN_M)
        # Two streets between the same junctions: the shorter one counts, and a sparse matrix would add them.
        order = np.argsort(-lengths, kind="stable")
        a, b = streets.start[kept][order], streets.end[kept][order]
        low, high = np.minimum(a, b), np.maximum(a, b)
        shortest = dict(zip(zip(low.tolist(), high.tolist(), strict=True), lengths[order].tolist(), strict=True))
        ends = np.array(list(shortest), np.int64).reshape(-1, 2)
        weights = np.array(list(shortest.values()), np.float64)
        shape = (self.junctions, self.junctions)
        self._graph = csr_array((weights, (ends[:, 0], ends[:, 1])), shape=shape)
        self._open = np.flatnonzero(~shut)
        self._tree = cKDTree(np.column_stack([x, y])[self._open]) if len(self._open) else None

    def _xy(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        k, radius = np.cos(np.radians(self._plane.origin.lat)), 6_371_008.8
        return (
            np.radians(lon - self._plane.origin.lon) * radius * k,
            np.radians(lat - self._plane.origin.lat) * radius,
        )

    def inside(self, at: Position) -> bool:
        """Return whether a place lies in a closed area."""
        x, y = self._plane.to_xy(at)
        for circle in self._closed:
            cx, cy = self._plane.to_xy(circle.middle)
            if np.hypot(x - cx, y - cy) <= circle.radius_m:
                return True
        return False

    def snap(self, places: Sequence[Position]) -> tuple[Ints, Floats]:
        """Return the nearest open junction of each place, and the metres to it; -1 where a place is closed itself."""
        if not places or self._tree is None:
            return np.full(len(places), -1, np.int64), np.zeros(len(places))
        xy = np.array([self._plane.to_xy(place) for place in places])
        gap, nearest = self._tree.query(xy)
        junction = np.asarray(self._open[nearest], np.int64)
        junction[np.array([self.inside(place) for place in places])] = -1
        return junction, np.asarray(gap * WALK_DETOUR, np.float64)

    def walks(self, sources: Ints, limit_m: float) -> Floats:
        """Return metres on foot from each source to every junction; infinite beyond the limit."""
        return np.asarray(dijkstra(self._graph, directed=False, indices=sources, limit=limit_m))


def pair(
    ground: Ground,
    guests: Sequence[Party],
    hosts: Sequence[Party],
    barred: Mapping[int, frozenset[int]] | None = None,
    walk_max_m: float = WALK_MAX_M,
) -> list[Pair]:
    """Pair each guest with at most one host and each host with at most one guest: most pairs, then shortest walks.

    `barred`: hosts, by number, that a guest is not to be paired with.
    """
    if not guests or not hosts:
        return []
    table = _Candidates(ground, guests, hosts, barred or {}, walk_max_m)
    far = CANDIDATES_FAR
    while True:
        pairs = _assign(table, far, len(hosts))
        without = np.ones(len(guests), bool)
        without[[p.guest for p in pairs]] = False
        if far >= CANDIDATES_MAX or not (without & (table.found > CANDIDATES_NEAR + far)).any():
            return pairs
        far *= 4


class _Candidates:
    """For each guest, the hosts that suit them, nearest first."""

    def __init__(
        self,
        ground: Ground,
        guests: Sequence[Party],
        hosts: Sequence[Party],
        barred: Mapping[int, frozenset[int]],
        walk_max_m: float,
    ) -> None:
        self.found = np.zeros(len(guests), np.int64)
        self.hosts: list[NDArray[np.int32]] = [np.empty(0, np.int32)] * len(guests)
        self.walks: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(guests)
        self.costs: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(guests)
        from_, off = ground.snap([guest.at for guest in guests])
        to, aside = ground.snap([host.at for host in hosts])
        usable = np.flatnonzero(to >= 0)
        size = np.array([host.size for host in hosts])
        bits = np.array([host.bits for host in hosts])
        worth = np.array([PREFERRED_WORTH_M if host.preferred else 0.0 for host in hosts], np.float32)
        spoken = _spoken(hosts)
        sources = np.unique(from_[from_ >= 0])
        by_source: dict[int, list[int]] = {}
        for number, junction in enumerate(from_.tolist()):
            by_source.setdefault(junction, []).append(number)
        for first in range(0, len(sources), _SOURCES):
            some = sources[first : first + _SOURCES]
            rows = ground.walks(some, walk_max_m)
            for junction, row in zip(some.tolist(), rows, strict=True):
                metres = row[to[usable]] + aside[usable]
                near = np.flatnonzero(metres <= walk_max_m)
                near = near[np.argsort(metres[near], kind="stable")]
                here, walk = usable[near].astype(np.int32), metres[near].astype(np.float32)
                sizes, all_bits = size[here], bits[here]
                for number in by_source[junction]:
                    guest = guests[number]
                    fits = (sizes >= guest.size) & ((all_bits & guest.bits) == guest.bits)
                    fits &= walk <= walk_max_m - off[number]
                    if number in barred:
                        fits &= ~np.isin(here, list(barred[number]))
                    self.hosts[number] = here[fits]
                    self.walks[number] = walk[fits] + np.float32(off[number])
                    unspoken = _unspoken_m(guest, self.hosts[number], spoken)
                    self.costs[number] = self.walks[number] - worth[self.hosts[number]] + unspoken
                    self.found[number] = len(self.hosts[number])

    def some(self, guest: int, far: int) -> NDArray[np.intp]:
        """Return which of a guest's hosts are looked at: the nearest, then `far` spread evenly, each guest's own."""
        rest = int(self.found[guest]) - CANDIDATES_NEAR
        if rest <= far:
            return np.arange(self.found[guest])
        spread = ((np.arange(far) + (guest * _GOLDEN) % 1.0) * (rest / far)).astype(np.intp)
        return np.concatenate([np.arange(CANDIDATES_NEAR), CANDIDATES_NEAR + spread])


def _spoken(hosts: Sequence[Party]) -> dict[str, NDArray[np.bool_]]:
    spoken: dict[str, NDArray[np.bool_]] = {}
    for number, host in enumerate(hosts):
        for language in host.languages:
            spoken.setdefault(language, np.zeros(len(hosts), bool))[number] = True
    return spoken


def _unspoken_m(
    guest: Party, hosts: NDArray[np.int32], spoken: Mapping[str, NDArray[np.bool_]]
) -> NDArray[np.float32] | float:
    """Return what it costs, in metres, that a host speaks none of a guest's languages."""
    if not guest.languages:
        return 0.0
    understood = np.zeros(len(hosts), bool)
    for language in guest.languages & spoken.keys():
        understood |= spoken[language][hosts]
    return np.where(understood, 0.0, LANGUAGE_WORTH_M).astype(np.float32)


def _assign(table: _Candidates, far: int, hosts: int) -> list[Pair]:
    guests = len(table.found)
    looked = [table.some(guest, far) for guest in range(guests)]
    rows = np.repeat(np.arange(guests), [len(some) for some in looked])
    if not len(rows):
        return []
    columns = np.concatenate([table.hosts[n][some] for n, some in enumerate(looked)])
    costs = np.concatenate([table.costs[n][some] for n, some in enumerate(looked)])
    # In whole grains: equal costs end the search for a shorter chain of exchanges early, four times faster in all.
    costs = np.round((costs - costs.min()) / WALK_GRAIN_M) + 1.0
    # To stay without a host, a column of one's own, costs more than a long chain of longer walks could save.
    alone = float(costs.max()) * _ALONE
    matrix = csr_array(
        (
            np.concatenate([costs, np.full(guests, alone)]),
            (np.concatenate([rows, np.arange(guests)]), np.concatenate([columns, hosts + np.arange(guests)])),
        ),
        shape=(guests, hosts + guests),
    )
    pairs = []
    for guest, host in zip(*(side.tolist() for side in min_weight_full_bipartite_matching(matrix)), strict=True):
        if host < hosts:
            place = int(np.flatnonzero(table.hosts[guest] == host)[0])
            pairs.append(Pair(guest, host, float(table.walks[guest][place])))
    return pairs


def _gap_m(x: Floats, y: Floats, start: Ints, end: Ints, cx: float, cy: float) -> Floats:
    """Return how near each street, as a straight line, comes to a point."""
    ax, ay, dx, dy = x[start] - cx, y[start] - cy, x[end] - x[start], y[end] - y[start]
    length2 = np.maximum(dx * dx + dy * dy, 1e-9)
    t = np.clip(-(ax * dx + ay * dy) / length2, 0.0, 1.0)
    return np.asarray(np.hypot(ax + t * dx, ay + t * dy))
