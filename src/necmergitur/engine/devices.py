"""Messages of the buttons: presses in, lamps out; heartbeats kept once a second.

Core NATS subscriptions, not an MQTT client: a client id can be stolen, a subscription cannot (see the ADR).
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from necmergitur.adapters.group_commit import GroupCommit, Overloaded
from necmergitur.adapters.pins import pin_digest
from necmergitur.engine import metrics
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import devices, intake
from necmergitur.operations.intake import Answer, Received
from necmergitur.operations.ports import Unreachable
from necmergitur.signals import heartbeat, press
from necmergitur.signals.constants import PRESS_BYTES_MAX
from necmergitur.signals.heartbeat import Heartbeat
from necmergitur.signals.press import Press

log = structlog.get_logger(__name__)

SUBJECT_PARTS = 5  # nec.v1.button.<id>.press
BEATS_KEPT_MAX = 40_000  # two for every button of a city
BEATS_FLUSH_S = 1.0
DEAF_CHECK_S = 10.0
SPOOL_RETRY_S = 1.0


class DeviceLine:
    """Everything between the broker and the store."""

    def __init__(self, parts: EngineParts, changed: Callable[[], None]) -> None:
        """`changed` is called after presses were recorded, so that dispatch wakes."""
        self._parts = parts
        self._changed = changed
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self.commits: GroupCommit[Received, Answer] = GroupCommit(self._take, self._executor)
        self._clients: list[Client] = []
        self._beats: dict[str, Heartbeat] = {}
        self._pending: set[asyncio.Task[None]] = set()
        self._underway: set[tuple[str, int, int]] = set()  # at most what the commits' queue holds
        self._tasks: list[asyncio.Task[None]] = []
        self.broker_lost: set[int] = set()

    async def start(self) -> None:
        """Connect to every broker shard and begin."""
        self.commits.start()
        self._tasks = [
            asyncio.create_task(self._connect(shard, url), name=f"broker-{shard}")
            for shard, url in enumerate(self._parts.nats_urls)
        ]
        self._tasks.append(asyncio.create_task(self._flush_beats(), name="heartbeats"))
        self._tasks.append(asyncio.create_task(self._drain_spool(), name="spool"))

    async def stop(self) -> None:
        """Disconnect. Presses under way finish first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            with contextlib.suppress(Exception):
                await client.close()
        await asyncio.gather(*self._pending, return_exceptions=True)
        await self.commits.stop()
        self._executor.shutdown(wait=True)

    async def publish(self, subject: str, body: bytes) -> None:
        """Publish to our own processes on the first shard; dropped while the broker is away."""
        if self._clients and self._clients[0].is_connected:
            with contextlib.suppress(Exception):
                await self._clients[0].publish(subject, body)

    async def _connect(self, shard: int, url: str) -> None:
        """Connect, and again for ever: the broker's own client library reconnects after the first time."""
        client = Client()

        async def lost() -> None:
            self.broker_lost.add(shard)
            metrics.BROKER_UP.set(len(self._parts.nats_urls) - len(self.broker_lost))
            log.warning("broker_lost", shard=shard)

        async def back() -> None:
            self.broker_lost.discard(shard)
            metrics.BROKER_UP.set(len(self._parts.nats_urls) - len(self.broker_lost))
            log.info("broker_back", shard=shard)

        async def trouble(error: Exception) -> None:
            log.debug("broker_error", shard=shard, error=type(error).__name__)

        while True:
            try:
                await client.connect(
                    url,
                    name="engine",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.2,  # type: ignore[arg-type]  # any number of seconds works
                    ping_interval=5,
                    max_outstanding_pings=2,
                    disconnected_cb=lost,
                    reconnected_cb=back,
                    error_cb=trouble,
                    pending_size=8 * 1024 * 1024,
                )
                break
            except (TimeoutError, OSError, nats.errors.Error):
                self.broker_lost.add(shard)
                await asyncio.sleep(0.3)
        self.broker_lost.discard(shard)
        metrics.BROKER_UP.set(len(self._parts.nats_urls) - len(self.broker_lost))
        self._clients.append(client)

        async def on_press(message: Msg) -> None:
            task = asyncio.create_task(self._press(client, message))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

        await client.subscribe("nec.v1.button.*.press", cb=on_press)
        await client.subscribe("nec.v1.button.*.heartbeat", cb=self._heartbeat)
        log.info("broker_connected", shard=shard)

    async def _press(self, client: Client, message: Msg) -> None:
        """Record one press and light its lamp after the commit. Never raises."""
        names = message.subject.split(".")
        if len(names) != SUBJECT_PARTS:
            return
        device, body = names[3], bytes(message.data)
        received_at = self._parts.clock.now()
        read = press.parse(device, body)
        if isinstance(read, Refusal):
            metrics.PRESSES.labels("unreadable").inc()
            log.warning("press_unreadable", rule=read.rule, size=len(body))
            read = press.possible_press(device, body[:PRESS_BYTES_MAX])
        if read.key in self._underway:
            # Devices repeat while we are slow: their repeats must not be what we are slow with. The first is answered.
            metrics.PRESSES.labels("repeated").inc()
            return
        item = Received(_without_pin(read), received_at, pin_digest(self._parts.pin_key, device, read.pin))
        self._underway.add(read.key)
        try:
            await self._keep(client, item)
        finally:
            self._underway.discard(read.key)

    async def _keep(self, client: Client, item: Received) -> None:
        """Wait for the commit of one press, then answer its device."""
        read = item.press
        try:
            answer = await self.commits.submit(item)
        except (Unreachable, Overloaded) as lost:
            await self._spool(item, lost)
            return
        except Exception:
            log.exception("press_failed")
            await self._spool(item, None)
            return
        metrics.LAMP_SECONDS.observe((self._parts.clock.now() - item.received_at).total_seconds())
        if not answer.lit:
            metrics.PRESSES.labels(answer.refused).inc()
            return
        metrics.PRESSES.labels("duplicate" if answer.duplicate else "recorded").inc()
        reply = {
            "boot_id": read.boot_id,
            "seq": read.seq,
            "lamp": "lit",
            "seen": answer.seen,
            "cancelled": answer.cancelled,
        }
        with contextlib.suppress(Exception):  # the device repeats; the duplicate gets the same answer
            await client.publish(f"nec.v1.button.{read.device}.ack", msgspec.json.encode(reply))

    def _take(self, items: Sequence[Received]) -> Sequence[Answer]:
        """Write one batch, in the intake thread."""
        answers = intake.take(self._parts.store, items, self._parts.ground, self._parts.clock.now())
        metrics.DATABASE_UP.set(1)
        if any(not answer.duplicate for answer in answers):
            self._changed()
        return answers

    async def _spool(self, item: Received, why: Exception | None) -> None:
        """Keep a press on disk while the database is away. The lamp stays dark: nothing is promised."""
        metrics.DATABASE_UP.set(0)
        metrics.PRESSES.labels("spooled").inc()
        kept = await asyncio.get_running_loop().run_in_executor(self._executor, self._parts.spool.keep, [item])
        metrics.SPOOLED.set(self._parts.spool.size_bytes)
        log.error("press_spooled", kept=kept, why=type(why).__name__)

    async def _drain_spool(self) -> None:
        """Replay the spool once the database is back."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SPOOL_RETRY_S)
            if self._parts.spool.size_bytes:
                with contextlib.suppress(Unreachable):
                    count = await loop.run_in_executor(self._executor, self._replay)
                    log.info("spool_replayed", presses=count)
            metrics.SPOOLED.set(self._parts.spool.size_bytes)

    def _replay(self) -> int:
        """Write spooled presses; those already recorded are duplicates and change nothing. Raises Unreachable."""
        count = 0
        spooled = self._parts.spool.read()
        while batch := list(itertools.islice(spooled, intake.BATCH_MAX)):
            count += len(self._take(batch))
        self._parts.spool.clear()
        return count

    async def _heartbeat(self, message: Msg) -> None:
        names = message.subject.split(".")
        if len(names) != SUBJECT_PARTS or len(self._beats) >= BEATS_KEPT_MAX:
            return
        read = heartbeat.parse(names[3], bytes(message.data))
        if isinstance(read, Heartbeat):
            metrics.HEARTBEATS.inc()
            self._beats[names[3]] = msgspec.structs.replace(read, device=names[3])

    async def _flush_beats(self) -> None:
        """Write heartbeats once a second, look for deaf devices every ten."""
        loop = asyncio.get_running_loop()
        since_deaf = 0.0
        while True:
            await asyncio.sleep(BEATS_FLUSH_S)
            since_deaf += BEATS_FLUSH_S
            beats, self._beats = list(self._beats.values()), {}
            with contextlib.suppress(Unreachable):
                if beats:
                    await loop.run_in_executor(None, self._write_beats, beats)
                if since_deaf >= DEAF_CHECK_S and not self.broker_lost:
                    since_deaf = 0.0
                    await loop.run_in_executor(None, devices.find_deaf, self._parts.store, self._parts.clock.now())

    def _write_beats(self, beats: list[Heartbeat]) -> None:
        devices.beat(self._parts.store, beats, self._parts.clock.now())


def _without_pin(read: Press) -> Press:
    """Drop the PIN as soon as its digest is known: it is never spooled, logged or stored."""
    return msgspec.structs.replace(read, pin=None)
