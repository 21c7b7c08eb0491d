"""Start the engine, keep it running, stop it in order.

Presses come first: they are heard, and spooled, with no database, no drone and no free port for anything else.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable

import msgspec
import structlog
from prometheus_client import start_http_server

from necmergitur.adapters.keeping import end, keep_going, spare_what_is_loaded
from necmergitur.adapters.mavlink.channel import Channel
from necmergitur.adapters.mavlink.fleet import Vehicle
from necmergitur.dispatch.choice import prepare_for_many
from necmergitur.dispatch.constants import TOKEN_LASTS
from necmergitur.engine.cameras import Cameras
from necmergitur.engine.devices import DeviceLine
from necmergitur.engine.flights import Flights
from necmergitur.engine.panels import Panels
from necmergitur.engine.parts import EngineParts
from necmergitur.engine.rules import RuleClock
from necmergitur.engine.sensors import SensorLine
from necmergitur.engine.software import Software
from necmergitur.engine.telemetry import FleetReport
from necmergitur.kernel.ids import DroneId, MissionId
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.ports import DroneRecord

log = structlog.get_logger(__name__)

ALARM_CHECK_S = 2.0
ALIVE_S = 1.0
FLEET_CHECK_S = 5.0  # a new city, dock or drone is flown with within this time
LEFT_OUT_RETRY_S = 60.0  # ours: a drone whose address was not known may be by then
METRICS_RETRY_S = 10.0


class Engine:
    """The parts of one engine: the ears, which need nothing, and the wings, which need the city."""

    def __init__(self, parts: EngineParts, metrics_port: int = 0) -> None:
        """Prepare; nothing starts yet."""
        self._parts = parts
        self._metrics_port = metrics_port
        self._rules: RuleClock | None = None
        self._flights: Flights | None = None
        self._report: FleetReport | None = None
        self._cameras: Cameras | None = None
        self._software: Software | None = None
        self._flown: list[DroneRecord] | None = None
        self._usable: list[DroneRecord] | None = None
        self._looked_s = 0.0
        self._broker_told: bool | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.devices = DeviceLine(parts, self._wake)
        self.panels = Panels(parts, parts.dc09_port, self._wake)
        self.sensors = SensorLine(parts)

    async def start(self) -> None:
        """Hear presses; everything else follows by itself as soon as it can."""
        await self.devices.start()
        self.panels.start()
        self.sensors.start()
        self._tasks = [
            asyncio.create_task(keep_going("fleet", self._follow_fleet, every_s=FLEET_CHECK_S)),
            asyncio.create_task(keep_going("alarms", self._watch_broker)),
            asyncio.create_task(self._serve_metrics(), name="metrics"),
        ]

    async def stop(self) -> None:
        """Stop what decides last heard first."""
        await end(*self._tasks)
        await self.sensors.stop()
        await self.panels.stop()
        await self.devices.stop()
        await self._ground()

    def _wake(self) -> None:
        """Have the rules look soon. Called from any thread."""
        if self._rules is not None:
            self._rules.wake()

    async def _follow_fleet(self) -> None:
        """Fly with the drones that are in the record; when a city, a dock or a drone changed, with the new ones.

        Drones in the air carry on meanwhile and are adopted, as after a restart. Raises Unreachable.
        """
        records, spent = await asyncio.to_thread(self._read_fleet)
        # Grounding a drone is dispatch's affair and changes nothing of its link.
        links = [msgspec.structs.replace(r, enabled=True, disabled_reason="") for r in records]
        if not self._is_news(links):
            return
        usable = [r for r in links if await self._is_usable(r)]
        if usable == self._usable:
            self._flown = links
            return
        if self._flown is not None:
            log.info("fleet_read_anew", drones=len(usable))
        await self._ground()
        self._flights = Flights(self._parts, usable, spent)
        self._report = FleetReport(self._parts, self._flights, self.devices.publish)
        self._cameras = Cameras(self._parts, self._flights.fleet)
        self._software = Software(self._parts, self._flights.fleet)
        self._rules = RuleClock(self._parts, self._report, self._flights.wake)
        self._rules.start()  # first: deadlines and call-backs need no drone
        await self._flights.start()
        self._report.start()
        self._cameras.start()
        self._software.start()
        self._flown, self._usable = links, usable
        log.info("engine_flies", drones=len(usable), left_out=len(links) - len(usable))
        await asyncio.to_thread(prepare_for_many)
        spare_what_is_loaded()

    def _is_news(self, links: list[DroneRecord]) -> bool:
        """Return whether links may have to be opened anew: others than last time, or one was out of reach."""
        now_s = asyncio.get_running_loop().time()
        left_out = self._flown is not None and len(self._usable or ()) < len(self._flown)
        if links == self._flown and not (left_out and now_s - self._looked_s >= LEFT_OUT_RETRY_S):
            return False
        self._looked_s = now_s
        return True

    async def _is_usable(self, record: DroneRecord) -> bool:
        """Return whether a link to this drone opens: one bad address or key must not ground the others."""
        vehicle = Vehicle(
            drone_id=DroneId(record.id), endpoint=record.link_url, dock=record.dock, signing_key=record.signing_key
        )
        try:
            link = Channel(vehicle, clock=self._parts.clock)
            await link.open()
            link.close()
        except Exception:
            log.exception("drone_left_out", drone=record.id)
            return False
        return True

    def _read_fleet(self) -> tuple[list[DroneRecord], list[MissionId]]:
        """Read the drones, and the missions that lifted off within a token's life. Raises Unreachable."""
        with self._parts.store.transaction() as tx:
            spent = tx.missions_launched_since(self._parts.clock.now() - TOKEN_LASTS)
            return tx.drones(), [MissionId(m) for m in spent]

    async def _ground(self) -> None:
        """Stop deciding and let the links go; drones in the air carry on."""
        parts = (self._report, self._software, self._cameras, self._rules, self._flights)
        self._report = self._software = self._cameras = self._rules = self._flights = None
        for part in parts:
            if part is not None:
                try:
                    await part.stop()
                except Exception:
                    log.exception("part_not_stopped", part=type(part).__name__)

    async def _watch_broker(self) -> None:
        """Raise an alarm on every screen while a broker is away. Raises Unreachable."""
        await asyncio.sleep(ALARM_CHECK_S)  # at the start, the time a connection takes
        lost = bool(self.devices.broker_lost)
        if lost == self._broker_told:
            return
        detail = ", ".join(f"shard {s}" for s in sorted(self.devices.broker_lost))
        now = self._parts.clock.now()
        await asyncio.to_thread(set_alarm, self._parts.store, "broker_lost", lost, detail, now)
        self._broker_told = lost

    async def _serve_metrics(self) -> None:
        """Serve figures as soon as the port is free: a scraper is not worth a press."""
        while self._metrics_port:
            try:
                start_http_server(self._metrics_port, addr="127.0.0.1")
            except OSError as error:
                log.error("metrics_port_taken", port=self._metrics_port, why=error.strerror)  # noqa: TRY400
                await asyncio.sleep(METRICS_RETRY_S)
            else:
                return


async def run(
    parts: EngineParts,
    *,
    metrics_port: int = 0,
    ready: Callable[[], None] = lambda: None,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Run until SIGTERM or SIGINT. `ready` is called once presses are heard, `alive` every second after."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    engine = Engine(parts, metrics_port)
    await engine.start()
    log.info("engine_ready", shards=len(parts.nats_urls))
    ready()
    while not stop.is_set():
        alive()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ALIVE_S)
    log.info("engine_stopping")
    await engine.stop()
    parts.store.close()
