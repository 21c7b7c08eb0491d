"""A real counter, broker, engine and database: it runs while its paper does, and is stopped the instant it ends."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.session import SENSORS_HEARD
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.engine import sensors as engine_sensors
from necmergitur.engine.main import Engine
from necmergitur.engine.sensors import CHANGES_MAX, SensorLine
from necmergitur.governance.readings import Status
from necmergitur.governance.sensors import Sensor
from necmergitur.operations import authorising, sensing
from necmergitur.operations.ports import Unreachable
from necmergitur.sim.devices.counter import Counter, Manner
from necmergitur.sim.devices.credentials import identity_of
from tests.engine.conftest import engine_parts, enrol, rows, running, until
from tests.operations.scene import LEAD
from tests.streams import COUNTER, TECHNICIAN, authorise, body, forge, sensor


def one_zone(url: str) -> None:
    """Make a city of one zone."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'zone' AND is_nullable = 'NO'"
            " AND column_default IS NULL"
        ).fetchall()
        fills = {"id": "Z-1", "label": "Square", "rings": "[]", "street_length_m": 1.0, "neighbours": [], "number": 1}
        names = [name for (name,) in columns]
        connection.execute(
            f"INSERT INTO zone ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
            [fills.get(name, "") for name in names],
        )


@pytest.fixture
def store(database: str) -> Any:
    """A city of one zone with a counter in it, and no paper."""
    one_zone(database)
    opened = PostgresStore(database)
    assert isinstance(sensing.enrol(opened, sensor(now()), TECHNICIAN, now()), Sensor)
    yield opened
    opened.close()


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def counting(broker: Any, **manner: Any) -> AsyncIterator[Counter]:
    """A counter at its post until the block ends."""
    identity = identity_of(broker.enrol_sensor(COUNTER))
    counter = Counter(
        identity, ("127.0.0.1", broker.mqtt_port), broker.authority.trust_pem.decode(), manner=Manner(**manner)
    )
    counter.start()
    try:
        yield counter
    finally:
        await counter.stop()


def taken(store: PostgresStore) -> int:
    return count(store, "SELECT count(*) FROM reading")


def count(store: PostgresStore, query: str) -> int:
    with store._pool.connection() as connection:
        connection.execute("SET role none")
        row = connection.execute(query).fetchone()
        connection.execute("SET role nec_ledger")
    assert row is not None
    return int(row[0])


def refused(store: PostgresStore) -> dict[str, int]:
    with store.cursor() as cursor:
        return dict(cursor.execute("SELECT rule, sum(count) FROM reading_refusal GROUP BY rule").fetchall())


