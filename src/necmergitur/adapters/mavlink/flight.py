"""The rehearsed flight of one mission: launch, the legs of `cruise`, and what a pilot may interrupt it with."""

import asyncio
from typing import Literal

from necmergitur.adapters.mavlink.commands import Outcome
from necmergitur.adapters.mavlink.constants import ADOPTION_WAIT_S, LEVEL_PITCH_DEG, MIN_ALTITUDE_M, TICK_S
from necmergitur.adapters.mavlink.cruise import Cruise
from necmergitur.adapters.mavlink.link import holds
from necmergitur.adapters.mavlink.phases import FlightEnd, Phase
from necmergitur.kernel.geo import Position, ring_contains
from necmergitur.kernel.refusal import Refusal


class Flight(Cruise):
    """One mission of one vehicle. `run` flies it; the other public coroutines interrupt it."""

    # --- the whole flight ---------------------------------------------------------------------------

    async def run(self) -> FlightEnd | Refusal:
        """Launch, fly and dock. A Refusal means it never left the ground."""
        launched = await self._launch()
        if launched is not True:
            return launched
        return await self._until_landed()

    async def adopt(self) -> FlightEnd | Refusal:
        """Take over a vehicle that flies this mission already (after a restart); never arms.

        A vehicle on the ground ends the flight at once; one that holds another fence than the token's is
        ordered home.
        """
        record = self.link.record
        until_s = self._loop.time() + ADOPTION_WAIT_S
        while not record.complete and self._loop.time() < until_s:  # noqa: ASYNC110  bounded; the event is the loop's
            await asyncio.sleep(TICK_S)
        if not record.complete:
            return Refusal(rule="link_lost", detail=f"no word from {self.link.drone_id}")
        if not record.airborne:
            return await self._finish()
        self._was_airborne = True
        held = await self.link.read_fence()
        fenced = not isinstance(held, Refusal) and holds(held, self.token.volume)
        # Climb first where it is: a straight line from a low height may meet a roof.
        self._enter(Phase.CLIMB if fenced and record.mode != "return" else Phase.RETURN)
        self._camera_on = record.recording
        return await self._until_landed()

    # --- interrupts ---------------------------------------------------------------------------------

    async def hold(self) -> Outcome:
        """Stop and stay until `resume`. Refused on the ground and while returning or landing by itself."""
        if self._leg not in {Phase.CLIMB, Phase.TRANSIT, Phase.ON_SCENE, Phase.RETURN}:
            return self._not_now("hold")
        self._holding = True
        outcome = await self._order(self.link.hold)
        if isinstance(outcome, Refusal):
            self._holding = False
        else:
            self._ordered = False
            self._tell(self._shown())
        return outcome

    async def resume(self) -> Outcome:
        """Go on with the leg that was held; a drone that was not held goes on anyway."""
        if not self._holding:
            return True if self._yield_s is None else self._not_now("resume")
        self._holding = False
        self._enter(self._leg)
        return True

    async def descend(self, altitude_m: float) -> Outcome:
        """Go to another height above the dock, over the same place (lower or higher, inside the volume)."""
        ceiling_m = self.token.volume.ceiling_m
        if not MIN_ALTITUDE_M <= altitude_m <= ceiling_m:
            return Refusal(rule="altitude_outside_volume", detail=f"between {MIN_ALTITUDE_M} and {ceiling_m} m")
        if self._leg not in {Phase.TRANSIT, Phase.ON_SCENE} or self._yield_s is not None:
            return self._not_now("descend")
        place = self.link.record.position if self._holding else self._target
        if place is None:
            return self._not_now("descend")
        outcome = await self._order(lambda: self.link.go_to(place, altitude_m, self._plan.speed_m_s))
        if outcome:
            self._altitude_m = altitude_m
        return outcome

    async def move(self, position: Position) -> Outcome:
        """Look at another place inside the volume. Outside the scene's radius the camera is level and off."""
        if not ring_contains(self.token.volume.ring, position):
            return Refusal(rule="target_outside_volume", detail="the place is outside the mission's volume")
        if self._leg is not Phase.ON_SCENE or self._yield_s is not None:
            return self._not_now("move")
        previous, self._target = self._target, position
        if not self._may_look(position):
            await self._secure_camera()
        outcome = await self._order(lambda: self.link.go_to(position, self._altitude_m, self._plan.speed_m_s))
        if outcome:
            self._holding = False
        else:
            self._target = previous
        return outcome

    async def abort(self) -> Outcome:
        """Camera level, recording off, return to the dock; before arming, stay in it.

        A drone held on its way home goes on; one that lands because its pilot said so turns home; one that lands by
        itself is left to it.
        """
        self._aborted = True
        held, self._holding = self._holding, False
        going = self._leg is Phase.RETURN and not held
        if self._leg is not Phase.OPEN_DOCK and not going and (self._leg is not Phase.LAND or self._land_asked):
            self._land_asked = False
            self._enter(Phase.RETURN)
        return True

    async def land_now(self) -> Outcome:
        """Land where it is. Not kept for later when the link is lost: by then it may be over a street."""
        if self._leg is Phase.OPEN_DOCK:
            return await self.abort()
        outcome = await self._order(self.link.land_now)
        if isinstance(outcome, Refusal) and outcome.rule == "link_lost":
            return outcome
        self._aborted = True
        self._holding = False
        self._land_asked = True
        self._enter(Phase.LAND)
        self._ordered = bool(outcome)
        return outcome

    # --- launch -------------------------------------------------------------------------------------

    async def _launch(self) -> FlightEnd | Refusal | Literal[True]:
        """Bring the vehicle into the air. True, or why it is still on the ground."""
        link = self.link
        self._tell(Phase.OPEN_DOCK)
        prepared = await asyncio.gather(
            link.open_dock(), link.upload_fence(self.token.volume), link.set_gimbal_pitch(LEVEL_PITCH_DEG)
        )
        refusal = next((outcome for outcome in prepared if isinstance(outcome, Refusal)), None)
        if refusal is None and not self._aborted:
            refusal = self._closed_air()
        if refusal is not None or self._aborted:
            await link.close_dock()
            return self._end("docked") if refusal is None else refusal
        armed = await link.arm(self.token)
        if isinstance(armed, Refusal):
            await self._stand_down()
            return armed
        if self._was_aborted():
            await self._stand_down()
            return self._end("docked")
        self._leg = Phase.CLIMB
        taken_off = await link.take_off(self._altitude_m)
        if isinstance(taken_off, Refusal) and link.connected and not link.record.airborne:
            await self._stand_down()
            return taken_off
        self._began_s = self._loop.time()
        self._ordered = True
        self._tell(Phase.CLIMB)
        if self._was_aborted():
            self._enter(Phase.RETURN)
        return True

    def _was_aborted(self) -> bool:
        """An abort may come while the launch awaits the vehicle (a method, so that it is read afresh)."""
        return self._aborted

    async def _stand_down(self) -> None:
        """Make sure that a vehicle that does not go is disarmed behind closed doors."""
        await self.link.disarm()
        await self.link.close_dock()

    def _closed_air(self) -> Refusal | None:
        if self._airspace.crosses(self.link.vehicle.dock, self._plan.target, self.link.clock.now()):
            return Refusal(rule="helicopter_in_area", detail="a helicopter is announced between the dock and the scene")
        return None
