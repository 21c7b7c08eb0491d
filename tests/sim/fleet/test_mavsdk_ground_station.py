"""An independent peer: MAVSDK as the ground station of our simulated vehicle."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest
from mavsdk_grpc import System
from mavsdk_grpc.action import ActionError, RelayCommand
from mavsdk_grpc.geofence import FenceType, GeofenceData, Point, Polygon
from mavsdk_grpc.gimbal import GimbalMode, SendMode

from necmergitur.app.services import free_port
from necmergitur.kernel.geo import Position, distance_m, offset
from necmergitur.kernel.ids import DroneId
from necmergitur.sim.fleet.autopilot import DOCK_ELEVATION_M
from necmergitur.sim.fleet.config import Config, FaultKind, SimVehicle
from necmergitur.sim.fleet.server import FleetServer, serve

# MAVSDK finds its own binary by a function that Python 3.11 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")

DOCK = Position(2.3508, 48.8567)
DRONE = DroneId("D-1")
RING = [offset(DOCK, x, y) for x, y in ((-150, -150), (400, -150), (400, 150), (-150, 150))]
Item = TypeVar("Item")


async def first(stream: AsyncIterator[Item], wanted: Callable[[Item], bool] = lambda _: True) -> Item:
    async with asyncio.timeout(30):
        async for item in stream:
            if wanted(item):
                return item
    raise AssertionError("the stream ended")


def run(test: Callable[[System, FleetServer], Awaitable[None]]) -> None:
    async def main() -> None:
        vehicle = SimVehicle(drone_id=DRONE, dock=DOCK, udp_port=0, camera_port=-1)
        server = await serve(Config(vehicles=(vehicle,), time_scale=5.0, wind_m_s=3.0))
        station = System(port=free_port())
        try:
            await station.connect(system_address=f"udpout://127.0.0.1:{server.udp_ports[DRONE]}")
            await first(station.core.connection_state(), lambda state: state.is_connected)
            await first(station.telemetry.health(), lambda health: health.is_global_position_ok)
            async with asyncio.timeout(60):
                await test(station, server)
        finally:
            station._stop_mavsdk_server()
            await server.close()
            await asyncio.sleep(0)

    asyncio.run(main())


async def upload_fence(station: System) -> None:
    polygon = Polygon([Point(p.lat, p.lon) for p in RING], FenceType.INCLUSION)
    await station.geofence.upload_geofence(GeofenceData([polygon], []))


async def refused(order: Awaitable[Any]) -> str:
    with pytest.raises(ActionError) as caught:
        await order
    return str(caught.value._result.result)


def test_mavsdk_flies_our_vehicle_from_dock_to_dock() -> None:
    async def test(station: System, server: FleetServer) -> None:
        pilot = server.vehicles[DRONE].pilot
        await upload_fence(station)
        assert [distance_m(a, b) < 0.1 for a, b in zip(pilot.fence, RING, strict=True)] == [True] * 4
        await station.action.set_relay(0, RelayCommand.ON)
        await station.action.arm()
        await station.action.takeoff()
        await first(station.telemetry.position(), lambda p: p.relative_altitude_m > 59.0)

        target = offset(DOCK, 200.0, 0.0)
        await station.action.goto_location(target.lat, target.lon, DOCK_ELEVATION_M + 60.0, math.nan)
        there = await first(
            station.telemetry.position(),
            lambda p: distance_m(Position(p.longitude_deg, p.latitude_deg), target) < 3.0,
        )
        assert abs(there.relative_altitude_m - 60.0) < 1.0
        battery = await first(station.telemetry.battery())
        assert 80.0 < battery.remaining_percent < 100.0

        outside = offset(DOCK, 900.0, 0.0)
        assert "DENIED" in await refused(
            station.action.goto_location(outside.lat, outside.lon, DOCK_ELEVATION_M + 60.0, math.nan)
        )
        await station.action.hold()
        assert str(await first(station.telemetry.flight_mode())) == "HOLD"
        await station.action.return_to_launch()
        assert await first(station.telemetry.armed(), lambda armed: not armed) is False
        assert (pilot.body.docked, pilot.body.armed) == (True, False)

    run(test)


def test_mavsdk_turns_our_camera_and_records() -> None:
    async def test(station: System, server: FleetServer) -> None:
        pilot = server.vehicles[DRONE].pilot
        await station.camera.start_video(1)
        assert pilot.body.recording
        await station.camera.stop_video(1)
        assert not pilot.body.recording
        await first(station.gimbal.gimbal_list(), lambda found: bool(found.gimbals))
        await station.gimbal.set_angles(1, 0, -90, 0, GimbalMode.YAW_FOLLOW, SendMode.ONCE)
        seen = await first(station.gimbal.attitude(), lambda attitude: attitude.euler_angle_forward.pitch_deg < -89.0)
        assert seen.euler_angle_forward.pitch_deg == pytest.approx(-90.0, abs=0.1)

    run(test)


def test_mavsdk_is_refused_what_our_vehicle_must_refuse() -> None:
    async def test(station: System, server: FleetServer) -> None:
        vehicle = server.vehicles[DRONE]
        await station.action.arm()
        assert "DENIED" in await refused(station.action.takeoff()), "the doors are closed"
        await station.action.disarm()
        vehicle.inject(FaultKind.MOTOR_REFUSAL, 600.0)
        await asyncio.sleep(0.3)
        assert await refused(station.action.arm())
        assert not vehicle.pilot.body.armed

    run(test)
