"""Cameras: what the gate says of each flight's picture, told to its drone again and again.

A drone looks and records only while an authorisation in force covers it; ending that authorisation stops the camera
within `EVERY_S`, and a gate that cannot be read stops every camera within `GRACE_S`.
"""

import asyncio
import time

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.mavlink.fleet import Fleet
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.ids import DroneId
from necmergitur.operations import picturing

EVERY_S = 1.0  # the age at which the gate's table closes sensors
GRACE_S = 5.0  # ours: a database that restarts must not blind a pilot over a scene


class Cameras:
    """Allows and forbids the cameras of a fleet in flight."""

    def __init__(self, parts: EngineParts, fleet: Fleet) -> None:
        """Nothing is allowed before the first read."""
        self._parts = parts
        self._fleet = fleet
        self._read_s = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin telling."""
        self._task = asyncio.create_task(keep_going("cameras", self._turn, every_s=EVERY_S), name="cameras")

    async def stop(self) -> None:
        """Stop telling; drones keep what they were told."""
        if self._task is not None:
            await end(self._task)

    async def _turn(self) -> None:
        try:
            reading = asyncio.get_running_loop().run_in_executor(None, self._covered)
            covered = await asyncio.wait_for(reading, GRACE_S)
        except Exception:
            if time.monotonic() - self._read_s > GRACE_S:
                for drone_id in self._fleet.flying():
                    self._fleet.allow_camera(drone_id, allowed=False)
            raise
        self._read_s = time.monotonic()
        for drone_id in self._fleet.flying():
            self._fleet.allow_camera(drone_id, allowed=drone_id in covered)

    def _covered(self) -> set[DroneId]:
        now = self._parts.clock.now()
        with self._parts.store.transaction() as tx:
            flying = [mission for mission in tx.live_missions() if mission.state == "flying"]
            return {DroneId(one.drone_id) for one in flying if picturing.uncovered(tx, one, now) is None}
