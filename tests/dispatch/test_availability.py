"""When a drone is free again: checked against the simulated fleet that flies and charges in closed form."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from necmergitur.dispatch.availability import free_in_s
from necmergitur.dispatch.constants import BATTERY_TAKEOFF_MIN_PCT
from necmergitur.dispatch.flight_time import CHARGE_S, ON_SCENE_MAX_S, arrival_s
from necmergitur.dispatch.missions import Mission
from necmergitur.kernel.geo import Position, distance_m, offset
from necmergitur.operations.ports import DroneRecord
from necmergitur.sim.clock import VirtualClock
from necmergitur.sim.evening.fleet import EveningFleet

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
DOCK = Position(2.35, 48.86)
RECORD = DroneRecord(
    id="D-1", dock=DOCK, zone_id="Z", link_url="", camera_url="", system_id=1, signing_key=None, speed_m_s=15.0,
    enabled=True, disabled_reason="",
)  # fmt: skip


def mission(target: Position, **changes: object) -> Mission:
    base = Mission(
        id=UUID(int=1),
        incident_id=UUID(int=2),
        authorisation_id=UUID(int=3),
        drone_id="D-1",
        pilot_id=1,
        pilot_name="P",
        state="flying",
        target=target,
        eta_s=arrival_s(distance_m(DOCK, target)),
        why="",
        offered_at=NOW,
        offer_expires_at=None,
    )
    return msgspec.structs.replace(base, **changes)


def test_a_charged_drone_in_its_dock_is_free_now() -> None:
    assert free_in_s(None, BATTERY_TAKEOFF_MIN_PCT, NOW, docked=True) == 0.0


def test_a_spent_one_is_free_when_it_may_lift_again() -> None:
    clock = VirtualClock(NOW)
    fleet = EveningFleet([RECORD], clock)
    fleet.launch("D-1", offset(DOCK, 400, 0))
    clock.advance(800)
    fleet.dock("D-1")
    battery_pct = fleet.states()["D-1"].battery_pct
    clock.advance(free_in_s(None, battery_pct, clock.now(), docked=True))
    assert fleet.states()["D-1"].battery_pct == pytest.approx(BATTERY_TAKEOFF_MIN_PCT)


@pytest.mark.parametrize("distance", [50.0, 400.0, 2_000.0])
@pytest.mark.parametrize("seen_after_s", [1.0, 300.0, 700.0])
def test_said_under_way_it_holds_within_a_minute(distance: float, seen_after_s: float) -> None:
    """What is said during a mission, against when the simulated drone may really lift again."""
    clock = VirtualClock(NOW)
    fleet = EveningFleet([RECORD], clock)
    target = offset(DOCK, distance, 0)
    flight = fleet.launch("D-1", target)
    clock.advance(seen_after_s)
    arrived = flight.arrives_at if flight.arrives_at <= clock.now() else None
    flown = mission(target, on_scene_at=arrived, phase="on_scene" if arrived else "transit")
    said_s = free_in_s(flown, fleet.states()["D-1"].battery_pct, clock.now(), docked=False)
    said_at = clock.now() + timedelta(seconds=said_s)
    home_at = flight.arrives_at + timedelta(seconds=ON_SCENE_MAX_S + fleet.home_s(flight))
    clock.advance_to(home_at)
    fleet.dock("D-1")
    while fleet.states()["D-1"].battery_pct < BATTERY_TAKEOFF_MIN_PCT:
        clock.advance(1)
    # A long way out costs more than the typical one; the estimate is made anew every few seconds.
    assert abs((said_at - clock.now()).total_seconds()) < 60 + distance / 10


def test_one_on_its_way_home_is_free_sooner_than_one_on_scene() -> None:
    target = offset(DOCK, 400, 0)
    on_scene = mission(target, phase="on_scene", on_scene_at=NOW)
    home = msgspec.structs.replace(on_scene, order="return")
    assert free_in_s(home, 95.0, NOW, docked=False) == home.eta_s
    assert free_in_s(on_scene, 95.0, NOW, docked=False) > ON_SCENE_MAX_S
    assert free_in_s(msgspec.structs.replace(home, order="fly", phase="return"), 95.0, NOW, docked=False) == home.eta_s


def test_a_drone_at_work_is_never_free_at_once_and_an_unknown_battery_is_a_spent_one() -> None:
    late = mission(DOCK, eta_s=0.0, phase="return")
    assert free_in_s(late, 100.0, NOW, docked=False) == 1.0
    assert free_in_s(None, None, NOW, docked=True) == pytest.approx((BATTERY_TAKEOFF_MIN_PCT - 34.0) / 66.0 * CHARGE_S)
    assert free_in_s(None, 100.0, NOW, docked=False) >= CHARGE_S
