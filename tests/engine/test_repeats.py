"""A flood of repeats costs the engine nothing: what is being kept is not queued again, and is answered once."""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import pytest

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch.incidents import Person
from necmergitur.engine import devices as engine_devices
from necmergitur.engine.devices import DeviceLine
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.geo import Position
from necmergitur.operations import devices, intake
from necmergitur.operations.intake import Answer, Ground, Received
from necmergitur.operations.ports import Store
from necmergitur.operations.registry import NewDevice
from tests import signed

HERE = Position(2.35, 48.85)
SLOW_S = 0.5


class Slow:
    """The real intake, after a pause; remembers what it was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[Sequence[Received]] = []
        self._real = intake.take
        monkeypatch.setattr(engine_devices.intake, "take", self._take)

    def _take(self, store: Store, batch: Sequence[Received], ground: Ground, now: datetime) -> list[Answer]:
        self.batches.append(batch)
        time.sleep(SLOW_S)
        return self._real(store, batch, ground, now)


def parts(database: str, broker: Any, home: Path) -> EngineParts:
    signer = Ed25519Signer.generate()
    return EngineParts(
        store=PostgresStore(database),
        database_url=database,
        nats_urls=(broker.nats_url,),
        clock=SystemClock(),
        signer=signer,
        verifier=Ed25519Verifier([signer.public_bytes()]),
        ground=Ground(HERE),
        pin_key=b"k" * 32,
        home=home,
        verify=signed.verify,
    )


async def ring(line: DeviceLine, url: str, times: int) -> list[dict[str, Any]]:
    """Press post-1 `times` times within the first commit, and once more after it; return the answers heard."""
    client, heard = await nats.connect(url), []

    async def hear(message: Any) -> None:
        heard.append(json.loads(message.data))

    await client.subscribe("nec.v1.button.post-1.ack", cb=hear)
    await client.flush()
    await line.start()
    await asyncio.sleep(0.2)
    body = json.dumps({"boot_id": 1, "seq": 1, "kind": "sos"}).encode()
    for _ in range(times):
        await client.publish("nec.v1.button.post-1.press", body)
        await asyncio.sleep(SLOW_S / times / 4)
    await asyncio.sleep(2 * SLOW_S)
    before = len(heard)
    await client.publish("nec.v1.button.post-1.press", body)
    await asyncio.sleep(2 * SLOW_S)
    assert before == 1, "one lamp for all the repeats"
    await line.stop()
    await client.close()
    return heard


def test_repeats_of_a_press_that_is_being_kept_are_not_queued_again(
    database: str, broker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, made = Slow(monkeypatch), parts(database, broker, tmp_path)
    new = NewDevice(id="post-1", kind="post", transport="mqtt", label="Post", place=HERE)
    devices.enrol(made.store, [new], Person(0, "nec"), datetime.now(UTC))

    async def play() -> list[dict[str, Any]]:
        return await ring(DeviceLine(made, lambda: None), broker.nats_url, times=12)

    heard = asyncio.run(play())
    made.store.close()
    assert [len(batch) for batch in slow.batches] == [1, 1], "twelve presses, one of them written; then one repeat"
    assert heard == [{"boot_id": 1, "seq": 1, "lamp": "lit", "seen": False, "cancelled": False}] * 2
