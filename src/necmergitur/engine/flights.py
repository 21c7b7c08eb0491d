"""Flights: what missions ask for, compared with what drones do, again and again until they agree.

Level-triggered on purpose: after a crash the comparison starts over, a drone already in the air is adopted and
none is launched twice.
"""

import asyncio
import contextlib
import functools
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.mavlink.constants import MAX_ANNOUNCED
from necmergitur.adapters.mavlink.fleet import Fleet, FlightEnd, Phase, Vehicle
from necmergitur.adapters.mavlink.watch import Breach
from necmergitur.adapters.postgres.queries import load
from necmergitur.dispatch import missions
from necmergitur.dispatch.constants import SCENE_RADIUS_M
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.tokens import MissionToken, Volume
from necmergitur.engine import metrics
from necmergitur.engine.orders import Orders
from necmergitur.engine.parts import EngineParts
from necmergitur.governance.authorisations import Conditions
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId, MissionId
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import flying
from necmergitur.operations.ports import DroneRecord, Unreachable

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

TICK_S = 0.5
CONDITIONS_KEPT_MAX = 256  # ours: authorisations in force at once are a handful
COMPARE_REST_S = 0.1  # ours: a burst of calls wakes the comparison often; launch seconds are spent elsewhere
NOTICES_S = 2.0
READY_PATIENCE_S = 6.0  # a pre-arm check takes seconds; another drone takes longer
READY_RETRY_S = 0.5
PASSING = frozenset({"not_ready", "token_not_yet_valid"})
ERRORS_MAX = 3  # ours: unexpected errors in one flight before its mission ends with that as its reason
DATABASE_PATIENCE_S = 60.0  # how long a phase waits for the database before it is left to the next comparison


