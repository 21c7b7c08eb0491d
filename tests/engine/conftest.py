"""A real engine on a real database and a real broker, and devices that speak to it."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch.incidents import Person
from necmergitur.engine.main import Engine
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.geo import Position
from necmergitur.operations import devices
from necmergitur.operations.intake import Ground
from necmergitur.operations.registry import NewDevice
from tests import signed

HERE = Position(2.35, 48.85)
BY = Person(0, "nec")
STOP_S = 60.0  # ours: whatever a test met, its engine ends


def engine_parts(database: str, nats_url: str, home: Path, **more: Any) -> EngineParts:
    """Return an engine's parts, on adapters as real as in production."""
    signer = Ed25519Signer.generate()
    return EngineParts(
        store=PostgresStore(database, connections_max=6),
        database_url=database,
        nats_urls=(nats_url,),
        clock=SystemClock(),
        signer=signer,
        verifier=Ed25519Verifier([signer.public_bytes()]),
        ground=Ground(HERE),
        pin_key=b"k" * 32,
        home=home,
        verify=signed.verify,
        **more,
    )


def enrol(store: PostgresStore, *ids: str, **more: Any) -> None:
    """Make posts known."""
    new = [NewDevice(id=i, kind="post", transport="mqtt", label=i, place=HERE, **more) for i in ids]
    devices.enrol(store, new, BY, datetime.now(UTC))


@asynccontextmanager
async def running(parts: EngineParts, metrics_port: int = 0) -> AsyncIterator[Engine]:
    """Run an engine until the block ends."""
    engine = Engine(parts, metrics_port)
    await engine.start()
    try:
        yield engine
    finally:
        async with asyncio.timeout(STOP_S):
            await engine.stop()
        parts.store.close()


async def until(holds: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait for a state that another process brings about; `holds` runs in a thread."""
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)


def rows(store: PostgresStore, query: str) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with store.cursor() as cursor:
        return cursor.execute(query).fetchall()  # type: ignore[arg-type]  # a literal of the test


def alarms(store: PostgresStore) -> set[str]:
    """Return the alarms that are on the screens."""
    return {row[0] for row in rows(store, "SELECT name FROM system_alarm WHERE cleared_at IS NULL")}


class Post:
    """A street button over MQTT and TLS, with a lamp."""

    def __init__(self, client: mqtt.Client, name: str, port: int) -> None:
        self.answers: list[dict[str, Any]] = []
        self._topic = f"nec/v1/button/{name}"
        self._client = client
        client.on_connect = lambda c, *_: c.subscribe(f"{self._topic}/ack")
        client.on_subscribe = lambda *_: setattr(self, "ready", True)
        client.on_message = lambda _c, _u, message: self.answers.append(json.loads(message.payload))
        self.ready = False
        client.connect_async("127.0.0.1", port)
        client.loop_start()

    def press(self, seq: int) -> None:
        self._client.publish(f"{self._topic}/press", json.dumps({"boot_id": 1, "seq": seq, "kind": "sos"}))

    def beat(self, body: bytes) -> None:
        self._client.publish(f"{self._topic}/heartbeat", body)

    def lit(self, seq: int) -> bool:
        return any(a["seq"] == seq and a["lamp"] == "lit" for a in self.answers)

    def rings(self, seq: int) -> bool:
        """Press, as a button does again and again, and say whether the lamp is lit."""
        self.press(seq)
        return self.lit(seq)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def home() -> Iterator[Path]:
    """A short folder of this test's own."""
    with tempfile.TemporaryDirectory(prefix="nec-") as folder:
        yield Path(folder)


@pytest.fixture
def make_post(broker: Any) -> Iterator[Callable[[str], Post]]:
    """`make_post(name)` enrols a post at the broker and connects it."""
    made: list[Post] = []

    def make(name: str) -> Post:
        (credential,) = broker.enrol(name)
        made.append(Post(broker.mqtt_client(credential, client_id=name), name, broker.mqtt_port))
        return made[-1]

    yield make
    for post in made:
        post.leave()
