"""Simulated posts against the real broker: they ring until lit, and come back by themselves."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nats
import psutil
import pytest

from necmergitur.adapters.broker import DeviceCert, write_device_users
from necmergitur.sim.devices.credentials import Identity, identity_of, read_identities, write_identities
from necmergitur.sim.devices.crowd import Crowd
from necmergitur.sim.devices.crowd_process import Burst, Connect, Settle, Stand, all_records, ask_all, crowds_of


class City:
    """Stands in for the engine: hears presses, and lights the lamp from the `lights_from`-th time on."""

    def __init__(self, lights_from: int = 1) -> None:
        self.lights_from = lights_from
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.beats: list[str] = []
        self._client: Any = None

    async def open(self, url: str) -> None:
        self._client = await nats.connect(url, reconnect_time_wait=0.05, max_reconnect_attempts=-1, error_cb=_quiet)
        await self._client.subscribe("nec.v1.button.*.press", cb=self._press)
        await self._client.subscribe("nec.v1.button.*.heartbeat", cb=self._beat)
        await self._client.flush()

    async def _press(self, message: Any) -> None:
        device_id, body = message.subject.split(".")[3], json.loads(message.data)
        self.heard.append((device_id, body))
        times = sum(1 for d, b in self.heard if (d, b["seq"]) == (device_id, body["seq"]))
        if times >= self.lights_from:
            answer = {"boot_id": body["boot_id"], "seq": body["seq"], "lamp": "lit", "seen": False}
            await self._client.publish(f"nec.v1.button.{device_id}.ack", json.dumps(answer).encode())

    async def _beat(self, message: Any) -> None:
        self.beats.append(message.subject.split(".")[3])

    async def say(self, device_id: str, body: bytes) -> None:
        await self._client.publish(f"nec.v1.button.{device_id}.ack", body)
        await self._client.flush()

    async def close(self) -> None:
        await self._client.close()


async def _quiet(_error: Exception) -> None: ...


async def until(condition: Callable[[], bool], seconds: float) -> None:
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("waited in vain")


def on_street(broker: Any, city: City, names: list[str], scene: Callable[[Crowd], Awaitable[None]]) -> None:
    identities = [identity_of(c) for c in broker.enrol(*names)]

    async def play() -> None:
        await city.open(broker.nats_url)
        crowd = Crowd(identities, [("127.0.0.1", broker.mqtt_port)], broker.authority.trust_pem.decode())
        try:
            await scene(crowd)
        finally:
            crowd.stop()
            await city.close()

    asyncio.run(play())


def test_a_press_is_lit_by_the_citys_answer_alone(broker: Any) -> None:
    city = City()

    async def scene(crowd: Crowd) -> None:
        await crowd.connect(seconds_max=10)
        record = crowd.press("lamp-1", "medical")
        assert record.lit_at is None, "the broker taking the message proves nothing"
        assert await crowd.settle(5) == 0
        assert record.lit_at is not None
        assert record.lit_at >= record.pressed_at
        assert record.sends == 1

    on_street(broker, city, ["lamp-1", "lamp-2"], scene)
    ((device_id, body),) = city.heard
    assert (device_id, body["seq"], body["kind"]) == ("lamp-1", 1, "medical")


def test_a_dark_press_is_repeated_with_the_same_name_until_lit(broker: Any) -> None:
    city = City(lights_from=3)

    async def scene(crowd: Crowd) -> None:
        await crowd.connect(seconds_max=10)
        record = crowd.press("again-1")
        assert await crowd.settle(10) == 0
        assert record.sends == 3
        assert record.lit_at is not None
        assert 1.0 < record.lit_at - record.pressed_at < 3.0, "half a second, then one"

    on_street(broker, city, ["again-1"], scene)
    assert len({(d, b["boot_id"], b["seq"], b["claimed_time"]) for d, b in city.heard}) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"lit",
        b'{"boot_id": 1, "seq": 1, "lamp": "lit"}',
        b'{"boot_id": "BOOT", "seq": 2, "lamp": "lit"}',
        b'{"boot_id": "BOOT", "seq": 1, "lamp": "dark"}',
    ],
)
def test_an_answer_to_another_press_lights_nothing(broker: Any, answer: bytes) -> None:
    city = City(lights_from=99)

    async def scene(crowd: Crowd) -> None:
        await crowd.connect(seconds_max=10)
        record = crowd.press("other-1")
        await city.say("other-1", answer.replace(b'"BOOT"', str(record.boot_id).encode()))
        await asyncio.sleep(0.3)
        assert record.lit_at is None

    on_street(broker, city, ["other-1"], scene)


def test_a_post_pressed_before_it_was_connected_rings_as_soon_as_it_can(broker: Any) -> None:
    city = City()

    async def scene(crowd: Crowd) -> None:
        record = crowd.press("early-1")
        crowd.posts["early-1"].start()
        assert await crowd.settle(5) == 0
        assert record.sends == 1

    on_street(broker, city, ["early-1"], scene)


def test_posts_beat_once_a_minute_each_and_evenly(broker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("necmergitur.sim.devices.crowd.HEARTBEAT_PERIOD_S", 1.0)
    city, names = City(), [f"beat-{n}" for n in range(10)]

    async def scene(crowd: Crowd) -> None:
        await crowd.connect(seconds_max=10)
        crowd.start_beating()
        await asyncio.sleep(2.0)

    on_street(broker, city, names, scene)
    assert 15 <= len(city.beats) <= 21, "ten posts, a beat a second, two seconds"
    assert set(city.beats) == set(names)


def test_posts_come_back_after_the_broker_was_killed_and_the_pressed_one_first(broker: Any) -> None:
    city, names = City(), [f"back-{n}" for n in range(20)]

    async def scene(crowd: Crowd) -> None:
        crowd.return_s = 4.0
        await crowd.connect(seconds_max=10)
        broker.kill()
        await until(lambda: crowd.up_count == 0, 5)
        record = crowd.press("back-7")
        assert record.lit_at is None
        killed_at = time.time()
        broker.start()
        assert await crowd.settle(10) == 0
        assert record.lit_at is not None
        assert record.lit_at - killed_at < 10, "the first lamp of a reconnecting device"
        await until(lambda: crowd.full_at is not None, 20)
        assert crowd.lost == len(names)

    on_street(broker, city, names, scene)


def test_the_broker_finds_one_device_among_twenty_thousand_without_searching(broker: Any) -> None:
    city, names = City(), [f"one-{n}" for n in range(60)]
    strangers = [DeviceCert(f"far-{n}", f"urn:nec:button:far-{n}:{n:016x}") for n in range(20_000)]

    async def scene(crowd: Crowd) -> None:
        write_device_users(broker.home, [*broker._devices, *strangers])
        broker.reload()
        process = psutil.Process(broker.process.pid)
        before = sum(process.cpu_times()[:2])
        await crowd.connect(seconds_max=30)
        each_ms = (sum(process.cpu_times()[:2]) - before) * 1000 / len(names)
        assert each_ms < 8, "comparing 20,000 names took 17 ms a connection; a look-up and a handshake take one or two"

    try:
        on_street(broker, city, names, scene)
    finally:
        broker.enrol("after-the-strangers")


def test_identities_survive_their_file_which_only_its_owner_reads(broker: Any, tmp_path: Any) -> None:
    issued = [broker.authority.issue_device(f"file-{n}") for n in range(3)]
    path = tmp_path / "posts.jsonl"
    assert write_identities(path, issued) == 3
    assert list(read_identities(path)) == [identity_of(c) for c in issued]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_crowd_in_a_process_of_its_own_reports_every_press(broker: Any, tmp_path: Any) -> None:
    names = [f"proc-{n}" for n in range(12)]
    path = tmp_path / "posts.jsonl"
    write_identities(path, broker.enrol(*names))
    stand = Stand(str(path), broker.authority.trust_pem.decode(), [("127.0.0.1", broker.mqtt_port)], ids=names[:8])

    async def play() -> None:
        city = City()
        await city.open(broker.nats_url)
        await asyncio.to_thread(ask_the_crowd)
        await city.close()

    def ask_the_crowd() -> None:
        with crowds_of([stand]) as crowds:
            (standing,) = ask_all(crowds, Connect(20))
            assert (standing.posts, standing.up, standing.problem) == (8, 8, "")
            ask_all(crowds, Burst(names[:5], 0.2))
            (standing,) = ask_all(crowds, Settle(5))
            assert standing.dark == 0
            records = all_records(crowds)
            assert {r.device_id for r in records} == set(names[:5])
            assert all(r.lit_at is not None for r in records)
            assert all_records(crowds) == []

    asyncio.run(play())


def test_a_context_never_leaves_the_key_on_a_disk(broker: Any) -> None:
    identity: Identity = identity_of(broker.authority.issue_device("held-1"))
    from necmergitur.sim.devices.credentials import tls_context

    before = set(psutil.Process().open_files())
    tls_context(identity, broker.authority.trust_pem.decode())
    assert set(psutil.Process().open_files()) == before
