"""Flight of one vehicle: a pure step from state to state, with no clock, socket or random number in it.

Axes: x east, y north, z up, in metres from the dock. The same step serves the MAVLink vehicle and any virtual
clock. Bounded acceleration, speed over ground limited by airspeed in wind, gust drift, battery and gimbal.
"""

import math
from collections.abc import Callable
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from necmergitur.dispatch.flight_time import (
    ACCEL_M_S2,
    CHARGE_S,
    CLIMB_M_S,
    CRUISE_M_S,
    DOCK_OPEN_S,
    MISSION_DRAIN_PCT,
)
from necmergitur.sim.fleet.constants import (
    AT_DOCK_M,
    CLIMB_DRAIN_FACTOR,
    CLIMBING_M_S,
    CRITICAL_BATTERY_LAND_PCT,
    DESCENT_M_S,
    DRIFT_SHARE,
    FINAL_DESCENT_BELOW_M,
    FINAL_DESCENT_M_S,
    GIMBAL_RATE_DEG_S,
    HOVER_DRAIN_PCT_PER_S,
    LOW_BATTERY_RETURN_PCT,
    MAX_AIRSPEED_M_S,
    MAX_STEP_S,
    SPEED_DRAIN_PER_M_S_SQUARED,
)

_CHARGE_PCT_PER_S = MISSION_DRAIN_PCT / CHARGE_S
_AT_REST_M_S = 0.2
_AT_HOME_M = 0.3


class Goal(StrEnum):
    """What the autopilot is doing."""

    IDLE = "idle"
    TAKE_OFF = "take_off"
    GO = "go"
    HOLD = "hold"
    RETURN = "return"
    LAND = "land"


class Wind(msgspec.Struct, frozen=True):
    """Wind blowing towards east and north: the mean, and the gust on top of it, in m/s."""

    east_m_s: float = 0.0
    north_m_s: float = 0.0
    gust_east_m_s: float = 0.0
    gust_north_m_s: float = 0.0


