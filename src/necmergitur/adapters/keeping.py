"""Endless work that cannot end in silence: a turn that fails is logged and counted, and the next one comes."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from prometheus_client import Counter

from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)
FAILURES = Counter("nec_turns_failed_total", "Turns of endless work that failed, by work.", ["work"])
PAUSE_S = 0.5  # ours: what fails at once must not spin
AGAIN_S = 0.5  # ours: long enough for what a task tidies up, and well below what a process has to stop
TRACES_EVERY = 100  # ours: a turn that fails for the same cause again and again is told in full this seldom


async def keep_going(name: str, turn: Callable[[], Awaitable[object]], *, every_s: float = 0.0) -> None:
    """Await `turn` again and again, `every_s` after each, until cancelled. Whatever it raises, the work goes on."""
    failed, cause = 0, ""
    while True:
        try:
            await turn()
        except Unreachable:
            FAILURES.labels(name).inc()
            log.debug("turn_without_database", work=name)
            await asyncio.sleep(max(PAUSE_S - every_s, 0))
        except Exception as error:  # work that serves a whole city does not end with one bad row
            FAILURES.labels(name).inc()
            failed, cause = (failed + 1 if cause == type(error).__name__ else 0), type(error).__name__
            log.exception("turn_failed", work=name, why=cause, exc_info=failed % TRACES_EVERY == 0)
            await asyncio.sleep(max(PAUSE_S - every_s, 0))
        await asyncio.sleep(every_s)


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel `tasks` and return when each has ended, whatever it raised.

    One cancellation is not enough: `asyncio.wait_for` of Python 3.11 (CPython issue 86296) drops one that arrives
    together with what it waited for, and a broker's client that is refused just then tries again for ever (seen).
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # nobody is told later of what a task raised


def spare_what_is_loaded() -> None:
    """Take everything loaded by now out of the garbage collector's rounds.

    Each full round over libraries and the city's geometry stood every thread still for 80 ms, every few seconds of a
    burst (measured): a lamp waits that long for nothing. What is made later is collected as before.
    """
    gc.collect()
    gc.freeze()
    # Of the rest nearly nothing is in a circle: looked at every 700 things made, a crowd's check-ins cost a tenth more.
    gc.set_threshold(20_000, 20, 20)
