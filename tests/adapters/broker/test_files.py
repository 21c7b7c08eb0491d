"""The broker's files: whole or not at all, safe to write, and each device in one shard."""

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from necmergitur.adapters.broker import (
    BrokerFailed,
    BrokerProcess,
    DeviceCert,
    ShardPorts,
    files,
    reload_broker,
    shard_of,
    write_broker_files,
    write_device_users,
)
from necmergitur.adapters.broker.process import server_binary
from necmergitur.adapters.child_process import spawn
from necmergitur.adapters.pki import CityAuthority
from necmergitur.app.services import free_port

PASSWORD = os.environ["NEC_SECRET_BROKER"]


def lay(home: Path, devices: list[DeviceCert] | None = None, shards: int = 1, password: str = PASSWORD) -> list[Path]:
    server = CityAuthority.open(home / "pki").ensure_server(["localhost", "127.0.0.1"])
    ports = [ShardPorts(free_port(), free_port(), free_port()) for _ in range(shards)]
    return write_broker_files(home, ports, devices, password=password, server=server)


@pytest.mark.parametrize(
    "device",
    [
        DeviceCert("a.b", "CN=a"),
        DeviceCert("a>", "CN=a"),
        DeviceCert("*", "CN=a"),
        DeviceCert("", "CN=a"),
        DeviceCert("x" * 65, "CN=a"),
        DeviceCert("a", 'CN=a", permissions: {publish: ">"}}, {user: "b'),
        DeviceCert("a", "CN=a\n"),
        DeviceCert("a", "CN=\\22"),
        DeviceCert("a", ""),
    ],
)
def test_a_name_that_could_change_the_file_is_refused_and_nothing_is_written(
    tmp_path: Path, device: DeviceCert
) -> None:
    with pytest.raises(ValueError, match="not a"):
        lay(tmp_path, [DeviceCert("good", "CN=good"), device])
    assert not (tmp_path / "broker").exists()


def test_a_password_that_an_address_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="password"):
        lay(tmp_path, [], password="two words")


def test_the_broker_itself_accepts_what_is_written(tmp_path: Path) -> None:
    for path in lay(tmp_path, [DeviceCert("a-1", "OU=0f,CN=a-1")], shards=2):
        checked = subprocess.run([str(server_binary()), "-t", "-c", str(path)], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_what_holds_secrets_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    lay(tmp_path, [])
    modes = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "broker").rglob("*") if p.is_file()}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "broker" / "shard-0").stat().st_mode & 0o777 == 0o700


def test_each_device_is_in_exactly_the_shard_its_hash_names(tmp_path: Path) -> None:
    devices = [DeviceCert(f"post-{n}", f"OU=0f,CN=post-{n}") for n in range(200)]
    lay(tmp_path, devices, shards=2)
    maps = [(tmp_path / "broker" / f"shard-{s}" / "users.conf").read_text() for s in range(2)]
    for device in devices:
        holders = [s for s, text in enumerate(maps) if f"button.{device.device_id}.press" in text]
        assert holders == [shard_of(device.device_id, 2)]


def test_shards_share_a_city_evenly() -> None:
    counts = Counter(shard_of(f"post-{n:05}", 2) for n in range(20_000))
    assert max(counts.values()) < 10_300  # three standard deviations of a fair coin are 212


def test_known_devices_are_kept_across_a_start_and_a_change_of_shards(tmp_path: Path) -> None:
    lay(tmp_path, [DeviceCert("kept", "OU=0f,CN=kept")])
    lay(tmp_path, None, shards=2)
    texts = [p.read_text() for p in (tmp_path / "broker").rglob("users.conf")]
    assert sum("button.kept.press" in text for text in texts) == 1


def test_devices_enrolled_before_the_first_start_are_kept_for_it(tmp_path: Path) -> None:
    write_device_users(tmp_path, [DeviceCert("early", "OU=0f,CN=early")])
    lay(tmp_path)
    assert "button.early.press" in (tmp_path / "broker" / "shard-0" / "users.conf").read_text()


def test_reloading_a_broker_that_is_down_is_no_error(tmp_path: Path) -> None:
    lay(tmp_path, [])
    assert reload_broker(tmp_path) is False


def test_maps_are_made_again_only_of_other_devices_another_password_or_other_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    genuine = files._user_maps

    def counted(devices: Any, shards: int, password: str) -> list[str]:
        made.append(shards)
        return genuine(devices, shards, password)

    monkeypatch.setattr(files, "_user_maps", counted)
    devices = [DeviceCert("post-1", "CN=post-1"), DeviceCert("count-1", "CN=count-1", "sensor")]
    lay(tmp_path, devices, shards=2)
    lay(tmp_path, shards=2)
    assert write_device_users(tmp_path, devices) is False
    assert made == [2]
    users = tmp_path / "broker" / "shard-1" / "users.conf"
    whole = users.read_bytes()
    users.unlink()
    lay(tmp_path, shards=2)
    assert users.read_bytes() == whole
    assert write_device_users(tmp_path, devices[:1]) is True
    lay(tmp_path, shards=2, password="another-password")
    assert made == [2, 2, 2, 2]
    monkeypatch.setitem(files.MAY, "button", (("press",), ("ack",)))
    lay(tmp_path, shards=2, password="another-password")
    assert made == [2] * 5, "what a button may do has changed with this version"


