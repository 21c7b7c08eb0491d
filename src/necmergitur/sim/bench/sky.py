"""The simulated vehicles and pilots of a fault measurement, and a witness of every lift-off that is not ours.

The witness watches the vehicles themselves: whatever the ledger believes, a drone that left the ground twice
for one mission was seen doing so.
"""

import asyncio
import contextlib
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Self

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.wiring import MACHINE
from necmergitur.dispatch.incidents import Person
from necmergitur.operations import flying, shifts
from necmergitur.operations.ports import Unreachable, VersionConflict
from necmergitur.sim.demo.city import fleet_config
from necmergitur.sim.fleet.server import serve

# A lift-off takes seconds, so five looks a second miss none.
LOOK_S = 0.2
# Far above any account, and above the demonstration's own simulated pilots.
PILOT_ID_FIRST = 9_500_001
QUALIFIED_FOR = timedelta(days=1)


class Sky:
    """A fleet in a thread of its own, from `with` to its end; `lift_offs` counts them by drone."""

    def __init__(self, store: PostgresStore, seed: int) -> None:
        self._store = store
        self._seed = seed
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._failed: Exception | None = None
        self.lift_offs: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._run, name="sky", daemon=True)

    def __enter__(self) -> Self:
        """Start; raises OSError when a vehicle's port is taken."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed
        return self

    def __exit__(self, *_: object) -> None:
        """End the fleet."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except OSError as failed:
            self._failed = failed
        finally:
            self._ready.set()

    async def _live(self) -> None:
        fleet = await serve(fleet_config(self._store, seed=self._seed))
        self._ready.set()
        aloft: set[str] = set()
        try:
            while not self._stopping.is_set():
                now_aloft = {str(name) for name, v in fleet.vehicles.items() if not v.pilot.body.landed}
                self.lift_offs.update(now_aloft - aloft)
                aloft = now_aloft
                await asyncio.sleep(LOOK_S)
        finally:
            await fleet.close()


class Crew:
    """Pilots who accept at once whatever they are offered, in a thread of their own."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self._stopping = threading.Event()
        self._count = 0
        self._pilots: dict[int, Person] = {}
        self._thread = threading.Thread(target=self._accept, name="crew", daemon=True)

    def __enter__(self) -> Self:
        """Begin to accept."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop accepting."""
        self._stopping.set()
        self._thread.join()

    def come_on_shift(self, count: int) -> None:
        """Qualify `count` more pilots and put them on shift now, one drone each. Raises Unreachable."""
        now = datetime.now(UTC)
        for _ in range(count):
            pilot = Person(PILOT_ID_FIRST + self._count, f"Pilot {self._count + 1} (measurement)")
            self._count += 1
            self._pilots[pilot.id] = pilot
            shifts.set_qualification(self.store, pilot.id, now + QUALIFIED_FOR, MACHINE, now)
            shifts.start_shift(self.store, pilot, shifts.SHIFT_MAX, now)

    def _accept(self) -> None:
        while not self._stopping.wait(LOOK_S):
            # The database is one of the things that are killed: what is not accepted now is at the next look.
            with contextlib.suppress(Unreachable, VersionConflict):
                with self.store.transaction() as tx:
                    offered = [m for m in tx.live_missions() if m.state == "offered" and m.pilot_id in self._pilots]
                for mission in offered:
                    assert mission.pilot_id is not None
                    flying.accept(self.store, mission.id, self._pilots[mission.pilot_id], datetime.now(UTC))
