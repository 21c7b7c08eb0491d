"""Missions of a real database carried out on a simulated vehicle over real datagrams, by the engine's own loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.missions import Mission
from necmergitur.engine.flights import Flights
from necmergitur.engine.parts import EngineParts
from necmergitur.kernel.ids import DroneId
from necmergitur.operations import flying
from necmergitur.operations.intake import Ground
from necmergitur.sim.fleet.config import Config, SimVehicle
from necmergitur.sim.fleet.server import FleetServer, serve
from tests import signed
from tests.operations.emptied import empty_database, shared_database
from tests.operations.scene import Scene
from tests.operations.town import DRONES, MIDDLE, flights, install, pilot, town

__all__ = ["empty_database", "shared_database"]
PILOT = Person(1, "Pilot 1")
DRONE = DroneId("D-4")


class Tower:
    """The engine's flights, the vehicle, and the people around them."""

    def __init__(self, engine: Flights, server: FleetServer, scene: Scene) -> None:
        self.engine, self.server, self.scene = engine, server, scene

    def accepted(self) -> Mission:
        self.scene.now = datetime.now(UTC)
        self.scene.fleet.only(DRONE)
        self.scene.call("P-1")
        return self.scene.accept(self.scene.offered())

    async def until(self, mission: Mission, true: Callable[[Mission], bool], timeout_s: float = 40.0) -> Mission:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while not true(found := await asyncio.to_thread(self.scene.mission, mission.id)):
            assert loop.time() < end_s, found
            await asyncio.sleep(0.05)
        return found

    def order(self, mission: Mission, asked: Any) -> Mission:
        after = flying.order(self.scene.store, mission.id, asked, PILOT, datetime.now(UTC))
        assert isinstance(after, Mission), after
        self.engine.wake()
        return after


@asynccontextmanager
async def tower(database: str, home: Path) -> AsyncIterator[Tower]:
    now = datetime.now(UTC)
    server = await serve(
        Config(
            vehicles=(
                SimVehicle(drone_id=DRONE, dock=MIDDLE, udp_port=0, camera_port=0, signing_key=None, system_id=7),
            ),
            time_scale=10.0,
            wind_m_s=0.0,
        )
    )
    drone = next(d for d in DRONES if d.id == DRONE)
    drone = msgspec.structs.replace(drone, link_url=f"udp://127.0.0.1:{server.udp_ports[DRONE]}", system_id=7)
    shift = pilot(1, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    shift = msgspec.structs.replace(
        shift, qualified_from=now - timedelta(days=1), qualified_until=now + timedelta(days=1)
    )
    law = flights(valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1), granted_at=now)
    install(database, town(drones=(drone,), shifts=(shift,), authorisations=(law,)))
    signer, store = Ed25519Signer.generate(), PostgresStore(database)
    with store.cursor() as cursor:
        cursor.execute("UPDATE geozone_set SET read_at = %s", (now,))
    parts = EngineParts(
        store=store,
        database_url=database,
        nats_urls=(),
        clock=SystemClock(),
        signer=signer,
        verifier=Ed25519Verifier([signer.public_bytes()]),
        ground=Ground(MIDDLE),
        pin_key=b"k" * 32,
        home=home,
        verify=signed.verify,
    )
    engine = Flights(parts, [drone], ())
    await engine.start()
    try:
        link = engine.fleet._links[DRONE]
        while not (link.record.complete and link.record.battery_pct is not None):  # noqa: ASYNC110  the loop is the engine's
            await asyncio.sleep(0.05)
        yield Tower(engine, server, Scene(store, now))
    finally:
        await engine.stop()
        await server.close()
        store.close()


@pytest.fixture
def run(empty_database: str, tmp_path: Path) -> Callable[[Callable[[Tower], Coroutine[Any, Any, None]]], None]:
    def play(test: Callable[[Tower], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            async with tower(empty_database, tmp_path) as here:
                await test(here)

        asyncio.run(main())

    return play


def test_a_mission_flies_is_held_called_home_and_ends_in_its_dock(run) -> None:
    async def test(here: Tower) -> None:
        mission = here.accepted()
        await here.until(mission, lambda m: m.phase == "on_scene")
        here.order(mission, "hold")
        link = here.engine.fleet._links[DRONE]
        await here.until(mission, lambda _: link.record.mode == "hold")
        assert here.scene.mission(mission.id).phase == "on_scene", "held over its scene, it is still there"
        here.order(mission, "return")
        ended = await here.until(mission, lambda m: m.state == "ended")
        assert (ended.end_reason, ended.order_refused) == ("docked", "")

    run(test)


def test_an_order_the_vehicle_refuses_is_told_to_its_pilot(run) -> None:
    async def test(here: Tower) -> None:
        mission = here.accepted()
        await here.until(mission, lambda m: m.phase == "on_scene")
        execute = here.server.vehicles[DRONE].pilot.execute
        pause = 193  # MAV_CMD_DO_PAUSE_CONTINUE
        here.server.vehicles[DRONE].pilot.execute = lambda command, params: (
            4 if command == pause else execute(command, params)  # MAV_RESULT_FAILED
        )
        here.order(mission, "hold")
        told = await here.until(mission, lambda m: m.order_refused != "")
        assert (told.order_refused, told.order) == ("hold command_refused", "fly")
        here.order(mission, "return")
        assert (await here.until(mission, lambda m: m.state == "ended")).end_reason == "docked"

    run(test)


def test_a_return_asked_while_the_engine_prepares_the_flight_is_not_swallowed(run, monkeypatch) -> None:
    """The lift-off is on record and nothing armed yet: the order meets the drone in its dock."""

    async def test(here: Tower) -> None:
        attempt = here.engine._attempt

        async def late(mission: Mission, *args: Any, **kwargs: Any) -> Any:
            await asyncio.to_thread(here.order, mission, "return")
            return await attempt(mission, *args, **kwargs)

        monkeypatch.setattr(here.engine, "_attempt", late)
        mission = here.accepted()
        ended = await here.until(mission, lambda m: m.state == "ended")
        assert (ended.end_reason, ended.on_scene_at) == ("docked", None)

    run(test)


def test_an_error_nobody_foresaw_ends_the_mission_and_the_search_goes_on(run, monkeypatch) -> None:
    async def test(here: Tower) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise ValueError("planted")

        monkeypatch.setattr(flying, "token_for", broken)
        mission = here.accepted()
        ended = await here.until(mission, lambda m: m.state == "ended")
        assert ended.end_reason == "engine_error"
        assert here.scene.incident(mission.incident_id).drone == "searching"

    run(test)


def test_a_mission_of_a_drone_the_engine_does_not_know_ends(run) -> None:
    async def test(here: Tower) -> None:
        here.engine._records.clear()
        mission = here.accepted()
        assert (await here.until(mission, lambda m: m.state == "ended")).end_reason == "unknown_drone"

    run(test)


def test_phases_reached_while_the_database_is_away_are_recorded_when_it_is_back(run, monkeypatch) -> None:
    from necmergitur.engine import flights as module
    from necmergitur.operations.ports import Unreachable

    async def test(here: Tower) -> None:
        monkeypatch.setattr(module, "DATABASE_PATIENCE_S", 0.0)
        recorded: list[int] = []
        failures = iter(range(3))

        def work() -> None:
            if next(failures, None) is not None:
                raise Unreachable
            recorded.append(1)

        here.engine._queue(work)
        for _ in range(100):
            await asyncio.sleep(0.05)
            if recorded:
                break
        assert recorded == [1]

    run(test)
