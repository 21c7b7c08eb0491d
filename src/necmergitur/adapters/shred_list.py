"""The names of destroyed keys: a file that only grows, beside the database and outside its backups.

One line for each: when, and the name. Names are keyed digests and tell nobody whose keys they were.
"""

import fcntl
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from necmergitur.operations.retention import Listed, digest_of

_MOMENT = timedelta(microseconds=1)


def shred_list_of(home: Path) -> "ShredList":
    """Return the list of an installation."""
    return ShredList(home / "shred" / "list")


class ShredList:
    """`operations.retention.Shredder`. Several processes may add at once."""

    def __init__(self, path: Path) -> None:
        """Keep names in `path`; it and its folder are made at the first."""
        self.path = path

    def add(self, names: Sequence[str], now: datetime) -> Listed:
        """Write names and wait for the disk. Raises OSError: then no key may die.

        They stand under an instant of their own, `now` or the first free microsecond after it.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.fchmod(file.fileno(), 0o600)
            file.seek(0)
            before = file.read()
            while f"{now.isoformat()} ".encode() in before:
                now += _MOMENT
            torn = b"\n" if before and not before.endswith(b"\n") else b""  # a machine that died while it wrote
            file.write(torn + "".join(f"{now.isoformat()} {name}\n" for name in names).encode())
            file.flush()
            os.fsync(file.fileno())
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return Listed(now, len(set(names)), digest_of(names))

    def entries(self) -> list[tuple[datetime, str]]:
        """Return every name with its instant, oldest first; a torn line is passed over."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        found: list[tuple[datetime, str]] = []
        for line in lines:
            at, _, name = line.partition(" ")
            try:
                found.append((datetime.fromisoformat(at), name))
            except ValueError:
                continue
        return [(at, name) for at, name in found if at.tzinfo is not None and name]
