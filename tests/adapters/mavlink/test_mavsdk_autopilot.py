"""An independent peer: MAVSDK's C++ autopilot server under our adapter. It parses, stores and answers by itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from mavsdk.component_type import ComponentType
from mavsdk.mavsdk import Configuration, Mavsdk
from mavsdk.plugins.action_server.action_server import ActionServer, AllowableFlightModes
from mavsdk.plugins.mavlink_direct_server.mavlink_direct_server import MavlinkDirectServer, MavlinkMessage
from mavsdk.plugins.mission_raw_server.mission_raw_server import MissionRawServer
from mavsdk.plugins.param_server.param_server import ParamServer
from mavsdk.plugins.telemetry_server import telemetry_server as telemetry

from necmergitur.adapters.mavlink.arming import SpentMissions
from necmergitur.adapters.mavlink.channel import Vehicle
from necmergitur.adapters.mavlink.fence import fence_of
from necmergitur.adapters.mavlink.link import Link
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.app.services import free_port
from necmergitur.dispatch.tokens import MissionToken, issue
from necmergitur.kernel.geo import offset
from necmergitur.kernel.ids import AuthorisationId, DroneId, IncidentId, MissionId
from necmergitur.kernel.refusal import Refusal
from tests.adapters.mavlink.airfield import DOCK, DRONE, WallClock, box

# Commands that MAVSDK's action server leaves to the vehicle's maker; the peer decodes them, we acknowledge.
BESPOKE = {
    "go_to": 192,
    "hold": 193,
    "return": 20,
    "land": 21,
    "relay": 181,
    "gimbal": 1000,
    "start": 2500,
    "stop": 2501,
}
SIGNER = Ed25519Signer.generate()


class Peer:
    """MAVSDK as a vehicle on one UDP port."""

    def __init__(self, port: int) -> None:
        configuration = Configuration.create_with_component_type(ComponentType.AUTOPILOT)
        self.system_id = configuration.system_id
        self.mavsdk = Mavsdk(configuration)
        self.mavsdk.add_any_connection(f"udpin://127.0.0.1:{port}")
        component = self.mavsdk.server_component(0)
        self.commands: list[dict[str, Any]] = []
        self.actions: list[tuple[str, Any]] = []
        self.missions: list[int] = []
        self.action = ActionServer(component)
        self.telemetry = telemetry.TelemetryServer(component)
        self.params = ParamServer(component)
        self.mission = MissionRawServer(component)
        self.direct = MavlinkDirectServer(component)
        self.params.provide_param_float("FENCE_ALT_MAX", 120.0)
        self.action.set_armable(armable=True, force_armable=False)
        self.action.set_disarmable(disarmable=True, force_disarmable=False)
        self.action.set_allow_takeoff(allow_takeoff=True)
        self.action.set_allowable_flight_modes(AllowableFlightModes(*(True,) * 7))
        self.action.subscribe_arm_disarm(lambda _r, order, _u: self.actions.append(("arm", order.arm)))
        self.action.subscribe_takeoff(lambda _r, order, _u: self.actions.append(("takeoff", order)))
        self.mission.subscribe_incoming_mission(lambda _r, plan, _u: self.missions.append(len(plan.mission_items)))
        for command in BESPOKE.values():
            self.direct.subscribe_command(command, self._acknowledge)

    def _acknowledge(self, message: MavlinkMessage, _user: object) -> None:
        fields = json.loads(message.fields_json)
        self.commands.append(fields)
        answer = {
            "command": fields["command"],
            "result": 0,
            "progress": 0,
            "result_param2": 0,
            "target_system": message.system_id,
            "target_component": message.component_id,
        }
        self.direct.send_message(
            MavlinkMessage("COMMAND_ACK", 0, 0, message.system_id, message.component_id, json.dumps(answer))
        )

    def publish(self) -> None:
        self.telemetry.publish_position(
            telemetry.Position(DOCK.lat, DOCK.lon, 35.0, 0.0), telemetry.VelocityNed(0, 0, 0), telemetry.Heading(90.0)
        )
        self.telemetry.publish_sys_status(telemetry.Battery(25.0, 0.9), *(True,) * 5)
        self.telemetry.publish_extended_sys_state(telemetry.VtolState.UNDEFINED, telemetry.LandedState.ON_GROUND)

    def close(self) -> None:
        self.mavsdk.destroy()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    vehicle = Peer(port)
    yield vehicle
    vehicle.close()


def run(peer: Peer, port: int, test: Callable[[Link], Awaitable[None]]) -> None:
    """Connect our link to the peer and run `test` with heartbeats and telemetry going."""

    async def main() -> None:
        link = Link(
            Vehicle(
                drone_id=DRONE,
                endpoint=f"udp://127.0.0.1:{port}",
                dock=DOCK,
                signing_key=None,
                system_id=peer.system_id,
                camera_component_id=1,
            ),
            verifier=Ed25519Verifier([SIGNER.public_bytes()]),
            clock=WallClock(),
            spent=SpentMissions(),
        )
        await link.open()

        async def beat() -> None:
            while True:
                link.tick()
                if link.connected:
                    await asyncio.to_thread(peer.publish)
                await asyncio.sleep(0.2)

        heart = asyncio.create_task(beat())
        try:
            await until(lambda: link.record.complete and link.record.battery_pct is not None)
            await test(link)
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            link.close()
            await asyncio.sleep(0)

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("waited 20 s")


def token(**changes: Any) -> MissionToken:
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "mission_id": MissionId(uuid4()),
        "incident_id": IncidentId(uuid4()),
        "authorisation_id": AuthorisationId(uuid4()),
        "drone_id": DRONE,
        "volume": box(400.0),
        "not_before": now,
        "expires_at": now + timedelta(minutes=5),
    }
    return issue(SIGNER, **(fields | changes))


def test_the_peer_stores_our_fence_and_gives_the_same_one_back(peer: Peer, port: int) -> None:
    async def test(link: Link) -> None:
        for volume in (box(400.0), box(250.0, ceiling_m=60.0)):
            assert await link.upload_fence(volume) is True
            held = await link.read_fence()
            assert held == fence_of(volume)
        await until(lambda: peer.missions == [4, 4])

    run(peer, port, test)


def test_the_peer_arms_on_a_valid_token_and_never_hears_of_a_bad_one(peer: Peer, port: int) -> None:
    async def test(link: Link) -> None:
        assert await link.upload_fence(box(400.0)) is True
        bad = {
            "token_wrong_drone": token(drone_id=DroneId("D-2")),
            "fence_mismatch": token(volume=box(399.0)),
            "token_expired": token(
                not_before=datetime.now(UTC) - timedelta(hours=2), expires_at=datetime.now(UTC) - timedelta(hours=1)
            ),
        }
        for rule, refused in bad.items():
            outcome = await link.arm(refused)
            assert isinstance(outcome, Refusal)
            assert outcome.rule == rule
        assert peer.actions == []
        good = token()
        assert await link.arm(good) is True
        assert await link.take_off(60.0) is True
        await until(lambda: peer.actions == [("arm", True), ("takeoff", True)])
        await until(lambda: link.record.armed)
        again = await link.arm(good)
        assert isinstance(again, Refusal)
        assert again.rule == "mission_already_flown"

    run(peer, port, test)


def test_a_peer_that_is_not_armable_refuses_and_says_so(peer: Peer, port: int) -> None:
    async def test(link: Link) -> None:
        peer.action.set_armable(armable=False, force_armable=False)
        await link.upload_fence(box(400.0))
        outcome = await link.arm(token())
        assert isinstance(outcome, Refusal)
        assert (outcome.rule, outcome.facts["command"]) == ("command_refused", "MAV_CMD_COMPONENT_ARM_DISARM")
        assert outcome.facts["result"] == "MAV_RESULT_TEMPORARILY_REJECTED"
        await until(lambda: peer.actions == [("arm", True)] * 5)  # asked again, a bounded number of times
        assert not link.record.armed

    run(peer, port, test)


def test_the_peer_reads_every_order_as_we_meant_it(peer: Peer, port: int) -> None:
    async def test(link: Link) -> None:
        place = offset(DOCK, 250.0, 0.0)
        assert await link.open_dock() is True
        assert await link.go_to(place, 60.0, 15.0) is True
        assert await link.hold() is True
        assert await link.set_gimbal_pitch(-90.0) is True
        assert await link.start_recording() is True
        assert await link.stop_recording() is True
        assert await link.return_to_dock() is True
        assert await link.land_now() is True
        assert [order["command"] for order in peer.commands] == [181, 192, 193, 1000, 2500, 2501, 20, 21]
        go_to = peer.commands[1]
        assert (go_to["frame"], go_to["x"], go_to["y"]) == (6, round(place.lat * 1e7), round(place.lon * 1e7))
        assert (go_to["param1"], go_to["param2"], go_to["z"]) == (15.0, 1.0, 60.0)
        assert (peer.commands[0]["param1"], peer.commands[0]["param2"]) == (0.0, 1.0)
        assert peer.commands[3]["param1"] == -90.0

    run(peer, port, test)


def test_the_peers_telemetry_is_read_as_it_meant_it(peer: Peer, port: int) -> None:
    async def test(link: Link) -> None:
        seen = link.telemetry()
        assert seen.position is not None
        assert (round(seen.position.lon, 6), round(seen.position.lat, 6)) == (DOCK.lon, DOCK.lat)
        assert (seen.altitude_m, seen.heading_deg, seen.voltage_v) == (0.0, 90.0, 25.0)
        assert (seen.battery_pct, seen.armed, seen.landed, seen.link_quality_pct) == (
            pytest.approx(90, abs=1),
            False,
            True,
            100,
        )

    run(peer, port, test)
