"""What the vehicle does with an order: MAVLink command in, new physical state and a MAV_RESULT out."""

import math
from collections.abc import Callable, Sequence

from msgspec.structs import replace
from pymavlink.dialects.v20 import common as mavlink

from necmergitur.governance.constants import TRANSIT_ALTITUDE_M
from necmergitur.kernel.geo import LocalPlane, Position, ring_contains
from necmergitur.sim.fleet import physics
from necmergitur.sim.fleet.constants import (
    CELLS_EMPTY_V,
    CELLS_FULL_V,
    FENCE_MARGIN_M,
    GIMBAL_DOWN_DEG,
    GIMBAL_UP_DEG,
)
from necmergitur.sim.fleet.physics import Body, Goal

ACCEPTED = int(mavlink.MAV_RESULT_ACCEPTED)
DENIED = int(mavlink.MAV_RESULT_DENIED)
FAILED = int(mavlink.MAV_RESULT_FAILED)
UNSUPPORTED = int(mavlink.MAV_RESULT_UNSUPPORTED)
IN_PROGRESS = int(mavlink.MAV_RESULT_IN_PROGRESS)
TEMPORARILY_REJECTED = int(mavlink.MAV_RESULT_TEMPORARILY_REJECTED)

# Height of the docks above mean sea level: absolute altitudes on the wire are this plus the height above dock.
DOCK_ELEVATION_M = 35.0
CEILING_PARAM = "FENCE_ALT_MAX"
TAKEOFF_ALTITUDE_PARAM = "MIS_TAKEOFF_ALT"

_ABSOLUTE_FRAMES = (int(mavlink.MAV_FRAME_GLOBAL), int(mavlink.MAV_FRAME_GLOBAL_INT))
_INT32_UNSET = 0x7FFFFFFF
_MAX_LAT_E7, _MAX_LON_E7 = 900_000_000, 1_800_000_000
# PX4 custom modes (main, sub), as MAVSDK and QGroundControl read them.
_MODES = {
    Goal.IDLE: (4, 1),
    Goal.TAKE_OFF: (4, 2),
    Goal.GO: (4, 3),
    Goal.HOLD: (4, 3),
    Goal.RETURN: (4, 5),
    Goal.LAND: (4, 6),
}


