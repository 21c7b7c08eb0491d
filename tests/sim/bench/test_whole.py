"""A city made for a measurement is whole, answers, and leaves nothing behind."""

import time

import psutil
import psycopg
import pytest

from necmergitur.adapters.broker import shard_of
from necmergitur.sim.bench import floor
from necmergitur.sim.bench.faults import lost
from necmergitur.sim.bench.processor import ProcessorTime
from necmergitur.sim.bench.whole import Size, linked, whole_city
from necmergitur.sim.devices.crowd_process import Burst, Connect, Settle, all_records, ask_all

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(400)]

TINY = Size(zones=6, buttons=80, quarters=4, shards=2)
TOLD_S_MAX = 20.0  # the chore's next turn is seconds away


def test_a_measured_city_rings_mends_and_is_gone_afterwards() -> None:
    with whole_city(TINY) as city:
        home = str(city.settings.home)
        assert {p.name for p in city.report().processes} == {
            "postgres", "broker-0", "broker-1", "engine", "live", "worker", "finder",
        }  # fmt: skip
        assert linked(city.database_url) == TINY.zones
        posts = city.posts()
        assert len(posts) == TINY.buttons
        assert floor.pgbench_tps(city, 1) > 1
        assert 0 < floor.nats_qos1_ms_p99(city, posts[-1], 0.5) < 5_000
        with city.crowds(posts[:20], 2, return_s=1.0) as crowds:
            assert sum(s.up for s in ask_all(crowds, Connect(30))) == 20
            spent = ProcessorTime(city, city.surroundings)
            city.kill("engine")
            for number, crowd in enumerate(crowds):
                crowd.ask(Burst([p for p in posts[:20] if shard_of(p, 2) == number], 0.5))
                crowd.standing()
            assert sum(s.dark for s in ask_all(crowds, Settle(60))) == 0
            records = all_records(crowds)
            assert len(records) == 20
            assert lost(city.database_url, records) == 0
            assert next(p.restarts for p in city.report().processes if p.name == "engine") == 1
            assert spent.since()["postgres"] > 0
        assert city.errors() == []
        with psycopg.connect(city.database_url, autocommit=True) as behind:
            behind.execute("ALTER TABLE outbox RENAME TO elsewhere")  # a chore that fails at every turn is told of
        until = time.monotonic() + TOLD_S_MAX
        while not any("turn_failed" in line and "outbox" in line for line in city.errors()):
            assert time.monotonic() < until, city.errors()
            time.sleep(0.2)
    assert not city.settings.home.exists()
    left = [p.info for p in psutil.process_iter(["pid", "cmdline"]) if home in " ".join(p.info["cmdline"] or [])]
    assert left == []