def test_a_counter_runs_while_its_paper_does_and_stops_with_it(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    async def play() -> float:
        async with running(engine_parts(database, broker.nats_url, home)), counting(broker) as counter:
            await until(lambda: counter.is_up and counter.why == "no_authorisation")
            assert not counter.runs
            paper = await asyncio.to_thread(authorise, store, now())
            await until(lambda: counter.runs)
            await until(lambda: taken(store) == 1)
            began = time.monotonic()
            await asyncio.to_thread(authorising.revoke, store, paper.id, "enough", LEAD, now())
            while counter.runs:  # noqa: ASYNC110  measured to the millisecond
                await asyncio.sleep(0.001)
            stopped_s = time.monotonic() - began
            counter.say()  # a device that does not obey
            await until(lambda: refused(store).get("authorisation_revoked") == 1)
            assert taken(store) == 1
            await until(lambda: count(store, "SELECT count(*) FROM ledger_event WHERE kind = 'StreamStopped'") == 1)
            return stopped_s

    stopped_s = asyncio.run(play())
    print(f"revoked to stopped, with the revocation's own commit: {1000 * stopped_s:.1f} ms")
    assert stopped_s < 1.0


def test_a_paper_whose_signature_was_never_made_starts_no_device_and_is_an_alarm(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    async def play() -> None:
        async with running(engine_parts(database, broker.nats_url, home)), counting(broker) as counter:
            await until(lambda: counter.why == "no_authorisation")
            paper = await asyncio.to_thread(forge, store, now())
            await until(lambda: counter.why == "authorisation_suspended")
            raised = "SELECT count(*) FROM system_alarm WHERE name = 'paper_forged' AND cleared_at IS NULL"
            await until(lambda: count(store, f"{raised} AND detail = '{paper.id}'") == 1)
            assert not counter.runs

    asyncio.run(play())


def test_a_counter_told_to_speak_more_often_is_stopped(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    async def play() -> None:
        authorise(store, now())
        async with running(engine_parts(database, broker.nats_url, home)), counting(broker) as counter:
            await until(lambda: counter.runs)
            counter.change(msgspec.structs.replace(counter.manner, rate_per_minute=10))
            await until(lambda: not counter.runs)
            assert counter.why == "authorisation_suspended"

    asyncio.run(play())


def test_a_counter_whose_readings_have_one_more_field_is_stopped(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    """Whatever it says of its form. One odd message is only refused; three, with no good one between, are another form."""

    async def play() -> None:
        authorise(store, now(), rate=10)
        async with running(engine_parts(database, broker.nats_url, home)), counting(broker) as counter:
            await until(lambda: taken(store) == 1)
            for field in ("face", "face", "", "face", "face"):
                counter.manner = msgspec.structs.replace(counter.manner, field=field)
                counter.say()
                await asyncio.sleep(0.1)
            await until(lambda: refused(store).get("reading_not_of_its_type") == 4)
            await asyncio.sleep(2 * engine_sensors.FLUSH_S)
            assert counter.runs
            counter.say()
            await until(lambda: not counter.runs)
            assert counter.why == "authorisation_suspended"

    asyncio.run(play())
    why = rows(store, "SELECT suspended_reason FROM authorisation WHERE kind = 'stream'")
    assert why == [("drift_schema assessed=crowd_count/1 now=another",)]


def said(firmware: str) -> Status:
    return Status(payload_schema="crowd_count/1", rate_per_minute=1, firmware=firmware, runs=True)


def test_one_device_whose_words_cannot_be_kept_silences_no_other(
    database: str, broker: Any, home: Path, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensing.enrol(store, sensor(now(), id="a-0001"), TECHNICIAN, now())
    report = sensing.report

    def broken(over: Any, sensor_id: str, words: Status, at: datetime) -> bool:
        if sensor_id == "a-0001":
            raise ValueError("no database holds this")
        return report(over, sensor_id, words, at)

    monkeypatch.setattr(sensing, "report", broken)

    async def play() -> None:
        line = SensorLine(engine_parts(database, broker.nats_url, home))
        line._statuses = {"a-0001": said("9.9"), COUNTER: said("2.0")}
        line._refused[COUNTER, "flood", now().replace(second=0, microsecond=0)] = 3
        await line._flush()
        assert not line._statuses

    asyncio.run(play())
    assert count(store, "SELECT count(*) FROM ledger_event WHERE kind = 'SensorChanged'") == 1
    assert refused(store) == {"flood": 3}


def test_what_devices_said_while_the_database_was_away_is_not_forgotten(
    database: str, broker: Any, home: Path, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> bool:
        raise sensing_unreachable()

    async def play() -> None:
        line = SensorLine(engine_parts(database, broker.nats_url, home))
        line._statuses = {COUNTER: said("2.0")}
        with monkeypatch.context() as patch:
            patch.setattr(sensing, "report", away)
            with pytest.raises(Unreachable):
                await line._flush()
        await line._flush()

    asyncio.run(play())
    assert count(store, "SELECT count(*) FROM sensor WHERE firmware = '2.0'") == 1


def test_a_device_that_is_another_each_second_fills_no_record(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    async def play() -> None:
        line = SensorLine(engine_parts(database, broker.nats_url, home))
        line._known = {COUNTER: sensor(now())}
        for number in range(CHANGES_MAX + 5):
            line._statuses[COUNTER] = said(f"2.{number}")
            await line._flush()
        assert line._statuses[COUNTER].firmware == f"2.{CHANGES_MAX + 4}", "its newest words wait"

    asyncio.run(play())
    assert count(store, "SELECT count(*) FROM ledger_event WHERE kind = 'SensorChanged'") == CHANGES_MAX


def test_its_hour_comes_without_anybody_and_ends_it(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    async def play() -> None:
        async with running(engine_parts(database, broker.nats_url, home)), counting(broker) as counter:
            await until(lambda: counter.why == "no_authorisation")
            start = now() + timedelta(seconds=2)
            await asyncio.to_thread(authorise, store, now(), valid_from=start, valid_until=start + timedelta(seconds=3))
            await until(lambda: counter.why == "authorisation_not_yet")
            await until(lambda: counter.runs)
            assert now() >= start
            await until(lambda: not counter.runs)
            assert now() < start + timedelta(seconds=4)
            await until(lambda: counter.why == "authorisation_expired")

    asyncio.run(play())


def test_a_device_that_hears_nothing_more_stops_by_itself(
    database: str, broker: Any, home: Path, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_sensors, "LEASE_S", 2.0)

    async def play() -> None:
        authorise(store, now())
        async with counting(broker) as counter:
            async with running(engine_parts(database, broker.nats_url, home)):
                await until(lambda: counter.runs)
                assert count(store, ears) == 1, "the public register sees that somebody hears the sensors"
            await until(lambda: count(store, ears) == 0)
            await until(lambda: not counter.runs, within_s=4)

    ears = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{SENSORS_HEARD}'"
    asyncio.run(play())


def test_a_sensor_may_say_what_is_its_own_and_nothing_else(
    database: str, broker: Any, home: Path, store: PostgresStore
) -> None:
    """A certificate of another sensor says nothing in this one's name, presses no button and hears no order."""
    sensing.enrol(store, sensor(now(), id="c-0002", label="Other"), TECHNICIAN, now())
    authorise(store, now())

    async def play() -> None:
        thief = broker.mqtt_client(broker.enrol_sensor("c-0002"))
        heard: list[Any] = []
        thief.on_message = lambda *args: heard.append(args[2])
        thief.connect("127.0.0.1", broker.mqtt_port)
        thief.loop_start()
        thief.subscribe(f"nec/v1/sensor/{COUNTER}/order")
        async with running(engine_parts(database, broker.nats_url, home)), counting(broker) as counter:
            await until(lambda: counter.runs)
            await until(lambda: taken(store) == 1)
            thief.publish(f"nec/v1/sensor/{COUNTER}/reading", body(now(), 9_999, boot=int(now().timestamp())))
            thief.publish("nec/v1/button/c-0002/press", '{"boot_id":1,"seq":1,"kind":"sos"}')
            await asyncio.sleep(1.5)
            assert taken(store) == 1
            assert not heard
            assert count(store, "SELECT count(*) FROM signal") == 0
        thief.loop_stop()
        thief.disconnect()

    asyncio.run(play())


def test_a_database_that_is_away_closes_sensors_and_spools_presses(
    broker: Any, home: Path, store: PostgresStore, database: str, make_post: Callable[[str], Any]
) -> None:
    """The database refuses every new row: readings are dropped and counted, a press waits on disk."""
    enrol(store, "post-9")
    authorise(store, now(), rate=100)

    async def play() -> None:
        parts = engine_parts(database, broker.nats_url, home)
        async with running(parts), counting(broker) as counter:
            post = await asyncio.to_thread(make_post, "post-9")
            await until(lambda: counter.runs and post.ready)
            await until(lambda: taken(store) == 1)
            real = parts.store.transaction

            def full() -> Any:
                raise sensing_unreachable()

            object.__setattr__(parts.store, "transaction", full)
            counter.say()
            post.press(1)
            await until(lambda: parts.spool.size_bytes > 0)
            await until(lambda: not counter.runs, within_s=5)
            assert counter.why == "gate_table_stale"
            object.__setattr__(parts.store, "transaction", real)
            await until(lambda: post.rings(1))
            await until(lambda: refused(store).get("record_away", 0) >= 1)
            assert taken(store) == 1, "nothing of a sensor was spooled"
            await until(lambda: counter.runs)

    asyncio.run(play())


def sensing_unreachable() -> Exception:
    return Unreachable("no space left on device")


def test_a_flood_of_readings_does_not_hold_up_a_press(
    database: str, broker: Any, home: Path, store: PostgresStore, make_post: Callable[[str], Any]
) -> None:
    enrol(store, "post-8")
    authorise(store, now(), rate=1)

    async def play() -> tuple[list[float], dict[str, int]]:
        async with running(engine_parts(database, broker.nats_url, home)) as engine:
            assert isinstance(engine, Engine) and isinstance(engine.sensors, SensorLine)
            flooder = broker.mqtt_client(broker.enrol_sensor(COUNTER))
            flooder.connect("127.0.0.1", broker.mqtt_port)
            flooder.loop_start()
            post = await asyncio.to_thread(make_post, "post-8")
            await until(lambda: post.ready and not engine.devices.broker_lost)
            await until(lambda: post.rings(1))
            lamps = []
            for seq in range(2, 7):
                for number in range(400):
                    flooder.publish(f"nec/v1/sensor/{COUNTER}/reading", body(now(), seq * 1_000 + number))
                began = time.monotonic()
                post.press(seq)
                while not post.lit(seq):
                    assert time.monotonic() - began < 10
                    await asyncio.sleep(0.002)
                lamps.append(time.monotonic() - began)
            await until(lambda: sum(refused(store).values()) >= 1_900)
            flooder.loop_stop()
            flooder.disconnect()
            return lamps, await asyncio.to_thread(refused, store)

    lamps, rules = asyncio.run(play())
    print("lamps during a flood, ms:", [round(1000 * s) for s in lamps], rules)
    assert statistics.median(lamps) < 2.0
    assert taken(store) <= 2
    assert set(rules) <= {"flood", "rate_exceeded"}
