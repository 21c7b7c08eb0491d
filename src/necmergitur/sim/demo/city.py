"""The living city: vehicles, buttons and people in one process, beside the product."""

import asyncio
import contextlib
import signal
import zlib
from urllib.parse import urlsplit

import msgspec
import structlog

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.settings import Settings
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import DroneId
from necmergitur.sim.demo.counters import Counters
from necmergitur.sim.demo.people import People
from necmergitur.sim.demo.street import Street
from necmergitur.sim.fleet.config import Config, SimVehicle
from necmergitur.sim.fleet.server import serve

log = structlog.get_logger(__name__)


def fleet_config(store: PostgresStore, *, seed: int, time_scale: float = 1.0) -> Config:
    """Return a simulated fleet for the drones the database knows, on the ports it knows them by."""
    with store.transaction() as tx:
        drones = tx.drones()
    with store.cursor() as cursor:
        row = cursor.execute(load("city")["streets"]).fetchone()
    lines = [] if row is None else msgspec.json.decode(zlib.decompress(bytes(row[0])))
    return Config(
        vehicles=tuple(
            SimVehicle(
                drone_id=DroneId(d.id),
                dock=d.dock,
                udp_port=urlsplit(d.link_url).port or 0,
                camera_port=urlsplit(d.camera_url).port or -1 if d.camera_url else -1,
                signing_key=d.signing_key,
                system_id=d.system_id,
            )
            for d in drones
        ),
        seed=seed,
        time_scale=time_scale,
        streets=tuple(tuple(Position(lon, lat) for lon, lat in line) for line in lines),
        rate_hz=8,
        idle_rate_hz=2,
    )


async def run_city(settings: Settings, store: PostgresStore, *, seed: int, calls_per_hour: float) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    fleet = await serve(await loop.run_in_executor(None, lambda: fleet_config(store, seed=seed)))
    street = Street(settings, store, seed=seed, calls_per_hour=calls_per_hour)
    await street.start()
    counters = Counters(settings)
    counters.start()
    people = asyncio.create_task(People(store, seed, street.is_scripted, fleet.sights).run(), name="people")
    log.info("city_lives", vehicles=len(fleet.vehicles), calls_per_hour=calls_per_hour)
    try:
        await stop.wait()
    finally:
        people.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await people
        await counters.stop()
        await street.stop()
        await fleet.close()
