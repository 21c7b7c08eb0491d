"""Where the processor's time went: seconds of it per process of the city, between two looks."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from necmergitur.sim.bench.whole import Whole


class ProcessorTime:
    """A running count. `since` returns what each process, with its children, has used since the last look."""

    def __init__(self, city: Whole, others: Mapping[str, int]) -> None:
        """Watch the supervisor's processes, and `others` by name and pid."""
        self._pids = {p.name: p.pid for p in city.report().processes if p.pid is not None} | dict(others)
        self._before = self._look()

    def since(self) -> dict[str, float]:
        """Return seconds used by name since the last call, largest first."""
        now = self._look()
        used = {name: round(now[name] - self._before.get(name, 0.0), 2) for name in now}
        self._before = now
        return dict(sorted(used.items(), key=lambda item: -item[1]))

    def _look(self) -> dict[str, float]:
        return {name: used_s(pid) for name, pid in self._pids.items()}


def give_way(pids: Iterable[int], nice: int) -> None:
    """Make processes and their children, as they are now, yield the processor to whoever is less nice (0 to 19)."""
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if os.getsid(pid) == pid:  # where Linux shares by session, niceness counts within one alone
                with contextlib.suppress(OSError):
                    Path(f"/proc/{pid}/autogroup").write_text(str(nice))
            for member in (process, *process.children(recursive=True)):
                for thread in member.threads():
                    os.setpriority(os.PRIO_PROCESS, thread.id, nice)  # Linux keeps it by thread


def used_s(pid: int) -> float:
    """Return the seconds used by a process and its living children; a child that ended is counted by its parent."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(_own_s(member) for member in family)
    except psutil.NoSuchProcess:
        return 0.0


def _own_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
