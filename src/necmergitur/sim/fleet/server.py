"""One process, one event loop, a whole fleet of simulated vehicles on loopback."""

import asyncio
import signal
import zlib
from datetime import UTC, datetime

from necmergitur.adapters.keeping import end
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId
from necmergitur.sim.fleet.camera import Camera
from necmergitur.sim.fleet.config import Config, FaultKind
from necmergitur.sim.fleet.constants import TICK_S
from necmergitur.sim.fleet.scene import Sight, Streets, draw
from necmergitur.sim.fleet.vehicle import SimulatedVehicle

# The tick is spread over groups of vehicles, so that a fleet does not send all its messages in one burst.
GROUPS = 5
# A stalled process must not make vehicles leap: longer pauses are lost time for the simulation.
MAX_CATCH_UP_S = 1.0


class FleetServer:
    """A running fleet. Made by `serve`; `close` ends it."""

    def __init__(self, config: Config) -> None:
        now = datetime.now(UTC)
        self.config = config
        self.vehicles = {
            spec.drone_id: SimulatedVehicle(spec, config, seed=config.seed + number, now=now)
            for number, spec in enumerate(config.vehicles)
        }
        self.cameras: dict[DroneId, Camera] = {}
        self.camera_ports: dict[DroneId, int] = {}
        self.udp_ports: dict[DroneId, int] = {}
        self._streets = Streets(config.streets)
        # What somebody else wrote of a drone's scene; elsewhere chance draws it.
        self.sights: dict[DroneId, Sight] = {}
        self._scenes: dict[DroneId, Position] = {}
        self._pending_faults = sorted(config.faults, key=lambda fault: fault.at_s, reverse=True)
        self._clock: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Bind every port on 127.0.0.1 and start time. Raises OSError when a port is taken."""
        loop = asyncio.get_running_loop()
        for drone_id, vehicle in self.vehicles.items():
            transport, _ = await loop.create_datagram_endpoint(
                lambda vehicle=vehicle: vehicle,  # type: ignore[misc]
                local_addr=("127.0.0.1", vehicle.spec.udp_port),
            )
            self.udp_ports[drone_id] = int(transport.get_extra_info("sockname")[1])
            if vehicle.spec.camera_port >= 0:
                camera = Camera(lambda drone_id=drone_id: self._frame(drone_id))  # type: ignore[misc]
                self.camera_ports[drone_id] = await camera.open(vehicle.spec.camera_port)
                self.cameras[drone_id] = camera
        self._clock = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop time and close every port."""
        if self._clock is not None:
            await end(self._clock)
        for vehicle in self.vehicles.values():
            vehicle.close()
        for camera in self.cameras.values():
            camera.close()

    def inject(self, drone_id: DroneId, kind: FaultKind, duration_s: float = 60.0) -> None:
        """Start a fault now. Raises KeyError for an unknown drone."""
        self.vehicles[drone_id].inject(kind, duration_s)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        groups = [list(self.vehicles.values())[i::GROUPS] for i in range(GROUPS)]
        last_s = [loop.time()] * GROUPS
        turn, due_s, began_s = 0, loop.time(), loop.time()
        while True:  # until cancelled by close()
            now_s = loop.time()
            dt_s = min(now_s - last_s[turn], MAX_CATCH_UP_S) * self.config.time_scale
            last_s[turn] = now_s
            self._start_faults((now_s - began_s) * self.config.time_scale)
            for vehicle in groups[turn]:
                vehicle.tick(now_s, dt_s)
            turn = (turn + 1) % GROUPS
            due_s = max(due_s + TICK_S / GROUPS, now_s - MAX_CATCH_UP_S)
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    def _start_faults(self, sim_s: float) -> None:
        while self._pending_faults and self._pending_faults[-1].at_s <= sim_s:
            fault = self._pending_faults.pop()
            self.inject(fault.drone_id, fault.kind, fault.duration_s)

    def _frame(self, drone_id: DroneId) -> bytes | None:
        vehicle = self.vehicles[drone_id]
        if not vehicle.live_picture:
            self._scenes.pop(drone_id, None)
            return None
        pilot = vehicle.pilot
        scene = self._scenes.setdefault(drone_id, pilot.position)
        seed = zlib.crc32(f"{scene.lon:.3f},{scene.lat:.3f}".encode()) + self.config.seed
        return draw(
            self._streets,
            scene,
            pilot.position,
            pilot.body.altitude_m,
            drone_id,
            at=datetime.now(UTC),
            seed=seed,
            sight=self.sights.get(drone_id),
        )


async def serve(config: Config) -> FleetServer:
    """Start a fleet inside the running event loop and return it."""
    server = FleetServer(config)
    try:
        await server.open()
    except OSError:
        await server.close()
        raise
    return server


def run(config: Config) -> None:
    """Run a fleet until SIGINT or SIGTERM. Raises OSError when a port is taken."""
    asyncio.run(_until_signalled(config))


async def _until_signalled(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await serve(config)
    try:
        await stop.wait()
    finally:
        await server.close()
