"""A whole city for a measurement: `nec run --demo` in a home of its own, on free ports, with nothing replaced.

Only the demonstration's living street is left out: the bench brings its own simulated posts and, when it asks
for them, the simulated vehicles and pilots.
"""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg

from necmergitur.adapters.broker import BrokerProcess, shard_of
from necmergitur.adapters.child_process import spawn
from necmergitur.adapters.pki import CityAuthority
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import embedded_postgres, free_port
from necmergitur.app.settings import PREFIX, SECRET_PREFIX, Settings
from necmergitur.app.specs import Report, state_file
from necmergitur.app.wiring import MACHINE
from necmergitur.operations import city as cities
from necmergitur.sim.devices.constants import RETURN_SPREAD_S
from necmergitur.sim.devices.crowd_process import CrowdProcess, Stand, crowds_of
from necmergitur.territory.generated import generate
from necmergitur.territory.model import City, CityPlan

# A first start migrates, founds, and issues 20,000 certificates; four times what it takes on two idle cores.
START_S_MAX = 240.0
STOP_S_MAX = 20.0
POLL_S = 0.05
# Simulated vehicles and cameras take a run of ports each, below Linux's ephemeral ones (32768).
SIM_PORTS = range(16_000, 30_000, 2_000)
CAMERA_PORTS_AHEAD = 1_000
LAST_LINES = 20
# As our processes log; PostgreSQL's own lines tell of each refusal its triggers make, which is no error of the city.
ERROR = re.compile(r'"level": ?"(?:error|critical)"|^Traceback ')
_HELD: list[socket.socket] = []  # the newest city's last


class DidNotStart(RuntimeError):
    """The city under measurement did not come up; the message ends with what it last said."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a city, and how much of it is simulated. `surroundings`: "" for nobody, "fleet", or "city"."""

    zones: int
    buttons: int
    quarters: int
    shards: int
    surroundings: str = "fleet"
    without: tuple[str, ...] = ()
    programme: bool = False  # with the innovation programme's worked example
    given: dict[str, str] = {}  # further settings, by the names of their variables


# What the city is asked to be at full size (20,000 buttons, 240 drones), and what --quick makes of it.
FULL = Size(zones=240, buttons=20_000, quarters=80, shards=2)
QUICK = Size(zones=24, buttons=1_600, quarters=8, shards=2)


