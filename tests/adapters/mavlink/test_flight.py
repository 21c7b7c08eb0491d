"""The rehearsed flight against a simulated vehicle over real datagrams, ten times faster than life."""

import asyncio
from datetime import timedelta

import pytest

from necmergitur.adapters.mavlink.cruise import Cruise
from necmergitur.adapters.mavlink.fleet import Phase
from necmergitur.adapters.mavlink.watch import BreachKind
from necmergitur.kernel.geo import distance_m, offset
from necmergitur.kernel.ids import DroneId
from necmergitur.kernel.refusal import Refusal
from necmergitur.sim.fleet.config import FaultKind
from necmergitur.sim.fleet.physics import Goal
from tests.adapters.mavlink.airfield import DOCK, DRONE, Airfield, box, run

REHEARSED = [Phase.OPEN_DOCK, Phase.CLIMB, Phase.TRANSIT, Phase.ON_SCENE, Phase.RETURN, Phase.DOCK]
SCENE = offset(DOCK, 100.0, 0.0)


def test_a_mission_runs_through_its_phases_and_the_camera_looks_only_at_the_scene() -> None:
    async def test(field: Airfield) -> None:
        seen: list[tuple[Goal, float, bool, float]] = []
        flight = asyncio.create_task(field.fly(on_scene_max_s=1.0))
        while not flight.done():
            body, place = field.pilot().body, field.pilot().position
            seen.append((body.goal, body.gimbal_pitch_deg, body.recording, distance_m(place, SCENE)))
            await asyncio.sleep(0.02)
        end = await flight
        assert (end.how, end.aborted, end.refusal) == ("docked", False, None)
        assert field.phases == REHEARSED
        assert field.breaches == []
        recorded = [away_m for _, _, recording, away_m in seen if recording]
        assert recorded
        assert max(recorded) <= 60.0
        assert min(pitch for _, pitch, _, _ in seen) == -90.0
        assert all(abs(pitch) < 10.0 for _, pitch, _, away_m in seen if away_m > 60.0)
        body = field.pilot().body
        assert (body.armed, body.docked, body.doors, body.recording) == (False, True, 0.0, False)
        assert field.fleet.flying() == {}

    run(test)


def test_an_abort_before_arming_leaves_the_drone_in_its_dock() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly())
        await field.until_phase(Phase.OPEN_DOCK)
        assert await field.fleet.abort(DRONE) is True
        end = await flight
        assert (end.how, end.aborted, field.pilot().body.armed) == ("docked", True, False)
        assert Phase.CLIMB not in field.phases

    run(test)


def test_an_abort_in_transit_brings_it_home_without_a_picture() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly())
        await field.until_phase(Phase.TRANSIT)
        await field.fleet.abort(DRONE)
        end = await flight
        assert (end.how, end.aborted) == ("docked", True)
        assert field.phases == [Phase.OPEN_DOCK, Phase.CLIMB, Phase.TRANSIT, Phase.RETURN, Phase.DOCK]

    run(test)


def test_hold_stops_the_drone_and_resume_takes_it_on() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(east_m=300.0, on_scene_max_s=0.2))
        await field.until_phase(Phase.TRANSIT)
        await field.until(lambda: field.pilot().body.x_m > 40.0)
        assert await field.fleet.hold(DRONE) is True
        await field.until(lambda: field.pilot().body.vx_m_s < 0.5)
        where = field.pilot().body.x_m
        await asyncio.sleep(1.0)
        assert abs(field.pilot().body.x_m - where) < 3.0
        assert field.phases[-1] is Phase.HOLD
        assert await field.fleet.resume(DRONE) is True
        assert (await flight).how == "docked"
        assert field.phases[2:6] == [Phase.TRANSIT, Phase.HOLD, Phase.TRANSIT, Phase.ON_SCENE]

    run(test)


def test_a_drone_held_over_its_scene_stays_on_scene_with_its_picture() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until_phase(Phase.ON_SCENE)
        await field.until(lambda: field.link().record.recording)
        assert await field.fleet.hold(DRONE) is True
        await asyncio.sleep(0.5)
        assert (field.phases[-1], field.pilot().body.recording) == (Phase.ON_SCENE, True)
        await field.fleet.abort(DRONE)
        assert (await flight).how == "docked"
        assert field.breaches == []

    run(test)


