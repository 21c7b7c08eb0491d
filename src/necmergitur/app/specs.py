"""What the supervisor is told about a process, and what it tells about it."""

import signal
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from necmergitur.app import constants

ProcessState = Literal["waiting", "starting", "running", "pausing", "stopped"]


class ProcessSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How one long-lived process is started, known to be ready, and stopped.

    `before` runs ahead of every start (it may clear what a killed predecessor left); `is_ready` is polled,
    and without it the process says READY=1 itself (`notify.ready`); `once_ready` runs each time it is.
    With `watchdog_s`, a process that once said it is alive and then falls silent that long is killed. What a
    `quiet` process writes is kept, but not shown. A `nice` one (0 to 19) yields the processor to the others.
    An `early` one is started at once, loads its program, and waits (`notify.wait_for_turn`) until its stage's turn.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = {}
    user: str | None = None
    cwd: Path | None = None
    before: Callable[[], None] | None = None
    is_ready: Callable[[], bool] | None = None
    once_ready: Callable[[], None] | None = None
    ready_s_max: float = constants.READY_S_MAX
    watchdog_s: float = 0.0
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    stop_s_max: float = constants.STOP_S_MAX
    death_signal: signal.Signals = signal.SIGKILL
    quiet: bool = False
    nice: int = 0
    early: bool = False


class TaskSpec(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A command that must succeed before the next stage. What it prints is shown at the end, and not kept.

    An `early` one is started at once and waits for its turn, as a process does. Its turn comes when the processes
    named in `after` are ready, or all of its stage when none is named.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = {}
    seconds_max: float = constants.TASK_S_MAX
    early: bool = False
    after: frozenset[str] = frozenset()


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Processes that start together and stop together, and what runs once all of them are ready.

    One that is `beside` starts with the stage before it; it still stops first.
    """

    processes: tuple[ProcessSpec, ...]
    then: tuple[TaskSpec, ...] = ()
    beside: bool = False


class ProcessReport(msgspec.Struct, frozen=True):
    """One process as `nec status` and the health page show it."""

    name: str
    state: ProcessState
    pid: int | None
    restarts: int
    since: datetime
    last_exit: int | None


class Report(msgspec.Struct, frozen=True):
    """The whole supervisor, as kept in NEC_HOME/run/state.json."""

    pid: int
    since: datetime
    up: bool
    processes: list[ProcessReport]


def state_file(home: Path) -> Path:
    """Return where the supervisor of `home` keeps its report."""
    return home / "run" / "state.json"
