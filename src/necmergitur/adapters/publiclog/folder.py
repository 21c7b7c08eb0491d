"""A log's folder: tiles, bundles and the checkpoint, as a web server gives them out (C2SP tlog-tiles).

checkpoint      the newest, with the cosignatures had so far
key             the verifier key of the log
tile/...        hashes and entries
notary.json     what was signed last: the notary's own memory, never given out
halted          why the notary stopped for good, if it did; a person removes it
"""

import os
import shutil
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from necmergitur.ledger import tiles
from necmergitur.ledger.checkpoint import Checkpoint, parse
from necmergitur.ledger.tiles import ENTRIES, WIDTH, Tiles, width_of

# Measured: catching up syncs a thousand tiles, in a third of the time; for a second's few, threads would cost more.
SYNCS_AT_ONCE, SYNCS_FEW = 8, 64
OPEN_MODE = 0o644  # what the public may read
_PUBLISHING = threading.Lock()  # the notary and whoever asks witnesses are threads of one process


class Memory(msgspec.Struct, frozen=True):
    """What the notary signed last: size and root of the tree, the hash of the record's fact there, the note."""

    size: int
    root: bytes
    fact_hash: bytes
    note: str


class LogFolder:
    """One log's files. Everything is written beside its place and renamed: a reader sees the old or the new one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tiles = Tiles(self.read)
        self._fresh: list[Path] = []
        self._made: Path | None = None  # the folder written into last

    def read(self, level: int, index: int, width: int) -> bytes:
        """Return a tile's bytes, from the full one when the partial one is gone. Raises FileNotFoundError."""
        try:
            return (self.root / tiles.path(level, index, width)).read_bytes()
        except FileNotFoundError:
            if width == WIDTH:
                raise
        whole = (self.root / tiles.path(level, index)).read_bytes()
        if level == ENTRIES:
            return tiles.bundle(tiles.unbundle(whole)[:width])
        return whole[: width * len(whole) // WIDTH]

    def entries(self, index: int, size: int) -> list[bytes]:
        """Return the entries of one bundle of a tree of `size`."""
        return tiles.unbundle(self.read(ENTRIES, index, width_of(ENTRIES, index, size)))

    def write(self, level: int, index: int, width: int, content: bytes) -> None:
        """Write a tile; durable once `sync` returns."""
        path = self.root / tiles.path(level, index, width)
        if path.parent != self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made = path.parent
        _rename_into(path, content, durable=False)
        self._fresh.append(path)

    def forget_partials(self, level: int, index: int) -> None:
        """Drop the partial tiles of one that is full."""
        full = self.root / tiles.path(level, index)
        shutil.rmtree(full.with_name(full.name + ".p"), ignore_errors=True)
        self._made = None

    def sync(self) -> None:
        """Wait until everything written so far would survive a power cut."""
        fresh, self._fresh = self._fresh, []
        # A name must never outlive what it names: the files first.
        for paths in (fresh, list({path.parent for path in fresh})):
            if len(paths) <= SYNCS_FEW:
                for path in paths:
                    _sync(path)
            else:
                with ThreadPoolExecutor(SYNCS_AT_ONCE) as pool:
                    list(pool.map(_sync, paths))

    def memory(self) -> Memory | None:
        """Return what was signed last; None when nothing ever was. Raises ValidationError when it cannot be read."""
        try:
            return msgspec.json.decode((self.root / "notary.json").read_bytes(), type=Memory)
        except FileNotFoundError:
            return None

    def remember(self, memory: Memory) -> None:
        """Keep what is about to be published, durably."""
        self.root.mkdir(parents=True, exist_ok=True)
        _rename_into(self.root / "notary.json", msgspec.json.encode(memory), mode=0o600)

    def publish(self, note: str, key: str) -> None:
        """Give out a checkpoint and the key it is checked with."""
        with _PUBLISHING:
            if self._text("key").strip() != key:
                _rename_into(self.root / "key", (key + "\n").encode())
            # What is durable is the notary's memory: from it the checkpoint is given out again.
            _rename_into(self.root / "checkpoint", note.encode(), durable=False)

    def publish_cosigned(self, cosigned: Checkpoint) -> None:
        """Give out a checkpoint with what witnesses signed under it; as the newest, if it still is.

        A witness that was slow puts nothing back: an older checkpoint than the one cosigned is not given out any more.
        """
        with _PUBLISHING:
            held = parse(note) if (note := self.cosigned()) else None
            if held is not None and held.origin == cosigned.origin and held.size >= cosigned.size:
                if (held.size, held.root) != (cosigned.size, cosigned.root):
                    return
                cosigned = held.with_signatures(cosigned.signatures)
            _rename_into(self.root / "cosigned", cosigned.note().encode())
            newest = parse(self.checkpoint())
            if (newest.size, newest.root) == (cosigned.size, cosigned.root):
                _rename_into(self.root / "checkpoint", cosigned.note().encode())

    def publish_witnesses(self, keys: Sequence[str]) -> None:
        """Say which witnesses are asked."""
        self.root.mkdir(parents=True, exist_ok=True)
        _rename_into(self.root / "witnesses", "".join(key + "\n" for key in keys).encode())

    def checkpoint(self) -> str:
        """Return the newest checkpoint. Raises FileNotFoundError before the first."""
        return (self.root / "checkpoint").read_text(encoding="utf-8")

    def checkpoint_or_nothing(self) -> str:
        """Return the newest checkpoint; empty before the first."""
        return self._text("checkpoint")

    def cosigned(self) -> str:
        """Return the newest checkpoint that a witness cosigned; empty before the first."""
        return self._text("cosigned")

    def witness_keys(self) -> list[str]:
        """Return the verifier keys of the witnesses that are asked."""
        return self._text("witnesses").split()

    def key(self) -> str:
        """Return the log's verifier key. Raises FileNotFoundError before the first checkpoint."""
        return (self.root / "key").read_text(encoding="utf-8").strip()

    def halted(self) -> str:
        """Return why the notary stopped for good; empty when it did not."""
        return self._text("halted").strip()

    def halt(self, why: str) -> None:
        """Stop the notary until a person removes the file."""
        self.root.mkdir(parents=True, exist_ok=True)
        _rename_into(self.root / "halted", (why + "\n").encode())

    def _text(self, name: str) -> str:
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""


def replace_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file whole or not at all, and wait for the disk."""
    _rename_into(path, content, mode=mode)


def _rename_into(path: Path, content: bytes, *, durable: bool = True, mode: int = OPEN_MODE) -> None:
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    fresh.replace(path)
    if durable:
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def full_tiles(size: int) -> Iterable[tuple[int, int, int]]:
    """Yield every tile of a tree of `size` leaves, bundles of entries first: level, index, width."""
    for level in (ENTRIES, *range(tiles.LEVELS)):
        count = size >> (tiles.HEIGHT * max(level, 0))
        for index in range(-(-count // WIDTH)):
            yield level, index, width_of(level, index, size)