def test_a_drone_held_on_its_way_home_can_be_called_back() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(east_m=300.0, on_scene_max_s=0.2))
        await field.until_phase(Phase.RETURN)
        await field.until(lambda: field.pilot().body.goal is Goal.RETURN)
        assert await field.fleet.hold(DRONE) is True
        await field.until(lambda: field.phases[-1] is Phase.HOLD)
        assert await field.fleet.abort(DRONE) is True
        await field.until(lambda: field.pilot().body.goal is Goal.RETURN)
        assert (await flight).how == "docked"

    run(test)


def test_a_pilot_descends_and_moves_inside_the_volume_only() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until_phase(Phase.ON_SCENE)
        assert await field.fleet.descend(DRONE, 12.0) is True
        await field.until(lambda: abs(field.pilot().body.altitude_m - 12.0) < 1.0)
        for altitude_m in (5.0, 81.0):
            outcome = await field.fleet.descend(DRONE, altitude_m)
            assert isinstance(outcome, Refusal)
            assert outcome.rule == "altitude_outside_volume"
        outside = await field.fleet.move(DRONE, offset(DOCK, 500.0, 0.0))
        assert isinstance(outside, Refusal)
        assert outside.rule == "target_outside_volume"
        assert await field.fleet.move(DRONE, offset(SCENE, 0.0, 40.0)) is True
        await field.until(lambda: field.pilot().body.y_m > 35.0)
        await field.until(lambda: field.pilot().body.recording)
        await field.fleet.abort(DRONE)
        assert (await flight).how == "docked"
        assert field.breaches == []

    run(test)


def test_a_move_beyond_the_scene_levels_and_stops_the_camera_first() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until_phase(Phase.ON_SCENE)
        await field.until(lambda: field.link().record.recording)
        assert await field.fleet.move(DRONE, offset(SCENE, 0.0, 120.0)) is True
        assert (field.pilot().body.recording, field.pilot().body.gimbal_pitch_deg > -10.0) == (False, True)
        await field.until(lambda: field.pilot().body.y_m > 110.0)
        await field.fleet.abort(DRONE)
        await flight
        assert field.breaches == []

    run(test)


def test_land_now_lands_where_it_is() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly())
        await field.until_phase(Phase.ON_SCENE)
        assert await field.fleet.land_now(DRONE) is True
        end = await flight
        assert (end.how, field.phases[-1]) == ("landed_away", Phase.LAND)
        assert distance_m(field.pilot().position, SCENE) < 20.0
        assert (field.pilot().body.armed, field.pilot().body.recording) == (False, False)
        assert not field.fleet.telemetry(DRONE).in_dock, "it stands in a street"
        again = await field.fly()
        assert isinstance(again, Refusal)
        assert (again.rule, field.pilot().body.armed) == ("not_in_dock", False)

    run(test)


def test_orders_without_a_flight_are_refused() -> None:
    async def test(field: Airfield) -> None:
        for order in (field.fleet.hold, field.fleet.resume, field.fleet.abort):
            outcome = await order(DRONE)
            assert isinstance(outcome, Refusal)
            assert outcome.rule == "no_flight"
        unknown = await field.fleet.land_now(DroneId("D-404"))
        assert isinstance(unknown, Refusal)
        assert unknown.rule == "unknown_drone"

    run(test)


def test_a_lost_link_is_told_and_the_vehicle_comes_home_by_itself_with_its_camera_level() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until_phase(Phase.ON_SCENE)
        await field.until(lambda: field.pilot().body.recording)
        field.inject(FaultKind.LINK_LOSS, 10.0 * 12.0)
        await field.until_phase(Phase.LINK_LOST)
        assert field.links[-1] == (DRONE, False)
        await field.until(lambda: field.pilot().body.goal is Goal.RETURN)
        assert (field.pilot().body.recording, field.pilot().body.gimbal_goal_deg) == (False, 0.0)
        end = await flight
        assert end.how == "docked"
        assert field.links[-1] == (DRONE, True)
        assert field.phases[-2:] in ([Phase.RETURN, Phase.DOCK], [Phase.LINK_LOST, Phase.DOCK])
        assert field.breaches == [], "old news must not be taken for a breach"

    run(test)


def test_a_short_silence_does_not_end_the_mission() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=8.0))
        await field.until_phase(Phase.ON_SCENE)
        field.inject(FaultKind.LINK_LOSS, 10.0 * 4.5)
        await field.until_phase(Phase.LINK_LOST)
        await field.until(lambda: field.phases[-1] is Phase.ON_SCENE)
        await field.fleet.abort(DRONE)
        assert (await flight).how == "docked"

    run(test)


