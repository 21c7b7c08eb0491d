"""One supervisor per home: a lock the kernel lets go of when its holder dies, however it dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class AlreadyRunning(RuntimeError):
    """Another process holds this home."""


@contextlib.contextmanager
def held_lock(home: Path) -> Iterator[None]:
    """Hold `home`, made if need be; raises AlreadyRunning with the holder's pid."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    with (home / "run" / "supervisor.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise AlreadyRunning(
                f"this city is already running (process {pid}, {home}); stop it, or set NEC_HOME to another folder"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