class Whole:
    """A running city."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.settings = settings
        self.database_url = database_url
        self.surroundings: dict[str, int] = {}

    @property
    def url(self) -> str:
        """The address a browser opens."""
        return self.settings.public_url

    @property
    def identities(self) -> Path:
        """The keys of every simulated post."""
        return self.settings.home / "sim" / "identities.jsonl"

    @property
    def brokers(self) -> list[BrokerProcess]:
        """The broker processes, by shard."""
        return [BrokerProcess(self.settings.home, shard) for shard in range(self.settings.broker_shards)]

    def report(self) -> Report:
        """Return what the supervisor says of its processes."""
        return msgspec.json.decode(state_file(self.settings.home).read_bytes(), type=Report)

    def errors(self) -> list[str]:
        """Return the lines in which its processes told of an error: a failed turn, a page that was not made."""
        logs = [*(self.settings.home / "logs").glob("*.log*"), *self.settings.home.glob("*.log")]
        lines = [line for path in sorted(logs) for line in path.read_text(errors="replace").splitlines()]
        return [line for line in lines if ERROR.search(line)]

    def kill(self, name: str) -> float:
        """Kill -9 the process called `name` and return when, in seconds since 1970."""
        pid = next(p.pid for p in self.report().processes if p.name == name)
        assert pid is not None, f"{name} is not running"
        os.kill(pid, signal.SIGKILL)
        return time.time()

    def posts(self) -> list[str]:
        """Return the ids of every post of the city."""
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute("SELECT id FROM device WHERE kind = 'post' AND retired_at IS NULL ORDER BY id")
            return [row[0] for row in rows]

    @contextmanager
    def crowds(
        self, device_ids: Sequence[str], processes: int, *, seed: int = 1, return_s: float = RETURN_SPREAD_S
    ) -> Iterator[list[CrowdProcess]]:
        """Stand `device_ids` in the street, spread over `processes` by the shard that serves them.

        `return_s` is the time over which idle posts spread their return to a lost broker.
        """
        trust_pem = CityAuthority.open(self.settings.home / "pki").trust_pem.decode()
        brokers = [("127.0.0.1", broker.mqtt_port) for broker in self.brokers]
        shares: list[list[str]] = [[] for _ in range(processes)]
        for device_id in device_ids:
            shares[shard_of(device_id, processes)].append(device_id)
        stands = [
            Stand(str(self.identities), trust_pem, brokers, ids=share, seed=seed + number, return_s=return_s)
            for number, share in enumerate(shares)
        ]
        with crowds_of(stands) as crowds:
            yield crowds


@contextmanager
def whole_city(size: Size, *, seed: int = 1, made: City | None = None) -> Iterator[Whole]:
    """Found a city of this size, start it, and take it down with everything it wrote.

    `made` is put in place of an invented one. Raises DidNotStart.
    """
    home = Path(tempfile.mkdtemp(prefix="nec-bench-"))
    running: list[subprocess.Popen[bytes]] = []
    try:
        environ = environment(home, size)
        settings = Settings.from_environment(environ)
        found(settings, size, seed, environ, made)
        without = [
            word
            for name in ("sim", *(() if size.programme else ("programme",)), *size.without)
            for word in ("--without", name)
        ]
        running.append(start(home, "run", ["run", "--demo", *without], environ))
        wait_until(home, running[0], lambda: is_up(home, running[0].pid))
        city = Whole(settings, embedded_postgres(settings).url)
        if size.surroundings:
            command = ["sim", "city", "--calls-per-hour", "0"] if size.surroundings == "city" else ["sim", "fleet"]
            given = {**environ, "NEC_DATABASE_URL": city.database_url}
            running.append(start(home, "sim", command, given))
            city.surroundings = {size.surroundings: running[1].pid}
            wait_until(home, running[1], lambda: linked(city.database_url) >= size.zones)
        yield city
    finally:
        for process in reversed(running):
            stop(process)
        release_ports()
        shutil.rmtree(home, ignore_errors=True)


def environment(home: Path, size: Size) -> dict[str, str]:
    """Return the environment of a city on free ports, nothing but secrets inherited from another installation.

    Secrets given in the environment are read by this process too, so both must have the same.
    """
    port = free_port()
    inherited = os.environ.items()
    environ = {n: value for n, value in inherited if n.startswith(SECRET_PREFIX) or not n.startswith(PREFIX)}
    return environ | {
        "NEC_HOME": str(home),
        "NEC_PORT": str(port),
        "NEC_PUBLIC_URL": f"http://localhost:{port}",
        "NEC_MQTT_PORT": "0",
        "NEC_BROKER_SHARDS": str(size.shards),
        "NEC_DEMO": "1",
        "NEC_LOG_LEVEL": "warning",
        "NEC_SIM_PORT": str(_sim_port(size.zones)),
        "NEC_SIM_DEVICES_URL": f"http://127.0.0.1:{free_port()}",
        "NEC_SIM_PROGRAMME_URL": f"http://127.0.0.1:{free_port()}",
        **size.given,
    }


def _sim_port(vehicles: int) -> int:
    """Return the first of a run of ports free for `vehicles` vehicles (UDP) and their cameras (TCP).

    The first port itself serves nobody: this process holds it, so that another city does not choose the same run.
    """
    firsts = list(SIM_PORTS)
    random.SystemRandom().shuffle(firsts)
    for first in firsts:
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            held.bind(("127.0.0.1", first))
        except OSError:
            held.close()
            continue
        if all(
            _is_free(socket.SOCK_DGRAM, first + n) and _is_free(socket.SOCK_STREAM, first + CAMERA_PORTS_AHEAD + n)
            for n in range(1, vehicles + 1)
        ):
            _HELD.append(held)
            return first
        held.close()
    raise DidNotStart("no run of free ports for the simulated vehicles")


def release_ports() -> None:
    """Let another city have the run of ports of the newest one."""
    if _HELD:
        _HELD.pop().close()


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def found(settings: Settings, size: Size, seed: int, environ: dict[str, str], made: City | None) -> None:
    """Make the database and put a city in it, before `nec run` makes its own."""
    server = embedded_postgres(settings)
    server.start()
    try:
        given = {**environ, "NEC_DATABASE_URL": server.url}
        migrating = start(settings.home, "migrate", ["migrate"], given)
        made = made or generate(seed, CityPlan(zones=size.zones, buttons=size.buttons, seed=seed), size.quarters)
        if migrating.wait(START_S_MAX) != 0:
            raise DidNotStart(f"migrations failed:\n{_last_words(settings.home, 'migrate')}")
        over = PostgresStore(server.url)
        cities.install(over, made, f"generated for a measurement, seed {seed}", MACHINE, datetime.now(UTC))
        over.close()
    finally:
        server.stop()


def start(home: Path, name: str, words: list[str], environ: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start a command of ours, what it says kept in `home` under `name`."""
    with (home / f"{name}.log").open("ab") as said:
        argv = [sys.executable, "-m", "necmergitur.app.cli", *words]
        return spawn(argv, death_signal=signal.SIGTERM, output=said, environ=environ, cwd=home)


def wait_until(home: Path, process: "subprocess.Popen[bytes]", ready: Callable[[], bool]) -> None:
    """Wait for `ready`. Raises DidNotStart when the process ends first, or takes too long."""
    deadline = time.monotonic() + START_S_MAX
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            words = "\n".join(_last_words(home, path.stem) for path in sorted(home.glob("*.log")))
            raise DidNotStart(f"the city did not come up:\n{words}")
        time.sleep(POLL_S)


def _last_words(home: Path, name: str) -> str:
    return "\n".join((home / f"{name}.log").read_text(errors="replace").splitlines()[-LAST_LINES:])


def is_up(home: Path, pid: int) -> bool:
    """Return whether the supervisor of this process id says that everything is up."""
    try:
        report = msgspec.json.decode(state_file(home).read_bytes(), type=Report)
    except FileNotFoundError:
        return False
    return report.up and report.pid == pid


def linked(database_url: str) -> int:
    """Return how many vehicles the engine hears."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM drone_state WHERE linked").fetchone()
    assert row is not None
    return int(row[0])


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a command, by kill -9 when it does not end by itself."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
