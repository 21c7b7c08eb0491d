"""From a revocation in one process to a device told to stop by another: what "the gate denies" takes in the world.

Counted from before the revocation's own commit until the order is heard on the broker, so that what the city is asked
(50 ms from revoke to deny) is inside it: the next reading meets the same commit in the database.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import nats
from nats.aio.msg import Msg

from necmergitur.adapters import passkeys
from necmergitur.adapters.child_process import spawn
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import embedded_postgres, lay_broker
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.governance.assessments import Assessment, Covers
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.sensors import Sensor, stream_of
from necmergitur.governance.signing import Paper, Party
from necmergitur.governance.terms import Terms, digest
from necmergitur.operations import assessing, authorising, enrolling, proposing, sensing
from necmergitur.operations import city as cities
from necmergitur.sim.bench.passkey import ORIGIN, RP_ID, Passkey
from necmergitur.territory.generated import generate
from necmergitur.territory.model import CityPlan

REVOCATIONS = 100
REVOCATIONS_QUICK = 40
HEARD_S_MAX = 5.0  # ours: an order that takes longer is lost, and the figure with it
START_S_MAX = 60.0
PAUSE_S = 0.05
ZONES = 6


class NoOrder(RuntimeError):
    """The engine did not tell a device in time."""


def measure_revoke_ms(*, quick: bool = False) -> list[float]:
    """Return, for each of many streams, milliseconds from its revocation to its device told to stop. Raises NoOrder."""
    with engine_of_its_own() as (database_url, nats_url):
        return against(database_url, nats_url, REVOCATIONS_QUICK if quick else REVOCATIONS)


def against(database_url: str, nats_url: str, count: int) -> list[float]:
    """Measure on a running engine, whose database has a zone. Raises NoOrder."""
    store = PostgresStore(database_url)
    try:
        papers = open_streams(store, count, datetime.now(UTC))
        return asyncio.run(_revoke_each(store, nats_url, papers))
    finally:
        store.close()


async def _revoke_each(store: PostgresStore, nats_url: str, papers: Sequence[Authorisation]) -> list[float]:
    client = await nats.connect(nats_url)
    told: dict[str, tuple[bool, float]] = {}
    woken = asyncio.Event()

    async def hear(message: Msg) -> None:
        told[message.subject.split(".")[3]] = (bool(msgspec.json.decode(message.data)["run"]), time.monotonic())
        woken.set()

    await client.subscribe("nec.v1.sensor.*.order", cb=hear)
    await client.flush()

    async def until(sensor_id: str, *, run: bool, within_s: float = HEARD_S_MAX) -> float:
        while told.get(sensor_id, (None, 0.0))[0] is not run:
            woken.clear()
            await asyncio.wait_for(woken.wait(), within_s)
        return told[sensor_id][1]

    took_ms = []
    try:
        for number in range(len(papers)):
            await until(_name(number), run=True, within_s=START_S_MAX)
        await asyncio.to_thread(_wait_recorded, store, len(papers))
        for number, paper in enumerate(papers):
            await asyncio.sleep(PAUSE_S)
            began = time.monotonic()
            await asyncio.to_thread(authorising.revoke, store, paper.id, "measured", MACHINE, datetime.now(UTC))
            took_ms.append(1_000 * (await until(_name(number), run=False) - began))
    except TimeoutError as late:
        raise NoOrder(f"no order within {HEARD_S_MAX:.0f} s") from late
    finally:
        await client.close()
    return took_ms


def _wait_recorded(store: PostgresStore, count: int) -> None:
    """Wait until every start is a fact: an engine that just began has its whole city to look at."""
    deadline = time.monotonic() + START_S_MAX
    while True:
        with store.cursor() as cursor:
            row = cursor.execute("SELECT count(*) FROM sensor WHERE told_run").fetchone()
        if row is not None and row[0] >= count:
            time.sleep(1)
            return
        if time.monotonic() > deadline:
            raise NoOrder("the streams did not start")
        time.sleep(PAUSE_S)


def _name(number: int) -> str:
    return f"bench-{number:04d}"


def open_streams(store: PostgresStore, count: int, now: datetime) -> list[Authorisation]:
    """Enrol `count` counters and open each by a paper of its own, signed for the measurement."""
    with store.cursor() as cursor:
        found = cursor.execute("SELECT id FROM zone WHERE retired_at IS NULL ORDER BY id LIMIT 1").fetchone()
    assert found is not None, "a city has zones"
    zone_id = str(found[0])
    names = [_name(number) for number in range(count)]
    for name in names:
        sensing.enrol(store, _sensor(name, zone_id, now), MACHINE, now)
    key = Passkey()
    party = Party(
        id=store.ids.new(),
        role="territory",
        name="Measured",
        credential_id=key.credential_id,
        public_key=key.public_key,
        rp_id=RP_ID,
        origin=ORIGIN,
        enrolled_at=now,
        enrolled_by="nec bench",
    )
    enrolling.enrol(store, party, now)
    covers = Covers(
        streams=tuple(map(stream_of, names)),
        modality="crowd_count",
        payload_schema="crowd_count/1",
        purpose="crowd_safety",
        zones=(zone_id,),
        rate_per_minute=1,
        retention_days=1,
    )
    signed = assessing.sign(
        store,
        Assessment(
            id=store.ids.new(),
            version=1,
            digest="0" * 64,
            title="Measured",
            covers=covers,
            opinion="Measured.",
            signed_by="nec bench",
            signed_at=now,
            review_by=now + timedelta(days=30),
        ),
        MACHINE,
        now,
    )
    assert isinstance(signed, Assessment), signed
    return [_grant(store, signed, key, stream, now) for stream in covers.streams]


def _sensor(name: str, zone_id: str, now: datetime) -> Sensor:
    return Sensor(
        id=name,
        label="Measured",
        modality="crowd_count",
        payload_schema="crowd_count/1",
        zone_id=zone_id,
        lon=2.35,
        lat=48.86,
        rate_per_minute=1,
        firmware="",
        certificate_subject=None,
        installed_at=now,
    )


def open_counter(now: datetime, rate_per_minute: int) -> tuple[Sensor, Authorisation]:
    """Return a counter and the paper it speaks under, of no database: for what a reading costs alone."""
    sensor = _sensor(_name(0), "z-001", now)
    covers = Covers(
        streams=(sensor.stream,),
        modality=sensor.modality,
        payload_schema=sensor.payload_schema,
        purpose="crowd_safety",
        zones=(sensor.zone_id,),
        rate_per_minute=rate_per_minute,
        retention_days=1,
    )
    on = Assessment(
        id=UUID(int=1),
        version=1,
        digest="0" * 64,
        title="Measured",
        covers=covers,
        opinion="Measured.",
        signed_by="nec bench",
        signed_at=now,
        review_by=now + timedelta(days=30),
    )
    terms = _terms(on, sensor.stream, UUID(int=2), now)
    return sensor, Authorisation(
        id=terms.id,
        kind="stream",
        label=terms.label,
        purpose=terms.purpose,
        legal_basis=terms.legal_basis,
        holder=terms.holder,
        modality=terms.modality,
        zones=terms.zones,
        streams=(terms.stream,),
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        conditions=Conditions(),
        demo=False,
        granted_by="nec bench",
        granted_at=now,
        paper=Paper(terms=terms),
    )


def _terms(on: Assessment, stream: str, number: UUID, now: datetime) -> Terms:
    return Terms(
        id=number,
        label="Measured",
        stream=stream,
        modality=on.covers.modality,
        payload_schema=on.covers.payload_schema,
        purpose=on.covers.purpose,
        legal_basis="none: a measurement",
        holder="nec bench",
        operator_class="municipal",
        zones=on.covers.zones,
        valid_from=now - timedelta(minutes=1),
        valid_until=now + timedelta(days=1),
        retention_days=1,
        rate_per_minute=on.covers.rate_per_minute,
        bytes_max=64,
        readers=("lead",),
        assessment_id=on.id,
        assessment_version=on.version,
        assessment_digest=on.digest,
    )


def _grant(store: PostgresStore, on: Assessment, key: Passkey, stream: str, now: datetime) -> Authorisation:
    terms = _terms(on, stream, store.ids.new(), now)
    proposed = proposing.propose(store, terms, (), MACHINE, now)
    assert isinstance(proposed, Proposal), proposed
    said = key.sign(digest(terms))
    signed = proposing.sign(store, terms.id, "territory", said, passkeys.verify, (), now)
    assert isinstance(signed, Proposal), signed
    granted = proposing.grant(store, terms.id, passkeys.verify, (), MACHINE, now, rules=())
    assert isinstance(granted, Authorisation), granted
    return granted


@contextmanager
def engine_of_its_own() -> Iterator[tuple[str, str]]:
    """Run a database, a broker and an engine in a process of its own; lend the addresses of the first two."""
    home = Path(tempfile.mkdtemp(prefix="nec-bench-"))
    settings = Settings.from_environment({"NEC_HOME": str(home), "NEC_MQTT_PORT": "0", "NEC_LOG_LEVEL": "warning"})
    server = embedded_postgres(settings)
    (broker,) = lay_broker(settings)
    engine: subprocess.Popen[bytes] | None = None
    said = subprocess.DEVNULL
    try:
        server.start()
        given = settings.export() | {"NEC_DATABASE_URL": server.url, "NEC_NATS_URL": broker.nats_url}
        environ = {**os.environ, **given}
        nec = [sys.executable, "-m", "necmergitur.app.cli"]
        migrating = spawn([*nec, "migrate"], death_signal=signal.SIGTERM, output=said, environ=environ)
        if migrating.wait(START_S_MAX) != 0:
            raise NoOrder("migrations failed")
        store = PostgresStore(server.url)
        made = generate(1, CityPlan(zones=ZONES, buttons=ZONES, seed=1), 2)
        cities.install(store, made, "generated for a measurement", MACHINE, datetime.now(UTC))
        store.close()
        broker.start()
        engine = spawn([*nec, "engine"], death_signal=signal.SIGTERM, output=said, environ=environ, cwd=home)
        yield server.url, broker.nats_url
    finally:
        if engine is not None:
            engine.send_signal(signal.SIGTERM)
            engine.wait()
        broker.stop()
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
