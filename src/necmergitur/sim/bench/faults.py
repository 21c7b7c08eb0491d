"""kill -9 of each process in turn, in the middle of calls and of launches: what was promised is still there.

`broker` is every broker process at once, the worst return of the posts. The pages (`web`) live inside the
`live` process by default, so that one is killed twice: once watching HTTPS calls, once watching a page.
"""

import logging
import random
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg

from necmergitur.adapters.broker import shard_of
from necmergitur.adapters.pins import credential_hash
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.wiring import MACHINE
from necmergitur.kernel.geo import Position
from necmergitur.operations import devices
from necmergitur.operations.registry import NewDevice
from necmergitur.sim.bench.figures import load, machine
from necmergitur.sim.bench.sky import Crew, Sky
from necmergitur.sim.bench.whole import FULL, QUICK, Whole, linked, whole_city
from necmergitur.sim.devices.crowd_process import Burst, Connect, CrowdProcess, Look, Settle, all_records, ask_all
from necmergitur.sim.devices.personal import PersonalButton
from necmergitur.sim.devices.post import PressRecord

ORDER = ("engine", "broker", "postgres", "live", "web")
CROWD_PROCESSES = 2
CONNECT_S_MAX = 300.0
SETTLE_S_MAX = 150.0
LINKED_S_MAX = 60.0
TOLD_S_MAX = 15.0
POLL_S = 0.1
# Buttons in pockets, which call over HTTPS all through each burst.
PERSONAL = 6
PERSONAL_PAUSE_S = 0.3
PAGE_S_MAX = 2.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How large a measurement. The kill comes `kill_after_s` into a burst of `burst_s`, as drones lift off.

    `return_s` is the time over which idle posts spread their return to a lost broker.
    """

    clients: int
    presses_per_s: int
    burst_s: float
    kill_after_s: float
    pilots_each: int
    return_s: float


FULL_PLAN = Plan(clients=19_900, presses_per_s=200, burst_s=10.0, kill_after_s=4.0, pilots_each=12, return_s=50.0)
QUICK_PLAN = Plan(clients=400, presses_per_s=25, burst_s=4.0, kill_after_s=2.0, pilots_each=4, return_s=2.0)


class Kill(msgspec.Struct, frozen=True, kw_only=True):
    """What one kill -9 cost. Seconds are counted from the kill.

    `lit_lost`: lamps lit for a press the database does not hold. `never_lit`: presses still dark at the end.
    `double_launch`: launches beyond one a mission, one mission aloft an incident, one lift-off a launch.
    `recovery_s`: until the first lamp (for `web`, the first page) of a press made after the kill.
    `all_back_s`: until every post is connected and every lamp of the burst is lit.
    """

    process: str
    presses: int
    lit_lost: int
    never_lit: int
    launches: int
    double_launch: int
    recovery_s: float | None
    all_back_s: float | None


def measure(clients: int = 19_900, shards: int = 2, *, quick: bool = False) -> dict[str, Any]:
    """Kill each of ORDER under load and return what was lost. Raises DidNotStart."""
    # The database is killed on purpose: its connection pool's complaints would only hide other words.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    plan = QUICK_PLAN if quick else msgspec.structs.replace(FULL_PLAN, clients=clients)
    size = msgspec.structs.replace(QUICK if quick else FULL, shards=shards, surroundings="")
    with whole_city(size) as city, ExitStack() as stack:
        store = PostgresStore(city.database_url, connections_max=4)
        stack.callback(store.close)
        sky = stack.enter_context(Sky(store, seed=1))
        crew = stack.enter_context(Crew(store))
        _wait(lambda: linked(city.database_url) >= size.zones, LINKED_S_MAX)
        chosen = random.Random(1).sample(city.posts(), plan.clients)  # noqa: S311 - a sample
        crowds = stack.enter_context(city.crowds(chosen, CROWD_PROCESSES, return_s=plan.return_s))
        standings = ask_all(crowds, Connect(CONNECT_S_MAX))
        assert all(not s.problem for s in standings), standings
        scene = _Scene(city, plan, crowds, chosen, crew=crew, sky=sky)
        kills = [scene.kill(process) for process in ORDER]
        clean = scene.lost_at_last()
    return {
        "clients": len(chosen),
        "kills": [msgspec.to_builtins(kill) for kill in kills],
        "lit_lost_at_last": clean,
        "machine": machine(),
        "load": load(),
    }


def _pockets(city: Whole, store: PostgresStore) -> list[PersonalButton]:
    """Enrol a few personal buttons."""
    given = {f"pocket-{n}": secrets.token_urlsafe(32) for n in range(PERSONAL)}
    new = [
        NewDevice(id=i, kind="personal", transport="https", label="Pocket", credential_hash=credential_hash(secret))
        for i, secret in given.items()
    ]
    devices.enrol(store, new, MACHINE, datetime.now(UTC))
    return [PersonalButton(i, secret, city.url, seed=n) for n, (i, secret) in enumerate(given.items())]


class _Scene:
    """One city, one crowd, one kill after another."""

    def __init__(
        self, city: Whole, plan: Plan, crowds: Sequence[CrowdProcess], chosen: Sequence[str], *, crew: Crew, sky: Sky
    ) -> None:
        self._city, self._plan, self._crowds = city, plan, crowds
        self._crew, self._sky = crew, sky
        self._turn = 0
        self._chosen = chosen
        self._pockets = _pockets(city, crew.store)
        self._lit: list[PressRecord] = []
        self._before = Flights(0, 0, 0)
        self._place = _middle(city)

    def kill(self, process: str) -> Kill:
        """Burst, kill, wait until everything is back, and count."""
        plan = self._plan
        self._crew.come_on_shift(plan.pilots_each)
        self._burst(plan)
        with ThreadPoolExecutor(len(self._pockets) + 1) as aside:
            until = time.time() + plan.burst_s
            calls = [aside.submit(self._call, pocket, until) for pocket in self._pockets]
            time.sleep(plan.kill_after_s)
            names = [p.name for p in self._city.report().processes]
            killed_at = min(self._city.kill(name) for name in names if name.startswith(_name(process)))
            page = aside.submit(self._first_page, killed_at) if process == "web" else None
            ask_all(self._crowds, Settle(SETTLE_S_MAX))
            back_at = self._all_back()
            pocket_records = [record for call in calls for record in call.result()]
            records = all_records(self._crowds)
            page_s = None if page is None else page.result()
        watched = pocket_records if process == "live" else records
        return self._count(process, killed_at, [*records, *pocket_records], watched, page_s, back_at)

    def _burst(self, plan: Plan) -> None:
        """Begin a burst of posts that did not call in the last ones."""
        count = int(plan.presses_per_s * plan.burst_s)
        ring = [self._chosen[(self._turn + n) % len(self._chosen)] for n in range(min(count, len(self._chosen)))]
        self._turn += count
        for number, crowd in enumerate(self._crowds):
            crowd.ask(Burst([i for i in ring if shard_of(i, len(self._crowds)) == number], plan.burst_s))
            crowd.standing()

    def _call(self, pocket: PersonalButton, until: float) -> list[PressRecord]:
        """Press again and again until the burst is over; each press repeats until it is lit."""
        made: list[PressRecord] = []
        while time.time() < until:
            made.append(pocket.press("medical", place=self._place))
            time.sleep(PERSONAL_PAUSE_S)
        return made

    def _first_page(self, killed_at: float) -> float | None:
        """Return when a page was first served after the kill."""
        deadline = time.monotonic() + SETTLE_S_MAX
        while time.monotonic() < deadline:
            if _answers(f"{self._city.url}/account/sign-in/"):
                return time.time() - killed_at
            time.sleep(POLL_S)
        return None

    def _all_back(self) -> float | None:
        """Wait until every post is connected; return since when."""
        deadline = time.monotonic() + SETTLE_S_MAX
        while time.monotonic() < deadline:
            standings = ask_all(self._crowds, Look())
            if all(s.full_at is not None for s in standings):
                return max(s.full_at for s in standings if s.full_at is not None)
            time.sleep(POLL_S)
        return None

    def _count(
        self,
        process: str,
        killed_at: float,
        records: Sequence[PressRecord],
        watched: Sequence[PressRecord],
        page_s: float | None,
        back_at: float | None,
    ) -> Kill:
        lit = [r for r in records if r.lit_at is not None]
        self._lit += lit
        after = [r.lit_at for r in watched if r.lit_at is not None and r.pressed_at > killed_at]
        recovery_s = page_s if process == "web" else min((at - killed_at for at in after), default=None)
        never_lit = len(records) - len(lit)
        back_s = None
        if back_at is not None and never_lit == 0:
            back_s = max([back_at, *(r.lit_at for r in lit if r.lit_at is not None)]) - killed_at
        flown = self._settled_flights()
        before, self._before = self._before, flown
        return Kill(
            process=process,
            presses=len(records),
            lit_lost=lost(self._city.database_url, lit),
            never_lit=never_lit,
            launches=flown.launches - before.launches,
            double_launch=flown.doubled - before.doubled,
            recovery_s=None if recovery_s is None else round(recovery_s, 2),
            all_back_s=None if back_s is None else round(max(0.0, back_s), 2),
        )

    def _settled_flights(self) -> "Flights":
        """Count flights; a lift-off seen in the sky has a moment to reach the ledger before it counts as unknown."""
        deadline = time.monotonic() + TOLD_S_MAX
        flown = flights(self._city.database_url, self._sky.lift_offs)
        while flown.doubled > self._before.doubled and time.monotonic() < deadline:
            time.sleep(POLL_S)
            flown = flights(self._city.database_url, self._sky.lift_offs)
        return flown

    def lost_at_last(self) -> int:
        """Count again, over every kill, what was lit and is not kept."""
        return lost(self._city.database_url, self._lit)


def _name(process: str) -> str:
    """Return how the supervisor's name for a process begins."""
    return {"broker": "broker-", "web": "live"}.get(process, process)


