"""Which drone for which incident: least time to the scene, counting the drones that are free soon.

One at a time up to nineteen open incidents, linear assignment from twenty (greedy costs below 3 % on the
mean under fifty, and three times the worst distance at 240: measured, see docs/benchmarks.md).
"""

import math
from collections.abc import Sequence
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from necmergitur.dispatch.constants import (
    ASSIGNMENT_OPEN_MIN,
    BATTERY_TAKEOFF_MIN_PCT,
    ETA_MAX_S,
    LINK_MIN_PCT,
    WIND_MAX_M_S,
)
from necmergitur.dispatch.flight_time import ACCEL_M_S2, CRUISE_M_S
from necmergitur.dispatch.flight_time import launch_s as typical_launch_s
from necmergitur.kernel.geo import EARTH_RADIUS_M, Position

Floats = NDArray[np.float64]


class DroneFact(msgspec.Struct, frozen=True, kw_only=True):
    """What choice needs of a drone. `free_in_s` is 0 for one that waits in its dock."""

    id: str
    position: Position
    speed_m_s: float = CRUISE_M_S
    battery_pct: float | None = None
    link_pct: float = 0.0
    wind_m_s: float | None = None
    linked: bool = False
    enabled: bool = True
    free_in_s: float = 0.0


class Need(msgspec.Struct, frozen=True):
    """An incident that wants a drone: its place, and drones that may not serve it (refused route).

    `waits`: a drone that is free soon may be kept for it.
    """

    incident_id: UUID
    position: Position
    barred: frozenset[str] = frozenset()
    waits: bool = True


class Choice(msgspec.Struct, frozen=True):
    """The drone for one incident. `wait_s` above 0: the best drone is not free yet."""

    incident_id: UUID
    drone_id: str
    eta_s: float
    wait_s: float
    why: str


def unusable(drone: DroneFact) -> str | None:
    """Return the name of the first rule that grounds this drone, None when it may fly."""
    if not drone.enabled:
        return "disabled"
    if not drone.linked or drone.link_pct < LINK_MIN_PCT:
        return "no_link"
    if drone.battery_pct is None or (drone.battery_pct < BATTERY_TAKEOFF_MIN_PCT and drone.free_in_s <= 0):
        return "battery"
    if drone.wind_m_s is not None and drone.wind_m_s > WIND_MAX_M_S:
        return "wind"
    return None


class Fleet:
    """Usable drones as arrays, built once per decision round."""

    def __init__(self, drones: Sequence[DroneFact]) -> None:
        """Keep the usable ones; count the others by rule in `grounded`."""
        self.grounded: dict[str, int] = {}
        usable: list[DroneFact] = []
        for drone in drones:
            rule = unusable(drone)
            if rule is None:
                usable.append(drone)
            else:
                self.grounded[rule] = self.grounded.get(rule, 0) + 1
        self.drones = usable
        self._index = {drone.id: i for i, drone in enumerate(usable)}
        self._lon = np.radians([d.position.lon for d in usable])
        self._lat = np.radians([d.position.lat for d in usable])
        self._speed = np.array([d.speed_m_s for d in usable], dtype=np.float64)
        self._soon = np.array([i for i, d in enumerate(usable) if d.free_in_s > 0], dtype=np.intp)
        self._base_s = np.array([d.free_in_s for d in usable], dtype=np.float64) + typical_launch_s()

    def eta_s(self, needs: Sequence[Need]) -> Floats:
        """Return seconds to the scene, shape (needs, drones); infinite where barred or too far."""
        lon = np.radians([n.position.lon for n in needs])[:, None]
        lat = np.radians([n.position.lat for n in needs])[:, None]
        # Equirectangular: below 0.1 % at a city's scale, a tenth of the cost of haversine.
        x = (self._lon[None, :] - lon) * np.cos(lat)
        y = self._lat[None, :] - lat
        metres = EARTH_RADIUS_M * np.sqrt(x * x + y * y)
        ramp = self._speed * self._speed / ACCEL_M_S2
        cruise = metres / self._speed + self._speed / ACCEL_M_S2
        short = 2.0 * np.sqrt(metres / ACCEL_M_S2)
        eta: Floats = np.where(metres >= ramp, cruise, short) + self._base_s[None, :]
        hasty = [row for row, need in enumerate(needs) if not need.waits]
        if hasty:
            eta[np.array(hasty)[:, None], self._soon] = np.inf
        for row, need in enumerate(needs):
            for drone_id in need.barred:
                column = self._index.get(drone_id)
                if column is not None:
                    eta[row, column] = np.inf
        eta[eta > ETA_MAX_S] = np.inf
        return eta


def choose(fleet: Fleet, needs: Sequence[Need]) -> list[Choice]:
    """Give each need at most one drone and each drone at most one need. Needs come oldest first."""
    if not fleet.drones or not needs:
        return []
    eta = fleet.eta_s(needs)
    pairs = _assign(eta) if len(needs) >= ASSIGNMENT_OPEN_MIN else _greedy(eta)
    # The two best times of each row are all that the reasons need.
    best = np.partition(eta, 1, axis=1)[:, :2].tolist() if eta.shape[1] > 1 else [[s, math.inf] for s in eta[:, 0]]
    return [_choice(fleet, needs[row], float(eta[row, column]), best[row], column) for row, column in pairs]


def _greedy(eta: Floats) -> list[tuple[int, int]]:
    """Serve needs in order, each with its fastest drone left."""
    pairs: list[tuple[int, int]] = []
    taken: list[int] = []
    for row in range(eta.shape[0]):
        line = eta[row]
        if taken:
            line = line.copy()
            line[taken] = np.inf
        column = int(line.argmin())
        if np.isfinite(line[column]):
            pairs.append((row, column))
            taken.append(column)
    return pairs


def prepare_for_many() -> None:
    """Load what choosing for twenty incidents at once needs, so that the twentieth call does not wait for it.

    Half a second on an idle machine, seconds on a busy one (measured); the engine does it once it is ready.
    """
    _assign(np.zeros((1, 1)))


def _assign(eta: Floats) -> list[tuple[int, int]]:
    """Minimise the sum of times; a pair out of reach costs more than any real one and is dropped."""
    finite = np.where(np.isfinite(eta), eta, ETA_MAX_S * 1_000)
    # Every process that touches a mission would pay half a second at its start for what a busy night needs.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 -- see above

    rows, columns = linear_sum_assignment(finite)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if np.isfinite(eta[r, c])]


def _choice(fleet: Fleet, need: Need, eta_s: float, best_s: Sequence[float], column: int) -> Choice:
    """Say in one line why this drone. `best_s`: the two shortest times to this scene, of any drone."""
    drone = fleet.drones[column]
    next_best_s = best_s[1] if eta_s <= best_s[0] else best_s[0]
    rest = f"next best {next_best_s:.0f} s" if next_best_s < math.inf else "no other in reach"
    if next_best_s < eta_s:
        rest = f"nearest at {next_best_s:.0f} s serves another"
    wait = f", free in {drone.free_in_s:.0f} s" if drone.free_in_s > 0 else ""
    return Choice(need.incident_id, drone.id, eta_s, drone.free_in_s, f"{drone.id}: ETA {eta_s:.0f} s{wait}, {rest}")
