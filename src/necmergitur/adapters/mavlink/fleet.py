"""All the vehicles of a city in one event loop: links kept alive, telemetry at hand, missions flown on order.

Which drone flies which mission is decided elsewhere; here an accepted mission with its token is carried out.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog
from prometheus_client import Counter

from necmergitur.adapters.keeping import end
from necmergitur.adapters.mavlink.airspace import Airspace
from necmergitur.adapters.mavlink.arming import SpentMissions
from necmergitur.adapters.mavlink.channel import Vehicle
from necmergitur.adapters.mavlink.commands import Outcome
from necmergitur.adapters.mavlink.constants import ADOPTION_GRACE_S, HEARTBEAT_S, OPEN_AGAIN_S, OPEN_WAIT_S
from necmergitur.adapters.mavlink.flight import Flight
from necmergitur.adapters.mavlink.link import Link
from necmergitur.adapters.mavlink.phases import FlightEnd, OnPhase, Phase, Plan
from necmergitur.adapters.mavlink.telemetry import Telemetry
from necmergitur.adapters.mavlink.watch import Breach, Watch
from necmergitur.dispatch.constants import SCENE_RADIUS_M
from necmergitur.dispatch.flight_time import CRUISE_M_S, ON_SCENE_MAX_S
from necmergitur.dispatch.tokens import MissionToken, Verifier, Volume, check
from necmergitur.governance.constants import TRANSIT_ALTITUDE_M
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.geo import Position, ring_contains
from necmergitur.kernel.ids import DroneId, MissionId
from necmergitur.kernel.refusal import Refusal

__all__ = ["Breach", "Fleet", "FlightEnd", "OnPhase", "Phase", "Telemetry", "Vehicle"]

MESSAGES = Counter("nec_mavlink_messages", "Authentic MAVLink messages decoded from vehicles")
REJECTED = Counter("nec_mavlink_rejected", "MAVLink frames dropped as malformed, unsigned, forged or replayed")
BREACHES = Counter("nec_mavlink_breaches", "Camera or flight promises broken, seen in telemetry", ["kind"])

_log = structlog.get_logger()


class Fleet:
    """Make it, `await start()` in the loop that will own it, `await stop()` at the end.

    Callbacks run in that loop and must not block. `spent` seeds the duplicate-flight guard from the ledger.
    """

    def __init__(
        self,
        vehicles: Iterable[Vehicle],
        *,
        verifier: Verifier,
        clock: Clock,
        on_breach: Callable[[Breach], None],
        on_link: Callable[[DroneId, bool], None],
        spent: Iterable[MissionId] = (),
    ) -> None:
        """Raises ValueError when two vehicles have the same name."""
        self._verifier = verifier
        self._clock = clock
        self._on_breach = on_breach
        self._on_link = on_link
        self._airspace = Airspace()
        self._spent = SpentMissions(spent)
        self._links: dict[DroneId, Link] = {}
        self._watches: dict[DroneId, Watch] = {}
        self._flights: dict[DroneId, Flight] = {}
        self._linked: dict[DroneId, bool] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._started_s = 0.0
        self._counted = (0, 0)
        for vehicle in vehicles:
            drone_id = vehicle.drone_id
            if drone_id in self._links:
                raise ValueError(f"two vehicles are named {drone_id}")
            try:
                self._links[drone_id] = Link(
                    vehicle, verifier=verifier, clock=clock, spent=self._spent, on_change=self._changed
                )
            except ValueError as error:  # a key of another length: this drone is not heard, the others are
                _log.error("drone_unusable", drone_id=drone_id, why=str(error))
                continue
            self._watches[drone_id] = Watch(drone_id)
            self._linked[drone_id] = False

    # --- life ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open every link and begin the heartbeats. A link that cannot be opened is logged and tried again."""
        self._started_s = asyncio.get_running_loop().time()
        first = asyncio.create_task(self._open_links())
        await asyncio.wait([first], timeout=OPEN_WAIT_S)
        self._tasks = [first, asyncio.create_task(self._beat()), asyncio.create_task(self._open_rest())]

    async def stop(self) -> None:
        """Close every link. Vehicles in the air follow their own lost-link behaviour."""
        await end(*self._tasks)
        for link in self._links.values():
            link.close()

    def snapshot(self) -> dict[DroneId, Telemetry]:
        """Return the last known state of every vehicle."""
        return {drone_id: link.telemetry() for drone_id, link in self._links.items()}

    def telemetry(self, drone_id: DroneId) -> Telemetry:
        """Return the last known state of one vehicle. Raises KeyError for an unknown one."""
        return self._links[drone_id].telemetry()

    def flying(self) -> dict[DroneId, MissionId]:
        """Return the missions being flown."""
        return {drone_id: flight.token.mission_id for drone_id, flight in self._flights.items()}

    @property
    def messages_received(self) -> int:
        """Authentic messages decoded since the start, over all links."""
        return sum(link.messages_received for link in self._links.values())

    @property
    def frames_received(self) -> int:
        """Frames seen since the start, over all links, those skipped before decoding included."""
        return sum(link.frames_received for link in self._links.values())

    # --- missions -----------------------------------------------------------------------------------

    async def prepare(self, drone_id: DroneId, volume: Volume) -> Outcome:
        """Open the dock and upload the fence ahead of acceptance: reversible, and needs no token."""
        link = self._links.get(drone_id)
        if link is None:
            return _unknown(drone_id)
        if drone_id in self._flights or link.record.armed:
            return Refusal(rule="drone_already_flying", detail=f"{drone_id} is on a mission")
        opened, fenced = await asyncio.gather(link.open_dock(), link.upload_fence(volume))
        return fenced if opened else opened

    async def unprepare(self, drone_id: DroneId) -> Outcome:
        """Close the dock again after a cancelled press or a refused offer."""
        link = self._links.get(drone_id)
        if link is None:
            return _unknown(drone_id)
        if drone_id in self._flights or link.record.armed:
            return Refusal(rule="drone_already_flying", detail=f"{drone_id} is on a mission")
        return await link.close_dock()

    async def fly(  # noqa: PLR0913 -- all that a flight is
        self,
        token: MissionToken,
        target: Position,
        on_phase: OnPhase,
        *,
        scene_radius_m: float = SCENE_RADIUS_M,
        altitude_m: float = TRANSIT_ALTITUDE_M,
        speed_m_s: float = CRUISE_M_S,
        on_scene_max_s: float = ON_SCENE_MAX_S,
        camera_allowed: bool = False,
        adopt: bool = False,
    ) -> FlightEnd | Refusal:
        """Fly the whole mission to the dock. A Refusal means that nothing left the ground.

        `camera_allowed`: whether the camera may look on scene; `allow_camera` changes it in flight.

        `adopt` takes over a vehicle that already flies this mission, after a restart: it never arms, and accepts a
        token that expired since. Refusals: `unknown_drone`, `target_outside_volume`, `altitude_above_ceiling`,
        `helicopter_in_area`, and those of `Link.arm`, `Link.open_dock`, `Link.upload_fence`, `Link.take_off`.

        If `on_phase` raises, the vehicle is ordered home before the error goes on. If the task is cancelled, the
        vehicle keeps its last order until somebody adopts it or its own lost-link behaviour acts.
        """
        drone_id = token.drone_id
        link = self._links.get(drone_id)
        plan = Plan(
            target=target,
            scene_radius_m=scene_radius_m,
            altitude_m=altitude_m,
            speed_m_s=speed_m_s,
            on_scene_max_s=on_scene_max_s,
            camera_allowed=camera_allowed,
        )
        if link is None:
            return _unknown(drone_id)
        refusal = self._unfit(link, token, plan, adopt=adopt)
        if refusal is not None:
            return refusal
        flight = self._flights[drone_id] = Flight(link, token, plan, self._airspace, on_phase)
        try:
            if adopt:
                self._spent.claim(token.mission_id)
                return await flight.adopt()
            return await flight.run()
        except Exception:
            await link.return_to_dock()
            raise
        finally:
            del self._flights[drone_id]

    def allow_camera(self, drone_id: DroneId, *, allowed: bool) -> None:
        """Let the camera of a drone in flight look on scene, or level and stop it wherever it is."""
        flight = self._flights.get(drone_id)
        if flight is not None:
            flight.allow_camera(allowed=allowed)

    async def hold(self, drone_id: DroneId) -> Outcome:
        """Stop and stay until `resume`."""
        flight = self._flights.get(drone_id)
        return _no_flight(drone_id) if flight is None else await flight.hold()

    async def resume(self, drone_id: DroneId) -> Outcome:
        """Go on after `hold`."""
        flight = self._flights.get(drone_id)
        return _no_flight(drone_id) if flight is None else await flight.resume()

    async def descend(self, drone_id: DroneId, altitude_m: float) -> Outcome:
        """Change the height above the dock, inside the volume. Refusals: `altitude_outside_volume`, `not_now`."""
        flight = self._flights.get(drone_id)
        return _no_flight(drone_id) if flight is None else await flight.descend(altitude_m)

    async def move(self, drone_id: DroneId, position: Position) -> Outcome:
        """On scene, look at another place inside the volume. Refusals: `target_outside_volume`, `not_now`."""
        flight = self._flights.get(drone_id)
        return _no_flight(drone_id) if flight is None else await flight.move(position)

    async def abort(self, drone_id: DroneId) -> Outcome:
        """Return to the dock, camera level, recording off."""
        flight = self._flights.get(drone_id)
        return _no_flight(drone_id) if flight is None else await flight.abort()

    async def land_now(self, drone_id: DroneId) -> Outcome:
        """Land where it is. Works on any vehicle in the air, mission or not."""
        flight = self._flights.get(drone_id)
        if flight is not None:
            return await flight.land_now()
        link = self._links.get(drone_id)
        return _unknown(drone_id) if link is None else await link.land_now()

    def announce_helicopter(self, area: Sequence[Position], until: datetime) -> None:
        """Close one more area: every drone inside descends to the floor and holds until then.

        Raises ValueError for a ring without area, a naive instant or too many areas.
        """
        self._airspace.announce(area, until)
        for flight in self._flights.values():
            flight.wake()

    def clear_helicopter(self) -> None:
        """The helicopters are gone: missions go on."""
        self._airspace.clear()
        for flight in self._flights.values():
            flight.wake()

    # --- inside -------------------------------------------------------------------------------------

    def _unfit(self, link: Link, token: MissionToken, plan: Plan, *, adopt: bool) -> Refusal | None:
        """Return why this flight must not begin, before the vehicle is asked anything."""
        if link.drone_id in self._flights:
            return Refusal(rule="drone_already_flying", detail=f"{link.drone_id} is on a mission")
        now = token.not_before
        checked = check(token, link.drone_id, now, self._verifier) if adopt else link.check_token(token)
        if isinstance(checked, Refusal):
            return checked
        if not ring_contains(token.volume.ring, plan.target):
            return Refusal(rule="target_outside_volume", detail="the scene is outside the mission's volume")
        if plan.altitude_m > token.volume.ceiling_m:
            return Refusal(rule="altitude_above_ceiling", detail=f"{plan.altitude_m} m over {token.volume.ceiling_m} m")
        return None

    def _changed(self, drone_id: DroneId) -> None:
        """After each message, and when a link is lost or back: the hot path, kept short."""
        link = self._links[drone_id]
        if link.connected is not self._linked[drone_id]:
            self._linked[drone_id] = link.connected
            if not link.connected:
                _log.warning("drone_link_lost", drone_id=drone_id, airborne=link.record.airborne)
            self._on_link(drone_id, link.connected)
        flight = self._flights.get(drone_id)
        if flight is not None:
            flight.wake()
        record = link.record
        if record.armed or record.recording or not self._watches[drone_id].quiet:
            self._watch(link, flight)

    def _watch(self, link: Link, flight: Flight | None) -> None:
        if flight is None and asyncio.get_running_loop().time() - self._started_s < ADOPTION_GRACE_S:
            return
        scene = None if flight is None else flight.scene
        for breach in self._watches[link.drone_id].look(link.record, scene, self._clock.now()):
            BREACHES.labels(breach.kind.value).inc()
            _log.warning("drone_breach", drone_id=link.drone_id, kind=breach.kind.value, value=breach.value)
            self._on_breach(breach)

    async def _open_links(self) -> None:
        closed = [link for link in self._links.values() if not link.is_open]
        outcomes = await asyncio.gather(*(link.open() for link in closed), return_exceptions=True)
        for link, outcome in zip(closed, outcomes, strict=True):
            if isinstance(outcome, Exception):
                _log.error("drone_link_unopened", drone_id=link.drone_id, why=f"{type(outcome).__name__}: {outcome}")

    async def _open_rest(self) -> None:
        while True:  # until cancelled by stop()
            await asyncio.sleep(OPEN_AGAIN_S)
            await self._open_links()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:  # until cancelled by stop()
            for link in self._links.values():
                if link.is_open:
                    self._tick(link)
            received = self.messages_received
            rejected = sum(link.messages_rejected for link in self._links.values())
            MESSAGES.inc(received - self._counted[0])
            REJECTED.inc(rejected - self._counted[1])
            self._counted = (received, rejected)
            due_s = max(due_s + HEARTBEAT_S, loop.time())
            await asyncio.sleep(due_s - loop.time())

    def _tick(self, link: Link) -> None:
        try:
            link.tick()
        except Exception:  # noqa: BLE001 -- one drone's socket does not silence the others'
            _log.exception("drone_tick_failed", drone_id=link.drone_id)


def _unknown(drone_id: DroneId) -> Refusal:
    return Refusal(rule="unknown_drone", detail=f"no vehicle is named {drone_id}")


def _no_flight(drone_id: DroneId) -> Refusal:
    return Refusal(rule="no_flight", detail=f"{drone_id} flies no mission")
