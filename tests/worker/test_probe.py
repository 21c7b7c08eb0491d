"""The synthetic button: a lamp that stays dark is an alarm, whatever kept it dark; lit again, the alarm is over."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from necmergitur.adapters.broker import shard_of
from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.probe import DEVICE_ID, Probe
from necmergitur.app.probing import probe_ids
from necmergitur.engine.devices import DeviceLine
from necmergitur.worker.main import WorkerParts, _probe
from necmergitur.worker.outbox import Outbox
from tests.engine.conftest import alarms, engine_parts, enrol, until


def worker(store: PostgresStore, home: Path, *probes: Any) -> WorkerParts:
    clock = SystemClock()
    return WorkerParts(store=store, clock=clock, home=home, outbox=Outbox(store, clock, {}), probes=probes)


def test_the_alarm_is_raised_while_nobody_lights_the_lamp_and_cleared_when_somebody_does(
    database: str, broker: Any, tmp_path: Path
) -> None:
    (credential,) = broker.enrol(DEVICE_ID)
    (tmp_path / "key.pem").write_bytes(credential.key_pem)
    (tmp_path / "certificate.pem").write_bytes(credential.cert_pem)
    parts = engine_parts(database, broker.nats_url, tmp_path)
    enrol(parts.store, DEVICE_ID)
    probe = Probe(
        "127.0.0.1",
        broker.mqtt_port,
        trust=broker.trust_file,
        certificate=tmp_path / "certificate.pem",
        key=tmp_path / "key.pem",
    )
    chore = worker(parts.store, tmp_path, probe)

    async def story() -> None:
        await _probe(chore)
        assert alarms(parts.store) == {"probe_missed"}, "no engine: the broker alone lights no lamp"
        line = DeviceLine(parts, lambda: None)
        await line.start()
        await until(lambda: not line.broker_lost)
        await _probe(chore)
        assert alarms(parts.store) == set()
        await line.stop()

    asyncio.run(story())
    parts.store.close()


def test_an_engine_that_is_just_starting_is_no_alarm(database: str, broker: Any, tmp_path: Path) -> None:
    (credential,) = broker.enrol(DEVICE_ID)
    (tmp_path / "key.pem").write_bytes(credential.key_pem)
    (tmp_path / "certificate.pem").write_bytes(credential.cert_pem)
    parts = engine_parts(database, broker.nats_url, tmp_path)
    enrol(parts.store, DEVICE_ID)
    address = ("127.0.0.1", broker.mqtt_port)
    files = {"trust": broker.trust_file, "certificate": tmp_path / "certificate.pem", "key": tmp_path / "key.pem"}
    chore = worker(parts.store, tmp_path, Probe(*address, **files))

    async def story() -> None:
        pressing = asyncio.create_task(_probe(chore))
        await asyncio.sleep(1.5)  # pressed, and nobody heard it
        line = DeviceLine(parts, lambda: None)
        await line.start()
        await pressing
        assert alarms(parts.store) == set()
        await line.stop()

    asyncio.run(story())
    parts.store.close()


class Breaks:
    def press(self) -> float | None:
        raise PermissionError("the key is not ours to read")


class Lights:
    def press(self) -> float | None:
        return 3.0


@pytest.mark.parametrize("probes", [(Breaks(),), (Lights(), Breaks())])
def test_a_probe_that_cannot_even_press_is_the_alarm_and_one_lit_lamp_hides_no_dark_one(
    database: str, tmp_path: Path, probes: tuple[Any, ...]
) -> None:
    store = PostgresStore(database)
    asyncio.run(_probe(worker(store, tmp_path, *probes)))
    assert alarms(store) == {"probe_missed"}
    asyncio.run(_probe(worker(store, tmp_path, Lights(), Lights())))
    assert alarms(store) == set()
    store.close()


@pytest.mark.parametrize("shards", [1, 2, 3, 5])
def test_every_broker_has_a_synthetic_button_of_its_own(shards: int) -> None:
    names = probe_ids(shards)
    assert [shard_of(name, shards) for name in names] == list(range(shards))
    assert shards > 1 or names == [DEVICE_ID]
