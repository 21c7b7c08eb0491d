"""Alarm panels of other makes (SIA DC-09): acknowledged, like a lamp, only after our commit."""

import asyncio

import structlog

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.dc09 import serve_dc09
from necmergitur.adapters.group_commit import GroupCommit, Overloaded
from necmergitur.adapters.postgres.queries import load
from necmergitur.engine.parts import EngineParts
from necmergitur.operations import devices
from necmergitur.operations.intake import Answer, Received
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)


class Panels:
    """The DC-09 receiver, on a port the city chose."""

    def __init__(self, parts: EngineParts, commits: GroupCommit[Received, Answer], port: int) -> None:
        """`port` 0: no receiver."""
        self._parts = parts
        self._commits = commits
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if self._port:
            self._server = await serve_dc09(self._parts.dc09_host, self._port, self._take, clock=self._parts.clock)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _take(self, account: str, says: Call | Sign) -> bool:
        """Keep what a panel says; False leaves it unacknowledged, so it repeats."""
        loop = asyncio.get_running_loop()
        try:
            device_id = await loop.run_in_executor(None, self._device, account)
            if device_id is None:
                log.warning("panel_unknown")
                return False
            if isinstance(says, Sign):
                beats = [says.heartbeat(device_id)]
                await loop.run_in_executor(None, devices.beat, self._parts.store, beats, self._parts.clock.now())
                return True
            return (await self._commits.submit(Received(says.press(device_id), self._parts.clock.now()))).lit
        except (Unreachable, Overloaded):
            return False

    def _device(self, account: str) -> str | None:
        with self._parts.store.cursor() as cursor:
            row = cursor.execute(load("registry")["device_by_external_key"], {"key": account}).fetchone()
        return None if row is None else str(row[0])
