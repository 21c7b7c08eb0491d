"""What the control room looks at: a snapshot, then every change.

Two browsers always agree, because both read whole rows and the last version wins.

Replay is by state, not by event: a browser that missed a minute gets the rows that changed in it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import nats
import psycopg
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import Gauge

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.session import UTC_SESSION
from necmergitur.live.parts import LiveParts
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)
SCREENS = Gauge("nec_screens", "Browsers following the board.")

QUEUE_MAX = 512  # events a slow browser may lag; beyond, it is told to start over
ROWS_MAX = 1_000  # rows read in one go
POLL_S = 1.0
SLOW_POLL_S = 5.0  # deaf areas and pilots: nobody acts on them by the second
DEAF_PLACES_MAX = 500
FLEET_WHOLE_EVERY = 10  # publications between two whole fleets
FLEET_SUBJECT = "nec.v1.fleet"


@dataclass(eq=False)
class Screen:
    """One browser's queue of ready-made event bytes."""

    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    lost: bool = False

    def offer(self, event: bytes) -> None:
        """Queue an event; a browser too slow to drink is told to refetch."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.lost = True


def sse(name: str, data: str | bytes, seq: int | None = None) -> bytes:
    """Return one server-sent event."""
    text = data if isinstance(data, bytes) else data.encode()
    head = b"" if seq is None else b"id: %d\n" % seq
    return b"event: " + name.encode() + b"\n" + head + b"data: " + text + b"\n\n"


class Board:
    """Follows the ledger and the fleet, and feeds every screen."""

    def __init__(self, parts: LiveParts) -> None:
        """Start with nothing followed."""
        self._parts = parts
        self._screens: set[Screen] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._seq = 0
        self._fleet: dict[str, list[Any]] = {}
        self._fleet_count = 0
        self._last: dict[str, bytes] = {}
        self._slow: dict[str, bytes] = {}
        self._lost_since: datetime | None = None
        self._last_proposals: dict[str, str] = {}

    def start(self) -> None:
        """Begin following."""
        self._tasks = [
            asyncio.create_task(self._tail(), name="tail"),
            asyncio.create_task(self._listen(), name="listen"),
            asyncio.create_task(self._beat(), name="beat"),
            asyncio.create_task(self._follow_fleet(), name="fleet"),
            asyncio.create_task(self._follow_slow(), name="slow"),
        ]

    async def stop(self) -> None:
        """Stop; every screen's stream ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def events(self, after: int | None) -> AsyncIterator[bytes]:
        """Yield event bytes for one screen: first what changed after `after`, then what happens."""
        screen = Screen()
        self._screens.add(screen)
        SCREENS.set(len(self._screens))
        try:
            yield b"retry: 1000\n\n"
            if after is not None:
                for event in await self._in_thread(self._changed_since, after):
                    yield event[1]
            for name, data in {**self._last, **self._slow}.items():
                yield sse(name, data)
            if self._fleet:
                yield sse("fleet", self._fleet_json(list(self._fleet.values())))
            while True:
                yield await screen.queue.get()
                if screen.lost:
                    yield sse("reset", "{}")
                    return
        finally:
            self._screens.discard(screen)
            SCREENS.set(len(self._screens))

    async def state(self) -> bytes:
        """Return the snapshot as JSON bytes. Raises Unreachable."""
        snapshot: bytes = await self._in_thread(self._snapshot)
        return snapshot

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)

    def _tell(self, event: bytes) -> None:
        for screen in list(self._screens):
            screen.offer(event)

    async def _listen(self) -> None:
        """Wake the tail on each commit."""
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self._parts.database_url, autocommit=True, options=UTC_SESSION
                )
                async with connection:
                    await connection.execute("LISTEN nec_ledger")
                    self._wake.set()
                    async for _ in connection.notifies():
                        self._wake.set()
            except psycopg.Error:
                await asyncio.sleep(0.3)

    async def _tail(self) -> None:
        """Send rows that changed, in ledger order. A poll a second covers a lost notification."""
        started = False
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_S)
            self._wake.clear()
            try:
                if not started:
                    self._seq = await self._in_thread(self._head)
                    started = True
                for seq, event in await self._in_thread(self._changed_since, self._seq):
                    self._seq = max(self._seq, seq)
                    self._tell(event)
                for event in await self._in_thread(self._asides):
                    self._tell(event)
                self._lost_since = None
            except Unreachable:
                self._tell_database_lost()
                await asyncio.sleep(0.3)
            except Exception:
                log.exception("tail_failed")
                await asyncio.sleep(1.0)

    def _tell_database_lost(self) -> None:
        """Say so on every open screen: the alarm itself cannot be read from a database that is away."""
        since = self._lost_since = self._lost_since or datetime.now(UTC)
        alarm = msgspec.json.encode([{"name": "database_lost", "raised_at": since, "detail": ""}])
        if self._last.get("alarms") != alarm:
            self._last["alarms"] = alarm
            self._tell(sse("alarms", alarm))

    def _head(self) -> int:
        with self._parts.store.cursor() as cursor:
            row = cursor.execute(load("live")["head"]).fetchone()
        return 0 if row is None else int(row[0])

    def _changed_since(self, after: int) -> list[tuple[int, bytes]]:
        """Return (seq, event) of rows changed after `after`, in order."""
        sql, found = load("live"), []
        with self._parts.store.cursor() as cursor:
            for name in ("incident", "mission"):
                rows = cursor.execute(sql[f"{name}s_since"], {"after": after, "limit": ROWS_MAX}).fetchall()
                found += [(int(seq), sse(name, row, seq)) for seq, row in rows]
        return sorted(found, key=lambda pair: pair[0])

    def _asides(self) -> list[bytes]:
        """Return proposals and alarms that changed since they were last sent."""
        sql, events = load("live"), []
        with self._parts.store.cursor() as cursor:
            proposals = [r[0] for q in ("proposals_open", "proposals_decided") for r in cursor.execute(sql[q])]
            alarms = msgspec.json.encode(
                [{"name": r[0], "raised_at": r[1], "detail": r[2]} for r in cursor.execute(sql["alarms"])]
            )
        for row in proposals:
            key = "proposal:" + msgspec.json.decode(row)["id"]
            if self._last_proposals.get(key) != row:
                self._last_proposals[key] = row
                events.append(sse("proposal", row))
        while len(self._last_proposals) > ROWS_MAX:
            self._last_proposals.pop(next(iter(self._last_proposals)))
        if self._last.get("alarms") != alarms:
            self._last["alarms"] = alarms
            events.append(sse("alarms", alarms))
        return events

    async def _beat(self) -> None:
        """Say once a second that the stream lives."""
        while True:
            await asyncio.sleep(1.0)
            self._tell(sse("beat", msgspec.json.encode({"now": datetime.now(UTC), "seq": self._seq})))

    async def _follow_slow(self) -> None:
        """Send deaf areas and pilots when they change."""
        while True:
            try:
                for name, data in (await self._in_thread(self._read_slow)).items():
                    if self._slow.get(name) != data:
                        self._slow[name] = data
                        self._tell(sse(name, data))
            except Unreachable:
                pass
            except Exception:
                log.exception("slow_failed")
            await asyncio.sleep(SLOW_POLL_S)

    def _read_slow(self) -> dict[str, bytes]:
        signals = load("signals")
        with self._parts.store.cursor() as cursor:
            zones = cursor.execute(signals["deaf_zones"]).fetchall()
            places = cursor.execute(signals["deaf_devices"], {"limit": DEAF_PLACES_MAX}).fetchall()
            pilots = cursor.execute(load("live")["pilots"]).fetchone()
        deaf = {
            "devices": sum(z[1] for z in zones),
            "zones": [list(z) for z in zones],
            "places": [[p[2], p[3], p[0]] for p in places],
        }
        assert pilots is not None
        return {
            "deaf": msgspec.json.encode(deaf),
            "pilots": msgspec.json.encode({"on_shift": pilots[0], "free": pilots[1]}),
        }

    async def _follow_fleet(self) -> None:
        """Pass the fleet on: only drones that changed, the whole every ten seconds."""
        client = Client()

        async def on_fleet(message: Msg) -> None:
            report = msgspec.json.decode(message.data)
            changed = [row for row in report["d"] if self._fleet.get(row[0]) != row]
            self._fleet = {row[0]: row for row in report["d"]}
            self._fleet_count += 1
            rows = report["d"] if self._fleet_count % FLEET_WHOLE_EVERY == 0 else changed
            if rows:
                self._tell(sse("fleet", msgspec.json.encode({"t": report["t"], "d": rows})))

        async def quiet(_: Exception) -> None:
            return

        while True:
            try:
                await client.connect(
                    self._parts.nats_urls[0],
                    name="live",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    error_cb=quiet,
                )
                await client.subscribe(FLEET_SUBJECT, cb=on_fleet)
            except (OSError, nats.errors.Error, TimeoutError):
                await asyncio.sleep(0.5)
            else:
                return

    def _fleet_json(self, rows: list[list[Any]]) -> bytes:
        return msgspec.json.encode({"t": int(datetime.now(UTC).timestamp() * 1000), "d": rows})

    def _snapshot(self) -> bytes:
        sql = load("live")
        with self._parts.store.cursor() as cursor:
            head = cursor.execute(sql["head"]).fetchone()
            rows = {
                name: b"[" + b",".join(r[0].encode() for r in cursor.execute(sql[query])) + b"]"
                for name, query in (
                    ("incidents", "incidents_now"),
                    ("missions", "missions_now"),
                    ("proposals", "proposals_open"),
                )
            }
            city = cursor.execute(sql["city"]).fetchone()
            alarms = [{"name": r[0], "raised_at": r[1], "detail": r[2]} for r in cursor.execute(sql["alarms"])]
        slow = self._slow or self._read_slow()
        raw = {name: msgspec.Raw(value) for name, value in {**rows, **slow}.items()}
        fleet = msgspec.Raw(self._fleet_json(list(self._fleet.values()))) if self._fleet else None
        return msgspec.json.encode(
            {
                "seq": 0 if head is None else head[0],
                "now": datetime.now(UTC),
                "city": {"name": city[0] if city else ""},
                "fleet": fleet,
                "alarms": alarms,
                **raw,
            }
        )