def test_a_sagging_battery_brings_it_home() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until_phase(Phase.TRANSIT)
        field.inject(FaultKind.BATTERY_SAG, 20.0)
        end = await flight
        assert (end.how, Phase.RETURN in field.phases, end.aborted) == ("docked", True, False)

    run(test)


def test_a_helicopter_brings_every_drone_below_the_floor_until_it_is_gone() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(altitude_m=60.0, on_scene_max_s=30.0))
        await field.until_phase(Phase.ON_SCENE)
        field.fleet.announce_helicopter(box(400.0).ring, field.clock.now() + timedelta(minutes=5))
        await field.until(lambda: field.pilot().body.altitude_m < 41.0)
        assert field.phases[-1] is Phase.HOLD
        await asyncio.sleep(0.5)
        assert 38.0 < field.pilot().body.altitude_m < 41.0, "above the roofs, which end at 31 m"
        field.fleet.clear_helicopter()
        await field.until(lambda: field.pilot().body.altitude_m > 59.0)
        assert field.phases[-1] is Phase.ON_SCENE
        await field.fleet.abort(DRONE)
        assert (await flight).how == "docked"

    run(test)


def test_a_drone_that_cannot_reach_the_floor_in_time_lands(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(altitude_m=60.0, on_scene_max_s=30.0))
        await field.until_phase(Phase.ON_SCENE)
        monkeypatch.setattr("necmergitur.adapters.mavlink.cruise.HELICOPTER_CLEAR_S", 0.3)
        field.fleet.announce_helicopter(box(400.0).ring, field.clock.now() + timedelta(minutes=5))
        end = await flight
        assert (end.how, Phase.LAND in field.phases) == ("landed_away", True)

    run(test)


def test_nothing_lifts_off_under_a_helicopter() -> None:
    async def test(field: Airfield) -> None:
        field.fleet.announce_helicopter(box(400.0).ring, field.clock.now() + timedelta(minutes=5))
        outcome = await field.fly()
        assert isinstance(outcome, Refusal)
        assert (outcome.rule, field.pilot().body.armed, field.pilot().body.doors) == ("helicopter_in_area", False, 0.0)
        field.clock.skew = timedelta(minutes=6)
        assert not field.fleet._airspace.covers(DOCK, field.clock.now())

    run(test)


def test_nothing_lifts_off_whose_way_crosses_a_helicopter() -> None:
    async def test(field: Airfield) -> None:
        middle = offset(DOCK, 150.0, 0.0)
        between = tuple(offset(middle, x, y) for x, y in ((-20, -20), (20, -20), (20, 20), (-20, 20)))
        field.fleet.announce_helicopter(between, field.clock.now() + timedelta(minutes=5))
        outcome = await field.fly(east_m=300.0)
        assert isinstance(outcome, Refusal), "neither the dock nor the scene lies under it, the way does"
        assert (outcome.rule, field.pilot().body.armed) == ("helicopter_in_area", False)

    run(test)


def test_motors_that_refuse_leave_a_closed_dock_and_a_refusal() -> None:
    async def test(field: Airfield) -> None:
        field.inject(FaultKind.MOTOR_REFUSAL)
        outcome = await field.fly()
        assert isinstance(outcome, Refusal)
        assert (outcome.rule, field.pilot().body.doors, field.phases) == ("command_refused", 0.0, [Phase.OPEN_DOCK])

    run(test)


def test_a_camera_that_looks_down_and_records_in_transit_is_told_once_each() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(east_m=300.0, on_scene_max_s=0.1))
        await field.until_phase(Phase.TRANSIT)
        field.inject(FaultKind.CAMERA_STUCK, 8.0)
        await field.until(lambda: len(field.breaches) == 2)
        await flight
        by_kind = {breach.kind: breach for breach in field.breaches}
        assert set(by_kind) == {BreachKind.CAMERA_NOT_LEVEL, BreachKind.RECORDING_OFF_SCENE}
        assert by_kind[BreachKind.CAMERA_NOT_LEVEL].value == pytest.approx(-60.0, abs=0.1)
        assert by_kind[BreachKind.RECORDING_OFF_SCENE].value > 60.0
        assert by_kind[BreachKind.RECORDING_OFF_SCENE].mission_id is not None
        assert (field.pilot().body.recording, field.pilot().body.gimbal_pitch_deg) == (False, 0.0)

    run(test)


