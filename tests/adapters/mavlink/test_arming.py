"""A vehicle arms for one mission, once, on a valid token and its own fence. Every other way is planted here."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from necmergitur.adapters.mavlink.arming import SpentMissions
from necmergitur.adapters.mavlink.fence import Fence
from necmergitur.adapters.mavlink.fleet import Fleet
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch.tokens import MissionToken, issue
from necmergitur.kernel.ids import DroneId, MissionId
from necmergitur.kernel.refusal import Refusal
from necmergitur.sim.fleet.config import FaultKind
from tests.adapters.mavlink.airfield import DOCK, Airfield, box, offset, run


def arm_orders(field: Airfield) -> list[int]:
    """Count the arm orders that reach the vehicle, whatever it answers."""
    seen: list[int] = []
    execute = field.pilot().execute

    def counting(command: int, params: Any) -> int:
        if command == 400:
            seen.append(command)
        return execute(command, params)

    field.pilot().execute = counting  # type: ignore[method-assign]
    return seen


async def refusal(field: Airfield, token: MissionToken) -> str:
    """Try to arm; assert that nothing reached the motors; return the rule."""
    orders = arm_orders(field)
    outcome = await field.link().arm(token)
    assert isinstance(outcome, Refusal), "the vehicle armed"
    assert (orders, field.pilot().body.armed) == ([], False)
    return outcome.rule


def test_a_valid_token_and_its_fence_arm_the_vehicle() -> None:
    async def test(field: Airfield) -> None:
        token = field.token()
        assert await field.link().upload_fence(token.volume) is True
        assert await field.link().arm(token) is True
        assert field.pilot().body.armed

    run(test)


def test_a_token_signed_by_somebody_else_does_not_arm() -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        good = field.token()
        forged = issue(
            Ed25519Signer.generate(),
            mission_id=good.mission_id,
            incident_id=good.incident_id,
            authorisation_id=good.authorisation_id,
            drone_id=good.drone_id,
            volume=good.volume,
            not_before=good.not_before,
            expires_at=good.expires_at,
        )
        assert await refusal(field, forged) == "token_signature_invalid"

    run(test)


def test_a_token_with_another_incident_written_into_it_does_not_arm() -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        changed = msgspec.structs.replace(field.token(), incident_id=uuid4())
        assert await refusal(field, changed) == "token_signature_invalid"

    run(test)


def test_a_token_of_another_drone_does_not_arm() -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        assert await refusal(field, field.token(drone_id=DroneId("D-2"))) == "token_wrong_drone"

    run(test)


@pytest.mark.parametrize(
    ("skew", "rule"),
    [(timedelta(minutes=6), "token_expired"), (-timedelta(minutes=1), "token_not_yet_valid")],
)
def test_a_token_outside_its_window_does_not_arm(skew: timedelta, rule: str) -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        token = field.token()
        field.clock.skew = skew
        assert await refusal(field, token) == rule

    run(test)


def test_a_token_that_expires_while_the_fence_is_read_does_not_arm() -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        token, link = field.token(), field.link()
        read = link.fence.read

        async def slow_read() -> Fence | Refusal:
            held = await read()
            field.clock.skew = timedelta(minutes=6)
            return held

        link.fence.read = slow_read  # type: ignore[method-assign]
        assert await refusal(field, token) == "token_expired"

    run(test)


def test_a_vehicle_without_a_fence_does_not_arm() -> None:
    run(lambda field: expect(field, "fence_mismatch"))


@pytest.mark.parametrize("held", [box(401.0), box(400.0, ceiling_m=79.0)], ids=["another ring", "another ceiling"])
def test_a_vehicle_with_another_fence_does_not_arm(held: Any) -> None:
    async def test(field: Airfield) -> None:
        assert await field.link().upload_fence(held) is True
        await expect(field, "fence_mismatch")

    run(test)


def test_a_fence_the_vehicle_stored_wrongly_is_found_by_reading_it_back() -> None:
    async def test(field: Airfield) -> None:
        field.inject(FaultKind.FENCE_CORRUPTED)
        await asyncio.sleep(0.3)
        assert await field.link().upload_fence(box(400.0)) is True
        await expect(field, "fence_mismatch")

    run(test)


def test_a_fence_the_vehicle_rejects_is_a_refusal() -> None:
    async def test(field: Airfield) -> None:
        field.inject(FaultKind.FENCE_REJECTED)
        await asyncio.sleep(0.3)
        outcome = await field.link().upload_fence(box(400.0))
        assert isinstance(outcome, Refusal)
        assert outcome.rule == "fence_rejected"

    run(test)


def test_a_mission_never_arms_twice() -> None:
    async def test(field: Airfield) -> None:
        token, link = field.token(), field.link()
        await link.upload_fence(token.volume)
        assert await link.arm(token) is True
        assert await link.disarm() is True
        await field.until(lambda: not link.record.armed)
        assert await refusal(field, token) == "mission_already_flown"

    run(test)


def test_two_orders_for_the_same_mission_at_once_arm_once() -> None:
    async def test(field: Airfield) -> None:
        token, link = field.token(), field.link()
        await link.upload_fence(token.volume)
        orders = arm_orders(field)
        outcomes = await asyncio.gather(*(link.arm(token) for _ in range(5)))
        assert len(orders) == 1
        assert sorted(bool(outcome) for outcome in outcomes) == [False, False, False, False, True]

    run(test)


def test_two_missions_at_once_give_one_flight() -> None:
    async def test(field: Airfield) -> None:
        orders = arm_orders(field)
        first, second = await asyncio.gather(
            field.fly(on_scene_max_s=0.1), field.fly(field.token(), on_scene_max_s=0.1)
        )
        assert len(orders) == 1
        assert first.how == "docked"
        assert second.rule == "drone_already_flying"

    run(test)


def test_a_mission_flown_before_the_restart_does_not_fly_again() -> None:
    spent = SpentMissions([MissionId(uuid4())])
    (flown,) = spent._spent
    assert flown in spent
    assert spent.claim(flown) is False


def test_a_vehicle_that_refuses_frees_its_mission_and_one_that_is_silent_does_not() -> None:
    async def test(field: Airfield) -> None:
        token, link = field.token(), field.link()
        await link.upload_fence(token.volume)
        field.inject(FaultKind.MOTOR_REFUSAL, 600.0)
        await asyncio.sleep(0.3)
        refused = await link.arm(token)
        assert isinstance(refused, Refusal)
        assert (refused.rule, refused.facts["result"]) == ("command_refused", "MAV_RESULT_FAILED")
        assert token.mission_id not in link._spent

        field.pilot().motors_refused = False
        field.vehicle().faults.clear()
        field.vehicle()._ack = lambda *_: None  # type: ignore[method-assign]  the answer gets lost
        silent = await link.arm(token)
        assert isinstance(silent, Refusal)
        assert silent.rule == "command_timeout"
        assert token.mission_id in link._spent
        assert field.pilot().body.armed, "the order did arrive: that is why the mission stays spent"

    run(test)


def test_a_nearly_empty_battery_does_not_arm() -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        field.inject(FaultKind.BATTERY_SAG, 20.0)
        await field.until(lambda: (field.link().record.battery_pct or 100.0) < 30.0)
        assert await refusal(field, field.token()) == "not_ready"

    run(test)


def test_a_vehicle_that_does_not_stand_in_its_dock_does_not_arm() -> None:
    async def test(field: Airfield) -> None:
        await field.link().upload_fence(box(400.0))
        field.link().vehicle = msgspec.structs.replace(field.link().vehicle, dock=offset(DOCK, 25.0, 0.0))
        assert not field.fleet.telemetry(DroneId("D-1")).in_dock
        assert await refusal(field, field.token()) == "not_in_dock"

    run(test)


def test_a_drone_that_cannot_be_reached_does_not_stop_the_others() -> None:
    """A name nobody knows, no address at all, a key of another length: three bad records, one good drone."""

    async def test(field: Airfield) -> None:
        good = field.link().vehicle
        bad = [
            msgspec.structs.replace(good, drone_id=DroneId("D-2"), endpoint="udp://drone.invalid:14550"),
            msgspec.structs.replace(good, drone_id=DroneId("D-3"), endpoint="serial:/dev/ttyS0"),
            msgspec.structs.replace(good, drone_id=DroneId("D-4"), signing_key=b"short"),
        ]
        fleet = Fleet(
            [*bad, msgspec.structs.replace(good, drone_id=DroneId("D-5"))],
            verifier=Ed25519Verifier([field.signer.public_bytes()]),
            clock=field.clock,
            on_breach=lambda breach: None,
            on_link=lambda drone_id, up: None,
        )
        await fleet.start()
        try:
            assert fleet._links[DroneId("D-5")].is_open
            assert [fleet._links[DroneId(name)].is_open for name in ("D-2", "D-3")] == [False, False]
            assert DroneId("D-4") not in fleet.snapshot()
        finally:
            await fleet.stop()

    run(test)


def test_an_unsigned_ground_station_commands_nothing() -> None:
    async def test(field: Airfield) -> None:
        link = field.link()
        link._wire._codec.signing.sign_outgoing = False
        outcome = await link.disarm()
        assert isinstance(outcome, Refusal)
        assert outcome.rule == "command_timeout"
        assert field.vehicle()._wires[1].rejected >= 5

    run(test)


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        ({"east_m": 500.0}, "target_outside_volume"),
        ({"altitude_m": 81.0}, "altitude_above_ceiling"),
    ],
)
def test_a_flight_that_would_leave_its_volume_does_not_begin(plan: dict[str, float], rule: str) -> None:
    async def test(field: Airfield) -> None:
        orders = arm_orders(field)
        outcome = await field.fly(**plan)
        assert (outcome.rule, orders, field.phases) == (rule, [], [])

    run(test)


def test_an_unknown_drone_is_refused() -> None:
    async def test(field: Airfield) -> None:
        outcome = await field.fly(field.token(drone_id=DroneId("D-404")))
        assert outcome.rule == "unknown_drone"

    run(test)


def test_preparing_opens_the_dock_without_a_token_and_never_arms() -> None:
    async def test(field: Airfield) -> None:
        orders = arm_orders(field)
        assert await field.fleet.prepare(DroneId("D-1"), box(400.0)) is True
        assert (field.pilot().body.doors, len(field.pilot().fence)) == (1.0, 4)
        assert await field.fleet.unprepare(DroneId("D-1")) is True
        assert (field.pilot().body.doors, orders) == (0.0, [])

    run(test)


async def expect(field: Airfield, rule: str) -> None:
    assert await refusal(field, field.token()) == rule


def test_the_box_holds_its_dock() -> None:
    assert box(400.0).ring[0].lon < DOCK.lon < offset(DOCK, 400.0, 0.0).lon
