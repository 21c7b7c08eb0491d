"""A child that yields does so against processes of other sessions too, where Linux shares by session."""

import os
import signal
import subprocess
from pathlib import Path

from necmergitur.adapters.child_process import spawn


def test_a_child_that_yields_yields_as_a_session_and_another_does_not() -> None:
    children = [
        spawn(["/bin/sleep", "30"], death_signal=signal.SIGKILL, output=subprocess.DEVNULL, nice=nice)
        for nice in (0, 7)
    ]
    try:
        assert [os.getpriority(os.PRIO_PROCESS, one.pid) - os.getpriority(os.PRIO_PROCESS, 0) for one in children] == [
            0,
            7,
        ]
        groups = [Path(f"/proc/{one.pid}/autogroup") for one in children]
        if all(group.exists() for group in groups):  # a kernel without it shares by process
            assert [group.read_text().split()[-1] for group in groups] == ["0", "7"]
    finally:
        for one in children:
            one.kill()
            one.wait()