CALM = Wind()
Order = Callable[["Body"], "Body"]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The whole physical state of one vehicle and its dock. Starts docked, doors closed, charged."""

    x_m: float = 0.0
    y_m: float = 0.0
    altitude_m: float = 0.0
    vx_m_s: float = 0.0
    vy_m_s: float = 0.0
    vz_m_s: float = 0.0
    heading_deg: float = 0.0
    battery_pct: float = 100.0
    armed: bool = False
    goal: Goal = Goal.IDLE
    goal_x_m: float = 0.0
    goal_y_m: float = 0.0
    goal_altitude_m: float = 0.0
    goal_speed_m_s: float = CRUISE_M_S
    gimbal_pitch_deg: float = 0.0
    gimbal_goal_deg: float = 0.0
    recording: bool = False
    doors: float = 0.0  # 0 closed, 1 open
    doors_goal: float = 0.0

    @property
    def landed(self) -> bool:
        """Whether it stands on the ground (a closed form of "altitude zero and not climbing")."""
        return self.altitude_m <= 0.0 and self.goal is not Goal.TAKE_OFF

    @property
    def docked(self) -> bool:
        """Whether it stands in its own dock."""
        return self.landed and math.hypot(self.x_m, self.y_m) < AT_DOCK_M


def step(body: Body, dt_s: float, wind: Wind = CALM) -> Body:
    """Return the state `dt_s` seconds later (any length; cut into steps of 0.1 s at most)."""
    if dt_s < 0:
        raise ValueError(f"time does not run backwards: {dt_s}")
    count = max(1, math.ceil(dt_s / MAX_STEP_S - 1e-9))
    for _ in range(count):
        body = _step(body, dt_s / count, wind)
    return body


def at_rest(body: Body) -> bool:
    """Return whether a step would change nothing but the battery (lets a server skip the arithmetic)."""
    return (
        not body.armed
        and body.landed
        and body.doors == body.doors_goal
        and body.gimbal_pitch_deg == body.gimbal_goal_deg
    )


def go(body: Body, x_m: float, y_m: float, altitude_m: float, speed_m_s: float | None = None) -> Body:
    """Return the state after an order to go to a place and hold there."""
    speed = body.goal_speed_m_s if speed_m_s is None else min(max(speed_m_s, 0.5), MAX_AIRSPEED_M_S)
    return replace(body, goal=Goal.GO, goal_x_m=x_m, goal_y_m=y_m, goal_altitude_m=altitude_m, goal_speed_m_s=speed)


def take_off(body: Body, altitude_m: float) -> Body:
    """Return the state after an order to climb straight up."""
    return replace(body, goal=Goal.TAKE_OFF, goal_x_m=body.x_m, goal_y_m=body.y_m, goal_altitude_m=altitude_m)


def hold(body: Body) -> Body:
    """Return the state after an order to stop: the braking distance ahead is where it will stand."""
    speed = math.hypot(body.vx_m_s, body.vy_m_s)
    ahead = speed / (2 * ACCEL_M_S2)
    return replace(
        body,
        goal=Goal.HOLD,
        goal_x_m=body.x_m + body.vx_m_s * ahead,
        goal_y_m=body.y_m + body.vy_m_s * ahead,
        goal_altitude_m=body.altitude_m,
    )


def return_home(body: Body) -> Body:
    """Return the state after an order, or a failsafe, to fly home and land."""
    return replace(
        body,
        goal=Goal.RETURN,
        goal_x_m=0.0,
        goal_y_m=0.0,
        goal_altitude_m=body.altitude_m,
        goal_speed_m_s=CRUISE_M_S,
    )


def land(body: Body) -> Body:
    """Return the state after an order to land where it is."""
    return replace(hold(body), goal=Goal.LAND)


def _step(body: Body, dt_s: float, wind: Wind) -> Body:
    doors = _towards(body.doors, body.doors_goal, dt_s / DOCK_OPEN_S)
    pitch = _towards(body.gimbal_pitch_deg, body.gimbal_goal_deg, GIMBAL_RATE_DEG_S * dt_s)
    if not body.armed or (body.landed and body.goal is not Goal.TAKE_OFF):
        charge = _CHARGE_PCT_PER_S * dt_s if body.docked and not body.armed else 0.0
        return replace(
            body,
            doors=doors,
            gimbal_pitch_deg=pitch,
            battery_pct=min(100.0, body.battery_pct + charge),
            vx_m_s=0.0,
            vy_m_s=0.0,
            vz_m_s=0.0,
        )
    body = _failsafe(body)
    vx, vy = _horizontal(body, dt_s, wind)
    vz = _vertical(body, dt_s)
    altitude = body.altitude_m + vz * dt_s
    air_speed = math.hypot(vx - wind.east_m_s, vy - wind.north_m_s)
    ground_speed = math.hypot(vx, vy)
    heading = math.degrees(math.atan2(vx, vy)) % 360.0 if ground_speed > 1.0 else body.heading_deg
    moved = replace(
        body,
        x_m=body.x_m + (vx + wind.gust_east_m_s * DRIFT_SHARE) * dt_s,
        y_m=body.y_m + (vy + wind.gust_north_m_s * DRIFT_SHARE) * dt_s,
        altitude_m=max(0.0, altitude),
        vx_m_s=vx,
        vy_m_s=vy,
        vz_m_s=vz,
        heading_deg=heading,
        battery_pct=max(0.0, body.battery_pct - _drain_pct_per_s(air_speed, vz) * dt_s),
        gimbal_pitch_deg=pitch,
        doors=doors,
    )
    return _settle(moved, altitude)


def _settle(body: Body, altitude_m: float) -> Body:
    """Touch down, or end a climb."""
    if altitude_m <= 0.0 and body.goal in (Goal.LAND, Goal.RETURN):
        return replace(
            body, armed=False, goal=Goal.IDLE, recording=False, gimbal_goal_deg=0.0, vx_m_s=0.0, vy_m_s=0.0, vz_m_s=0.0
        )
    if body.goal is Goal.TAKE_OFF and altitude_m >= body.goal_altitude_m - 0.1:
        return replace(body, goal=Goal.HOLD)
    return body


def _failsafe(body: Body) -> Body:
    """The vehicle's own battery rules, which no order overrides."""
    if body.goal in (Goal.LAND, Goal.IDLE):
        return body
    if body.battery_pct <= CRITICAL_BATTERY_LAND_PCT:
        return secure_camera(land(body))
    if body.battery_pct <= LOW_BATTERY_RETURN_PCT and body.goal is not Goal.RETURN:
        return secure_camera(return_home(body))
    return body


