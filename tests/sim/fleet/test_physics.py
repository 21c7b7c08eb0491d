"""The simulated flight against closed forms: the figures dispatch counts on are the figures that are flown."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from necmergitur.dispatch.flight_time import (
    ACCEL_M_S2,
    CHARGE_S,
    CRUISE_M_S,
    DOCK_OPEN_S,
    LAUNCH_S,
    ON_SCENE_MAX_S,
    arrival_s,
    flight_time_s,
    launch_s,
)
from necmergitur.sim.fleet import physics
from necmergitur.sim.fleet.constants import LOW_BATTERY_RETURN_PCT, MAX_AIRSPEED_M_S
from necmergitur.sim.fleet.physics import Body, Goal, Wind

TICK_S = 0.125


def aloft(**changes: object) -> Body:
    return replace(Body(), armed=True, altitude_m=60.0, goal=Goal.HOLD, goal_altitude_m=60.0, **changes)


def time_until(body: Body, done: Callable[[Body], bool], wind: Wind = physics.CALM, limit_s: float = 3600.0) -> float:
    return fly(body, done, wind, limit_s)[0]


def fly(
    body: Body, done: Callable[[Body], bool], wind: Wind = physics.CALM, limit_s: float = 3600.0
) -> tuple[float, Body]:
    for tick in range(int(limit_s / TICK_S)):
        if done(body):
            return tick * TICK_S, body
        body = physics.step(body, TICK_S, wind)
    raise AssertionError(f"not within {limit_s} s: {body}")


@settings(max_examples=60, deadline=None)
@given(distance_m=st.floats(5.0, 2000.0), bearing=st.floats(0.0, math.tau))
def test_a_leg_takes_the_time_that_dispatch_counts_on(distance_m: float, bearing: float) -> None:
    x_m, y_m = distance_m * math.sin(bearing), distance_m * math.cos(bearing)
    there = time_until(
        physics.go(aloft(), x_m, y_m, 60.0, CRUISE_M_S),
        lambda b: math.hypot(b.x_m - x_m, b.y_m - y_m) < 0.3 and math.hypot(b.vx_m_s, b.vy_m_s) < 0.5,
    )
    assert there == pytest.approx(flight_time_s(distance_m), abs=0.4)


def test_dock_and_climb_take_twenty_seconds() -> None:
    doors = time_until(replace(Body(), doors_goal=1.0), lambda b: b.doors == 1.0)
    climb = time_until(physics.take_off(replace(Body(), armed=True), 60.0), lambda b: b.goal is Goal.HOLD)
    assert doors == pytest.approx(DOCK_OPEN_S, abs=TICK_S)
    assert doors + climb == pytest.approx(launch_s(), abs=0.3)
    assert pytest.approx(20.0, abs=0.1) == LAUNCH_S


@pytest.mark.parametrize(("distance_m", "expected_s"), [(256.0, 42.0), (404.0, 52.0)])
def test_the_published_distances_give_the_published_times(distance_m: float, expected_s: float) -> None:
    """p-median siting on Paris: mean 256 m and p95 404 m, 42 and 52 s on scene (design research on dispatch)."""
    assert arrival_s(distance_m) == pytest.approx(expected_s, abs=0.3)


@given(st.floats(0.0, 5000.0), st.floats(0.0, 5000.0))
def test_a_longer_flight_never_takes_less_time(a_m: float, b_m: float) -> None:
    near, far = sorted((a_m, b_m))
    assert flight_time_s(near) <= flight_time_s(far)


def test_the_two_speed_profiles_meet() -> None:
    at_limit = CRUISE_M_S**2 / ACCEL_M_S2
    assert flight_time_s(at_limit) == pytest.approx(flight_time_s(math.nextafter(at_limit, 0.0)))


@pytest.mark.parametrize("wrong", [(-1.0, 15.0, 3.0), (1.0, 0.0, 3.0), (1.0, 15.0, 0.0)])
def test_a_flight_that_cannot_be_is_an_error(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a flight"):
        flight_time_s(*wrong)


@settings(max_examples=30, deadline=None)
@given(
    goals=st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(10, 110)), min_size=1, max_size=4),
    wind_m_s=st.floats(0.0, 12.0),
    towards=st.floats(0.0, math.tau),
)
def test_no_order_breaks_the_laws_of_flight(
    goals: list[tuple[float, float, float]], wind_m_s: float, towards: float
) -> None:
    wind = Wind(wind_m_s * math.sin(towards), wind_m_s * math.cos(towards))
    body = aloft()
    for x_m, y_m, altitude_m in goals:
        body = physics.go(body, x_m, y_m, altitude_m, CRUISE_M_S)
        for _ in range(80):
            after = physics.step(body, TICK_S, wind)
            assert math.hypot(after.vx_m_s, after.vy_m_s) <= CRUISE_M_S + 0.01
            assert math.hypot(after.vx_m_s - wind.east_m_s, after.vy_m_s - wind.north_m_s) <= MAX_AIRSPEED_M_S + 0.01
            change = math.hypot(after.vx_m_s - body.vx_m_s, after.vy_m_s - body.vy_m_s)
            assert change <= ACCEL_M_S2 * TICK_S * 1.01 or wind_m_s > MAX_AIRSPEED_M_S - CRUISE_M_S
            assert after.battery_pct < body.battery_pct
            assert after.altitude_m >= 0.0
            body = after


def test_a_head_wind_above_the_margin_slows_the_drone_and_a_tail_wind_does_not_hurry_it() -> None:
    order = physics.go(aloft(), 600.0, 0.0, 60.0, CRUISE_M_S)
    calm = time_until(order, lambda b: b.x_m > 590.0)
    head = time_until(order, lambda b: b.x_m > 590.0, Wind(-10.0, 0.0))
    tail = time_until(order, lambda b: b.x_m > 590.0, Wind(10.0, 0.0))
    assert head > calm * 1.4
    assert tail == pytest.approx(calm, abs=0.3)


def test_gusts_push_a_holding_drone_and_it_stays_near() -> None:
    body = physics.hold(aloft())
    farthest = 0.0
    for _ in range(400):
        body = physics.step(body, TICK_S, Wind(0.0, 0.0, 4.0, 0.0))
        farthest = max(farthest, math.hypot(body.x_m, body.y_m))
    assert 0.01 < farthest < 2.0


def test_twelve_minutes_on_scene_and_the_way_home_leave_a_reserve() -> None:
    _, there = fly(physics.go(aloft(), 640.0, 0.0, 60.0, CRUISE_M_S), lambda b: abs(b.x_m - 640.0) < 0.3)
    body = there
    for _ in range(int(ON_SCENE_MAX_S / TICK_S)):
        body = physics.step(body, TICK_S, Wind(4.0, 0.0))
    _, home = fly(physics.return_home(body), lambda b: not b.armed, Wind(4.0, 0.0))
    assert home.docked
    assert 25.0 < home.battery_pct < 40.0


def test_a_mission_is_recharged_in_twenty_five_minutes() -> None:
    spent = replace(Body(), battery_pct=34.0)
    assert time_until(spent, lambda b: b.battery_pct >= 100.0) == pytest.approx(CHARGE_S, rel=0.01)


def test_a_drone_charges_in_its_dock_only() -> None:
    away = replace(Body(), battery_pct=34.0, x_m=50.0)
    assert physics.step(away, 60.0).battery_pct == 34.0


def test_a_low_battery_turns_the_drone_home_and_levels_its_camera() -> None:
    body = physics.go(
        aloft(battery_pct=LOW_BATTERY_RETURN_PCT + 0.1, recording=True, gimbal_goal_deg=-90.0), 900.0, 0.0, 60.0
    )
    _, turned = fly(body, lambda b: b.goal is Goal.RETURN)
    assert (turned.recording, turned.gimbal_goal_deg) == (False, 0.0)


def test_a_nearly_empty_battery_lands_at_once() -> None:
    body = physics.go(aloft(battery_pct=6.9), 900.0, 0.0, 60.0)
    assert physics.step(body, TICK_S).goal is Goal.LAND


def test_hold_stops_within_the_braking_distance() -> None:
    _, moving = fly(physics.go(aloft(), 600.0, 0.0, 60.0, CRUISE_M_S), lambda b: b.vx_m_s > 14.9)
    _, stopped = fly(physics.hold(moving), lambda b: abs(b.vx_m_s) < 0.1)
    assert stopped.x_m - moving.x_m == pytest.approx(CRUISE_M_S**2 / (2 * ACCEL_M_S2), abs=1.5)


def test_return_comes_down_into_the_dock_and_disarms() -> None:
    start = physics.return_home(aloft(x_m=250.0, y_m=-100.0))
    _, home = fly(start, lambda b: not b.armed)
    assert (home.docked, home.goal, home.altitude_m) == (True, Goal.IDLE, 0.0)


def test_one_long_step_flies_like_many_short_ones() -> None:
    order = physics.go(aloft(), 200.0, 50.0, 60.0, CRUISE_M_S)
    long = physics.step(order, 8.0)
    short = order
    for _ in range(80):
        short = physics.step(short, 0.1)
    assert (long.x_m, long.y_m) == pytest.approx((short.x_m, short.y_m), abs=0.01)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        physics.step(Body(), -0.1)
