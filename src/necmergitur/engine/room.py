"""Whether what is gathered could be written down: while a disk is full, sensors are shut. Calls for help never ask.

Two disks may be full, and often they are one: the database's, where facts go, and that of the public log.
"""

import asyncio
from concurrent.futures import Executor

import structlog

from necmergitur.engine.parts import EngineParts
from necmergitur.operations import streams
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)

ALARM = "record_full"
LOG_STANDS = "log_not_written"
LOOK_S = 1.0  # ours: streams begin again within seconds of there being room


class Room:
    """What is known of both disks."""

    def __init__(self, parts: EngineParts, executor: Executor) -> None:
        """Look with `executor`; until the first look both take what comes."""
        self._parts = parts
        self._executor = executor
        self._log_stands = False
        self._told: bool | None = None

    @property
    def shut_why(self) -> str:
        """Why sensors are shut; empty when they are not."""
        if self._parts.store.full:
            return ALARM
        return LOG_STANDS if self._log_stands else ""

    def read_log(self) -> None:
        """Ask whether the public log is written. Raises Unreachable."""
        self._log_stands = streams.log_stands(self._parts.store)

    async def look(self) -> None:
        """See whether there is room again, and tell every screen. Raises Unreachable."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._look)

    def _look(self) -> None:
        over = self._parts.store
        full = over.full and not over.has_room()
        if full == self._told:
            return
        if full or self._told is not None:
            log.warning("record_full" if full else "record_has_room")
        try:
            set_alarm(over, ALARM, full, "", self._parts.clock.now())
        except Unreachable:
            if not full:
                raise
            return  # no room for the alarm either: tried again at the next look
        self._told = full
