"""The flight between lift-off and landing: one look at the telemetry, one order if the present leg needs it.

Fixed behaviours, the same every time:

- link lost: nothing can be ordered; the vehicle levels its camera, stops recording and returns by itself. When the
  link is back, the flight goes on if the vehicle did not turn home, and follows it home if it did.
- helicopter announced: descend at once to the floor (`HELICOPTER_FLOOR_M`) and hold there until it is clear; not
  below it after `HELICOPTER_CLEAR_S`: land. Nothing lifts off whose way crosses the area.
- battery low, time on scene over, an order refused in the air: camera level, recording off, return.
"""

import asyncio
from collections.abc import Awaitable, Callable

from necmergitur.adapters.mavlink.airspace import Airspace
from necmergitur.adapters.mavlink.commands import Outcome
from necmergitur.adapters.mavlink.constants import (
    ARRIVED_M,
    CLIMBED_M,
    COMMAND_AGAIN_S,
    DOCK_RADIUS_M,
    FLIGHT_MAX_S,
    FLOOR_TOLERANCE_M,
    HELICOPTER_CLEAR_S,
    HELICOPTER_DESCENT_M,
    HELICOPTER_FLOOR_M,
    LEVEL_PITCH_DEG,
    LEVEL_TOLERANCE_DEG,
    LEVEL_WAIT_S,
    LIFT_OFF_S,
    LINK_RECOVER_MAX_S,
    LOOK_S,
    RETURN_BATTERY_PCT,
    SCENE_MARGIN_M,
    SCENE_PITCH_DEG,
    TICK_S,
)
from necmergitur.adapters.mavlink.link import Link
from necmergitur.adapters.mavlink.phases import FlightEnd, OnPhase, Phase, Plan
from necmergitur.adapters.mavlink.watch import Scene
from necmergitur.dispatch.tokens import MissionToken
from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.refusal import Refusal

_LEVEL_POLL_S = 0.1