def test_a_broker_is_told_again_only_when_it_has_not_read_its_users(tmp_path: Path) -> None:
    devices = [DeviceCert("post-1", "CN=post-1")]
    lay(tmp_path, devices)
    broker = BrokerProcess(tmp_path, 0)

    def loaded() -> object:
        return broker._ask("varz")["config_load_time"]

    broker.start()
    try:
        first = loaded()
        assert write_device_users(tmp_path, devices) is False, "the same devices"
        reload_broker(tmp_path, only_if_changed=True)
        assert loaded() == first
        # Written by a process that died before it told the broker, by a clock that was set back an hour meanwhile.
        assert write_device_users(tmp_path, [*devices, DeviceCert("post-2", "CN=post-2")]) is True
        users = tmp_path / "broker" / "shard-0" / "users.conf"
        os.utime(users, (time.time() - 3600, time.time() - 3600))
        reload_broker(tmp_path, only_if_changed=True)
        assert (second := loaded()) != first
        reload_broker(tmp_path, only_if_changed=True)
        assert loaded() == second
        # A map without a name, as an earlier version wrote it, is read again rather than trusted.
        users.write_text("".join(users.read_text().splitlines(keepends=True)[1:]))
        assert broker.has_read_its_users() is False
    finally:
        broker.stop()


def test_a_broker_that_is_still_starting_is_waited_for(tmp_path: Path) -> None:
    lay(tmp_path, [DeviceCert(f"post-{n}", f"CN=post-{n}") for n in range(5_000)])
    broker = BrokerProcess(tmp_path, 0)
    process = spawn(broker.argv(), death_signal=signal.SIGTERM, output=subprocess.DEVNULL)
    try:
        while broker.pid is None:
            time.sleep(0.001)
        assert reload_broker(tmp_path) is True
    finally:
        process.kill()
        process.wait()


def test_a_configuration_the_broker_refuses_is_told_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("necmergitur.adapters.broker.constants.RELOAD_S_MAX", 0.5)
    lay(tmp_path, [])
    broker = BrokerProcess(tmp_path, 0)
    broker.start()
    try:
        users = tmp_path / "broker" / "shard-0" / "users.conf"
        whole = users.read_text()
        users.write_text("authorization { users: [")
        with pytest.raises(BrokerFailed, match="refused"):
            broker.reload()
        assert broker.is_ready()
        users.write_text(whole)
        broker.reload()
    finally:
        broker.stop()


def test_a_broker_that_dies_while_it_is_told_to_reload_is_told_so(tmp_path: Path) -> None:
    lay(tmp_path, [])
    broker = BrokerProcess(tmp_path, 0)
    broker.start()
    try:
        # Alive for the system, gone for its monitor: as in the moments of a shutdown.
        broker._record = msgspec.structs.replace(
            broker._record, ports=msgspec.structs.replace(broker._record.ports, monitor=free_port())
        )
        with pytest.raises(BrokerFailed, match="died while"):
            broker.reload()
    finally:
        broker.stop()


def test_a_broker_left_by_a_killed_supervisor_is_ended_before_the_next(tmp_path: Path) -> None:
    lay(tmp_path, [])
    left, successor = BrokerProcess(tmp_path, 0), BrokerProcess(tmp_path, 0)
    left.start()
    first = left.pid
    successor.start()
    try:
        assert successor.pid not in {None, first}
    finally:
        successor.stop()
        left.stop()


def test_what_kept_the_broker_down_is_told(tmp_path: Path) -> None:
    (path,) = lay(tmp_path, [])
    path.write_text("no_such_option_of_nats: {")
    with pytest.raises(BrokerFailed, match="Parse error"):
        BrokerProcess(tmp_path, 0).start()


@pytest.mark.slow
def test_a_full_shard_of_devices_loads_and_reloads_in_seconds(tmp_path: Path) -> None:
    devices = [DeviceCert(f"post-{n:05}", f"OU={n:016x},CN=post-{n:05}") for n in range(20_000)]
    lay(tmp_path, devices)
    broker = BrokerProcess(tmp_path, 0)
    begun = time.monotonic()
    broker.start()
    try:
        loaded = time.monotonic()
        broker.reload()
        print(f"20,000 devices: start {loaded - begun:.2f} s, reload {time.monotonic() - loaded:.2f} s")
        assert time.monotonic() - begun < 15
    finally:
        broker.stop()
