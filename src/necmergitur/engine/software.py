"""What drones say they are flown by and look with, held against what was assessed of them.

A drone whose program or camera was not assessed makes the assessment stale, which suspends the flights that rest on it;
an assessment that names none covers any. What a drone does not say cannot be held against anything.
"""

import asyncio

import structlog

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.mavlink.fleet import Fleet
from necmergitur.engine.parts import EngineParts
from necmergitur.operations import assessing

log = structlog.get_logger(__name__)

EVERY_S = 5.0  # ours: a change of what a sensor is, is known within this time too
KINDS_MAX = 64  # ours: different ones looked at in one turn; a fleet has two or three


class Software:
    """Looks at a fleet again and again: an assessment may be signed after a drone was last heard to change."""

    def __init__(self, parts: EngineParts, fleet: Fleet) -> None:
        """Nothing is looked at yet."""
        self._parts = parts
        self._fleet = fleet
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin looking."""
        self._task = asyncio.create_task(keep_going("software", self.look, every_s=EVERY_S), name="software")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            await end(self._task)

    async def look(self) -> None:
        """Look once. Raises Unreachable."""
        said = {one.software for one in self._fleet.snapshot().values() if one.software}
        for software in sorted(said)[:KINDS_MAX]:
            stale = await asyncio.to_thread(
                assessing.report_cameras, self._parts.store, software, self._parts.clock.now()
            )
            for one in stale:
                log.error("drone_not_as_assessed", software=software, assessment=str(one.id))
