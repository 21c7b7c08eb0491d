"""The whole city by one command: up, hit, mended, stopped, up again, with nothing replaced by a stand-in."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import psycopg
import pytest

from necmergitur.adapters.embedded_postgres import DATABASE
from necmergitur.app.services import free_port
from necmergitur.app.settings import SECRETS
from necmergitur.app.specs import Report, state_file

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(300)]

# A first start makes the cluster, the schema and an invented city; the bound is for a busy machine.
FIRST_START_S_MAX = 150.0
OURS = ("engine", "live", "worker", "finder", "broker-0", "postgres")


class City:
    """One `nec run`."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        self.port = free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NEC_")}
        self._environ = {
            **inherited,
            "NEC_HOME": str(home),
            "NEC_PORT": str(self.port),
            "NEC_MQTT_PORT": "0",
            "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
            **environ,
        }
        self.output = home.parent / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and return the seconds until everything runs."""
        begun = time.monotonic()
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "necmergitur.app.cli", "run"], stdout=output, stderr=output, env=self._environ
            )
        self.wait_until(lambda: self.report().up and self.report().pid == self.pid, FIRST_START_S_MAX)
        return time.monotonic() - begun

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def report(self) -> Report:
        try:
            return msgspec.json.decode(state_file(self.home).read_bytes(), type=Report)
        except (FileNotFoundError, msgspec.DecodeError):
            return _DOWN

    def pid_of(self, name: str) -> int | None:
        return next((p.pid for p in self.report().processes if p.name == name and p.state == "running"), None)

    def wait_until(self, condition: Callable[[], object], seconds: float) -> float:
        begun = time.monotonic()
        while not condition():
            assert self.process is not None
            assert self.process.poll() is None, self.output.read_text()[-4000:]
            assert time.monotonic() - begun < seconds, self.output.read_text()[-4000:]
            time.sleep(0.05)
        return time.monotonic() - begun

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "necmergitur.app.cli", *words],
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def devices(self) -> int:
        """Count the devices in the database, through its socket."""
        password = (self.home / "secrets" / "postgres").read_text()
        socket_dir = self.home / "run" / "postgres"
        with psycopg.connect(f"postgresql://necmergitur:{password}@/{DATABASE}?host={socket_dir}") as connection:
            row = connection.execute("SELECT count(*) FROM device").fetchone()
        assert row is not None
        return int(row[0])

    def stop(self, number: signal.Signals = signal.SIGINT) -> float:
        begun = time.monotonic()
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - begun


_DOWN = msgspec.json.decode(b'{"pid":0,"since":"2026-01-01T00:00:00Z","up":false,"processes":[]}', type=Report)


@pytest.fixture(scope="module")
def city(home: Path) -> Iterator[City]:
    one = City(home / "city")
    print(f"first start {one.start():.1f} s")
    yield one
    if one.process is not None and one.process.poll() is None:
        one.stop()


def test_it_prints_where_to_go_and_how_to_come_in_once(city: City) -> None:
    said = city.output.read_text()
    assert f"Nec Mergitur is up: http://localhost:{city.port}" in said
    (link,) = [word for word in said.split() if "/account/enrol/" in word]
    kept = b"".join(path.read_bytes() for path in (city.home / "logs").iterdir())
    assert link.rstrip("/").rpartition("/")[2].encode() not in kept, "a one-time link stands in a log"


def test_pages_and_live_paths_share_one_origin(city: City) -> None:
    assert city.answers()
    with urllib.request.urlopen(f"http://127.0.0.1:{city.port}/", timeout=20) as page:
        assert page.status == 200
        assert b"<html" in page.read()


def test_status_agrees(city: City) -> None:
    answer = city.command("status")
    assert answer.returncode == 0
    assert [line.split()[0] for line in answer.stdout.splitlines()] == [
        "postgres",
        "broker-0",
        "engine",
        "live",
        "worker",
        "finder",
    ]


def test_a_second_run_of_the_same_home_is_refused(city: City) -> None:
    answer = city.command("run")
    assert answer.returncode == 1
    assert f"already running (process {city.pid}" in answer.stderr


def test_secrets_are_private(city: City) -> None:
    files = list((city.home / "secrets").iterdir())
    assert {path.name for path in files} >= set(SECRETS)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize("name", OURS)
def test_each_process_comes_back_after_kill_9(city: City, name: str) -> None:
    victim = city.pid_of(name)
    assert victim is not None
    others = {other: city.pid_of(other) for other in OURS if other != name}
    os.kill(victim, signal.SIGKILL)
    took_s = city.wait_until(lambda: city.pid_of(name) not in {None, victim}, 30)
    print(f"{name} runs again after {took_s:.1f} s")
    city.wait_until(city.answers, 10)
    time.sleep(1.0)
    assert {other: city.pid_of(other) for other in others} == others, "another process fell with it"


def test_ctrl_c_stops_all_of_it_and_the_next_start_keeps_what_was_there(city: City) -> None:
    pids = [process.pid for process in city.report().processes if process.pid]
    devices = city.devices()
    assert devices > 0
    took_s = city.stop()
    print(f"stopped in {took_s:.1f} s")
    assert took_s < 10
    assert city.process is not None
    assert city.process.returncode == 0
    assert not any(psutil.pid_exists(pid) for pid in pids)
    secrets = {path.name: path.read_bytes() for path in (city.home / "secrets").iterdir()}
    print(f"second start {city.start():.1f} s")
    assert {path.name: path.read_bytes() for path in (city.home / "secrets").iterdir()} == secrets
    assert city.devices() == devices


def test_after_the_supervisor_itself_is_killed_the_city_starts_again(city: City) -> None:
    pids = [process.pid for process in city.report().processes if process.pid]
    city.stop(signal.SIGKILL)
    city.start()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert city.answers()


def test_a_city_with_its_own_database_and_broker_starts_neither(
    home: Path, broker: Any, make_database: Callable[..., str]
) -> None:
    outside = City(home / "outside", NEC_DATABASE_URL=make_database(), NEC_NATS_URL=broker.nats_url)
    try:
        outside.start()
        assert [process.name for process in outside.report().processes] == ["engine", "live", "worker", "finder"]
        assert outside.answers()
    finally:
        outside.stop()
    assert sorted(path.name for path in outside.home.iterdir() if path.name in {"postgres", "broker"}) == ["broker"]
    assert not list((outside.home / "broker").glob("shard-*")), "an embedded broker was laid out"
