"""Heartbeats kept once a second, and the silence of a device told from our own."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.engine import metrics
from necmergitur.engine.parts import EngineParts
from necmergitur.operations import devices
from necmergitur.operations.ports import Unreachable
from necmergitur.signals import heartbeat
from necmergitur.signals.heartbeat import SILENCE_MAX, Heartbeat

log = structlog.get_logger(__name__)

BEATS_KEPT_MAX = 40_000  # two for every button of a city
FLUSH_S = 1.0
DEAF_CHECK_S = 10.0


class Heartbeats:
    """Signs of life of the buttons. Nobody is called deaf before we have listened long enough ourselves."""

    def __init__(self, parts: EngineParts) -> None:
        """Begin to listen now."""
        self._parts = parts
        self._beats: dict[str, Heartbeat] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._listening_since: datetime | None = parts.clock.now()

    def start(self) -> None:
        """Begin writing and looking."""
        self._tasks = [
            asyncio.create_task(keep_going("heartbeats", self._flush, every_s=FLUSH_S)),
            asyncio.create_task(keep_going("deaf", self._look, every_s=DEAF_CHECK_S)),
        ]

    async def stop(self) -> None:
        """Stop."""
        await end(*self._tasks)

    def hear(self, device: str, body: bytes) -> None:
        """Keep one sign of life until the next writing."""
        if len(self._beats) >= BEATS_KEPT_MAX:
            return
        read = heartbeat.parse(device, body)
        if isinstance(read, Heartbeat):
            metrics.HEARTBEATS.inc()
            self._beats[device] = msgspec.structs.replace(read, device=device)

    def went_deaf(self) -> None:
        """A broker is away: what is silent now may only be behind it."""
        self._listening_since = None

    def hears_again(self) -> None:
        """Every broker is back: silence counts from here."""
        self._listening_since = self._parts.clock.now()

    async def _flush(self) -> None:
        beats, self._beats = list(self._beats.values()), {}
        if not beats:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._write, beats)
        except Unreachable:
            if self._listening_since is not None:
                self.hears_again()  # these beats are gone, and were no silence
            raise

    def _write(self, beats: Sequence[Heartbeat]) -> None:
        """Write a batch; one that spoils it is left out alone, found by halves. Raises Unreachable."""
        try:
            devices.beat(self._parts.store, beats, self._parts.clock.now())
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001 -- one device's nonsense must not silence the others
            if len(beats) == 1:
                log.warning("heartbeat_refused", why=type(error).__name__)
                return
            middle = len(beats) // 2
            self._write(beats[:middle])
            self._write(beats[middle:])

    async def _look(self) -> None:
        """Mark devices that missed three heartbeats while we listened all along."""
        now, since = self._parts.clock.now(), self._listening_since
        if since is not None and now - since > SILENCE_MAX:
            await asyncio.get_running_loop().run_in_executor(None, devices.find_deaf, self._parts.store, now)
