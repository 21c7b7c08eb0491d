"""Alarm panels of other makes (SIA DC-09): acknowledged, like a lamp, only after our commit."""

import asyncio
from collections.abc import Callable

import structlog

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.dc09 import serve_dc09
from necmergitur.adapters.alarms.keeping import ForeignCall, device_of, foreign_line
from necmergitur.adapters.keeping import end
from necmergitur.adapters.press_line import NotKept
from necmergitur.engine.parts import EngineParts
from necmergitur.operations import devices
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)
RETRY_S = 5.0


class Panels:
    """The DC-09 receiver, on a port the city chose. While the port is taken it is asked for again, with an alarm."""

    def __init__(self, parts: EngineParts, port: int, changed: Callable[[], None] = lambda: None) -> None:
        """`port` 0: no receiver. `changed` is called after a call was recorded."""
        self._parts = parts
        self._port = port
        self._changed = changed
        self._line = foreign_line("panels", parts.store, parts.clock, parts.home, parts.ground)
        self._task: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Begin."""
        if self._port:
            self._line.start()
            self._task = asyncio.create_task(self._listen(), name="panels")

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is None:
            return
        await end(self._task)
        if self._server is not None:
            self._server.close()
        await self._line.stop()

    async def _listen(self) -> None:
        """Listen as soon as the port is free; say meanwhile that no panel is heard."""
        told: bool | None = None
        while True:
            detail = ""
            if self._server is None:
                try:
                    self._server = await serve_dc09(
                        self._parts.dc09_host, self._port, self._take, clock=self._parts.clock
                    )
                except Exception as error:
                    log.exception("panels_unheard")
                    detail = f"port {self._port}: {type(error).__name__}"
            if told != bool(detail):
                try:
                    now = self._parts.clock.now()
                    await asyncio.to_thread(set_alarm, self._parts.store, "panels_unheard", bool(detail), detail, now)
                    told = bool(detail)
                except Exception as error:  # noqa: BLE001 -- the alarm waits for the database, the panels do not
                    log.warning("alarm_not_set", alarm="panels_unheard", why=type(error).__name__)
            elif self._server is not None:
                return
            await asyncio.sleep(RETRY_S)

    async def _take(self, account: str, says: Call | Sign) -> bool:
        """Keep what a panel says; False leaves it unacknowledged, so it repeats."""
        now = self._parts.clock.now()
        if isinstance(says, Call):
            try:
                answer = await self._line.submit(ForeignCall(says, now))
            except NotKept as why:
                log.warning("panel_not_answered", spooled=why.spooled)
                return False
            if not answer.lit:
                log.warning("panel_unknown")
            elif not answer.duplicate:
                self._changed()
            return answer.lit
        try:
            return await asyncio.to_thread(self._beat, account, says)
        except Unreachable:
            return False

    def _beat(self, account: str, says: Sign) -> bool:
        device_id = device_of(self._parts.store, account)
        if device_id is None:
            log.warning("panel_unknown")
            return False
        devices.beat(self._parts.store, [says.heartbeat(device_id)], self._parts.clock.now())
        return True
