"""Endless work goes on, whatever one turn meets."""

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import REGISTRY

from necmergitur.adapters.keeping import end, keep_going
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


def test_work_that_hears_only_its_second_cancellation_is_ended_all_the_same() -> None:
    """Breach: one `cancel` and a wait, with which a process never stopped."""
    cancelled = 0

    async def deaf_once() -> None:
        nonlocal cancelled
        while cancelled < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled += 1

    async def play() -> tuple[bool, bool]:
        tasks = [asyncio.create_task(deaf_once()), asyncio.create_task(asyncio.Event().wait())]
        await asyncio.sleep(0)
        await asyncio.wait_for(end(*tasks), 10)
        return tasks[0].done(), tasks[1].cancelled()

    assert asyncio.run(play()) == (True, True)
    assert cancelled == 2


def test_what_a_task_raised_hinders_the_end_of_no_other() -> None:
    async def fails() -> None:
        raise ValueError("one bad row")

    async def play() -> bool:
        tasks = [asyncio.create_task(fails()), asyncio.create_task(asyncio.Event().wait())]
        await asyncio.sleep(0)
        await end(*tasks)
        await end()
        return all(task.done() for task in tasks)

    assert asyncio.run(play())
