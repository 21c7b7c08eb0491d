"""Messages of the buttons: presses in, lamps out; heartbeats kept once a second.

Core NATS subscriptions, not an MQTT client: a client id can be stolen, a subscription cannot (see the ADR).
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import msgspec
import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from necmergitur.adapters.keeping import end
from necmergitur.adapters.pins import pin_digest
from necmergitur.adapters.press_line import NotKept, PressLine
from necmergitur.engine import metrics
from necmergitur.engine.heartbeats import Heartbeats
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import intake
from necmergitur.operations.intake import Answer, Received
from necmergitur.signals import press
from necmergitur.signals.constants import PRESS_BYTES_MAX
from necmergitur.signals.press import DEVICE_ID, Press

log = structlog.get_logger(__name__)

SUBJECT_PARTS = 5  # nec.v1.button.<id>.press
FIRST_CONNECTION_S = 0.3


class DeviceLine:
    """Everything between the broker and the store."""

    def __init__(self, parts: EngineParts, changed: Callable[[], None]) -> None:
        """`changed` is called after presses were recorded, so that dispatch wakes."""
        self._parts = parts
        self._changed = changed
        self._line: PressLine[Received] = PressLine(
            "engine",
            parts.store,
            parts.clock,
            spool=parts.spool,
            take=self._take,
            key_of=lambda item: item.press.key,
        )
        metrics.SPOOLED.set_function(lambda: self._line.spooled_bytes)
        self._beats = Heartbeats(parts)
        self._clients: list[Client] = []
        self._pending: set[asyncio.Task[None]] = set()
        self._underway: set[tuple[str, int, int]] = set()  # at most what the commits' queue holds
        self._tasks: list[asyncio.Task[None]] = []
        self.broker_lost: set[int] = set()

    async def start(self) -> None:
        """Connect to every broker shard and begin. Needs neither the database nor a broker to be there."""
        self._line.start()
        self._beats.start()
        self._tasks = [
            asyncio.create_task(self._connect(shard, url), name=f"broker-{shard}")
            for shard, url in enumerate(self._parts.nats_urls)
        ]

    async def stop(self) -> None:
        """Disconnect. Presses under way finish first."""
        await end(*self._tasks)
        await self._beats.stop()
        for client in self._clients:
            with contextlib.suppress(Exception):
                await client.close()
        await asyncio.gather(*self._pending, return_exceptions=True)
        await self._line.stop()

    async def publish(self, subject: str, body: bytes) -> None:
        """Publish to our own processes on the first shard; dropped while the broker is away."""
        if self._clients and self._clients[0].is_connected:
            with contextlib.suppress(Exception):
                await self._clients[0].publish(subject, body)

    async def _connect(self, shard: int, url: str) -> None:
        """Connect, and again for ever: the broker's own client library reconnects after the first time."""
        client = Client()
        self._lost(shard)  # until it is there: the library waits for a first connection without a word

        async def lost() -> None:
            if client.is_closed:
                return  # by ourselves
            self._lost(shard)
            log.warning("broker_lost", shard=shard)

        async def back() -> None:
            self._back(shard)
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
                await self._subscribe(client)
                break
            except (TimeoutError, OSError, nats.errors.Error) as why:
                log.debug("broker_not_reached", shard=shard, why=type(why).__name__)
            except Exception:  # an address or an answer the library does not expect: it may be mended meanwhile
                log.exception("broker_not_reached", shard=shard)
            with contextlib.suppress(Exception):
                await client.close()
            await asyncio.sleep(FIRST_CONNECTION_S)
        self._clients.append(client)
        self._back(shard)
        log.info("broker_connected", shard=shard)

    async def _subscribe(self, client: Client) -> None:
        async def on_press(message: Msg) -> None:
            task = asyncio.create_task(self._press(client, message))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

        await client.subscribe("nec.v1.button.*.press", cb=on_press)
        await client.subscribe("nec.v1.button.*.heartbeat", cb=self._heartbeat)

    def _lost(self, shard: int) -> None:
        self.broker_lost.add(shard)
        self._beats.went_deaf()
        metrics.BROKER_UP.set(len(self._parts.nats_urls) - len(self.broker_lost))

    def _back(self, shard: int) -> None:
        self.broker_lost.discard(shard)
        if not self.broker_lost:
            self._beats.hears_again()
        metrics.BROKER_UP.set(len(self._parts.nats_urls) - len(self.broker_lost))

    async def _press(self, client: Client, message: Msg) -> None:
        """Record one press and light its lamp after the commit. Never raises."""
        names = message.subject.split(".")
        if len(names) != SUBJECT_PARTS or DEVICE_ID.fullmatch(names[3]) is None:
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
            answer = await self._line.submit(item)
        except NotKept as why:
            metrics.PRESSES.labels("spooled" if why.spooled else "lost").inc()
            metrics.DATABASE_UP.set(0)
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

    async def _heartbeat(self, message: Msg) -> None:
        names = message.subject.split(".")
        if len(names) == SUBJECT_PARTS and DEVICE_ID.fullmatch(names[3]) is not None:
            self._beats.hear(names[3], bytes(message.data))


def _without_pin(read: Press) -> Press:
    """Drop the PIN as soon as its digest is known: it is never spooled, logged or stored."""
    return msgspec.structs.replace(read, pin=None)