def test_a_drone_in_the_air_without_a_mission_is_a_breach() -> None:
    async def test(field: Airfield) -> None:
        field.fleet._started_s -= 60.0  # the grace for adoption is over
        token, link = field.token(), field.link()
        await asyncio.gather(link.open_dock(), link.upload_fence(token.volume))
        assert await link.arm(token) is True
        assert await link.take_off(20.0) is True
        await field.until(lambda: bool(field.breaches))
        (breach,) = field.breaches
        assert (breach.kind, breach.mission_id, breach.value) == (BreachKind.AIRBORNE_WITHOUT_MISSION, None, -1.0)
        assert await field.fleet.land_now(DRONE) is True

    run(test)


def test_a_restarted_engine_takes_over_a_drone_in_the_air_without_arming_it() -> None:
    async def test(field: Airfield) -> None:
        token = field.token()
        flight = asyncio.create_task(field.fly(token, on_scene_max_s=60.0))
        await field.until_phase(Phase.TRANSIT)
        flight.cancel()
        await asyncio.gather(flight, return_exceptions=True)
        field.phases.clear()
        again = asyncio.create_task(field.fly(token, adopt=True, on_scene_max_s=0.2))
        end = await again
        assert end.how == "docked"
        assert Phase.OPEN_DOCK not in field.phases
        assert field.phases[-3:] == [Phase.ON_SCENE, Phase.RETURN, Phase.DOCK]

    run(test)


def test_a_drone_adopted_with_another_fence_than_its_token_comes_home() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until_phase(Phase.TRANSIT)
        flight.cancel()
        await asyncio.gather(flight, return_exceptions=True)
        field.phases.clear()
        end = await field.fly(field.token(volume=box(390.0)), adopt=True)
        assert (end.how, field.phases) == ("docked", [Phase.RETURN, Phase.DOCK])

    run(test)


def test_adopting_a_docked_drone_ends_at_once_and_never_arms() -> None:
    async def test(field: Airfield) -> None:
        end = await field.fly(adopt=True)
        assert (end.how, field.pilot().body.armed, field.phases) == ("docked", False, [Phase.DOCK])

    run(test)


def test_a_failing_listener_brings_the_drone_home_before_the_error_goes_on() -> None:
    async def test(field: Airfield) -> None:
        def listener(_mission: object, _drone: object, phase: Phase, _at: object) -> None:
            if phase is Phase.TRANSIT:
                raise RuntimeError("planted")

        with pytest.raises(RuntimeError, match="planted"):
            await field.fleet.fly(field.token(), SCENE, listener)
        assert field.pilot().body.goal is Goal.RETURN

    run(test)


def test_a_vehicle_that_refuses_to_go_is_ordered_home_and_the_refusal_is_kept() -> None:
    async def test(field: Airfield) -> None:
        field.pilot().reposition = lambda *_: 2  # type: ignore[method-assign]  MAV_RESULT_DENIED
        end = await field.fly()
        assert (end.how, end.refusal.rule) == ("docked", "command_refused")
        assert end.refusal.facts["command"] == "MAV_CMD_DO_REPOSITION"

    run(test)


def test_the_flight_looks_a_few_times_a_second_whatever_the_message_rate() -> None:
    async def test(field: Airfield) -> None:
        looks: list[float] = []
        look = Cruise._look

        async def counting(self: Cruise, now_s: float) -> object:
            looks.append(now_s)
            return await look(self, now_s)

        Cruise._look = counting  # type: ignore[method-assign, assignment]
        try:
            await field.fly(on_scene_max_s=1.0)
        finally:
            Cruise._look = look  # type: ignore[method-assign]
        assert len(looks) / (looks[-1] - looks[0]) < 8.0

    run(test)


def test_an_engine_started_long_after_the_fleet_hears_every_component() -> None:
    """The fleet's signing clocks are set two minutes back, as after two minutes without keeping time."""

    async def test(field: Airfield) -> None:
        for wire in field.vehicle()._wires.values():
            wire._codec.signing.timestamp -= 120 * 100_000
        channel = field.link()
        channel._wire._codec.signing.stream_timestamps.clear()
        channel.record.forget()
        channel.record.gimbal_reports = 0
        await field.until(lambda: channel.record.complete and channel.record.knows_camera)
        await field.until(lambda: channel.record.gimbal_reports > 0)

    run(test)