def secure_camera(body: Body) -> Body:
    """Return the state with the camera levelling and not recording: part of every failsafe."""
    return replace(body, gimbal_goal_deg=0.0, recording=False)


def _horizontal(body: Body, dt_s: float, wind: Wind) -> tuple[float, float]:
    """Return the next ground velocity: towards the goal, braking in time, within acceleration and airspeed."""
    dx, dy = body.goal_x_m - body.x_m, body.goal_y_m - body.y_m
    distance = math.hypot(dx, dy)
    speed = _approach(distance, body.goal_speed_m_s, dt_s)
    want_x, want_y = (dx / distance * speed, dy / distance * speed) if distance > 0.0 else (0.0, 0.0)
    ax, ay = want_x - body.vx_m_s, want_y - body.vy_m_s
    change = math.hypot(ax, ay)
    allowed = ACCEL_M_S2 * dt_s
    if change > allowed:
        ax, ay = ax * allowed / change, ay * allowed / change
    return _within_airspeed(body.vx_m_s + ax, body.vy_m_s + ay, wind)


def _within_airspeed(vx: float, vy: float, wind: Wind) -> tuple[float, float]:
    """Scale a ground velocity so that the air flows past at no more than the airframe's limit.

    In wind above that limit no scale helps and the vehicle is blown along, as a real one is.
    """
    air_x, air_y = vx - wind.east_m_s, vy - wind.north_m_s
    air = math.hypot(air_x, air_y)
    if air <= MAX_AIRSPEED_M_S:
        return vx, vy
    wind_speed_squared = wind.east_m_s**2 + wind.north_m_s**2
    ground_squared = vx * vx + vy * vy
    along = vx * wind.east_m_s + vy * wind.north_m_s
    inside = along * along - ground_squared * (wind_speed_squared - MAX_AIRSPEED_M_S**2)
    if ground_squared > 0.0 and inside >= 0.0:
        scale = (along + math.sqrt(inside)) / ground_squared
        if 0.0 <= scale <= 1.0:
            return vx * scale, vy * scale
    share = MAX_AIRSPEED_M_S / air
    return wind.east_m_s + air_x * share, wind.north_m_s + air_y * share


def _vertical(body: Body, dt_s: float) -> float:
    """Return the next vertical speed."""
    goal = body.goal_altitude_m
    if body.goal is Goal.LAND or (body.goal is Goal.RETURN and _is_home(body)):
        rate = FINAL_DESCENT_M_S if body.altitude_m < FINAL_DESCENT_BELOW_M else DESCENT_M_S
        want = -rate
    else:
        error = goal - body.altitude_m
        limit = CLIMB_M_S if error > 0 else DESCENT_M_S
        want = math.copysign(_approach(abs(error), limit, dt_s), error)
    allowed = ACCEL_M_S2 * dt_s
    return body.vz_m_s + max(-allowed, min(allowed, want - body.vz_m_s))


def _is_home(body: Body) -> bool:
    near = math.hypot(body.x_m, body.y_m) < (_AT_HOME_M if body.vz_m_s > -_AT_REST_M_S else AT_DOCK_M)
    return near and math.hypot(body.vx_m_s, body.vy_m_s) < 1.0


def _approach(distance_m: float, speed_m_s: float, dt_s: float) -> float:
    """Return the speed that brakes to rest exactly at the goal: sqrt(2 a d), less half a step's travel."""
    braking = math.sqrt(2.0 * ACCEL_M_S2 * distance_m + (ACCEL_M_S2 * dt_s) ** 2 / 4.0) - ACCEL_M_S2 * dt_s / 2.0
    return min(speed_m_s, braking, distance_m / dt_s if dt_s > 0 else speed_m_s)


def _drain_pct_per_s(air_speed_m_s: float, climb_m_s: float) -> float:
    factor = 1.0 + SPEED_DRAIN_PER_M_S_SQUARED * air_speed_m_s**2
    if climb_m_s > CLIMBING_M_S:
        factor *= CLIMB_DRAIN_FACTOR
    return HOVER_DRAIN_PCT_PER_S * factor


def _towards(value: float, goal: float, amount: float) -> float:
    return min(goal, value + amount) if goal > value else max(goal, value - amount)