class Autopilot:
    """State and order book of one vehicle; no socket and no clock."""

    def __init__(self, dock: Position) -> None:
        self.plane = LocalPlane(dock)
        self.body = Body()
        self.fence: tuple[Position, ...] = ()
        self.params: dict[str, float] = {CEILING_PARAM: 120.0, TAKEOFF_ALTITUDE_PARAM: TRANSIT_ALTITUDE_M}
        self.motors_refused = False

    # --- reading ------------------------------------------------------------------------------------

    @property
    def position(self) -> Position:
        """True position (a GPS glitch falsifies the report, not this)."""
        return self.plane.to_position(self.body.x_m, self.body.y_m)

    @property
    def custom_mode(self) -> int:
        """PX4 custom mode."""
        main, sub = _MODES[self.body.goal]
        return main << 16 | sub << 24

    @property
    def voltage_v(self) -> float:
        """Battery voltage, linear in charge."""
        return CELLS_EMPTY_V + (CELLS_FULL_V - CELLS_EMPTY_V) * self.body.battery_pct / 100.0

    # --- time ---------------------------------------------------------------------------------------

    def advance(self, dt_s: float, wind: physics.Wind) -> bool:
        """Fly on for `dt_s`; return whether the fence was crossed and made the vehicle turn home."""
        self.body = physics.step(self.body, dt_s, wind)
        body = self.body
        if not body.armed or body.landed or body.goal in (Goal.RETURN, Goal.LAND) or self._inside_fence():
            return False
        self.body = physics.secure_camera(physics.return_home(body))
        return True

    def lose_ground(self) -> None:
        """The lost-link failsafe: camera level, recording off, return."""
        if self.body.armed and not self.body.landed and self.body.goal not in (Goal.RETURN, Goal.LAND):
            self.body = physics.secure_camera(physics.return_home(self.body))

    def _inside_fence(self) -> bool:
        if not self.fence:
            return True
        if self.body.altitude_m > self.params[CEILING_PARAM] + FENCE_MARGIN_M:
            return False
        return self._in_ring(self.body.x_m, self.body.y_m, FENCE_MARGIN_M)

    def _in_ring(self, x_m: float, y_m: float, margin_m: float) -> bool:
        """Even-odd test with a margin, by testing four points around as well."""
        around = ((0.0, 0.0), (margin_m, 0.0), (-margin_m, 0.0), (0.0, margin_m), (0.0, -margin_m))
        return any(ring_contains(self.fence, self.plane.to_position(x_m + dx, y_m + dy)) for dx, dy in around)

    # --- orders -------------------------------------------------------------------------------------

    def execute(self, command: int, p: Sequence[float]) -> int:
        """Carry out a COMMAND_LONG (params 1 to 7) and return the MAV_RESULT."""
        orders: dict[int, Callable[[], int]] = {
            mavlink.MAV_CMD_COMPONENT_ARM_DISARM: lambda: self._arm() if p[0] == 1.0 else self._disarm(),
            mavlink.MAV_CMD_NAV_TAKEOFF: lambda: self._take_off(p[6]),
            mavlink.MAV_CMD_DO_SET_MODE: lambda: self._set_mode(int(p[1]), int(p[2])),
            mavlink.MAV_CMD_NAV_RETURN_TO_LAUNCH: lambda: self._in_air(physics.return_home),
            mavlink.MAV_CMD_NAV_LAND: lambda: self._in_air(physics.land),
            mavlink.MAV_CMD_DO_PAUSE_CONTINUE: lambda: self._in_air(physics.hold) if p[0] == 0.0 else UNSUPPORTED,
            mavlink.MAV_CMD_DO_SET_RELAY: lambda: self._doors(p[0], p[1]),
            mavlink.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW: lambda: self._gimbal(p[0]),
            mavlink.MAV_CMD_VIDEO_START_CAPTURE: lambda: self._record(on=True),
            mavlink.MAV_CMD_VIDEO_STOP_CAPTURE: lambda: self._record(on=False),
        }
        order = orders.get(command)
        return UNSUPPORTED if order is None else order()

    def reposition(self, frame: int, p: Sequence[float], lat_e7: int, lon_e7: int, altitude_m: float) -> int:
        """Carry out a COMMAND_INT DO_REPOSITION and return the MAV_RESULT. A place outside the fence is denied."""
        body = self.body
        if not body.armed or body.landed:
            return TEMPORARILY_REJECTED
        x_m, y_m = body.x_m, body.y_m
        if _INT32_UNSET not in {lat_e7, lon_e7}:
            if abs(lat_e7) > _MAX_LAT_E7 or abs(lon_e7) > _MAX_LON_E7:
                return DENIED
            x_m, y_m = self.plane.to_xy(Position(lon_e7 / 1e7, lat_e7 / 1e7))
        if math.isnan(altitude_m):
            altitude_m = body.altitude_m
        elif frame in _ABSOLUTE_FRAMES:
            altitude_m -= DOCK_ELEVATION_M
        if self.fence and not self._in_ring(x_m, y_m, FENCE_MARGIN_M):
            return DENIED
        if altitude_m > self.params[CEILING_PARAM] or altitude_m < 1.0:
            return DENIED
        speed = p[0] if math.isfinite(p[0]) and p[0] > 0 else None
        self.body = physics.go(body, x_m, y_m, altitude_m, speed)
        return ACCEPTED

    def _arm(self) -> int:
        if self.motors_refused:
            return FAILED
        if not self.body.armed and not self.body.landed:
            return DENIED
        self.body = replace(self.body, armed=True)
        return ACCEPTED

    def _disarm(self) -> int:
        if self.body.armed and not self.body.landed:
            return DENIED
        self.body = replace(self.body, armed=False, goal=Goal.IDLE)
        return ACCEPTED

    def _take_off(self, altitude_m: float) -> int:
        if not self.body.armed or (self.body.docked and self.body.doors < 1.0):
            return TEMPORARILY_REJECTED
        if not self.body.landed:
            return ACCEPTED  # a repeated order: already climbing or flying
        # MAVSDK leaves the height to the vehicle for PX4 (NaN), ArduPilot and we give it above home.
        if math.isnan(altitude_m) or altitude_m <= 0:
            altitude_m = self.params[TAKEOFF_ALTITUDE_PARAM]
        if altitude_m > self.params[CEILING_PARAM]:
            return DENIED
        self.body = physics.take_off(self.body, altitude_m)
        return ACCEPTED

    def _set_mode(self, main: int, sub: int) -> int:
        if (main, sub) == (4, 2):
            return self._take_off(math.nan)
        orders = {(4, 3): physics.hold, (4, 5): physics.return_home, (4, 6): physics.land}
        order = orders.get((main, sub))
        return UNSUPPORTED if order is None else self._in_air(order)

    def _in_air(self, order: physics.Order) -> int:
        if not self.body.armed or self.body.landed:
            return TEMPORARILY_REJECTED
        self.body = order(self.body)
        return ACCEPTED

    def _doors(self, relay: float, state: float) -> int:
        if relay != 0.0:
            return UNSUPPORTED
        if state == 0.0 and not self.body.landed:
            return DENIED
        self.body = replace(self.body, doors_goal=1.0 if state else 0.0)
        return ACCEPTED if self.body.doors == self.body.doors_goal else IN_PROGRESS

    def _record(self, *, on: bool) -> int:
        self.body = replace(self.body, recording=on)
        return ACCEPTED

    def _gimbal(self, pitch_deg: float) -> int:
        if not GIMBAL_DOWN_DEG <= pitch_deg <= GIMBAL_UP_DEG:
            return DENIED
        self.body = replace(self.body, gimbal_goal_deg=pitch_deg)
        return ACCEPTED
