"""The camera looks only where and while it may: without an authorisation it stays level and off."""

import asyncio

from necmergitur.adapters.mavlink.phases import Phase
from tests.adapters.mavlink.airfield import DRONE, Airfield, run


def test_a_camera_that_nothing_authorises_stays_level_and_off() -> None:
    async def test(field: Airfield) -> None:
        seen: list[tuple[bool, float]] = []
        flight = asyncio.create_task(field.fly(on_scene_max_s=1.0, camera_allowed=False))
        while not flight.done():
            body = field.pilot().body
            seen.append((body.recording, body.gimbal_pitch_deg))
            await asyncio.sleep(0.02)
        await flight
        assert Phase.ON_SCENE in field.phases
        assert not any(recording for recording, _ in seen)
        assert all(abs(pitch) < 10.0 for _, pitch in seen)

    run(test)


def test_an_authorisation_that_ends_stops_the_camera_on_scene_and_a_new_one_starts_it() -> None:
    async def test(field: Airfield) -> None:
        flight = asyncio.create_task(field.fly(on_scene_max_s=60.0))
        await field.until(lambda: field.pilot().body.recording)
        field.fleet.allow_camera(DRONE, allowed=False)
        await field.until(lambda: not field.pilot().body.recording, timeout_s=5.0)
        await field.until(lambda: abs(field.pilot().body.gimbal_pitch_deg) < 10.0, timeout_s=5.0)
        assert field.phases[-1] is Phase.ON_SCENE
        field.fleet.allow_camera(DRONE, allowed=True)
        await field.until(lambda: field.pilot().body.recording, timeout_s=5.0)
        await field.fleet.abort(DRONE)
        await flight

    run(test)
