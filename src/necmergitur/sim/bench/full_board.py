"""A control room at its fullest: five hundred open incidents, and every drone of the city moving.

The incidents and missions are real facts, made by the operations the engine calls. The engine itself does not
run: its place on the fleet's subject is taken here, so that all drones move at once and time can be hurried.
"""

import asyncio
import itertools
import math
import random
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import msgspec
import nats
import psycopg

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.wiring import ground
from necmergitur.dispatch.incidents import Person
from necmergitur.engine.telemetry import FLEET_SUBJECT
from necmergitur.kernel.geo import Position, offset
from necmergitur.operations import dispatching, flying, intake, shifts
from necmergitur.operations.dispatching import DroneState
from necmergitur.operations.intake import Received
from necmergitur.signals.press import Press
from necmergitur.sim.bench.sky import PILOT_ID_FIRST, QUALIFIED_FOR
from necmergitur.sim.bench.whole import Whole
from necmergitur.sim.demo.prepare import simulated_pilots

# What one drone flies here: a circle this wide, once round in this long.
CIRCLE_M = 300.0
ROUND_S = 90.0
SPEED_M_S = 2 * math.pi * CIRCLE_M / ROUND_S
_PHASES = ("transit", "on_scene")


class _AllDocked:
    """Every drone is ready: what the choice of drones asks of the fleet."""

    def __init__(self, drones: Sequence[str]) -> None:
        self._states = dict.fromkeys(
            drones, DroneState(battery_pct=95.0, link_pct=100.0, wind_m_s=3.0, linked=True, docked=True)
        )

    def states(self) -> Mapping[str, DroneState]:
        """Return the same for all."""
        return self._states


class FullBoard:
    """Fills the board, then keeps it moving in threads of its own, from `with` to its end.

    `fleet_hz` and `changes_hz` may be changed while it runs.
    """

    def __init__(self, city: Whole, store: PostgresStore, *, incidents: int) -> None:
        self._city, self._store = city, store
        self._stopping = threading.Event()
        self.fleet_hz, self.changes_hz = 1.0, 5.0
        self.frames = self.changes = 0
        self._docks = _docks(city)
        _open_incidents(city, store, incidents)
        self._missions = _fly(store, list(self._docks))
        self._threads = [
            threading.Thread(target=lambda: asyncio.run(self._publish()), name="fleet", daemon=True),
            threading.Thread(target=self._change, name="changes", daemon=True),
        ]

    @property
    def flying(self) -> int:
        """How many drones are on a mission."""
        return len(self._missions)

    def __enter__(self) -> Self:
        """Start moving."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    async def _publish(self) -> None:
        client = await nats.connect(self._city.brokers[0].nats_url)
        due = time.monotonic()
        while not self._stopping.is_set():
            await client.publish(FLEET_SUBJECT, self._frame())
            self.frames += 1
            due = max(due + 1.0 / self.fleet_hz, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
        await client.close()

    def _frame(self) -> bytes:
        now = time.time()
        angle = now / ROUND_S * 2 * math.pi
        rows: list[list[Any]] = []
        for number, (drone_id, dock) in enumerate(self._docks.items()):
            mine = angle + number
            place = offset(dock, CIRCLE_M * math.cos(mine), CIRCLE_M * math.sin(mine))
            heading = round(math.degrees(-mine)) % 360
            battery = round(95.0 - (now + number) % 600 / 20, 1)
            row = [drone_id, round(place.lon, 6), round(place.lat, 6), 60.0, heading, round(SPEED_M_S, 1)]
            rows.append([*row, battery, "transit", 98, 1, 3.0])
        return msgspec.json.encode({"t": int(now * 1000), "d": rows})

    def _change(self) -> None:
        """Move missions from one phase to the next and back, evenly: each is a fact, and a row on every screen."""
        phases = itertools.cycle(_PHASES)
        phase = next(phases)
        due = time.monotonic()
        for number in itertools.count():
            if self._stopping.is_set():
                return
            if number % len(self._missions) == 0:
                phase = next(phases)
            flying.reached(self._store, self._missions[number % len(self._missions)], phase, datetime.now(UTC))
            self.changes += 1
            due = max(due + 1.0 / self.changes_hz, time.monotonic())
            self._stopping.wait(due - time.monotonic())


def _docks(city: Whole) -> dict[str, Position]:
    with psycopg.connect(city.database_url) as connection:
        rows = connection.execute(
            "SELECT r.id, d.lon, d.lat FROM drone r JOIN dock d ON d.id = r.dock_id ORDER BY r.id"
        )
        return {row[0]: Position(row[1], row[2]) for row in rows}


def _open_incidents(city: Whole, store: PostgresStore, wanted: int) -> None:
    """Press posts, here and there, until this many incidents are open."""
    posts = city.posts()
    random.Random(1).shuffle(posts)  # noqa: S311 - a sample
    boot_id = int(time.time())
    opened = 0
    for batch in _batches(posts):
        now = datetime.now(UTC)
        calls = [Press(device=post, boot_id=boot_id, seq=1, kind="sos", claimed_time=now) for post in batch]
        intake.take(store, [Received(call, now) for call in calls[: wanted - opened]], ground(), now)
        opened = _open_count(city)
        if opened >= wanted:
            return
    raise RuntimeError(f"the city's posts make {opened} incidents, not {wanted}")


def _batches(posts: Sequence[str]) -> list[Sequence[str]]:
    return [posts[start : start + intake.BATCH_MAX] for start in range(0, len(posts), intake.BATCH_MAX)]


def _open_count(city: Whole) -> int:
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM incident WHERE state = 'open'").fetchone()
    assert row is not None
    return int(row[0])


def _fly(store: PostgresStore, drones: Sequence[str]) -> list[UUID]:
    """Give every drone a mission, accepted and launched; return the missions."""
    now = datetime.now(UTC)
    pilots = {pilot.id: pilot for pilot in simulated_pilots()}  # on shift since the city was prepared
    for number in range(-(-len(drones) // shifts.MISSIONS_MAX)):
        pilot = Person(PILOT_ID_FIRST + number, f"Pilot {number + 1} (measurement)")
        shifts.set_qualification(store, pilot.id, now + QUALIFIED_FOR, Person(0, "nec"), now)
        shifts.start_shift(store, pilot, shifts.SHIFT_MAX, now, shifts.MISSIONS_MAX)
        pilots[pilot.id] = pilot
    view, missions = _AllDocked(drones), []
    while offered := dispatching.offer_pending(store, view, datetime.now(UTC), refused_too=True).offered:
        for mission in offered:
            assert mission.pilot_id is not None
            now = datetime.now(UTC)
            flying.accept(store, mission.id, pilots[mission.pilot_id], now)
            flying.launched(store, mission.id, now)
            missions.append(mission.id)
    return missions
