"""Stands a simulated fleet and our own fleet face to face on loopback, for one test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from necmergitur.adapters.mavlink.channel import Vehicle
from necmergitur.adapters.mavlink.fleet import Breach, Fleet, Phase
from necmergitur.adapters.mavlink.link import Link
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch.tokens import MissionToken, Volume, issue
from necmergitur.kernel.geo import Position, offset
from necmergitur.kernel.ids import AuthorisationId, DroneId, IncidentId, MissionId
from necmergitur.sim.fleet.autopilot import Autopilot
from necmergitur.sim.fleet.config import Config, FaultKind, SimVehicle
from necmergitur.sim.fleet.server import FleetServer, serve
from necmergitur.sim.fleet.vehicle import SimulatedVehicle

DOCK = Position(2.3508, 48.8567)
KEY = bytes(range(32))
DRONE = DroneId("D-1")


class WallClock:
    """The present, moved by `skew`."""

    skew = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew


class Airfield:
    def __init__(self, fleet: Fleet, server: FleetServer, signer: Ed25519Signer, clock: WallClock) -> None:
        self.fleet = fleet
        self.server = server
        self.signer = signer
        self.clock = clock
        self.breaches: list[Breach] = []
        self.links: list[tuple[DroneId, bool]] = []
        self.phases: list[Phase] = []

    def vehicle(self, drone_id: DroneId = DRONE) -> SimulatedVehicle:
        return self.server.vehicles[drone_id]

    def pilot(self, drone_id: DroneId = DRONE) -> Autopilot:
        return self.vehicle(drone_id).pilot

    def link(self, drone_id: DroneId = DRONE) -> Link:
        return self.fleet._links[drone_id]

    def inject(self, kind: FaultKind, duration_s: float = 600.0) -> None:
        self.server.inject(DRONE, kind, duration_s)

    def token(self, **changes: Any) -> MissionToken:
        now = self.clock.now()
        fields: dict[str, Any] = {
            "mission_id": MissionId(uuid4()),
            "incident_id": IncidentId(uuid4()),
            "authorisation_id": AuthorisationId(uuid4()),
            "drone_id": DRONE,
            "volume": box(400.0),
            "not_before": now,
            "expires_at": now + timedelta(minutes=5),
        }
        return issue(self.signer, **(fields | changes))

    def on_phase(self, mission_id: MissionId, drone_id: DroneId, phase: Phase, at: datetime) -> None:
        self.phases.append(phase)

    async def fly(
        self, token: MissionToken | None = None, *, east_m: float = 100.0, altitude_m: float = 20.0, **plan: Any
    ) -> Any:
        """Fly low and near, so that a test is short."""
        target, plan["altitude_m"] = offset(DOCK, east_m, 0.0), altitude_m
        plan.setdefault("camera_allowed", True)
        return await self.fleet.fly(token or self.token(), target, self.on_phase, **plan)

    async def until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while not condition():
            assert loop.time() < end_s, f"waited {timeout_s} s; phases {self.phases}, breaches {self.breaches}"
            await asyncio.sleep(0.02)

    async def until_phase(self, phase: Phase) -> None:
        await self.until(lambda: phase in self.phases)


def box(east_m: float, *, half_width_m: float = 150.0, ceiling_m: float = 80.0) -> Volume:
    """A rectangle from 150 m west of the dock to `east_m` east of it."""
    corners = ((-150.0, -half_width_m), (east_m, -half_width_m), (east_m, half_width_m), (-150.0, half_width_m))
    return Volume(tuple(offset(DOCK, x, y) for x, y in corners), ceiling_m)


@asynccontextmanager
async def airfield(*, time_scale: float = 10.0, signing_key: bytes | None = KEY) -> AsyncIterator[Airfield]:
    """One connected drone, ten times faster than life."""
    vehicle = SimVehicle(drone_id=DRONE, dock=DOCK, udp_port=0, camera_port=0, signing_key=signing_key)
    server = await serve(Config(vehicles=(vehicle,), time_scale=time_scale, wind_m_s=3.0))
    signer, clock = Ed25519Signer.generate(), WallClock()
    endpoint = f"udp://127.0.0.1:{server.udp_ports[DRONE]}"
    fleet = Fleet(
        [Vehicle(drone_id=DRONE, endpoint=endpoint, dock=DOCK, signing_key=signing_key)],
        verifier=Ed25519Verifier([signer.public_bytes()]),
        clock=clock,
        on_breach=lambda breach: field.breaches.append(breach),  # noqa: PLW0108  `field` is bound below
        on_link=lambda drone_id, up: field.links.append((drone_id, up)),
    )
    field = Airfield(fleet, server, signer, clock)
    await fleet.start()
    try:
        await field.until(lambda: field.link().connected)
        await field.until(lambda: field.link().record.complete and field.link().record.battery_pct is not None)
        yield field
    finally:
        await fleet.stop()
        await server.close()
        await asyncio.sleep(0)


def run(test: Callable[[Airfield], Coroutine[Any, Any, None]], **settings: Any) -> None:
    """Run `test` on an airfield of its own."""

    async def main() -> None:
        async with airfield(**settings) as field:
            await test(field)

    asyncio.run(main())
