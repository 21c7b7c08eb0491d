"""Where the docks stand: the p-median of a stated mix of demands, by Lloyd's iteration and relocations.

The cost is the squared distance, not the distance: it costs the streets 0.4 s of mean and takes 10 s off the
farthest point (measured on Paris), and nobody should live far from help.
"""

import msgspec
import numpy as np

from necmergitur.territory.constants import (
    ACCELERATION_M_S2,
    CRUISE_SPEED_M_S,
    DEFAULT_ZONES,
    LAUNCH_S,
    LLOYD_BETWEEN,
    LLOYD_FIRST,
    LLOYD_LAST,
    RELOCATION_GAIN,
    RELOCATION_ROUNDS,
    RELOCATIONS_PER_ROUND,
)
from necmergitur.territory.demand import (
    Demand,
    DemandKind,
    area_demand,
    cut_streets,
    grain_m,
    keep_inside,
)
from necmergitur.territory.model import City
from necmergitur.territory.proximity import nearest, nearest_few
from necmergitur.territory.shapes import (
    Array,
    gravity_centres,
    lonlat_of,
    plane_over,
    shape_of,
    shape_to_xy,
    to_xy,
    weighed,
)


class Bound(msgspec.Struct, frozen=True):
    """The best any dispatch can do: every dock has a ready drone and the nearest one goes."""

    mean_s: float
    p95_s: float
    max_s: float
    mean_m: float
    p95_m: float
    max_m: float


def flight_s(distance_m: Array, speed_m_s: float, acceleration_m_s2: float = ACCELERATION_M_S2) -> Array:
    """Return seconds from rest to rest over straight distances (trapezoidal speed profile)."""
    ramp_m = speed_m_s * speed_m_s / acceleration_m_s2
    cruised = distance_m / speed_m_s + speed_m_s / acceleration_m_s2
    hopped = 2.0 * np.sqrt(distance_m / acceleration_m_s2)
    seconds: Array = np.where(distance_m >= ramp_m, cruised, hopped)
    return seconds


def site(demand: Demand, docks: int, seed: int = 0) -> Array:
    """Return `docks` places (n, 2) in metres that keep the demand's mean squared distance low.

    Deterministic in its arguments. Raises ValueError when there are fewer distinct points than docks.
    """
    distinct = np.unique(demand.points, axis=0)
    if len(distinct) < docks:
        raise ValueError(f"{docks} docks for {len(distinct)} distinct points of demand")
    chance = np.random.default_rng(seed)
    first = chance.choice(len(demand.points), docks, replace=False, p=demand.weights / demand.weights.sum())
    places = _lloyd(demand, _apart(demand.points[first], distinct), LLOYD_FIRST)
    best, best_cost = places, _cost(demand, places)
    for _ in range(RELOCATION_ROUNDS):
        moved, count = _relocate(demand, places)
        if count == 0:
            break
        places = _lloyd(demand, moved, LLOYD_BETWEEN)
        cost = _cost(demand, places)
        if cost < best_cost:
            best, best_cost = places, cost
    return _lloyd(demand, best, LLOYD_LAST)


def site_around(demand: Demand, docks: int, standing: Array) -> Array:
    """Return `docks` places of which as many as possible are `standing` ones (n, 2), unmoved.

    Too many: the least missed go, one at a time. Too few: new ones are added where most is asked, and
    only they are moved to serve better. Raises ValueError as `site`.
    """
    while len(standing) > docks:
        missed, _ = _missed_and_carried(demand, standing)
        standing = np.delete(standing, int(missed.argmin()), axis=0)
    places = standing
    for _ in range(docks - len(standing)):
        distance_m, _ = nearest(places, demand.points)
        far = int((demand.weights * distance_m * distance_m).argmax())
        if distance_m[far] <= 0.0:
            raise ValueError(f"{docks} docks for {len(places)} distinct points of demand")
        places = np.concatenate((places, demand.points[far : far + 1]))
    return _lloyd(demand, places, LLOYD_LAST, fixed=len(standing))


