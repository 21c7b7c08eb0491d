"""Where the drones are: once a second to the screens, every two to a table, and a view for dispatch."""

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.mavlink.telemetry import Telemetry
from necmergitur.adapters.postgres.queries import load
from necmergitur.engine.flights import Flights
from necmergitur.engine.parts import EngineParts
from necmergitur.operations.dispatching import DroneState
from necmergitur.operations.ports import Unreachable

PUBLISH_S = 1.0
STORE_EVERY = 2  # publications
# Ours: a vehicle says eight times a second how it is; a burst of calls asks twenty-five times.
STATES_LAST_S = 0.1
FLEET_SUBJECT = "nec.v1.fleet"


class FleetReport:
    """Reads the fleet; `operations.dispatching.FleetView` for the rules."""

    def __init__(self, parts: EngineParts, flights: Flights, publish: Callable[[str, bytes], Awaitable[None]]) -> None:
        """`publish` sends bytes to our own processes."""
        self._parts = parts
        self._flights = flights
        self._publish = publish
        self._task: asyncio.Task[None] | None = None
        self._published = 0
        self._states: Mapping[str, DroneState] = {}
        self._states_at_s = -math.inf

    def start(self) -> None:
        """Begin reporting."""
        self._task = asyncio.create_task(
            keep_going("fleet-report", self._report, every_s=PUBLISH_S), name="fleet-report"
        )

    async def stop(self) -> None:
        """Stop reporting."""
        if self._task is not None:
            await end(self._task)

    def states(self) -> Mapping[str, DroneState]:
        """Return what dispatch needs of each drone, STATES_LAST_S old at most. Called from the rules threads."""
        now_s = time.monotonic()
        if now_s - self._states_at_s > STATES_LAST_S:
            self._states, self._states_at_s = self._read_states(), now_s
        return self._states

    def _read_states(self) -> Mapping[str, DroneState]:
        return {
            str(drone_id): DroneState(
                battery_pct=t.battery_pct,
                link_pct=float(t.link_quality_pct),
                wind_m_s=t.wind_m_s,
                linked=t.connected,
                docked=t.in_dock,
            )
            for drone_id, t in self._flights.fleet.snapshot().items()
        }

    async def _report(self) -> None:
        snapshot = self._flights.fleet.snapshot()
        now = self._parts.clock.now()
        rows = [self._row(str(drone_id), t) for drone_id, t in snapshot.items()]
        await self._publish(FLEET_SUBJECT, msgspec.json.encode({"t": int(now.timestamp() * 1000), "d": rows}))
        self._published += 1
        if self._published % STORE_EVERY == 0:
            with contextlib.suppress(Unreachable):
                software = [t.software for t in snapshot.values()]
                await asyncio.get_running_loop().run_in_executor(None, self._store, rows, software)

    def _row(self, drone_id: str, t: Telemetry) -> list[Any]:
        """Return [id, lon, lat, altitude m, heading deg, speed m/s, battery %, phase, link %, linked]."""
        idle = "docked" if t.in_dock else "landed" if t.landed else "airborne"
        return [
            drone_id,
            None if t.position is None else round(t.position.lon, 6),
            None if t.position is None else round(t.position.lat, 6),
            round(t.altitude_m, 1),
            round(t.heading_deg),
            round(t.ground_speed_m_s, 1),
            None if t.battery_pct is None else round(t.battery_pct, 1),
            self._flights.phase.get(drone_id, idle),
            t.link_quality_pct,
            1 if t.connected else 0,
            t.wind_m_s,
        ]

    def _store(self, rows: list[list[Any]], software: list[str]) -> None:
        names = [
            "drone_id",
            "lon",
            "lat",
            "altitude_m",
            "heading_deg",
            "ground_speed_m_s",
            "battery_pct",
            "phase",
            "link_pct",
            "linked",
            "wind_m_s",
        ]
        columns: dict[str, list[Any]] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
        columns["linked"] = [bool(v) for v in columns["linked"]]
        columns["software"] = software
        columns["at"] = [self._parts.clock.now()] * len(rows)
        with self._parts.store.cursor() as cursor:
            cursor.execute(load("registry")["put_drone_states"], columns)
