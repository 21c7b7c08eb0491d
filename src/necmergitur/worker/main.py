"""Run the chores, each in its own rhythm; one that fails is logged and tried again."""

import asyncio
import contextlib
import functools
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.probe import Probe
from necmergitur.kernel.clock import Clock
from necmergitur.operations import observing
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.ports import Unreachable
from necmergitur.worker.outbox import Outbox
from necmergitur.worker.paper import Paper

log = structlog.get_logger(__name__)

PROBE_S = 30.0  # a synthetic button walks the whole path twice a minute
OUTBOX_S = 0.5
PAPER_S = 5.0
STILLS_S = 60.0
ALIVE_S = 1.0


@dataclass(frozen=True)
class Sweep:
    """A chore that another room brings: its name, its rhythm in seconds, its work."""

    name: str
    every_s: float
    work: Callable[[], object]


@dataclass(frozen=True)
class WorkerParts:
    """Adapters the worker works with. `probe` is None where no broker is reachable."""

    store: PostgresStore
    clock: Clock
    home: Path
    outbox: Outbox
    probe: Probe | None
    sweeps: tuple[Sweep, ...] = ()


async def run(
    parts: WorkerParts, *, ready: Callable[[], None] = lambda: None, alive: Callable[[], None] = lambda: None
) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    paper = Paper(parts.store, parts.home / "log")
    chores = [
        _chore("outbox", OUTBOX_S, lambda: _in_thread(parts.outbox.deliver_due)),
        _chore("paper", PAPER_S, lambda: _in_thread(paper.write)),
        _chore("stills", STILLS_S, lambda: _in_thread(lambda: observing.drop_expired(parts.store, parts.clock.now()))),
    ]
    chores += [_chore(s.name, s.every_s, functools.partial(_in_thread, s.work)) for s in parts.sweeps]
    if parts.probe is not None:
        chores.append(_chore("probe", PROBE_S, lambda: _probe(parts)))
    tasks = [asyncio.create_task(chore) for chore in chores]
    ready()
    while not stop.is_set():
        alive()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ALIVE_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    parts.store.close()


async def _chore(name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except Unreachable:
            log.warning("chore_without_database", chore=name)
        except Exception:
            log.exception("chore_failed", chore=name)
        await asyncio.sleep(every_s)


async def _in_thread(work: Callable[[], object]) -> object:
    return await asyncio.get_running_loop().run_in_executor(None, work)


async def _probe(parts: WorkerParts) -> None:
    """Press the synthetic button; no lamp is an alarm on every screen."""
    assert parts.probe is not None
    lit_ms = await _in_thread(parts.probe.press)
    missed = lit_ms is None
    detail = "The synthetic button's lamp stayed dark." if missed else ""
    await _in_thread(lambda: set_alarm(parts.store, "probe_missed", missed, detail, parts.clock.now()))
