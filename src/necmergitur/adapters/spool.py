"""A local spool for presses that arrive while the database is away. Lamps stay dark meanwhile.

One JSON line per press, synced to disk before the call returns; replayed in order once the database is back.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item", bound=msgspec.Struct)

SPOOL_BYTES_MAX = 256_000_000  # ours: a million presses; beyond, the device's own repetition is what is left


class Spool(Generic[Item]):
    """An append-only file of presses, private to one process."""

    def __init__(self, path: Path, kind: type[Item]) -> None:
        """Use `path`; it appears with the first press."""
        self._path = path
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[Item] = msgspec.json.Decoder(kind)

    def keep(self, items: Sequence[Item]) -> bool:
        """Write presses and sync. Return False when the spool is full."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self.size_bytes > SPOOL_BYTES_MAX:
            return False
        with self._path.open("ab") as file:
            for item in items:
                file.write(self._encoder.encode(item) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(0o600)
        return True

    @property
    def size_bytes(self) -> int:
        """How much is spooled."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self) -> Iterator[Item]:
        """Yield spooled presses in order; a torn last line (a crash while writing) is passed over."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                with contextlib.suppress(msgspec.DecodeError):
                    yield self._decoder.decode(line)

    def clear(self) -> None:
        """Forget what was replayed."""
        self._path.unlink(missing_ok=True)
