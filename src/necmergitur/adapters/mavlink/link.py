"""Every order the ground may give a vehicle, each awaited until the vehicle acknowledges it.

`Link.arm` is the only place that sends an arm order. It refuses without a valid mission token, without a fence
read back from the vehicle equal to the token's volume, and for a mission that was flown before.
"""

from collections.abc import Callable

from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.arming import SpentMissions
from necmergitur.adapters.mavlink.channel import Channel, Vehicle
from necmergitur.adapters.mavlink.commands import Outcome
from necmergitur.adapters.mavlink.constants import (
    AUTOPILOT_COMPONENT_ID,
    DEGREES_E7,
    MIN_ARM_BATTERY_PCT,
)
from necmergitur.adapters.mavlink.fence import Fence, fence_of
from necmergitur.dispatch.tokens import MissionToken, Verifier, Volume, check
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId
from necmergitur.kernel.refusal import Refusal

_NAN = float("nan")
_RELATIVE_ALT = int(mavlink.MAV_FRAME_GLOBAL_RELATIVE_ALT_INT)
_CHANGE_MODE = int(mavlink.MAV_DO_REPOSITION_FLAGS_CHANGE_MODE)


class Link(Channel):
    """A channel that can give orders. Each order returns True once acknowledged, or a Refusal.

    Refusals common to all: `link_lost`, `command_refused` (with the vehicle's result), `command_timeout`.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        *,
        verifier: Verifier,
        clock: Clock,
        spent: SpentMissions,
        on_change: Callable[[DroneId], None] | None = None,
    ) -> None:
        """`spent` is shared by all links, so that one mission arms one vehicle, once."""
        super().__init__(vehicle, clock=clock, on_change=on_change)
        self._verifier = verifier
        self._spent = spent
        self._arming = False

    # --- before the flight (reversible, no token) ---------------------------------------------------

    async def open_dock(self) -> Outcome:
        """Open the dock's doors; True when they are open (at once for a pad without doors)."""
        return await self._dock(1)

    async def close_dock(self) -> Outcome:
        """Close the dock's doors."""
        return await self._dock(0)

    async def upload_fence(self, volume: Volume) -> Outcome:
        """Store `volume` on the vehicle. Refusals: `fence_rejected`, `fence_timeout`, `link_lost`."""
        if not self.connected:
            return self._lost()
        return await self.fence.upload(fence_of(volume))

    async def read_fence(self) -> Fence | Refusal:
        """Return the fence the vehicle holds. Refusals: `fence_unreadable`, `fence_timeout`, `link_lost`."""
        if not self.connected:
            return self._lost()
        return await self.fence.read()

    def check_token(self, token: MissionToken) -> MissionToken | Refusal:
        """Return the token if it would let this vehicle arm now, before anything is asked of the vehicle.

        Refusals: `token_*`, `mission_already_flown`, `drone_already_flying`, `not_ready`, `not_in_dock`, `link_lost`.
        """
        checked = check(token, self.drone_id, self.clock.now(), self._verifier)
        if isinstance(checked, Refusal):
            return checked
        if token.mission_id in self._spent:
            return Refusal(rule="mission_already_flown", detail=f"mission {token.mission_id} already armed a vehicle")
        if not self.connected:
            return self._lost()
        record = self.record
        if record.armed or self._arming:
            return Refusal(rule="drone_already_flying", detail=f"{self.drone_id} is armed")
        if not record.complete:
            return Refusal(rule="not_ready", detail=f"{self.drone_id} has not told its whole state yet")
        if not self.in_dock:
            return Refusal(rule="not_in_dock", detail=f"{self.drone_id} does not stand in its dock")
        if record.battery_pct is None or record.battery_pct < MIN_ARM_BATTERY_PCT:
            return Refusal(
                rule="not_ready", detail=f"{self.drone_id} has {record.battery_pct} % of {MIN_ARM_BATTERY_PCT} %"
            )
        return token

    # --- arming -------------------------------------------------------------------------------------

    async def arm(self, token: MissionToken) -> Outcome:
        """Arm for the mission of `token`, once.

        Refusals: those of `check_token`, `fence_mismatch` when the fence read back from the vehicle is not the
        token's volume, those of `read_fence`, and `command_refused` when the vehicle says no.
        """
        checked = self.check_token(token)
        if isinstance(checked, Refusal):
            return checked
        self._arming = True
        try:
            held = await self.read_fence()
            if isinstance(held, Refusal):
                return held
            if not holds(held, token.volume):
                return Refusal(rule="fence_mismatch", detail=f"{self.drone_id} does not hold the fence of its token")
            # Reading the fence took time: the window and the register are looked at again, with no await
            # between this look and the claim.
            checked = check(token, self.drone_id, self.clock.now(), self._verifier)
            if isinstance(checked, Refusal):
                return checked
            if not self._spent.claim(token.mission_id):
                return Refusal(rule="mission_already_flown", detail=f"mission {token.mission_id} already armed")
            outcome = await self._long(mavlink.MAV_CMD_COMPONENT_ARM_DISARM, 1.0)
            if isinstance(outcome, Refusal) and outcome.rule == "command_refused":
                self._spent.release(token.mission_id)
            return outcome
        finally:
            self._arming = False

    async def disarm(self) -> Outcome:
        """Stop the motors on the ground (a vehicle in the air refuses)."""
        return await self._long(mavlink.MAV_CMD_COMPONENT_ARM_DISARM, 0.0)

    # --- in the air ---------------------------------------------------------------------------------

    async def take_off(self, altitude_m: float) -> Outcome:
        """Climb straight up to `altitude_m` above the dock."""
        return await self._long(mavlink.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, _NAN, 0, 0, altitude_m)

    async def go_to(self, position: Position, altitude_m: float, speed_m_s: float) -> Outcome:
        """Fly to `position` at `altitude_m` above the dock and `speed_m_s` over ground, and hold there."""
        return await self._int(
            mavlink.MAV_CMD_DO_REPOSITION, position, altitude_m, speed_m_s, float(_CHANGE_MODE), 0.0, _NAN
        )

    async def hold(self) -> Outcome:
        """Stop and stay."""
        return await self._long(mavlink.MAV_CMD_DO_PAUSE_CONTINUE, 0.0)

    async def set_altitude(self, altitude_m: float, at: Position) -> Outcome:
        """Climb or descend to `altitude_m` above the dock, over `at`."""
        return await self.go_to(at, altitude_m, -1.0)

    async def return_to_dock(self) -> Outcome:
        """Fly home and land in the dock."""
        return await self._long(mavlink.MAV_CMD_NAV_RETURN_TO_LAUNCH)

    async def land_now(self) -> Outcome:
        """Land where it is."""
        return await self._long(mavlink.MAV_CMD_NAV_LAND, 0, 0, 0, _NAN, 0, 0, 0)

    # --- camera -------------------------------------------------------------------------------------

    async def set_gimbal_pitch(self, pitch_deg: float) -> Outcome:
        """Point the camera: 0 level, -90 straight down."""
        return await self._long(mavlink.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, pitch_deg, 0.0, _NAN, _NAN, 0, 0, 0)

    async def start_recording(self) -> Outcome:
        """Start the video capture that feeds the live picture."""
        return await self._long(mavlink.MAV_CMD_VIDEO_START_CAPTURE, 0, 1.0, component=self.vehicle.camera_component_id)

    async def stop_recording(self) -> Outcome:
        """Stop the video capture."""
        return await self._long(mavlink.MAV_CMD_VIDEO_STOP_CAPTURE, 0, component=self.vehicle.camera_component_id)

    # --- plumbing -----------------------------------------------------------------------------------

    async def _dock(self, state: int) -> Outcome:
        if self.vehicle.dock_relay is None:
            return True
        return await self._long(mavlink.MAV_CMD_DO_SET_RELAY, float(self.vehicle.dock_relay), float(state))

    async def _long(self, command: int, *params: float, component: int = AUTOPILOT_COMPONENT_ID) -> Outcome:
        if not self.connected:
            return self._lost()
        p = (*params, *(0.0,) * (7 - len(params)))
        system = self.vehicle.system_id
        return await self.commander.run(
            command, lambda n: mavlink.MAVLink_command_long_message(system, component, command, n, *p)
        )

    async def _int(self, command: int, position: Position, altitude_m: float, *params: float) -> Outcome:
        if not self.connected:
            return self._lost()
        x, y = round(position.lat * DEGREES_E7), round(position.lon * DEGREES_E7)
        system = self.vehicle.system_id
        return await self.commander.run(
            command,
            lambda _: mavlink.MAVLink_command_int_message(
                system, AUTOPILOT_COMPONENT_ID, _RELATIVE_ALT, command, 0, 0, *params, x, y, altitude_m
            ),
        )

    def _lost(self) -> Refusal:
        return Refusal(rule="link_lost", detail=f"no word from {self.drone_id}")


def holds(held: Fence, volume: Volume) -> bool:
    """Return whether a fence read back from a vehicle is exactly `volume`."""
    return held.matches(fence_of(volume))