def bound(
    city: City,
    demand: DemandKind,
    speed_m_s: float = CRUISE_SPEED_M_S,
    launch_s: float = LAUNCH_S,
) -> Bound:
    """Return the nearest-dock time over `area` or `street` demand, seconds from the order to on scene."""
    outline = shape_of(city.outline)
    docks = lonlat_of(dock.position for dock in city.docks)
    plane = plane_over(np.concatenate((np.array(outline.bounds).reshape(2, 2), docks)))
    territory = shape_to_xy(plane, outline)
    if demand == "area":
        asked = area_demand(territory, grain_m(territory, DEFAULT_ZONES))
        points, weights = asked.points, asked.weights
    else:
        pieces = keep_inside(cut_streets(plane, city.streets), territory)
        points, weights = pieces.middles, pieces.metres
    distance_m, _ = nearest(to_xy(plane, docks), points)
    seconds = launch_s + flight_s(distance_m, speed_m_s)
    order = np.argsort(distance_m)
    reached = np.cumsum(weights[order])
    p95 = order[min(int(np.searchsorted(reached, 0.95 * reached[-1])), len(order) - 1)]
    return Bound(
        mean_s=float(np.average(seconds, weights=weights)),
        p95_s=float(seconds[p95]),
        max_s=float(seconds.max()),
        mean_m=float(np.average(distance_m, weights=weights)),
        p95_m=float(distance_m[p95]),
        max_m=float(distance_m.max()),
    )


def _apart(chosen: Array, distinct: Array) -> Array:
    """Return `chosen` with repeated places replaced by unused ones, so that no two docks coincide."""
    _, kept = np.unique(chosen, axis=0, return_index=True)
    if len(kept) == len(chosen):
        return chosen
    kept_places = chosen[np.sort(kept)]
    free_m, _ = nearest(kept_places, distinct)
    spare = distinct[np.argsort(-free_m, kind="stable")[: len(chosen) - len(kept)]]
    return np.concatenate((kept_places, spare))


def _lloyd(demand: Demand, places: Array, rounds: int, fixed: int = 0) -> Array:
    """Move every dock but the first `fixed` to the centre of gravity of what is nearest to it, `rounds` times."""
    count = len(places)
    for _ in range(rounds):
        _, served_by = nearest(places, demand.points)
        centres, load = gravity_centres(demand.points, served_by, demand.weights, count)
        free = (load > 0) & (np.arange(count) >= fixed)
        places = np.where(free[:, None], centres, places)
    return places


def _cost(demand: Demand, places: Array) -> float:
    distance_m, _ = nearest(places, demand.points)
    # Not a dot product: on vectors this long the threads of the linear algebra cost more than they save.
    return float((demand.weights * distance_m * distance_m).sum())


def _missed_and_carried(demand: Demand, places: Array) -> tuple[Array, Array]:
    """Return what the cost would rise by without each dock, and the cost each dock carries; two docks or more."""
    distance_m, near = nearest_few(places, demand.points, 2)
    own = demand.weights * distance_m[:, 0] ** 2
    missed = weighed(near[:, 0], demand.weights * distance_m[:, 1] ** 2 - own, len(places))
    return missed, weighed(near[:, 0], own, len(places))


def _relocate(demand: Demand, places: Array) -> tuple[Array, int]:
    """Move the docks least missed beside the docks that carry most; return the places and how many moved."""
    count = len(places)
    if count == 1:
        return places, 0
    missed, carried = _missed_and_carried(demand, places)
    distance_m, home = nearest(places, demand.points)
    own = demand.weights * distance_m * distance_m
    places, used = places.copy(), set[int]()
    least_missed = np.argsort(missed, kind="stable")[:RELOCATIONS_PER_ROUND].tolist()
    most_carried = np.argsort(-carried, kind="stable")[:RELOCATIONS_PER_ROUND].tolist()
    for spare, overloaded in zip(least_missed, most_carried, strict=True):
        if missed[spare] >= RELOCATION_GAIN * carried[overloaded]:
            break
        if spare == overloaded or spare in used or overloaded in used:
            continue
        members = np.flatnonzero(home == overloaded)
        farthest = members[np.argmax(own[members])]
        places[spare] = (demand.points[farthest] + places[overloaded]) / 2
        used |= {spare, overloaded}
    return places, len(used) // 2
