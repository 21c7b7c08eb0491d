"""What the control room looks at: a snapshot, then every change.

Two browsers always agree, because both read whole rows and the last version wins.

Replay is by state, not by event: a browser that missed a minute gets the rows that changed in it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import msgspec
import nats
import psycopg
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import Gauge

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.live.fleet import FleetPicture
from necmergitur.live.parts import LiveParts
from necmergitur.live.readings import READ_S_MAX, Readings, in_time, sse
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)
SCREENS = Gauge("nec_screens", "Browsers following the board.")

BACKLOG_BYTES_MAX = 4_000_000  # what a slow browser may lag; beyond, it is told to start over
POLL_S = 1.0
TAIL_EVERY_S = 0.05  # ours: 20 reads a second serve any burst, and no eye sees the difference
ASIDES_EVERY_S = 1.0  # proposals and alarms tell when they change; this finds what told nobody
ASIDES_TOLD_S = 0.25  # and a burst of proposals is read a few times a second, whatever its size
SLOW_POLL_S = 5.0  # deaf areas and pilots: nobody acts on them by the second
TRUST_S = 2.5  # ours: two polls and a half without an answer, and the stream no longer says that it lives
NEVER_S = float("-inf")
REPLAY_CUTS_MAX = 5  # a browser that missed more fetches the state anew
FLEET_SUBJECT = "nec.v1.fleet"
RESET = sse("reset", "{}")
# A database host that vanished without a word is noticed by the operating system.
KEEPALIVE: dict[str, Any] = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
Part = Literal["all", "whole", "bar"]
WHOLE_ONLY = frozenset({"proposals"})
Result = TypeVar("Result")


class Screen:
    """One browser's backlog of ready-made event bytes. Not `whole`: it is shown no incident."""

    def __init__(self, *, whole: bool) -> None:
        """Start with nothing to say."""
        self.whole = whole
        self.lost = False
        self._backlog: deque[bytes] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()

    def offer(self, event: bytes) -> None:
        """Queue events; a browser too slow to drink is told to refetch."""
        if self.lost:
            return
        self._backlog.append(event)
        self._bytes += len(event)
        if self._bytes > BACKLOG_BYTES_MAX:
            self.lost = True
            self._backlog.clear()
        self._ready.set()

    async def take(self) -> bytes:
        """Wait for events and return all there are."""
        await self._ready.wait()
        self._ready.clear()
        taken = b"".join(self._backlog)
        self._backlog.clear()
        self._bytes = 0
        return taken


