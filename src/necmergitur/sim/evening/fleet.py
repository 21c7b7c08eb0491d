"""A fleet in closed form: flight times from `dispatch.flight_time`, batteries as the simulated vehicle has them.

Thousands of missions a second instead of one in real time; `sim.fleet` flies the same figures step by step.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from necmergitur.dispatch.flight_time import CHARGE_S, DOCK_OPEN_S, LAUNCH_S, MISSION_DRAIN_PCT, flight_time_s
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.geo import Position, distance_m
from necmergitur.operations.dispatching import DroneState
from necmergitur.operations.ports import DroneRecord
from necmergitur.sim.evening.constants import LANDING_S, WIND_M_S
from necmergitur.sim.fleet.constants import FULL_BATTERY_PCT, HOVER_DRAIN_PCT_PER_S

CHARGE_PCT_PER_S = MISSION_DRAIN_PCT / CHARGE_S
GROUND_RESERVE_PCT = 25.0  # the ground sends a drone home here (adapters.mavlink)
CRUISE_DRAIN = 1.3  # times hover (sim.fleet.constants)


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """The times of one flight out: when the dock is open, the climb over, the scene reached, the battery spent."""

    lifts_at: datetime
    cruises_at: datetime
    arrives_at: datetime
    must_leave_at: datetime
    out_s: float


class _Drone:
    """One drone: its battery at an instant, and whether it sits in its dock since then."""

    def __init__(self, record: DroneRecord, at: datetime) -> None:
        self.record = record
        self.battery_pct = FULL_BATTERY_PCT
        self.at = at
        self.docked = True
        self.prepared_at: datetime | None = None

    def battery_at(self, now: datetime) -> float:
        elapsed_s = (now - self.at).total_seconds()
        rate = CHARGE_PCT_PER_S if self.docked else -HOVER_DRAIN_PCT_PER_S
        return max(0.0, min(FULL_BATTERY_PCT, self.battery_pct + rate * elapsed_s))

    def settle(self, now: datetime, *, docked: bool, drain_pct: float = 0.0) -> None:
        self.battery_pct = max(0.0, self.battery_at(now) - drain_pct)
        self.at, self.docked = now, docked


class EveningFleet:
    """Drones that fly, wait and charge (`operations.dispatching.FleetView`)."""

    def __init__(self, records: Sequence[DroneRecord], clock: Clock) -> None:
        """Start with every drone in its dock, charged."""
        self._clock = clock
        self._drones = {r.id: _Drone(r, clock.now()) for r in records}
        self._states = {r.id: _state(FULL_BATTERY_PCT, docked=True) for r in records}
        self._changing: set[str] = set()

    def states(self) -> Mapping[str, DroneState]:
        """Return every drone's state now; only those that fly or charge are computed anew."""
        now = self._clock.now()
        for drone_id in list(self._changing):
            drone = self._drones[drone_id]
            battery_pct = drone.battery_at(now)
            self._states[drone_id] = _state(battery_pct, docked=drone.docked)
            if drone.docked and battery_pct >= FULL_BATTERY_PCT:
                self._changing.discard(drone_id)
        return self._states

    def prepare(self, drone_id: str) -> None:
        """Open the dock while the pilot decides."""
        self._drones[drone_id].prepared_at = self._clock.now()

    def unprepare(self, drone_id: str) -> None:
        """Close the dock again."""
        self._drones[drone_id].prepared_at = None

    def launch(self, drone_id: str, target: Position) -> Flight:
        """Leave the dock as soon as it is open and fly to `target`."""
        drone, now = self._drones[drone_id], self._clock.now()
        opened_at = (drone.prepared_at or now) + timedelta(seconds=DOCK_OPEN_S)
        lifts_at = max(now, opened_at)
        climb_s = LAUNCH_S - DOCK_OPEN_S
        out_s = flight_time_s(distance_m(drone.record.dock, target), drone.record.speed_m_s)
        drone.settle(now, docked=False, drain_pct=out_s * HOVER_DRAIN_PCT_PER_S * (CRUISE_DRAIN - 1))
        drone.prepared_at = None
        self._changing.add(drone_id)
        arrives_at = lifts_at + timedelta(seconds=climb_s + out_s)
        left_pct = drone.battery_at(arrives_at) - GROUND_RESERVE_PCT
        return Flight(
            lifts_at=lifts_at,
            cruises_at=lifts_at + timedelta(seconds=climb_s),
            arrives_at=arrives_at,
            must_leave_at=arrives_at + timedelta(seconds=max(0.0, left_pct / HOVER_DRAIN_PCT_PER_S)),
            out_s=out_s,
        )

    def home_s(self, flight: Flight) -> float:
        """Return seconds from leaving the scene to sitting in the dock."""
        return flight.out_s + LANDING_S

    def dock(self, drone_id: str) -> None:
        """Land, and start to charge."""
        self._drones[drone_id].settle(self._clock.now(), docked=True)
        self._changing.add(drone_id)


def _state(battery_pct: float, *, docked: bool) -> DroneState:
    return DroneState(battery_pct=battery_pct, link_pct=100.0, wind_m_s=WIND_M_S, linked=True, docked=docked)
