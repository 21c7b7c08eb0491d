"""A local spool for presses that cannot be recorded now. Lamps stay dark meanwhile.

One JSON line per press, synced to disk before the call returns; replayed in order, a batch at a time. What the
database will not take though it takes the others is set aside in a file of its own, never dropped.

A disk that is full is full for the database and for us alike: so a little of it is held beforehand, in a file that says
nothing, and given back a piece at a time when a press finds no room.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
import structlog

log = structlog.get_logger(__name__)
Item = TypeVar("Item", bound=msgspec.Struct)

RESERVE_BYTES = 4_194_304  # ours: ten thousand presses, half a city's buttons once
PIECE_BYTES = 65_536  # ours: what one press takes of it at a time, so that others on the disk find little of it
SPOOL_BYTES_MAX = 256_000_000  # ours: a million presses; beyond, the device's own repetition is what is left


class Spool(Generic[Item]):
    """An append-only file of presses, private to one process. Its methods are called from one thread."""

    def __init__(self, path: Path, kind: type[Item], reserve_bytes: int = RESERVE_BYTES) -> None:
        """Use `path`; it appears with the first press."""
        self._path = path
        self._reserve = path.with_suffix(".reserve")
        self._reserve_bytes = reserve_bytes
        self._aside = path.with_suffix(".rejected.jsonl")
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[Item] = msgspec.json.Decoder(kind)
        self._replayed = 0  # bytes of the file already recorded; after a crash all of it is, again, as duplicates

    def keep(self, items: Sequence[Item]) -> bool:
        """Write presses and sync. Never raises: False when the spool or the disk is full."""
        if self.size_bytes > SPOOL_BYTES_MAX:
            log.error("spool_full", bytes=self.size_bytes)
            return False
        lines = b"".join(self._encoder.encode(item) + b"\n" for item in items)
        while not _append(self._path, lines):
            if not self._give_back(len(lines)):
                return False
        return True

    def hold_reserve(self) -> bool:
        """Hold room for presses of a day when the disk is full; return whether all of it is held."""
        held = _size(self._reserve)
        if held >= self._reserve_bytes:
            return True
        try:
            self._reserve.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            room = os.statvfs(self._reserve.parent)
            if room.f_bavail * room.f_frsize < 2 * self._reserve_bytes:
                return False  # what is left is for others: this is no time to fill the disk
            with os.fdopen(os.open(self._reserve, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve_bytes)
                os.fsync(file.fileno())
        except OSError as refused:
            log.warning("reserve_not_held", why=str(refused))
            return False
        return True

    def _give_back(self, count: int) -> bool:
        """Free a piece of what is held; return whether there was one."""
        held = _size(self._reserve)
        if held == 0:
            return False
        left = max(held - max(PIECE_BYTES, count + PIECE_BYTES), 0)
        try:
            os.truncate(self._reserve, left)
        except OSError:
            return False
        log.warning("reserve_given_back", left=left)
        return True

    @property
    def size_bytes(self) -> int:
        """How much waits."""
        return _size(self._path) - self._replayed

    @property
    def aside_bytes(self) -> int:
        """How much was set aside: calls that nobody has seen."""
        return _size(self._aside)

    def peek(self, count_max: int) -> tuple[list[Item], int]:
        """Return the next presses in order, at most `count_max`, and where they end: what `forget` wants to know."""
        items: list[Item] = []
        try:
            with self._path.open("rb") as file:
                file.seek(self._replayed)
                while len(items) < count_max and (line := file.readline()):
                    try:
                        items.append(self._decoder.decode(line))
                    except (msgspec.DecodeError, UnicodeDecodeError):
                        # A crash while writing tore it: its device was told nothing, and repeats.
                        log.warning("spool_line_torn", bytes=len(line))
                return items, file.tell()
        except FileNotFoundError:
            return items, 0

    def forget(self, end: int) -> None:
        """Forget what lies before `end`: it is recorded, or set aside."""
        self._replayed = end
        if end >= _size(self._path):
            self._path.unlink(missing_ok=True)
            self._replayed = 0

    def set_aside(self, item: Item) -> bool:
        """Keep a press that the database refuses where the others do not wait behind it."""
        return _append(self._aside, self._encoder.encode(item) + b"\n")

    def take_back(self) -> int:
        """Spool again what was set aside, for a program or a database that may take it now; return the bytes."""
        bytes_ = self.aside_bytes
        if bytes_ and _append(self._path, self._aside.read_bytes()):
            self._aside.unlink()
        return bytes_


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _append(path: Path, lines: bytes) -> bool:
    """Append whole lines and sync file and folder; what was half written is taken away again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            if before:
                file.seek(before - 1)
                if file.read(1) != b"\n":  # torn by a crash: the next press must not join it
                    lines = b"\n" + lines
            try:
                if file.write(lines) != len(lines):
                    raise OSError("short write")  # noqa: TRY301 -- a full disk may say so in either way
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as full:
        log.error("spool_not_written", why=os.strerror(full.errno) if full.errno else str(full))  # noqa: TRY400
        return False
    return True