class Flights(msgspec.Struct, frozen=True):
    """What flew: launches in the ledger, lift-offs in the sky, and how many of either should not be."""

    launches: int
    lift_offs: int
    doubled: int


def flights(database_url: str, lift_offs: Mapping[str, int]) -> Flights:
    """Count launches and what should not be among them, in the ledger and in the sky.

    `lift_offs` are those a witness saw, by drone.
    """
    with psycopg.connect(database_url) as connection:
        launched: dict[str, int] = dict(
            connection.execute(
                "SELECT stream, count(*) FROM ledger_event WHERE kind = 'MissionLaunched' GROUP BY stream"
            ).fetchall()
        )
        by_drone: dict[str, int] = dict(
            connection.execute(
                "SELECT drone_id, count(*) FROM mission WHERE airborne_at IS NOT NULL GROUP BY drone_id"
            ).fetchall()
        )
        row = connection.execute(
            "SELECT count(*) FROM mission a JOIN mission b ON a.id < b.id"
            " AND (a.incident_id = b.incident_id OR a.drone_id = b.drone_id)"
            " AND a.airborne_at IS NOT NULL AND b.airborne_at IS NOT NULL"
            " AND tstzrange(a.airborne_at, a.ended_at) && tstzrange(b.airborne_at, b.ended_at)"
        ).fetchone()
    assert row is not None
    twice_a_mission = sum(count - 1 for count in launched.values())
    unexplained = sum(max(0, seen - by_drone.get(drone, 0)) for drone, seen in lift_offs.items())
    return Flights(sum(launched.values()), sum(lift_offs.values()), twice_a_mission + int(row[0]) + unexplained)


def lost(database_url: str, lit: Sequence[PressRecord]) -> int:
    """Return how many of these lit presses the database does not hold."""
    with psycopg.connect(database_url) as connection:
        kept = {(row[0], row[1], row[2]) for row in connection.execute("SELECT device_id, boot_id, seq FROM signal")}
    return sum((r.device_id, r.boot_id, r.seq) not in kept for r in lit)


def _middle(city: Whole) -> Position:
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute("SELECT lon, lat FROM dock ORDER BY id LIMIT 1").fetchone()
    assert row is not None, "a city has docks"
    return Position(row[0], row[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PAGE_S_MAX) as answer:  # noqa: S310 - this machine's own address
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, urllib.error.URLError):
        return False


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the engine does not hear the simulated vehicles")
        time.sleep(POLL_S)
