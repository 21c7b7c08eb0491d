"""Endless work goes on, whatever one turn meets."""

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import REGISTRY

from necmergitur.adapters.keeping import keep_going
from necmergitur.operations.ports import Unreachable


def failures(work: str) -> float:
    return REGISTRY.get_sample_value("nec_turns_failed_total", {"work": work}) or 0.0


def run_for(turn: Callable[[], Awaitable[object]], enough: asyncio.Event, name: str) -> None:
    async def play() -> None:
        task = asyncio.create_task(keep_going(name, turn, every_s=0.01))
        await asyncio.wait_for(enough.wait(), 10)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(play())


def test_a_turn_that_raises_is_counted_and_followed_by_the_next() -> None:
    meets = [ValueError("one bad row"), Unreachable("gone"), KeyError("another")]
    enough, before = asyncio.Event(), failures("test-raises")

    async def turn() -> None:
        if meets:
            raise meets.pop(0)
        enough.set()

    run_for(turn, enough, "test-raises")
    assert failures("test-raises") - before == 3


def test_the_work_ends_only_when_it_is_cancelled() -> None:
    enough, turns = asyncio.Event(), 0

    async def turn() -> None:
        nonlocal turns
        turns += 1
        if turns == 5:
            enough.set()

    run_for(turn, enough, "test-cancel")
    assert turns >= 5
