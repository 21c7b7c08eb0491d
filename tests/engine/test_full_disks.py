"""A disk that is full to its last byte shuts sensors and keeps calls for help open; with room again, all goes on."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres, socket_dir_for
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.engine.room import Room
from necmergitur.governance.sensors import Sensor
from necmergitur.operations import sensing
from tests.adapters.publiclog.conftest import SECRET, signer
from tests.conftest import PASSWORD
from tests.engine.conftest import alarms, engine_parts, enrol, running, until
from tests.engine.test_sensors import count, counting, now, one_zone, refused, store, taken
from tests.small_disk import filled, make_room, small_disk
from tests.streams import TECHNICIAN, authorise, sensor

__all__ = ["store"]


def test_a_full_disk_of_the_public_log_shuts_sensors_and_no_call(
    database: str,
    broker: Any,
    home: Path,
    store: PostgresStore,
    make_post: Callable[[str], Any],
) -> None:
    enrol(store, "post-7")
    authorise(store, now(), rate=100)

    async def play(disk: Path) -> None:
        notary = Notary(store, LogFolder(disk / "log-tiles"), signer(), SECRET)
        assert notary.turn(now()) is not None
        async with running(engine_parts(database, broker.nats_url, home)) as engine, counting(broker) as counter:
            post = await asyncio.to_thread(make_post, "post-7")
            await until(lambda: counter.runs and post.ready)
            await until(lambda: taken(store) == 1)

            with filled(disk):
                with pytest.MonkeyPatch.context() as hole, psycopg.connect(database, autocommit=True) as owner:
                    hole.setattr(Room, "shut_why", "")
                    owner.execute("ALTER TABLE reading DISABLE TRIGGER reading_logged")
                    assert notary.turn(now()) is None, "no room for a tile"
                    counter.say()
                    await until(lambda: taken(store) == 2)  # the hole: gathered, and nobody can check it
                    owner.execute("ALTER TABLE reading ENABLE TRIGGER reading_logged")
                    counter.say()
                    await until(lambda: refused(store).get("refused_by_the_database") == 1)  # PostgreSQL by itself
                await until(lambda: counter.why == "log_not_written", within_s=3)
                assert not counter.runs
                counter.say()  # a device that does not obey
                await until(lambda: refused(store).get("log_not_written") == 1)
                post.press(1)
                await until(lambda: post.rings(1))
                assert taken(store) == 2 and "log_refused" in alarms(store)
                told = "SELECT count(*) FROM sensor WHERE NOT told_run AND told_why = 'log_not_written'"
                await until(lambda: count(store, told) == 1)
                assert engine.sensors is not None

                make_room(disk)
                assert await asyncio.to_thread(notary.turn, now()) is not None
                await until(lambda: counter.runs)
                counter.say()
                await until(lambda: taken(store) == 3)

    with small_disk(4) as disk:
        asyncio.run(play(disk))


@pytest.fixture
def small_server(django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[EmbeddedPostgres, Path]]:
    """A city's database on a disk of its own."""
    with small_disk(220) as disk:
        home = Path(tempfile.mkdtemp(prefix="nec-"))
        server = EmbeddedPostgres(disk / "postgres", socket_dir_for(home), password=PASSWORD, durable=False)
        server.start()
        try:
            with django_db_blocker.unblock():
                import_module("necmergitur.web.migrate").migrate(server.url)
            yield server, disk
        finally:
            server.stop()


def test_a_full_disk_of_the_record_shuts_sensors_and_spools_calls(
    small_server: tuple[EmbeddedPostgres, Path], broker: Any, home: Path, make_post: Callable[[str], Any]
) -> None:
    server, disk = small_server
    over = PostgresStore(server.url)
    one_zone(server.url)
    assert isinstance(sensing.enrol(over, sensor(now()), TECHNICIAN, now()), Sensor)
    enrol(over, "post-6")
    authorise(over, now(), rate=100)

    async def play() -> None:
        parts = engine_parts(server.url, broker.nats_url, home)
        async with asyncio.timeout(90), running(parts), counting(broker) as counter:
            post = await asyncio.to_thread(make_post, "post-6")
            await until(lambda: counter.runs and post.ready)
            await until(lambda: taken(over) == 1)
            with filled(disk):
                seq = 0
                with pytest.MonkeyPatch.context() as hole:
                    hole.setattr(Room, "shut_why", "")
                    while not parts.spool.size_bytes:  # until the pages that are there are full too
                        post.press(seq := seq + 1)
                        await asyncio.sleep(0.05)
                        known = (taken(over), post.lit(seq), post.ready, parts.store.full)
                        assert seq < 400, f"no call went to the spool: {known}"
                    await asyncio.sleep(1.5)
                    assert counter.runs, "the hole: it is told to run, and nothing it says can be written down"
                assert parts.store.full and not parts.store.has_room()
                await until(lambda: counter.why == "record_full", within_s=5)
                assert not counter.runs
                before = taken(over)
                counter.say()
                await asyncio.sleep(1)
                assert taken(over) == before
                assert not post.lit(seq)

                make_room(disk)
                await until(lambda: parts.spool.size_bytes == 0 and not parts.store.full)
                await until(lambda: post.rings(seq))
                await until(lambda: counter.runs)
                await until(lambda: refused(over).get("record_full", 0) >= 1)
                assert "record_full" not in alarms(over)

    asyncio.run(play())
    over.close()
