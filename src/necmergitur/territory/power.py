"""Balanced power diagrams: which dock a place belongs to when a zone may hold only so much street.

Every street goes to its nearest dock unless that zone is full; then to the next best, so that the total
squared distance stays least (capacity-constrained transport). The prices of full zones are the weights of
a power diagram, whose cells are convex: contiguous inside any convex territory.
"""

import msgspec
import numpy as np
from scipy.optimize import minimize

from necmergitur.territory.constants import (
    BALANCE_CANDIDATES,
    BALANCE_CAPS,
    BALANCE_ITERATIONS,
    BALANCE_MEMORY,
    CELL_RIVALS,
    MAX_CELL_SIDES,
    MIN_RING_SIDES,
)
from necmergitur.territory.demand import Demand
from necmergitur.territory.proximity import nearest_few
from necmergitur.territory.shapes import Array, Indices, weighed

# Points of one power-distance table, to bound its memory (docks x points at once).
_CHUNK = 4_096


class Prices(msgspec.Struct, frozen=True):
    """Power weights (n,) in m2, none positive, and the cap they were found for (times the mean load)."""

    weights_m2: Array
    cap: float


def price(docks: Array, streets: Demand, territory_m2: float) -> Prices:
    """Return the weights of the tightest of BALANCE_CAPS that leaves every dock in its own zone.

    `docks` is (n, 2) in metres, all different. With no streets, or when no cap fits, weights are 0:
    every place belongs to its nearest dock.
    """
    count = len(docks)
    if count > 1 and len(streets.points):
        for cap in BALANCE_CAPS:
            weights_m2 = _capacity_prices(docks, streets, territory_m2 / count, cap)
            if np.array_equal(owners(docks, weights_m2, docks), np.arange(count)):
                return Prices(weights_m2, cap)
    return Prices(np.zeros(count), float("inf"))


def owners(docks: Array, weights_m2: Array, points: Array) -> Indices:
    """Return for each point (m, 2) the dock of least power distance, squared metres less the weight."""
    found = np.empty(len(points), dtype=np.int64)
    for at in range(0, len(points), _CHUNK):
        chunk = points[at : at + _CHUNK]
        found[at : at + _CHUNK] = np.argmin(_power_m2(docks, weights_m2, chunk), axis=1)
    return found


def cells(docks: Array, weights_m2: Array, frame: Array) -> list[Array]:
    """Return each dock's convex cell (k, 2) inside `frame`, a convex counter-clockwise ring (m, 2)."""
    _, near = nearest_few(docks, docks, CELL_RIVALS)
    return [_cell(docks, weights_m2, i, near[i], frame) for i in range(len(docks))]


def _cell(docks: Array, weights_m2: Array, index: int, near: Indices, frame: Array) -> Array:
    ring = frame
    for rival in near.tolist():
        if rival != index and len(ring):
            ring = _clip(ring, docks, weights_m2, index, rival)
    # Nearly always done by now; a far dock of great weight may still cut.
    for _ in range(MAX_CELL_SIDES):
        if len(ring) < MIN_RING_SIDES:
            return np.zeros((0, 2))
        power = _power_m2(docks, weights_m2, ring)
        excess = power[:, index, None] - power
        vertex, rival = np.unravel_index(np.argmax(excess), excess.shape)
        # Of squared metres at city scale: far below a millimetre, above their rounding.
        if excess[vertex, rival] <= 1e-9 * max(1.0, float(np.abs(power).max())):
            return ring
        ring = _clip(ring, docks, weights_m2, index, int(rival))
    raise RuntimeError(f"the cell of dock {index} still needs cutting after {MAX_CELL_SIDES} sides")


def _power_m2(docks: Array, weights_m2: Array, points: Array) -> Array:
    gap = points[:, None, :] - docks[None, :, :]
    power: Array = np.einsum("pdk,pdk->pd", gap, gap) - weights_m2[None, :]
    return power


def _clip(ring: Array, docks: Array, weights_m2: Array, index: int, rival: int) -> Array:
    """Return the part of a convex ring that is nearer (in power) to `index` than to `rival`."""
    normal = docks[rival] - docks[index]
    level = (docks[rival] @ docks[rival] - docks[index] @ docks[index]) / 2
    level += (weights_m2[index] - weights_m2[rival]) / 2
    side = ring @ normal - level
    kept = list[Array]()
    for i in range(len(ring)):
        j = (i + 1) % len(ring)
        if side[i] <= 0:
            kept.append(ring[i])
        if (side[i] < 0 < side[j]) or (side[j] < 0 < side[i]):
            kept.append(ring[i] + (ring[j] - ring[i]) * (side[i] / (side[i] - side[j])))
    return np.array(kept).reshape(-1, 2)


def _capacity_prices(docks: Array, streets: Demand, cell_m2: float, cap: float) -> Array:
    """Maximise the transport dual over non-positive weights: full zones get a price, others stay at 0."""
    count = len(docks)
    distance_m, near = nearest_few(docks, streets.points, BALANCE_CANDIDATES)
    squared = distance_m * distance_m / cell_m2
    load = streets.weights * (count / streets.weights.sum())
    rows = np.arange(len(load))

    def negated_dual(weights: Array) -> tuple[float, Array]:
        value = squared - weights[near]
        best = np.argmin(value, axis=1)
        carried = weighed(near[rows, best], load, count)
        worth = float((load * value[rows, best]).sum()) + cap * float(weights.sum())
        return -worth, np.asarray(carried - cap, dtype=np.float64)

    found = minimize(
        negated_dual,
        np.zeros(count),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, 0.0)] * count,
        options={"maxiter": BALANCE_ITERATIONS, "maxcor": BALANCE_MEMORY},
    )
    weights_m2: Array = found.x * cell_m2
    return weights_m2