class Cruise:
    """State of one flight, and the loop that flies it to its end."""

    def __init__(self, link: Link, token: MissionToken, plan: Plan, airspace: Airspace, on_phase: OnPhase) -> None:
        """Must be made inside the running event loop."""
        self.link = link
        self.token = token
        self.scene = Scene(token.mission_id, plan.target, plan.scene_radius_m)
        self._plan = plan
        self._airspace = airspace
        self._on_phase = on_phase
        self._leg = Phase.OPEN_DOCK
        self._told: Phase | None = None
        self._target = plan.target
        self._altitude_m = plan.altitude_m
        self._floor_m = max(HELICOPTER_FLOOR_M, plan.altitude_m - HELICOPTER_DESCENT_M)
        self._ordered = False  # whether the vehicle accepted the order of the present leg
        self._again_s = 0.0  # not before this second of the loop's clock is a refused order sent again
        self._camera_again_s = 0.0
        self._holding = False
        self._land_asked = False  # by the pilot, not by the vehicle
        self._yield_s: float | None = None  # when a helicopter made it descend
        self._yielded = False  # whether the vehicle accepted that order
        self._lost_s: float | None = None
        self._on_scene_s: float | None = None
        self._camera_on = False
        self._camera_allowed = plan.camera_allowed
        self._moved_at_report = -1  # gimbal reports up to this one are older than the last camera order
        self._aborted = False
        self._was_airborne = False
        self._refusal: Refusal | None = None
        self._turn = asyncio.Lock()  # orders of the loop and of interrupts never interleave
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._looked_s = self._began_s = self._loop.time()

    def wake(self) -> None:
        """Look at the telemetry soon: called for each message, heeded a few times a second."""
        if self._loop.time() - self._looked_s >= LOOK_S:
            self._wake.set()

    # --- the loop -----------------------------------------------------------------------------------

    async def _until_landed(self) -> FlightEnd:
        until_s = self._loop.time() + FLIGHT_MAX_S
        while self._loop.time() < until_s:
            timer = self._loop.call_later(TICK_S, self._wake.set)
            await self._wake.wait()
            timer.cancel()
            self._wake.clear()
            self._looked_s = self._loop.time()
            end = await self._look(self._looked_s)
            if end is not None:
                return end
        return self._end("failed")

    async def _look(self, now_s: float) -> FlightEnd | None:
        record = self.link.record
        if not (self.link.connected and record.complete):
            return self._without_link(now_s)
        was_lost, self._lost_s = self._lost_s is not None, None
        self._was_airborne = self._was_airborne or record.airborne
        if record.landed and (not record.armed if self._was_airborne else now_s - self._began_s > LIFT_OFF_S):
            return await self._finish()
        self._follow_vehicle()
        if was_lost:
            self._tell(self._shown())
        if await self._yields_to_helicopter(now_s):
            return None
        await self._mind_camera(now_s)
        if not self._holding:
            await self._fly_leg(now_s)
        return None

    def _without_link(self, now_s: float) -> FlightEnd | None:
        if self._lost_s is None:
            self._lost_s = now_s
            self._tell(Phase.LINK_LOST)
        return self._end("link_lost") if now_s - self._lost_s > LINK_RECOVER_MAX_S else None

    def _follow_vehicle(self) -> None:
        """The vehicle's own failsafes win: where it turns home or lands by itself, the flight follows."""
        record = self.link.record
        low = record.battery_pct is not None and record.battery_pct < RETURN_BATTERY_PCT
        if self._leg in {Phase.RETURN, Phase.LAND}:
            if self._leg is Phase.RETURN and self._holding and low:
                self._holding = False
                self._enter(Phase.RETURN)
            return
        if record.mode == "return":
            self._enter(Phase.RETURN)
        elif record.mode == "land":
            self._enter(Phase.LAND)
        elif low:
            self._holding = False
            self._enter(Phase.RETURN)

    # --- legs ---------------------------------------------------------------------------------------

    async def _fly_leg(self, now_s: float) -> None:
        match self._leg:
            case Phase.CLIMB:
                await self._climb(now_s)
            case Phase.TRANSIT:
                await self._transit(now_s)
            case Phase.ON_SCENE:
                await self._stay(now_s)
            case Phase.RETURN:
                await self._go_home(now_s)
            case Phase.LAND if not self._ordered:
                await self._leg_order(now_s, self.link.land_now)

    async def _climb(self, now_s: float) -> None:
        if self.link.record.altitude_m >= self._altitude_m - CLIMBED_M:
            self._enter(Phase.TRANSIT)
            await self._transit(now_s)
        elif not self._ordered:
            here = self.link.record.position or self.link.vehicle.dock
            await self._leg_order(now_s, lambda: self._go(here))

    async def _transit(self, now_s: float) -> None:
        if not self._ordered:
            await self._leg_order(now_s, lambda: self._go(self._target))
        elif self._away_m(self._target) <= ARRIVED_M:
            self._enter(Phase.ON_SCENE)
            self._ordered = True
            await self._mind_camera(now_s)

    async def _stay(self, now_s: float) -> None:
        if self._on_scene_s is None:
            self._on_scene_s = now_s
        if now_s - self._on_scene_s >= self._plan.on_scene_max_s:
            self._enter(Phase.RETURN)
            await self._go_home(now_s)
        elif not self._ordered:
            await self._leg_order(now_s, lambda: self._go(self._target))

    async def _go_home(self, now_s: float) -> None:
        if not self._ordered:
            await self._secure_camera()
            await self._leg_order(now_s, self.link.return_to_dock)

    async def _go(self, place: Position) -> Outcome:
        return await self.link.go_to(place, self._altitude_m, self._plan.speed_m_s)

    async def _leg_order(self, now_s: float, make: Callable[[], Awaitable[Outcome]]) -> None:
        """Give the order of the present leg, unless an interrupt changed the leg meanwhile.

        A vehicle that refuses an outward leg is ordered home; one that refuses to return or land is asked again.
        """
        if now_s < self._again_s:
            return
        leg = self._leg
        async with self._turn:
            if self._leg is not leg or self._holding:
                return
            outcome = await make()
            if self._leg is not leg or self._holding:
                return
            self._ordered = not isinstance(outcome, Refusal)
        if isinstance(outcome, Refusal):
            self._again_s = self._loop.time() + COMMAND_AGAIN_S
            if outcome.rule == "command_refused":
                self._refusal = outcome
                if leg not in {Phase.RETURN, Phase.LAND}:
                    self._enter(Phase.RETURN)

    async def _order(self, make: Callable[[], Awaitable[Outcome]]) -> Outcome:
        async with self._turn:
            return await make()

    # --- camera -------------------------------------------------------------------------------------

    def allow_camera(self, *, allowed: bool) -> None:
        """Say whether an authorisation lets the camera look on scene; heeded at the next look."""
        if allowed is not self._camera_allowed:
            self._camera_allowed = allowed
            self._wake.set()

    async def _mind_camera(self, now_s: float) -> None:
        """Look down and record on scene, level and off everywhere else, and correct what is not so."""
        position = self.link.record.position
        wanted = (
            self._camera_allowed
            and self._leg is Phase.ON_SCENE
            and position is not None
            and self._may_look(position)
            and self._may_look(self._target)
        )
        if now_s < self._camera_again_s:
            return
        if wanted and not self._camera_on:
            self._moved_at_report = self.link.record.gimbal_reports
            down, started = await asyncio.gather(
                self.link.set_gimbal_pitch(SCENE_PITCH_DEG), self.link.start_recording()
            )
            self._camera_on = bool(down) and bool(started)
            self._camera_again_s = 0.0 if self._camera_on else now_s + COMMAND_AGAIN_S
        elif not wanted and not self._is_leaving and (self._camera_on or not self._camera_is_safe()):
            self._camera_again_s = now_s + COMMAND_AGAIN_S
            await self._order_camera_safe()

    async def _secure_camera(self) -> None:
        """Level and stop the camera, and wait a bounded time until telemetry says so."""
        if not self._camera_on and self._camera_is_safe():
            return
        await self._order_camera_safe()
        until_s = self._loop.time() + LEVEL_WAIT_S
        while not self._camera_is_safe() and self._loop.time() < until_s:  # noqa: ASYNC110  the event is the loop's
            await asyncio.sleep(_LEVEL_POLL_S)

    async def _order_camera_safe(self) -> None:
        stopped, _ = await asyncio.gather(self.link.stop_recording(), self.link.set_gimbal_pitch(LEVEL_PITCH_DEG))
        self._moved_at_report = self.link.record.gimbal_reports
        self._camera_on = self._camera_on and not stopped

    def _camera_is_safe(self) -> bool:
        record = self.link.record
        pitch_deg = record.gimbal_pitch_deg
        fresh = record.gimbal_reports > self._moved_at_report
        return not record.recording and (pitch_deg is None or (fresh and abs(pitch_deg) <= LEVEL_TOLERANCE_DEG))

    @property
    def _is_leaving(self) -> bool:
        """Whether the return is about to secure the camera itself, and wait for it."""
        return self._leg is Phase.RETURN and not self._ordered and not self._holding

    def _may_look(self, place: Position) -> bool:
        return distance_m(place, self.scene.centre) <= self.scene.radius_m - SCENE_MARGIN_M

    # --- helicopter ---------------------------------------------------------------------------------

    async def _yields_to_helicopter(self, now_s: float) -> bool:
        """Descend to the floor and hold while a helicopter is announced here; return whether it is so."""
        record = self.link.record
        position = record.position
        landing = self._leg is Phase.LAND or (
            self._leg is Phase.RETURN and self._away_m(self.link.vehicle.dock) <= 2 * DOCK_RADIUS_M
        )
        if position is None or landing or not self._airspace.covers(position, self.link.clock.now()):
            if self._yield_s is not None:
                self._yield_s = None
                self._enter(self._leg)
                self._tell(self._shown())
            return False
        if self._yield_s is None:
            self._yield_s, self._yielded = now_s, False
            self._tell(Phase.HOLD)
        if not self._yielded:
            low = record.altitude_m <= self._floor_m
            outcome = await self._order(
                self.link.hold if low else lambda: self.link.go_to(position, self._floor_m, -1.0)
            )
            self._yielded = bool(outcome)
        if record.altitude_m > self._floor_m + FLOOR_TOLERANCE_M and now_s - self._yield_s > HELICOPTER_CLEAR_S:
            self._enter(Phase.LAND)
            return False
        return True

    # --- ends ---------------------------------------------------------------------------------------

    async def _finish(self) -> FlightEnd:
        """It stands on the ground: in its dock, somewhere else, or it never lifted off."""
        if self.link.record.armed:
            await self.link.disarm()
        if self._away_m(self.link.vehicle.dock) > DOCK_RADIUS_M:
            return self._end("landed_away")
        await self.link.close_dock()
        self._tell(Phase.DOCK)
        return self._end("docked" if self._was_airborne or not self._ordered else "failed")

    def _end(self, how: str) -> FlightEnd:
        return FlightEnd(
            mission_id=self.token.mission_id,
            drone_id=self.link.drone_id,
            how=how,
            aborted=self._aborted,
            refusal=self._refusal,
        )

    def _enter(self, leg: Phase) -> None:
        self._leg = leg
        self._ordered = False
        self._again_s = 0.0
        if self._lost_s is None:
            self._tell(leg)
        self._wake.set()

    def _shown(self) -> Phase:
        """The phase people see: a drone held over its scene is still on scene, and its picture stays."""
        position = self.link.record.position
        looking = self._leg is Phase.ON_SCENE and position is not None and self._may_look(position)
        return Phase.HOLD if self._holding and not looking else self._leg

    def _tell(self, phase: Phase) -> None:
        if phase is not self._told:
            self._told = phase
            self._on_phase(self.token.mission_id, self.link.drone_id, phase, self.link.clock.now())

    def _away_m(self, place: Position) -> float:
        position = self.link.record.position
        return float("inf") if position is None else distance_m(position, place)

    def _not_now(self, what: str) -> Refusal:
        return Refusal(rule="not_now", detail=f"{what} is not possible during {self._told or self._leg}")
