"""The simulated picture: only while on scene, drawn only when watched, bounded in viewers."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from io import BytesIO

import pytest
from msgspec.structs import replace
from PIL import Image

from necmergitur.kernel.geo import Position, offset
from necmergitur.kernel.ids import DroneId
from necmergitur.sim.fleet import server as server_module
from necmergitur.sim.fleet.config import Config, Fault, FaultKind, SimVehicle
from necmergitur.sim.fleet.constants import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, MAX_VIEWERS
from necmergitur.sim.fleet.physics import Goal
from necmergitur.sim.fleet.server import FleetServer, serve

DOCK = Position(2.3508, 48.8567)
DRONE = DroneId("D-1")


def run(test: Callable[[FleetServer, int], Awaitable[None]]) -> None:
    async def main() -> None:
        street = (offset(DOCK, -200.0, 0.0), offset(DOCK, 200.0, 0.0))
        vehicle = SimVehicle(drone_id=DRONE, dock=DOCK, udp_port=0, camera_port=0)
        server = await serve(Config(vehicles=(vehicle,), streets=(street,)))
        try:
            await test(server, server.camera_ports[DRONE])
        finally:
            await server.close()
            await asyncio.sleep(0.05)

    asyncio.run(main())


def set_on_scene(server: FleetServer, *, recording: bool = True) -> None:
    pilot = server.vehicles[DRONE].pilot
    pilot.body = replace(
        pilot.body, armed=True, altitude_m=60.0, goal=Goal.HOLD, goal_altitude_m=60.0, recording=recording
    )


async def ask(port: int, request: bytes) -> tuple[bytes, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0], body


async def open_stream(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    return reader, writer


async def next_frame(reader: asyncio.StreamReader) -> bytes:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    while b"Content-Length" not in head:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


@pytest.mark.parametrize("path", [b"/stream", b"/still.jpg"])
def test_there_is_no_picture_in_the_dock_or_in_transit(path: bytes) -> None:
    async def test(server: FleetServer, port: int) -> None:
        request = b"GET " + path + b" HTTP/1.1\r\n\r\n"
        docked, _ = await ask(port, request)
        set_on_scene(server, recording=False)
        in_transit, _ = await ask(port, request)
        assert (docked, in_transit) == (b"HTTP/1.1 503 Service Unavailable",) * 2

    run(test)


def test_a_still_is_a_jpeg_of_the_scene() -> None:
    async def test(server: FleetServer, port: int) -> None:
        set_on_scene(server)
        status, body = await ask(port, b"GET /still.jpg HTTP/1.1\r\n\r\n")
        assert status == b"HTTP/1.1 200 OK"
        with Image.open(BytesIO(body)) as image:
            assert (image.format, image.size) == ("JPEG", (FRAME_WIDTH_PX, FRAME_HEIGHT_PX))
            assert not image.getexif()
            street = image.getpixel((FRAME_WIDTH_PX - 20, FRAME_HEIGHT_PX // 2))
            ground = image.getpixel((FRAME_WIDTH_PX - 20, FRAME_HEIGHT_PX - 20))
            assert isinstance(street, tuple)
            assert isinstance(ground, tuple)
            assert street[0] > ground[0] + 20

    run(test)


def test_a_stream_moves_and_ends_with_the_scene() -> None:
    async def test(server: FleetServer, port: int) -> None:
        set_on_scene(server)
        reader, writer = await open_stream(port)
        frames = [await next_frame(reader) for _ in range(3)]
        assert len(set(frames)) == 3
        set_on_scene(server, recording=False)
        rest = await asyncio.wait_for(reader.read(), 5)
        assert rest.endswith(b"--nec-frame--\r\n")
        writer.close()

    run(test)


def test_viewers_are_bounded_and_share_one_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = server_module.draw

    def counting(*args: object, **kwargs: object) -> bytes:
        drawn.append(1)
        return draw(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(server_module, "draw", counting)

    async def test(server: FleetServer, port: int) -> None:
        await asyncio.sleep(0.4)
        assert drawn == [], "nobody watches, nothing is drawn"
        set_on_scene(server)
        watching = [await open_stream(port) for _ in range(MAX_VIEWERS)]
        for reader, _ in watching:
            await next_frame(reader)
        one_too_many, _ = await ask(port, b"GET /stream HTTP/1.1\r\n\r\n")
        assert one_too_many == b"HTTP/1.1 503 Service Unavailable"
        for _ in range(3):
            for reader, _writer in watching:
                await next_frame(reader)
        assert len(drawn) <= 8
        for _, writer in watching:
            writer.close()

    run(test)


@pytest.mark.parametrize(
    "request_bytes", [b"GET /other HTTP/1.1\r\n\r\n", b"POST /stream HTTP/1.1\r\n\r\n", b"\r\n\r\n"]
)
def test_anything_else_is_not_found(request_bytes: bytes) -> None:
    async def test(_server: FleetServer, port: int) -> None:
        status, _ = await ask(port, request_bytes)
        assert status == b"HTTP/1.1 404 Not Found"

    run(test)


def test_an_endless_request_is_dropped() -> None:
    async def test(_server: FleetServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * 100_000)
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()

    run(test)


def test_planned_faults_begin_on_time() -> None:
    async def main() -> None:
        fault = Fault(drone_id=DRONE, kind=FaultKind.MOTOR_REFUSAL, at_s=4.0, duration_s=2000.0)
        vehicle = SimVehicle(drone_id=DRONE, dock=DOCK, udp_port=0, camera_port=-1)
        server = await serve(Config(vehicles=(vehicle,), faults=(fault,), time_scale=10.0))
        await asyncio.sleep(0.2)
        before = server.vehicles[DRONE].suffers(FaultKind.MOTOR_REFUSAL)
        await asyncio.sleep(0.6)
        after = server.vehicles[DRONE].suffers(FaultKind.MOTOR_REFUSAL)
        await server.close()
        assert (before, after) == (False, True)

    asyncio.run(main())
