"""Run the chores, each in its own rhythm; one that fails is logged and tried again."""

import asyncio
import contextlib
import functools
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import structlog

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.probe import Probe
from necmergitur.kernel.clock import Clock
from necmergitur.operations.alarms import set_alarm
from necmergitur.worker.outbox import Outbox
from necmergitur.worker.paper import Paper

log = structlog.get_logger(__name__)

PROBE_S = 30.0  # a synthetic button walks the whole path twice a minute
OUTBOX_S = 0.5
PAPER_S = 5.0
HEAD_S = 3_600.0  # ours: at most an hour of the record could be cut unseen by whoever holds the paper
CLOCKS_S = 30.0
# PostgreSQL refuses a flight whose instant is a minute from its own clock (guard_clock_drift): told well before.
CLOCKS_DIFFER_MAX = timedelta(seconds=15)
ALIVE_S = 1.0


@dataclass(frozen=True)
class Sweep:
    """A chore that another room brings: its name, its rhythm in seconds, its work."""

    name: str
    every_s: float
    work: Callable[[], object]


@dataclass(frozen=True)
class WorkerParts:
    """Adapters the worker works with. `probes`: one for each broker it can reach as a device would, or none."""

    store: PostgresStore
    clock: Clock
    home: Path
    outbox: Outbox
    probes: tuple[Probe, ...]
    zone: tzinfo = UTC
    sweeps: tuple[Sweep, ...] = ()


async def run(
    parts: WorkerParts, *, ready: Callable[[], None] = lambda: None, alive: Callable[[], None] = lambda: None
) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    paper = Paper(parts.store, parts.home / "log", parts.zone)
    chores = [
        _chore("outbox", OUTBOX_S, lambda: _in_thread(parts.outbox.deliver_due)),
        _chore("paper", PAPER_S, lambda: _in_thread(lambda: paper.write(parts.clock.now()))),
        _chore("head", HEAD_S, lambda: _in_thread(lambda: paper.write_head(parts.clock.now()))),
        _chore("clocks", CLOCKS_S, lambda: _in_thread(lambda: compare_clocks(parts.store, parts.clock.now))),
    ]
    chores += [_chore(s.name, s.every_s, functools.partial(_in_thread, s.work)) for s in parts.sweeps]
    if parts.probes:
        chores.append(_chore("probe", PROBE_S, lambda: _probe(parts)))
    else:
        log.warning("no_probe", why="no certificate in probe/, or NEC_MQTT_PORT is 0: nobody watches the press path")
    tasks = [asyncio.create_task(chore) for chore in chores]
    ready()
    while not stop.is_set():
        alive()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ALIVE_S)
    await end(*tasks)
    parts.store.close()


async def _chore(name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
    await keep_going(name, work, every_s=every_s)


async def _in_thread(work: Callable[[], object]) -> object:
    return await asyncio.get_running_loop().run_in_executor(None, work)


def compare_clocks(store: PostgresStore, clock: Callable[[], datetime]) -> bool:
    """Raise an alarm while the database's clock and ours differ; return whether they do. Raises Unreachable."""
    with store.cursor() as cursor:
        before = clock()
        row = cursor.execute("SELECT clock_timestamp()").fetchone()
        after = clock()
    assert row is not None
    differ = not before - CLOCKS_DIFFER_MAX <= row[0] <= after + CLOCKS_DIFFER_MAX
    off_s = f"{(row[0] - after).total_seconds():+.0f} s" if differ else ""
    set_alarm(store, "clocks_differ", differ, off_s, after)
    return differ


async def _probe(parts: WorkerParts) -> None:
    """Press each broker's synthetic button; a lamp that stays dark is an alarm on every screen."""
    outcomes = await asyncio.gather(*(asyncio.to_thread(_is_lit, probe) for probe in parts.probes))
    dark = [str(number) for number, lit in enumerate(outcomes) if not lit]
    detail = f"The synthetic button's lamp stayed dark: broker {', '.join(dark)}." if dark else ""
    await _in_thread(lambda: set_alarm(parts.store, "probe_missed", bool(dark), detail, parts.clock.now()))


def _is_lit(probe: Probe) -> bool:
    """Whatever goes wrong on the way, a missing file or a bad certificate, leaves the lamp dark."""
    try:
        return probe.press() is not None
    except Exception:
        log.exception("probe_failed")
        return False
