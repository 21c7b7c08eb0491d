"""A drone flown by, or looking with, what was not assessed grounds what rests on the assessment, as for sensors."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from necmergitur.engine.software import Software
from necmergitur.governance.assessments import Assessment
from necmergitur.operations import assessing
from necmergitur.sim import papers
from necmergitur.sim.fleet.config import FaultKind
from tests.engine.test_flights import DRONE, Tower, empty_database, shared_database, tower
from tests.operations.scene import LEAD
from tests.operations.town import FLIGHTS, flights

__all__ = ["empty_database", "shared_database"]
RUNS = "1.15.0+Nec_Mergitur-Simulated-1.0.0"
NEXT = "1.16.0+Nec_Mergitur-Simulated-1.0.0"


class Desk:
    """An engine that looks at its drone, and the officer who assessed it."""

    def __init__(self, here: Tower) -> None:
        self.here, self.version = here, 1
        self.watch = Software(here.engine._parts, here.engine.fleet)

    def sign(self, firmware: str) -> None:
        """Sign the next version of what the town's flights rest on."""
        self.version += 1
        held = papers.assessment_of(flights(), self.here.scene.now)
        covers = msgspec.structs.replace(held.covers, firmware=firmware)
        asked = msgspec.structs.replace(held, version=self.version, digest=str(self.version) * 64, covers=covers)
        now = datetime.now(UTC)
        assert isinstance(assessing.sign(self.here.scene.store, asked, LEAD, now), Assessment)  # type: ignore[arg-type]

    async def said(self, software: str) -> None:
        """Wait until the drone has said what it runs, and look."""
        for _ in range(400):
            if self.here.engine.fleet.telemetry(DRONE).software == software:
                break
            await asyncio.sleep(0.05)
        assert self.here.engine.fleet.telemetry(DRONE).software == software
        await self.watch.look()

    @property
    def suspended(self) -> str:
        """Why the town's flights are suspended; empty while they are not."""
        with self.here.scene.store.transaction() as tx:
            found = tx.authorisation(FLIGHTS)
        assert found is not None
        return found.suspended_reason if found.suspended_at else ""

    async def update(self, software: int) -> None:
        """Load another program into the drone and start it again."""
        self.here.server.vehicles[DRONE].software = software
        self.here.server.inject(DRONE, FaultKind.LINK_LOSS, 45.0)  # simulated seconds, ten to a real one
        fleet = self.here.engine.fleet
        while fleet.telemetry(DRONE).connected:  # noqa: ASYNC110  the loop is the engine's
            await asyncio.sleep(0.05)


@pytest.fixture
def run(empty_database: str, tmp_path: Path) -> Callable[[Callable[[Desk], Coroutine[Any, Any, None]]], None]:
    def play(test: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            async with tower(empty_database, tmp_path) as here:
                await test(Desk(here))

        asyncio.run(main())

    return play


def test_another_program_than_was_assessed_suspends_the_flights_until_it_is_assessed(run) -> None:
    async def test(desk: Desk) -> None:
        desk.sign(RUNS)
        await desk.said(RUNS)
        assert desk.suspended == ""
        await desk.update(0x01100000)
        await desk.said(NEXT)
        assert desk.suspended == f"drift_firmware assessed={RUNS} now={NEXT}"
        desk.sign(f"{RUNS}, {NEXT}")
        await desk.said(NEXT)
        assert desk.suspended == "", "a version that covers both puts them in force again"

    run(test)


def test_an_assessment_that_names_no_program_covers_any(run) -> None:
    async def test(desk: Desk) -> None:
        desk.sign("")
        await desk.said(RUNS)
        assert desk.suspended == ""

    run(test)


def test_another_camera_than_was_assessed_suspends_the_flights(run) -> None:
    async def test(desk: Desk) -> None:
        desk.sign("1.15.0+Thermal-X1-2.0.0")
        await desk.said(RUNS)
        assert desk.suspended.startswith("drift_firmware ")

    run(test)