class Flights:
    """Carries out missions on the fleet and records what the drones did."""

    def __init__(self, parts: EngineParts, records: list[DroneRecord], spent: Iterable[MissionId]) -> None:
        """Prepare a link for each drone of `records`. `spent`: missions that already lifted off once."""
        self._parts = parts
        self._records = {r.id: r for r in records}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="flights")
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._flying: dict[UUID, asyncio.Task[None]] = {}
        self._docks: set[asyncio.Task[None]] = set()
        self._prepared: dict[str, UUID] = {}
        self._conditions: dict[UUID, Conditions] = {}
        self._errors: Counter[UUID] = Counter()
        self._noticed: set[int] = set()
        self._phases: asyncio.Queue[Callable[[], Any]] = asyncio.Queue(10_000)
        self.phase: dict[str, str] = {}
        self.fleet = Fleet(
            [
                Vehicle(
                    drone_id=DroneId(r.id),
                    endpoint=r.link_url,
                    dock=r.dock,
                    signing_key=r.signing_key,
                    system_id=r.system_id,
                )
                for r in records
            ],
            verifier=parts.verifier,
            clock=parts.clock,
            on_breach=self._on_breach,
            on_link=self._on_link,
            spent=spent,
        )
        self._orders = Orders(self.fleet, self.phase, self._tell_refused)

    async def start(self) -> None:
        """Open the links and begin comparing."""
        await self.fleet.start()
        self._tasks = [
            asyncio.create_task(keep_going("flights", self._turn), name="flights"),
            asyncio.create_task(keep_going("phases", self._record_next), name="phases"),
            asyncio.create_task(keep_going("airspace", self._follow_notices, every_s=NOTICES_S), name="airspace"),
        ]

    async def stop(self) -> None:
        """Close the links. Drones in the air carry on and are adopted by the next engine."""
        await end(*self._tasks, *self._flying.values(), *self._docks)
        await self._orders.stop()
        await self.fleet.stop()
        self._executor.shutdown(wait=True)

    def wake(self) -> None:
        """Compare again soon."""
        self._wake.set()

    async def _database(self, work: Callable[[], Result]) -> Result:
        """Run an operation in the flights thread, waiting for the database when it is away."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DATABASE_PATIENCE_S
        while True:
            try:
                return await loop.run_in_executor(self._executor, work)
            except Unreachable:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(0.3)

    async def _turn(self) -> None:
        """Wait until something may have changed, and compare."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), TICK_S)
        self._wake.clear()
        await self._compare(await self._database(self._live_missions))
        await asyncio.sleep(COMPARE_REST_S)

    def _live_missions(self) -> list[Mission]:
        with self._parts.store.transaction() as tx:
            return tx.live_missions()

    async def _compare(self, live: list[Mission]) -> None:
        """Bring what drones do in line with what missions ask."""
        by_id = {m.id: m for m in live}
        metrics.FLYING.set(sum(1 for m in live if m.state == "flying"))
        for mission in live:
            if mission.drone_id not in self._records:
                # Installed since this engine started, or gone: its pilot and its incident must not wait for it.
                await self._end(mission, "unknown_drone")
            elif mission.state == "offered":
                self._prepare(mission)
            elif mission.id not in self._flying:
                task = asyncio.create_task(self._fly(mission), name=f"flight-{mission.drone_id}")
                self._flying[mission.id] = task
                task.add_done_callback(functools.partial(self._landed, mission.id))
            elif mission.state == "flying":
                self._orders.follow(mission)
        for drone_id, mission_id in list(self._prepared.items()):
            if mission_id not in by_id and mission_id not in self._flying:
                del self._prepared[drone_id]
                self._at_dock(self._close_dock(drone_id), drone_id)

    def _at_dock(self, work: Coroutine[Any, Any, None], drone_id: str) -> None:
        """Open or close a dock without making other drones wait for its answer."""
        task = asyncio.create_task(work, name=f"dock-{drone_id}")
        self._docks.add(task)
        task.add_done_callback(functools.partial(self._dock_done, drone_id))

    def _dock_done(self, drone_id: str, task: asyncio.Task[None]) -> None:
        self._docks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("dock_failed", drone=drone_id, exc_info=error)

    def _landed(self, mission_id: UUID, _: asyncio.Task[None]) -> None:
        self._flying.pop(mission_id, None)

    def _prepare(self, mission: Mission) -> None:
        """Open the dock and upload the fence while the pilot decides: reversible, and it costs no time later."""
        if self._prepared.get(mission.drone_id) == mission.id:
            return
        self._prepared[mission.drone_id] = mission.id
        self._at_dock(self._open_dock(mission), mission.drone_id)

    async def _open_dock(self, mission: Mission) -> None:
        volume = await self._database(lambda: self._volume(mission))
        if volume is not None:
            outcome = await self.fleet.prepare(DroneId(mission.drone_id), volume)
            if isinstance(outcome, Refusal):
                log.warning("prepare_refused", drone=mission.drone_id, rule=outcome.rule)

    async def _close_dock(self, drone_id: str) -> None:
        outcome = await self.fleet.unprepare(DroneId(drone_id))
        if isinstance(outcome, Refusal):
            log.warning("unprepare_refused", drone=drone_id, rule=outcome.rule)

    def _volume(self, mission: Mission) -> Volume | None:
        law = mission.authorisation_id
        if law not in self._conditions:  # they never change: a new ceiling is a new authorisation
            if len(self._conditions) >= CONDITIONS_KEPT_MAX:
                self._conditions.clear()
            found = flying.conditions_of(self._parts.store, mission)
            if found is None:
                return None
            self._conditions[law] = found
        conditions = self._conditions[law]
        if conditions.heights() is not None:
            return None
        return Volume(flying.corridor(self._records[mission.drone_id].dock, mission.target), conditions.ceiling_m)

    async def _fly(self, mission: Mission) -> None:
        """Fly one mission from token to dock and record its end.

        After an error nobody foresaw the vehicle was ordered home: it is adopted and followed there, and the mission
        ends with that reason once it stands, or after ERRORS_MAX such errors.
        """
        try:
            reason = await self._flown(mission)
            await self._end(mission, reason)
        except Unreachable:
            log.warning("flight_without_database", drone=mission.drone_id)
        except Exception:
            log.exception("flight_failed", drone=mission.drone_id)
            self._errors[mission.id] += 1
            if not self._aloft(mission.drone_id) or self._errors[mission.id] >= ERRORS_MAX:
                with contextlib.suppress(Unreachable):
                    await self._end(mission, "engine_error")
            await asyncio.sleep(1.0)
        finally:
            self.phase.pop(mission.drone_id, None)  # the dock is closed by the next comparison

    def _aloft(self, drone_id: str) -> bool:
        """Return whether the vehicle, as last heard, may be in the air."""
        heard = self.fleet.snapshot().get(DroneId(drone_id))
        return heard is not None and (heard.armed or not heard.landed)

    async def _flown(self, mission: Mission) -> str:
        """Fly, and return why the mission ends."""
        store, clock = self._parts.store, self._parts.clock
        adopt = mission.state == "flying"
        token = await self._database(
            lambda: flying.token_for(store, mission.id, self._parts.signer, clock.now(), adopting=adopt)
        )
        if isinstance(token, Refusal):
            return token.rule
        conditions = await self._database(lambda: flying.conditions_of(store, mission))
        assert conditions is not None, "a token was signed under it"
        wait_s = (token.not_before - clock.now()).total_seconds()
        if wait_s > 0 and not adopt:
            await asyncio.sleep(wait_s)
        recorded = await self._database(lambda: flying.launched(store, mission.id, clock.now()))
        if isinstance(recorded, Refusal):
            return recorded.rule
        self._orders.begin(recorded, adopted=adopt)
        self.wake()
        ended = await self._attempt(mission, token, altitude_m=conditions.transit_m, adopt=adopt)
        if isinstance(ended, Refusal):
            return ended.rule
        if ended.how in missions.GROUNDING or ended.refusal is None:
            return ended.how
        return ended.refusal.rule

    async def _attempt(
        self, mission: Mission, token: MissionToken, *, altitude_m: float, adopt: bool
    ) -> FlightEnd | Refusal:
        """Fly; a vehicle that is not ready yet (its checks still run) is asked again for a few seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_PATIENCE_S
        while True:
            ended = await self.fleet.fly(
                token,
                mission.target,
                self._on_phase,
                scene_radius_m=SCENE_RADIUS_M,
                altitude_m=altitude_m,
                speed_m_s=self._records[mission.drone_id].speed_m_s,
                adopt=adopt,
            )
            if not isinstance(ended, Refusal) or ended.rule not in PASSING or loop.time() > deadline:
                return ended
            await asyncio.sleep(READY_RETRY_S)

    async def _end(self, mission: Mission, reason: str) -> None:
        await self._database(lambda: flying.ended(self._parts.store, mission.id, reason, self._parts.clock.now()))
        self._orders.forget(mission.id)
        self._errors.pop(mission.id, None)

    async def _tell_refused(self, mission: Mission, rule: str) -> None:
        store, now = self._parts.store, self._parts.clock.now()
        await self._database(lambda: flying.order_refused(store, mission.id, mission.order_seq, rule, now))

    def _on_phase(self, mission_id: MissionId, drone_id: DroneId, phase: Phase, at: datetime) -> None:
        self.phase[drone_id] = phase.value
        self._queue(lambda: flying.reached(self._parts.store, mission_id, phase.value, at))

    def _on_breach(self, breach: Breach) -> None:
        log.error("camera_breach", drone=breach.drone_id, kind=breach.kind, value=breach.value)
        mission_id = breach.mission_id
        if mission_id is not None:
            self._queue(
                lambda: flying.breached(self._parts.store, mission_id, str(breach.kind), breach.value, breach.at)
            )

    def _on_link(self, drone_id: DroneId, linked: bool) -> None:
        log.debug("drone_link", drone=drone_id, linked=linked)

    def _queue(self, work: Callable[[], Any]) -> None:
        try:
            self._phases.put_nowait(work)
        except asyncio.QueueFull:
            log.error("phases_overflow")  # noqa: TRY400 -- the trace says nothing

    async def _record_next(self) -> None:
        """Record phases in order, each as soon as the database takes it, however long it is away."""
        work = await self._phases.get()
        while True:
            try:
                await self._database(work)
            except Unreachable:
                continue
            return

    async def _follow_notices(self) -> None:
        """Tell the fleet about helicopters announced and gone."""
        notices = await self._database(self._notices)
        current = {n[0] for n in notices}
        if current == self._noticed:
            return
        if len(notices) > MAX_ANNOUNCED:
            log.error("notices_overflow", in_force=len(notices), followed=MAX_ANNOUNCED)
        self.fleet.clear_helicopter()
        for _, _, lon, lat, radius_m, _, ends_at in notices[-MAX_ANNOUNCED:]:
            self.fleet.announce_helicopter(flying.square(Position(lon, lat), radius_m), ends_at)
        self._noticed = current

    def _notices(self) -> list[tuple[Any, ...]]:
        with self._parts.store.cursor() as cursor:
            return cursor.execute(load("registry")["airspace_notices"], {"now": self._parts.clock.now()}).fetchall()
