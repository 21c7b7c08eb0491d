"""What the machine allows at best, measured in the same run: one commit at a time, and the broker alone."""

import asyncio
import os
import re
import ssl
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nats
import psycopg
from nats.aio.msg import Msg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.broker import shard_of
from necmergitur.adapters.embedded_postgres import installation
from necmergitur.adapters.pki import CityAuthority
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.bench.whole import Whole
from necmergitur.sim.devices import mqtt
from necmergitur.sim.devices.credentials import Identity, read_identities, tls_context
from necmergitur.sim.devices.link import Link, fresh_client_id

DATABASE = "floor"
# One row as wide as a signal's, with two indexes, as `signal` has.
_TABLE = """
CREATE TABLE floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, device_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(), body text NOT NULL);
CREATE INDEX ON floor (device_id);
"""
_INSERT = "\\set n random(1, 20000)\nINSERT INTO floor (device_id, body) VALUES (:n, repeat('x', 120));\n"
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
ROUND_TRIPS_PER_S = 200
ANSWER_S_MAX = 5.0
_PACKET_IDS = 0xFFFF


def pgbench_tps(city: Whole, seconds: int) -> float:
    """Return single-row inserts a second, one connection, each committed before the next (pgbench of the wheel)."""
    with psycopg.connect(city.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(DATABASE)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    given = conninfo_to_dict(city.database_url) | {"dbname": DATABASE}
    with psycopg.connect(**given) as connection:  # type: ignore[arg-type]
        connection.execute(_TABLE)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "insert.sql"
        script.write_text(_INSERT)
        argv = [str(installation() / "bin" / "pgbench"), "--no-vacuum", f"--file={script}"]
        argv += ["--client=1", "--jobs=1", f"--time={seconds}", "--protocol=prepared"]
        environ = os.environ | {
            "PGHOST": str(given["host"]),
            "PGPORT": str(given["port"]),
            "PGUSER": str(given["user"]),
            "PGPASSWORD": str(given["password"]),
            "PGDATABASE": DATABASE,
        }
        ran = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    found = _TPS.search(ran.stdout)
    assert found is not None, ran.stdout
    return float(found[1])


def nats_qos1_ms_p99(city: Whole, device_id: str, seconds: float) -> float:
    """Return the round trip of a QoS 1 message of one post to a bare NATS subscriber and back to its ack topic.

    The same road as a press and its lamp, TLS included, with nothing of ours and no database at its end.
    """
    identity = next(i for i in read_identities(city.identities) if i.device_id == device_id)
    # A thread of its own: the caller's may hold a browser, whose library keeps a loop running in it.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(_echo(city, identity, seconds))).result()


async def _echo(city: Whole, identity: Identity, seconds: float) -> float:
    broker = city.brokers[shard_of(identity.device_id, city.settings.broker_shards)]
    client = await nats.connect(broker.nats_url)

    async def answer(message: Msg) -> None:
        await client.publish(f"nec.v1.button.{identity.device_id}.ack", message.data)

    # A heartbeat's subject: the engine hears these too, as it hears every post's.
    await client.subscribe(f"nec.v1.button.{identity.device_id}.heartbeat", cb=answer)
    await client.flush()
    trust_pem = CityAuthority.open(city.settings.home / "pki").trust_pem.decode()
    pinger = _Pinger(("127.0.0.1", broker.mqtt_port), tls_context(identity, trust_pem), identity.device_id)
    try:
        return percentile(await pinger.run(seconds), 99)
    finally:
        pinger.close()
        await client.close()


class _Pinger:
    """Publishes at QoS 1 at a steady rate and times what comes back."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, device_id: str) -> None:
        self._topic = f"nec/v1/button/{device_id}"
        self._link = Link(address, lambda: context, f"{self._topic}/ack", self)
        self._device_id = device_id
        self._up = asyncio.Event()
        self._sent: dict[bytes, float] = {}
        self._round_trips_ms: list[float] = []

    async def run(self, seconds: float) -> list[float]:
        """Return every round trip in ms. Raises TimeoutError when the broker does not answer."""
        self._link.open(fresh_client_id(self._device_id, time.time_ns()))
        async with asyncio.timeout(ANSWER_S_MAX):
            await self._up.wait()
        began = time.monotonic()
        for number in range(int(seconds * ROUND_TRIPS_PER_S)):
            await asyncio.sleep(max(0.0, began + number / ROUND_TRIPS_PER_S - time.monotonic()))
            body = b'{"boot_id": %d}' % number
            self._sent[body] = time.perf_counter()
            self._link.send(mqtt.publish(f"{self._topic}/heartbeat", body, 1 + number % _PACKET_IDS))
        async with asyncio.timeout(ANSWER_S_MAX):
            while self._sent:  # noqa: ASYNC110 - a poll at the end of a measurement disturbs nothing
                await asyncio.sleep(0.01)
        return self._round_trips_ms

    def close(self) -> None:
        self._link.close()

    def link_up(self) -> None:
        self._up.set()

    def link_down(self, why: str) -> None:
        """Nothing: a lost link shows as an answer that never came."""

    def link_said(self, message: mqtt.Publish) -> None:
        sent_at = self._sent.pop(message.payload, None)
        if sent_at is not None:
            self._round_trips_ms.append((time.perf_counter() - sent_at) * 1000)
