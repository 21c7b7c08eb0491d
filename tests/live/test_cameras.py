"""What drones are told of their cameras: the engine follows the gate, and a gate it cannot read closes them all."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from necmergitur.engine import cameras
from necmergitur.engine.cameras import Cameras
from necmergitur.governance.authorisations import Conditions
from necmergitur.operations import authorising
from necmergitur.web.store import store
from tests.live.serving import Live
from tests.web.pages import City


class Told:
    """Stands where the fleet does: one drone in flight, and what it was last told."""

    def __init__(self) -> None:
        self.allowed: dict[str, bool] = {}

    def flying(self) -> dict[str, str]:
        return {"D-1": "a mission"}

    def allow_camera(self, drone_id: str, *, allowed: bool) -> None:
        self.allowed[drone_id] = allowed


async def turn(parts: Any, told: Told, before: Callable[[], object] = lambda: None) -> None:
    """Let the engine's loop take one turn after `before`."""
    watching = Cameras(parts, told)  # type: ignore[arg-type]
    before()
    await watching._turn()


def test_a_camera_may_look_while_its_flight_carries_the_permission(city: City, live: Live) -> None:
    city.mission(city.press(), state="flying", phase="transit")
    told = Told()
    asyncio.run(turn(live.parts, told))
    assert told.allowed == {"D-1": True}
    law = city.sql("SELECT authorisation_id FROM mission")[0][0]
    assert authorising.revoke(store(), law, "judge's order", city.person("lead"), city.now)
    asyncio.run(turn(live.parts, told))
    assert told.allowed == {"D-1": False}


def test_a_flight_without_the_permission_is_told_to_keep_its_camera_off(city: City, live: Live) -> None:
    city.flight_conditions = Conditions(recording=False)
    city.mission(city.press(), state="flying", phase="on_scene")
    told = Told()
    asyncio.run(turn(live.parts, told))
    assert told.allowed == {"D-1": False}


def test_a_gate_that_cannot_be_read_for_long_closes_every_camera(
    city: City, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.mission(city.press(), state="flying", phase="on_scene")
    told = Told()
    asyncio.run(turn(live.parts, told))
    assert told.allowed == {"D-1": True}

    def away(_: Cameras) -> None:
        raise OSError("away")

    monkeypatch.setattr(Cameras, "_covered", away)
    with pytest.raises(OSError, match="away"):
        asyncio.run(turn(live.parts, told))
    assert told.allowed == {"D-1": True}, "a database that restarts blinds nobody"
    monkeypatch.setattr(cameras, "GRACE_S", -1.0)
    with pytest.raises((OSError, TimeoutError)):
        asyncio.run(turn(live.parts, told))
    assert told.allowed == {"D-1": False}
