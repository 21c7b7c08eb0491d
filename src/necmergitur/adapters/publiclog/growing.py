"""The right edge of the tree: what is not yet a full tile, and how leaves are added to it."""

import hashlib

from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.ledger import tiles, tree
from necmergitur.ledger.tiles import ENTRIES, LEVELS, WIDTH, Tiles, pyramid, width_of


class Growing:
    """A tree under way. `add` writes full tiles as they come; `settle` writes the partial ones."""

    def __init__(self, folder: LogFolder, size: int) -> None:
        """Go on from a tree of `size` leaves as it lies on disk. Raises OSError or ValueError when it does not."""
        self._folder = folder
        self.size = size
        self._edges: list[list[bytes]] = []
        for level in range(LEVELS):
            index, width = (size >> (tiles.HEIGHT * level)) // WIDTH, (size >> (tiles.HEIGHT * level)) % WIDTH
            content = folder.read(level, index, width) if width else b""
            self._edges.append(pyramid(content)[0])
        last = size // WIDTH
        self._entries = tiles.unbundle(folder.read(ENTRIES, last, size % WIDTH)) if size % WIDTH else []
        self._settled: set[tuple[int, int, int]] = set()
        self._full: list[tuple[int, int]] = []

    def add(self, entries: list[bytes]) -> None:
        """Append entries."""
        sha = hashlib.sha256
        at = 0
        while at < len(entries):
            part = entries[at : at + WIDTH - len(self._entries)]
            at += len(part)
            self._entries += part
            self._edges[0] += [sha(b"\x00" + entry).digest() for entry in part]
            self.size += len(part)
            if len(self._entries) == WIDTH:
                self._folder.write(ENTRIES, self.size // WIDTH - 1, WIDTH, tiles.bundle(self._entries))
                self._full.append((ENTRIES, self.size // WIDTH - 1))
                self._entries = []
                self._close(0)

    def _close(self, level: int) -> None:
        """Write the full tiles that the last leaf completed, from `level` up."""
        while len(self._edges[level]) == WIDTH:
            index = (self.size >> (tiles.HEIGHT * (level + 1))) - 1
            content = b"".join(self._edges[level])
            self._folder.write(level, index, WIDTH, content)
            self._full.append((level, index))
            self._edges[level + 1].append(pyramid(content)[-1][0])
            self._edges[level] = []
            level += 1

    def settle(self) -> bytes:
        """Write the partial tiles, wait for the disk, and return the root."""
        if self._entries:
            self._folder.write(ENTRIES, self.size // WIDTH, len(self._entries), tiles.bundle(self._entries))
        settled: set[tuple[int, int, int]] = set()
        for level, edge in enumerate(self._edges):
            if edge:
                key = (level, (self.size >> (tiles.HEIGHT * level)) // WIDTH, len(edge))
                settled.add(key)
                if key not in self._settled:
                    self._folder.write(*key, b"".join(edge))
        self._settled = settled
        self._folder.sync()
        for full in self._full:  # not before: a power cut must leave the one or the other
            self._folder.forget_partials(*full)
        self._full = []
        return self.root()

    def root(self) -> bytes:
        """Return the root of what is there."""
        return tree.root(self.size, Tiles(self._edge).node(self.size))

    def _edge(self, level: int, index: int, width: int) -> bytes:
        """Return an edge's tile; a root asks for nothing else, but one tile that is full and has no hash above it."""
        if width == WIDTH and width_of(level, index, self.size) == WIDTH:
            return self._folder.read(level, index, width)
        return b"".join(self._edges[level])
