"""Start the engine, keep it running, stop it in order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

import structlog
from prometheus_client import start_http_server

from necmergitur.dispatch.choice import prepare_for_many
from necmergitur.dispatch.constants import TOKEN_LASTS
from necmergitur.engine.devices import DeviceLine
from necmergitur.engine.flights import Flights
from necmergitur.engine.panels import Panels
from necmergitur.engine.parts import EngineParts
from necmergitur.engine.rules import RuleClock
from necmergitur.engine.telemetry import FleetReport
from necmergitur.kernel.ids import MissionId
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.ports import DroneRecord, Unreachable

log = structlog.get_logger(__name__)

ALARM_CHECK_S = 2.0
ALIVE_S = 1.0
DATABASE_WAIT_S = 0.3


async def run(
    parts: EngineParts,
    *,
    metrics_port: int = 0,
    ready: Callable[[], None] = lambda: None,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Run until SIGTERM or SIGINT. `ready` is called once it works, `alive` every second after."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if metrics_port:
        start_http_server(metrics_port, addr="127.0.0.1")
    records, spent = await _fleet(parts)
    flights = Flights(parts, records, spent)
    devices = DeviceLine(parts, lambda: rules.wake())  # noqa: PLW0108 -- `rules` comes after
    panels = Panels(parts, devices.commits, parts.dc09_port)
    report = FleetReport(parts, flights, devices.publish)
    rules = RuleClock(parts, report, flights.wake)
    await flights.start()
    rules.start()
    await devices.start()
    await panels.start()
    report.start()
    alarms = asyncio.create_task(_watch_broker(parts, devices), name="alarms")
    log.info("engine_ready", drones=len(records), shards=len(parts.nats_urls))
    ready()
    await loop.run_in_executor(None, prepare_for_many)
    while not stop.is_set():
        alive()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ALIVE_S)
    log.info("engine_stopping")
    alarms.cancel()
    await asyncio.gather(alarms, return_exceptions=True)
    await panels.stop()
    await devices.stop()
    await report.stop()
    await rules.stop()
    await flights.stop()
    parts.store.close()


async def _fleet(parts: EngineParts) -> tuple[list[DroneRecord], list[MissionId]]:
    """Read the drones, and the missions that lifted off within a token's life; wait for the database."""
    while True:
        try:
            with parts.store.transaction() as tx:
                spent = tx.missions_launched_since(parts.clock.now() - TOKEN_LASTS)
                return tx.drones(), [MissionId(m) for m in spent]
        except Unreachable:
            await asyncio.sleep(DATABASE_WAIT_S)


async def _watch_broker(parts: EngineParts, devices: DeviceLine) -> None:
    """Raise an alarm on every screen while a broker is away."""
    raised: bool | None = None
    while True:
        await asyncio.sleep(ALARM_CHECK_S)
        lost = bool(devices.broker_lost)
        if lost == raised:
            continue
        detail = ", ".join(f"shard {s}" for s in sorted(devices.broker_lost))
        try:
            await asyncio.get_running_loop().run_in_executor(
                None, set_alarm, parts.store, "broker_lost", lost, detail, parts.clock.now()
            )
            raised = lost
        except Unreachable:
            continue
