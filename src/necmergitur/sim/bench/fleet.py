"""How much of a core one process spends to hold a whole fleet's MAVLink links."""

import asyncio
import multiprocessing
import secrets
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from necmergitur.adapters.mavlink.channel import Vehicle
from necmergitur.adapters.mavlink.fleet import Fleet
from necmergitur.adapters.mavlink.wire import KEY_BYTES
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.kernel.geo import Position, offset
from necmergitur.kernel.ids import DroneId
from necmergitur.sim.fleet.config import Config, SimVehicle
from necmergitur.sim.fleet.server import serve

# The engine hands positions to the control room this often; the bench pays for it too.
SNAPSHOT_S = 0.25
CONNECT_S = 20.0
QUICK_S = 3.0
_CENTRE = Position(2.35, 48.85)
_SPACING_M = 600.0
_COLUMNS = 16
_SYSTEM_IDS = 250


class _SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def measure(vehicles: int = 240, seconds: float = 10.0, *, quick: bool = False) -> dict[str, float]:
    """Return `vehicles`, `messages_per_s` received and `cpu_cores` used by the process that holds the links.

    The simulated vehicles run in another process, each sending 8 signed messages a second; this process verifies,
    decodes and snapshots them. `quick` measures for QUICK_S. Raises RuntimeError when not every vehicle is heard
    within 20 s.
    """
    seconds = QUICK_S if quick else seconds
    keys = [secrets.token_bytes(KEY_BYTES) for _ in range(vehicles)]
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_simulate, args=(theirs, keys), daemon=True)
    process.start()
    theirs.close()
    try:
        ports: list[int] = ours.recv()
        return asyncio.run(_hold(keys, ports, seconds))
    finally:
        ours.close()  # the simulation ends when its pipe does
        process.join(timeout=10)
        if process.is_alive():
            process.terminate()


async def _hold(keys: list[bytes], ports: list[int], seconds: float) -> dict[str, float]:
    fleet = Fleet(
        [
            Vehicle(
                drone_id=_name(number),
                endpoint=f"udp://127.0.0.1:{port}",
                dock=_dock(number),
                signing_key=key,
                system_id=1 + number % _SYSTEM_IDS,
            )
            for number, (key, port) in enumerate(zip(keys, ports, strict=True))
        ],
        verifier=Ed25519Verifier([Ed25519Signer.generate().public_bytes()]),
        clock=_SystemClock(),
        on_breach=lambda _: None,
        on_link=lambda _drone_id, _up: None,
    )
    await fleet.start()
    try:
        await _all_connected(fleet)
        frames, cpu_s, began_s = fleet.frames_received, time.process_time(), time.monotonic()
        while time.monotonic() - began_s < seconds:
            await asyncio.sleep(SNAPSHOT_S)
            fleet.snapshot()
        wall_s = time.monotonic() - began_s
        return {
            "vehicles": len(keys),
            "messages_per_s": round((fleet.frames_received - frames) / wall_s, 1),
            "cpu_cores": round((time.process_time() - cpu_s) / wall_s, 3),
        }
    finally:
        await fleet.stop()


async def _all_connected(fleet: Fleet) -> None:
    until_s = time.monotonic() + CONNECT_S
    while not all(telemetry.connected and telemetry.software for telemetry in fleet.snapshot().values()):
        if time.monotonic() > until_s:
            silent = sum(not telemetry.connected for telemetry in fleet.snapshot().values())
            raise RuntimeError(f"{silent} vehicles were not heard within {CONNECT_S} s")
        await asyncio.sleep(SNAPSHOT_S)


def _simulate(pipe: Connection, keys: list[bytes]) -> None:
    """Run the vehicles until the other end of `pipe` closes (in a process of its own)."""
    asyncio.run(_simulate_until_closed(pipe, keys))


async def _simulate_until_closed(pipe: Connection, keys: list[bytes]) -> None:
    server = await serve(
        Config(
            vehicles=tuple(
                SimVehicle(
                    drone_id=_name(number),
                    dock=_dock(number),
                    udp_port=0,
                    camera_port=-1,
                    signing_key=key,
                    system_id=1 + number % _SYSTEM_IDS,
                )
                for number, key in enumerate(keys)
            )
        )
    )
    pipe.send([server.udp_ports[_name(number)] for number in range(len(keys))])
    closed = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), closed.set)
    await closed.wait()
    await server.close()


def _name(number: int) -> DroneId:
    return DroneId(f"D-{number:03}")


def _dock(number: int) -> Position:
    return offset(_CENTRE, _SPACING_M * (number % _COLUMNS), _SPACING_M * (number // _COLUMNS))
