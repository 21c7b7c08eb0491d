"""How many people can say at once that they are safe, each answered only after the commit, and none lost.

Everything runs as in a city: supervisor, PostgreSQL with fsync, live; the crowd is a process on the same processors.
"""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psutil
import psycopg

from necmergitur.adapters.crisis_keys import CrisisKey, KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from necmergitur.sim.bench import floor
from necmergitur.sim.bench.django_path import Stand
from necmergitur.sim.bench.figures import percentile
from necmergitur.sim.bench.processor import ProcessorTime
from necmergitur.sim.bench.whole import QUICK, Whole, whole_city
from necmergitur.sim.devices.crowd_process import Burst, Connect, Settle, all_records, ask_all
from necmergitur.sim.population.crowd import ONCE_BYTES, Plan, Tally

# A crowd whose every telephone waits for its answer: at 15,000 a second, each waits for a fifteenth of a second.
CONNECTIONS = 1_000
DJANGO_CONNECTIONS = 64  # eight threads answer: more would wait in line, and be told of as slow
PATH = "/api/v1/checkins?drill=1"
SECONDS = 20.0
# The press path beside a steady stream of check-ins.
BESIDE_CHECKINS_PER_S = 8_000
BESIDE_PRESSES_PER_S = 20
BESIDE_POSTS = 300
STEADY_CHECKINS = 4_100_000  # 13 November 2015: people marked safe on one platform in a day
KILL_SECONDS = 12.0
QUICK_SECONDS = 4.0
OFFICERS = (900_001, 900_002)
# What a single answer waits for at most before a crowd is held to be stuck.
PATIENCE_S = 60.0
LEAD_S = 1.0  # until the stream is steady
LEAST_US = 0.5
WARM_S = 1.0  # a crisis is open and its pages are read long before most people write


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Return check-ins a second, the time of the slowest hundredth, what was lost, and the floors beside them."""
    # The crowd is one network; the limit itself has its tests.
    size = msgspec.structs.replace(QUICK, surroundings="", given={"NEC_CHECKINS_PER_S": "1000000"})
    seconds = QUICK_SECONDS if quick else SECONDS
    with whole_city(size) as city:
        here = Here(city)
        pgbench = floor.pgbench_tps(city, 1 if quick else 5)
        here.crowd(WARM_S)
        rss_start = here.rss_mb()
        run = here.crowd(seconds, counted=True)
        form = here.crowd(seconds / 2, form=True)
        django = here.django(seconds / 2)
        beside = here.presses_beside(seconds)
        long = run if quick else here.crowd(3_600.0, most=STEADY_CHECKINS)
        rss_end = here.rss_mb()
        kills = [here.killed(name, KILL_SECONDS / (3 if quick else 1)) for name in ("live", "postgres")]
        lost = here.lost()
    return {
        "per_s": round(run.answered / run.took_s),
        "p50_ms": run.ms_p50,
        "p99_ms": run.ms_p99,
        "cpu_us": here.cpu_us,
        "form_per_s": round(form.answered / form.took_s),
        "form_p99_ms": form.ms_p99,
        "steady": long.answered,
        "steady_per_s": round(long.answered / long.took_s),
        "steady_p99_ms": long.ms_p99,
        "rss_mb_start": rss_start,
        "rss_mb_end": rss_end,
        "kills": kills,
        "answered": here.answered,
        "lost": lost,
        "connections": CONNECTIONS,
        "django_per_s": round(django.answered / django.took_s),
        "pgbench_tps": round(pgbench),
        "beside": beside,
    }


class Here:
    """A city with a crisis in it, and all who were answered."""

    def __init__(self, city: Whole) -> None:
        self.city = city
        self.crisis, self.key = open_drill(city)
        self.answered = 0
        self.cpu_us: dict[str, float] = {}
        self._files: list[Path] = []
        time.sleep(2.0)  # live looks each second for crises

    def crowd(
        self, seconds: float, *, most: int = 0, per_s: float = 0.0, form: bool = False, counted: bool = False
    ) -> Tally:
        """Let a crowd check in, and return what came of it; `counted`: note the processor's time of each process."""
        spent = ProcessorTime(self.city, {})
        with self.gathering(seconds, most=most, per_s=per_s, form=form) as asked:
            tally = self.result(asked, seconds)
        if counted:
            used = spent.since() | {"crowd": tally.cpu_s}
            each = {name: round(cpu_s / max(1, tally.answered) * 1e6, 1) for name, cpu_s in used.items()}
            self.cpu_us = {name: us for name, us in each.items() if us >= LEAST_US}
        return tally

    def django(self, seconds: float) -> Tally:
        """Let a crowd check in by the way pages go."""
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(1_024)
            stand = Stand(str(self.city.settings.home), self.city.database_url, self.crisis.id, listening.fileno())
            command = [sys.executable, "-m", "necmergitur.sim.bench.django_path"]
            with subprocess.Popen(  # noqa: S603 -- ours
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[listening.fileno()]
            ) as process:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(msgspec.json.encode(stand))
                process.stdin.close()
                try:
                    if process.stdout.readline() != b"ready\n":
                        raise RuntimeError("the Django path did not start")
                    port = listening.getsockname()[1]
                    with self.gathering(seconds, form=True, port=port, connections=DJANGO_CONNECTIONS) as asked:
                        return self.result(asked, seconds)
                finally:
                    process.kill()

    def presses_beside(self, seconds: float) -> dict[str, Any]:
        """Press buttons while a crowd checks in at a steady pace; return how soon lamps were lit."""
        posts = self.city.posts()[:BESIDE_POSTS]
        with self.city.crowds(posts, 1) as crowds:
            problems = [one.problem for one in ask_all(crowds, Connect(PATIENCE_S)) if one.problem]
            if problems:
                raise RuntimeError(f"posts did not connect: {problems}")
            with self.gathering(seconds + LEAD_S, per_s=BESIDE_CHECKINS_PER_S) as asked:
                time.sleep(LEAD_S)
                crowds[0].ask(Burst(posts[: int(BESIDE_PRESSES_PER_S * seconds)], seconds))
                crowds[0].standing()
                ask_all(crowds, Settle(PATIENCE_S))
                records = all_records(crowds)
                tally = self.result(asked, seconds)
        lamps_ms = [(one.lit_at - one.pressed_at) * 1000 for one in records if one.lit_at is not None]
        return {
            "checkins_per_s": round(tally.answered / tally.took_s),
            "checkin_ms_p99": tally.ms_p99,
            "presses": len(records),
            "dark": len(records) - len(lamps_ms),
            "lamp_ms_p50": percentile(lamps_ms, 50),
            "lamp_ms_p99": percentile(lamps_ms, 99),
        }

    @contextmanager
    def gathering(
        self,
        seconds: float,
        *,
        most: int = 0,
        per_s: float = 0.0,
        form: bool = False,
        port: int | None = None,
        connections: int = CONNECTIONS,
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Start a crowd in a process of its own."""
        file = self.city.settings.home / f"answered-{len(self._files)}"
        self._files.append(file)
        path = "/drill/safe" if form else PATH
        port = port or self.city.settings.port
        plan = Plan("127.0.0.1", port, path, connections, seconds, per_s, str(file), form, most)
        command = [sys.executable, "-m", "necmergitur.sim.population.crowd"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 -- ours
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(plan))
            process.stdin.close()
            try:
                yield process
            finally:
                process.kill()

    def result(self, process: "subprocess.Popen[bytes]", seconds: float) -> Tally:
        """Wait for a crowd's end."""
        assert process.stdout is not None
        timer = threading.Timer(seconds + PATIENCE_S, process.kill)
        timer.start()
        said = process.stdout.read()
        timer.cancel()
        if not said:
            raise RuntimeError("the crowd did not come to an end")
        tally = msgspec.json.decode(said.splitlines()[-1], type=Tally)
        self.answered += tally.answered
        return tally

    def killed(self, name: str, seconds: float) -> dict[str, Any]:
        """Kill -9 a process while a crowd checks in; return what the crowd saw."""
        with self.gathering(seconds) as process:
            time.sleep(seconds / 3)
            self.city.kill(name)
            tally = self.result(process, seconds)
        return {"process": name, "answered": tally.answered, "reconnects": tally.reconnects, "slowest_ms": tally.ms_max}

    def lost(self) -> int:
        """Return how many were answered and are not in the database."""
        with psycopg.connect(self.city.database_url) as connection:
            rows = connection.execute("SELECT id FROM population.checkin WHERE crisis_id = %s", (self.crisis.id,))
            held = {bytes(row[0]) for row in rows}
        missing = 0
        for file in self._files:
            said = file.read_bytes()
            for start in range(0, len(said), ONCE_BYTES):
                link = self.key.link_of(said[start : start + ONCE_BYTES])
                missing += self.key.row_of(link) not in held
        return missing

    def rss_mb(self) -> float:
        """Return what the live process holds in memory."""
        pid = next(one.pid for one in self.city.report().processes if one.name == "live")
        return round(psutil.Process(pid).memory_info().rss / 1e6, 1)


def open_drill(city: Whole, services: tuple[str, ...] = ("safe",), kept_s: int = 86_400) -> tuple[Crisis, CrisisKey]:
    """Open a drill by two officers of the bench's own, who answer for having no assessment."""
    now = datetime.now(UTC)
    with psycopg.connect(city.database_url) as connection:
        for account in OFFICERS:
            connection.execute(
                "INSERT INTO accounts_user"
                " (id, password, email, display_name, language, is_active, is_demo, created_at)"
                " OVERRIDING SYSTEM VALUE VALUES (%s, '!', %s, 'bench', 'en', true, true, now())",
                (account, f"{account}@example.org"),
            )
            connection.execute(
                "INSERT INTO accounts_rolegrant (user_id, role, granted_at) VALUES (%s, 'duty_officer', now())",
                (account,),
            )
    store = PostgresStore(city.database_url)
    keys = KeyFiles(city.settings.home)
    first, second = (Who(account, "duty_officer") for account in OFFICERS)
    asked = Asked(
        id=store.ids.new(),
        incident_id=None,
        name="Bench",
        middle=Position(2.35, 48.86),
        radius_m=2_000.0,
        services=services,
        languages=("fr",),
        kept=timedelta(seconds=kept_s),
        drill=True,
        reason="a measurement",
        vital=True,
    )
    state = crises.ask(store, asked, first, now)
    assert isinstance(state, Crisis), state
    state = crises.confirm(store, keys, state.id, second, datetime.now(UTC))
    assert isinstance(state, Crisis), state
    key = keys.of(state.id)
    assert key is not None
    store.close()
    return state, key