class Board:
    """Follows the ledger and the fleet, and feeds every screen."""

    def __init__(self, parts: LiveParts) -> None:
        """Start with nothing followed."""
        self._parts = parts
        self._readings = Readings(parts.store)
        self._screens: set[Screen] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._seq: int | None = None
        self._fleet = FleetPicture()
        self._broker = Client()
        self._last: dict[str, bytes] = {}
        self._asides_at_s = NEVER_S
        self._asides_told = False
        self._read_at_s = NEVER_S
        self._lost_since: datetime | None = None
        # Its own thread: a tail that waits behind others' reads would tell late, and one that hangs blocks only itself.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="tail")
        self._stuck: asyncio.Future[Any] | None = None

    def start(self) -> None:
        """Begin following."""
        self._tasks = [
            asyncio.create_task(keep_going("tail", self._tail), name="tail"),
            asyncio.create_task(keep_going("listen", self._listen), name="listen"),
            asyncio.create_task(keep_going("beat", self._beat, every_s=1.0), name="beat"),
            asyncio.create_task(self._follow_fleet(), name="fleet"),
            asyncio.create_task(keep_going("slow", self._follow_slow, every_s=SLOW_POLL_S), name="slow"),
        ]

    async def stop(self) -> None:
        """Stop; every screen's stream ends."""
        await end(*self._tasks)
        with suppress(Exception):
            await self._broker.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def events(self, after: int | None, *, whole: bool) -> AsyncIterator[bytes]:
        """Yield event bytes for one screen: first what changed after `after`, then what happens."""
        screen = Screen(whole=whole)
        self._screens.add(screen)
        SCREENS.set(len(self._screens))
        try:
            yield b"retry: 1000\n\n"
            if whole and after is not None:
                async for events in self._replay(after):
                    yield events
                    if events == RESET:
                        return
            for name, data in self._last.items():
                if whole or name not in WHOLE_ONLY:
                    yield sse(name, data)
            fleet = self._fleet.whole()
            if fleet is not None:
                yield sse("fleet", fleet)
            while not screen.lost:
                events = await screen.take()
                if events and not screen.lost:
                    yield events
            yield RESET
        finally:
            self._screens.discard(screen)
            SCREENS.set(len(self._screens))

    async def _replay(self, after: int) -> AsyncIterator[bytes]:
        """Yield everything that changed after `after`, or a reset where that cannot be told."""
        for _ in range(REPLAY_CUTS_MAX):
            cut = await in_time(self._readings.changed, after)
            if cut is None:
                break
            if cut.events:
                yield b"".join(cut.events)
            if not cut.more:
                return
            after = cut.upto
        yield RESET

    async def state(self, *, whole: bool) -> bytes:
        """Return the snapshot as JSON bytes. Raises Unreachable."""
        more: dict[str, bytes] = {name: self._last[name] for name in ("deaf", "pilots") if name in self._last}
        fleet = self._fleet.whole()
        if fleet is not None:
            more["fleet"] = fleet
        return await in_time(lambda: self._readings.snapshot(more, whole=whole))

    def _tell(self, event: bytes, part: Part = "all") -> None:
        for screen in list(self._screens):
            if part == "all" or screen.whole == (part == "whole"):
                screen.offer(event)

    def _tell_if_new(self, name: str, data: bytes) -> None:
        if self._last.get(name) != data:
            self._last[name] = data
            self._tell(sse(name, data), "whole" if name in WHOLE_ONLY else "all")

    async def _listen(self) -> None:
        """Wake the tail on each commit."""
        with suppress(psycopg.Error):
            url = self._parts.database_url
            connection = await psycopg.AsyncConnection.connect(url, autocommit=True, **KEEPALIVE)
            async with connection:
                await connection.execute("LISTEN nec_ledger")
                self._wake.set()
                async for told in connection.notifies():
                    if not told.payload:  # a fact's notice carries its number; this one speaks of asides
                        self._asides_told = True
                    self._wake.set()
        await asyncio.sleep(0.3)

    async def _tail(self) -> None:
        """Send rows that changed, in ledger order. A poll a second covers a lost notification."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_S)
        self._wake.clear()
        try:
            await self._read_on()
            self._lost_since = None
        except Unreachable:
            since = self._lost_since = self._lost_since or datetime.now(UTC)
            # The alarm itself cannot be read from a database that is away.
            alarm = [{"name": "database_lost", "raised_at": since, "detail": ""}]
            self._tell_if_new("alarms", msgspec.json.encode(alarm))
            await asyncio.sleep(0.3)
        # A burst wakes the tail at once and then a few times a second, whatever its size.
        await asyncio.sleep(TAIL_EVERY_S)

    async def _read_on(self) -> None:
        if self._seq is None:
            self._seq = await self._timely(self._readings.head)
        more = True
        while more:
            cut = await self._timely(self._readings.changed, self._seq)
            if cut is None:  # another database than before: nobody's picture can be trusted
                self._seq = None
                self._tell(RESET)
                return
            if cut.events:
                self._tell(b"".join(cut.events), "whole")
            self._seq, more = cut.upto, cut.more
        now_s = self._read_at_s = asyncio.get_running_loop().time()
        if now_s - self._asides_at_s >= (ASIDES_TOLD_S if self._asides_told else ASIDES_EVERY_S):
            self._asides_at_s, self._asides_told = now_s, False
            for name, data in (await self._timely(self._readings.asides)).items():
                self._tell_if_new(name, data)

    async def _timely(self, work: Any, *arguments: Any) -> Any:
        """Run one of the tail's reads. Raises Unreachable while one hangs; the next starts when that came back."""
        if self._stuck is not None:
            await asyncio.wait({self._stuck}, timeout=READ_S_MAX)
            if not self._stuck.done():
                raise Unreachable("the database hangs")
            self._stuck.exception()  # too old to be told, whatever it was
            self._stuck = None
        reading = asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
        done, _ = await asyncio.wait({reading}, timeout=READ_S_MAX)
        if not done:
            self._stuck = reading
            raise Unreachable("the database hangs")
        return reading.result()

    async def _beat(self) -> None:
        """Say once a second that the stream lives. Without the database it is silent: what screens show is stale."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._read_at_s < TRUST_S:
            self._tell(sse("beat", msgspec.json.encode({"now": datetime.now(UTC), "seq": self._seq or 0})))
        aged = self._fleet.age(now_s)
        if aged is not None:
            self._tell(sse("fleet", aged))

    async def _follow_slow(self) -> None:
        """Send deaf areas and pilots when they change."""
        for name, data in (await in_time(self._readings.slow)).items():
            self._tell_if_new(name, data)

    async def _follow_fleet(self) -> None:
        """Pass the fleet on: only drones that changed, the whole every ten seconds."""

        async def on_fleet(message: Msg) -> None:
            told = self._fleet.take(msgspec.json.decode(message.data), asyncio.get_running_loop().time())
            if told is not None:
                self._tell(sse("fleet", told))

        async def quiet(_: Exception) -> None:
            return

        while True:
            try:
                await self._broker.connect(
                    self._parts.nats_urls[0],
                    name="live",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    error_cb=quiet,
                )
                await self._broker.subscribe(FLEET_SUBJECT, cb=on_fleet)
            except (OSError, nats.errors.Error, TimeoutError):
                await asyncio.sleep(0.5)
            else:
                return
