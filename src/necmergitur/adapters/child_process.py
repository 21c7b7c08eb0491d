"""How we start a child: it never outlives its parent, never hears the terminal, and may open many files."""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

# linux/prctl.h: PR_SET_PDEATHSIG.
_PR_SET_PDEATHSIG = 1
# sysexits.h EX_TEMPFAIL: the parent was gone before the child could ask to be told of its death.
_EXIT_ORPHANED = 75


# Where Linux shares processors by session (sched(7), "The autogroup feature"), a session's own niceness.
_AUTOGROUP = Path("/proc/self/autogroup")


def yield_as_a_session(nice: int) -> None:
    """Let the whole session yield: niceness alone counts within a session, and each process of ours has its own."""
    with contextlib.suppress(OSError):  # a kernel without it shares by process
        _AUTOGROUP.write_text(str(nice))


def keep_to_one_processor() -> None:
    """Keep this process, whose threads take turns at one interpreter, on the first processor it may use.

    On two, each turn handed over wakes the other (measured: a fifth of what `live` answers). Whoever runs several
    installations on one machine gives each its own (`taskset`, systemd's `CPUAffinity=`): one alone is kept as it is.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def prepare_child(death_signal: signal.Signals, nice: int = 0) -> Callable[[], None]:
    """Return what a forked child runs before exec, after any change of user (which would clear the request).

    The child gets `death_signal` when the thread that forked it dies, even by kill -9, and its soft limit
    of open files is raised to the hard one (a broker holds one per device). With `nice` (nice(2), 0 to 19) it
    yields the processor to whoever does not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    parent_pid = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent_pid:
            os._exit(_EXIT_ORPHANED)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        os.nice(nice)
        if nice:
            yield_as_a_session(nice)

    return arrange


def spawn(
    argv: Sequence[str],
    *,
    death_signal: signal.Signals,
    output: IO[bytes] | int,
    stdin: int = subprocess.DEVNULL,
    user: str | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = Path("/"),
    nice: int = 0,
) -> subprocess.Popen[bytes]:
    """Start `argv` in its own session, both outputs to `output`, and nothing to read unless `stdin` says so.

    Raises OSError when it cannot be executed.

    Call it from the thread that lives longest: the child dies with the thread, not only with the process.
    """
    return subprocess.Popen(  # noqa: S603 - argv is built by us, never from outside
        list(argv),
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        env=None if environ is None else dict(environ),
        cwd=cwd,
        start_new_session=True,
        preexec_fn=prepare_child(death_signal, nice),  # noqa: PLW1509 - single-threaded callers
    )
