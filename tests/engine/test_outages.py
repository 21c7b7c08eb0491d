"""The engine hears presses whatever else is missing, and says so on every screen."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.engine import heartbeats
from tests.adapters.alarms.test_dc09 import panel
from tests.engine.conftest import HERE, Post, alarms, engine_parts, enrol, rows, running, until
from tests.outage import database_away


def test_a_lamp_is_dark_while_the_database_is_away_and_the_press_is_recorded_after(
    database: str, broker: Any, home: Path, postgres: EmbeddedPostgres, make_post: Callable[[str], Post]
) -> None:
    parts = engine_parts(database, broker.nats_url, home)
    enrol(parts.store, "dark-1")
    spool = home / "spool" / "engine.jsonl"

    async def story() -> None:
        post = make_post("dark-1")
        async with running(parts):
            await until(lambda: post.ready)
            await until(lambda: post.rings(1))
            with database_away(postgres):
                post.press(2)
                await until(lambda: spool.exists() and b'"seq":2' in spool.read_bytes())
                assert not post.lit(2)
            await until(lambda: parts.spool.size_bytes == 0)
            assert rows(parts.store, "SELECT seq FROM signal ORDER BY seq") == [(1,), (2,)]
            assert not post.lit(2), "nobody lights a lamp behind the device's back: it repeats"
            await until(lambda: post.rings(2))
            assert rows(parts.store, "SELECT count(*) FROM signal") == [(2,)]

    asyncio.run(story())


def test_an_engine_that_starts_without_a_database_hears_and_spools(
    database: str, broker: Any, home: Path, postgres: EmbeddedPostgres, make_post: Callable[[str], Post]
) -> None:
    parts = engine_parts(database, broker.nats_url, home)
    enrol(parts.store, "early-1")

    async def story() -> None:
        post = make_post("early-1")
        await until(lambda: post.ready)
        with database_away(postgres):
            async with running(parts):
                await until(lambda: post.rings(1) or parts.spool.size_bytes > 0)
                assert not post.lit(1)

    asyncio.run(story())


def test_a_lost_broker_is_an_alarm_and_its_return_ends_it(
    database: str, home: Path, make_broker: Callable[[Path], Any]
) -> None:
    own = make_broker(home)
    parts = engine_parts(database, own.nats_url, home)

    async def story() -> None:
        async with running(parts) as engine:
            await until(lambda: not engine.devices.broker_lost)
            own.kill()
            await until(lambda: "broker_lost" in alarms(parts.store))
            own.start()
            await until(lambda: "broker_lost" not in alarms(parts.store))

    asyncio.run(story())


def test_a_broker_that_is_not_there_at_the_start_is_an_alarm_too(database: str, home: Path) -> None:
    parts = engine_parts(database, "nats://127.0.0.1:9", home)

    async def story() -> None:
        async with running(parts):
            await until(lambda: "broker_lost" in alarms(parts.store))

    asyncio.run(story())


def test_one_devices_nonsense_silences_no_heartbeat(
    database: str, broker: Any, home: Path, make_post: Callable[[str], Post]
) -> None:
    parts = engine_parts(database, broker.nats_url, home)
    enrol(parts.store, "odd-1", "even-1")

    async def story() -> None:
        odd, even = make_post("odd-1"), make_post("even-1")
        async with running(parts):
            await until(lambda: even.rings(1))
            await until(lambda: odd.rings(1))
            for body in ({"firmware": "a\0b"}, {"battery_pct": 1e-50}, {"rssi_dbm": 1e-50}, {"boot_id": 2**63 - 1}):
                odd.beat(json.dumps(body).encode())
                even.beat(b'{"battery_pct": 87}')
                await asyncio.sleep(1.2)
            health = "SELECT device_id, battery_pct FROM device_health ORDER BY device_id"
            assert rows(parts.store, health) == [("even-1", 87.0), ("odd-1", 0.0)]

    asyncio.run(story())


def test_nobody_is_called_deaf_before_we_have_listened_long_enough_ourselves(
    database: str, broker: Any, home: Path, monkeypatch: Any
) -> None:
    parts = engine_parts(database, broker.nats_url, home)
    enrol(parts.store, "quiet-1")
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO device_health (device_id, heartbeat_at, boot_id, deaf) VALUES ('quiet-1', %s, 1, false)",
            [datetime.now(UTC) - timedelta(hours=1)],
        )
    monkeypatch.setattr(heartbeats, "DEAF_CHECK_S", 0.2)
    monkeypatch.setattr(heartbeats, "SILENCE_MAX", timedelta(seconds=2))
    deaf = "SELECT deaf FROM device_health"

    async def story() -> None:
        async with running(parts) as engine:
            await until(lambda: not engine.devices.broker_lost)
            began = time.monotonic()
            await asyncio.sleep(1)
            assert rows(parts.store, deaf) == [(False,)]
            await until(lambda: rows(parts.store, deaf) == [(True,)])
            assert time.monotonic() - began > 1.5

    asyncio.run(story())


def test_a_bad_drone_record_and_taken_ports_keep_no_press_from_its_lamp(
    database: str, broker: Any, home: Path, make_post: Callable[[str], Post]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as also:
        parts = engine_parts(database, broker.nats_url, home, dc09_port=taken.getsockname()[1])
        enrol(parts.store, "busy-1")
        with psycopg.connect(database) as connection:
            connection.execute(
                "INSERT INTO zone (id, label, rings, street_length_m) VALUES ('z', 'Z', '[]', 1);"
                "INSERT INTO dock (id, zone_id, lon, lat) VALUES ('k', 'z', 2.35, 48.85), ('l', 'z', 2.36, 48.85);"
                "INSERT INTO drone (id, dock_id, zone_id, link_url, system_id, signing_key, speed_m_s) VALUES"
                " ('D-good', 'k', 'z', 'udp://127.0.0.1:9', 1, NULL, 15),"
                " ('D-bad', 'l', 'z', 'not an address', 1, 'short', 15)"
            )

        async def story() -> None:
            post = make_post("busy-1")
            async with running(parts, metrics_port=also.getsockname()[1]) as engine:
                await until(lambda: post.ready and "panels_unheard" in alarms(parts.store))
                await until(lambda: post.rings(1))
                await until(lambda: engine._usable is not None)
                assert engine._usable is not None
                assert [record.id for record in engine._usable] == ["D-good"]
                taken.close()
                await until(lambda: "panels_unheard" not in alarms(parts.store))

        asyncio.run(story())


def test_a_panel_is_acknowledged_after_the_commit_and_never_before(
    database: str, broker: Any, home: Path, postgres: EmbeddedPostgres
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    parts = engine_parts(database, broker.nats_url, home, dc09_port=port)
    enrol(parts.store, "panel-1", external_key="123A")
    spool = home / "spool" / "panels.jsonl"

    async def story() -> None:
        async with running(parts) as engine:
            await until(lambda: engine.panels._server is not None)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(panel("#123A|NPA1"))
            assert b'"ACK"' in await asyncio.wait_for(reader.readuntil(b"\r"), 10)
            assert rows(parts.store, "SELECT count(*) FROM signal WHERE device_id = 'panel-1'") == [(1,)]
            with database_away(postgres):
                writer.write(panel("#123A|NFA1"))
                await until(lambda: spool.exists() and spool.stat().st_size > 0)
                assert not reader._buffer, "no answer before the commit"  # type: ignore[attr-defined]
            await until(lambda: not spool.exists())
            assert rows(parts.store, "SELECT count(*) FROM signal WHERE device_id = 'panel-1'") == [(2,)]
            writer.write(panel("#123A|NFA1"))
            assert b'"ACK"' in await asyncio.wait_for(reader.readuntil(b"\r"), 10)
            writer.close()

    asyncio.run(story())


def test_a_dock_that_an_import_moved_and_a_drone_just_installed_are_flown_without_a_restart(
    database: str, broker: Any, home: Path
) -> None:
    parts = engine_parts(database, broker.nats_url, home)
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO zone (id, label, rings, street_length_m) VALUES ('z', 'Z', '[]', 1);"
            "INSERT INTO dock (id, zone_id, lon, lat) VALUES ('k', 'z', 2.35, 48.85);"
            "INSERT INTO drone (id, dock_id, zone_id, link_url, system_id, speed_m_s) VALUES"
            " ('D-1', 'k', 'z', 'udp://127.0.0.1:9', 1, 15)"
        )

    async def story() -> None:
        async with running(parts) as engine:
            await until(lambda: engine._usable is not None)
            assert engine._usable is not None
            assert engine._usable[0].dock == HERE
            with psycopg.connect(database) as connection:
                connection.execute("UPDATE dock SET lon = 2.36")
            await until(lambda: engine._usable is not None and engine._usable[0].dock.lon == 2.36)
            assert engine._flights is not None
            with psycopg.connect(database) as connection:
                connection.execute(
                    "INSERT INTO drone (id, dock_id, zone_id, link_url, system_id, speed_m_s) VALUES"
                    " ('D-2', 'k', 'z', 'udp://127.0.0.1:10', 2, 15)"
                )
            await until(lambda: engine._flights is not None and set(engine._flights.fleet.snapshot()) == {"D-1", "D-2"})

    asyncio.run(story())
