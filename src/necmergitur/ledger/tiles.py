"""The tree cut into tiles of 256 hashes (C2SP tlog-tiles): where each lies, and proofs read from them."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from necmergitur.ledger.tree import HASH_BYTES

HEIGHT = 8  # tlog-tiles
WIDTH = 1 << HEIGHT
LEVELS = 8  # 256^8 leaves: more than a bigint counts
ENTRIES = -1  # the level that entry bundles are counted under
PYRAMIDS_MAX = 256  # ours: 256 tiles with their inner hashes are 12 MB; a proof among 10 million leaves reads four

Read = Callable[[int, int, int], bytes]


def path(level: int, index: int, width: int = WIDTH) -> str:
    """Return a tile's path below the log's prefix; `level` ENTRIES names a bundle of entries."""
    digits = f"{index % 1000:03d}"
    while index >= 1000:  # noqa: PLR2004 -- three digits each
        index //= 1000
        digits = f"x{index % 1000:03d}/{digits}"
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{'entries' if level == ENTRIES else level}/{digits}{partial}"


def width_of(level: int, index: int, size: int) -> int:
    """Return how many hashes tile `index` of `level` holds in a tree of `size` leaves."""
    return max(0, min(WIDTH, (size >> (HEIGHT * max(level, 0))) - index * WIDTH))


def pyramid(tile: bytes) -> list[list[bytes]]:
    """Return a tile's hashes and, above them, those of every complete pair: row by row."""
    row = [tile[start : start + HASH_BYTES] for start in range(0, len(tile), HASH_BYTES)]
    rows = [row]
    sha = hashlib.sha256
    while len(row) > 1:
        row = [sha(b"\x01" + row[n] + row[n + 1]).digest() for n in range(0, len(row) - 1, 2)]
        rows.append(row)
    return rows


class Tiles:
    """Nodes of a tree of `size` leaves, read tile by tile. `read(level, index, width)` returns a tile's bytes."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._kept: OrderedDict[tuple[int, int, int], list[list[bytes]]] = OrderedDict()

    def node(self, size: int) -> Callable[[int, int], bytes]:
        """Return the `Node` of the tree of `size` leaves. What cannot be read raises as `read` does."""

        def find(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, HEIGHT)
            first = index << height
            rows = self._rows(tile_level, first // WIDTH, size)
            return rows[height][(first % WIDTH) >> height]

        return find

    def _rows(self, level: int, index: int, size: int) -> list[list[bytes]]:
        key = (level, index, width_of(level, index, size))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        tile = self._read(*key)
        if len(tile) != key[2] * HASH_BYTES:
            raise ValueError(f"tile {path(*key)} has {len(tile)} bytes")
        rows = self._kept[key] = pyramid(tile)
        if len(self._kept) > PYRAMIDS_MAX:
            self._kept.popitem(last=False)
        return rows


def bundle(entries: list[bytes]) -> bytes:
    """Return entries as a bundle: each after its length, two bytes."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(content: bytes) -> list[bytes]:
    """Return a bundle's entries. Raises ValueError when it is cut."""
    entries: list[bytes] = []
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 2], "big")
        entry = content[at + 2 : at + 2 + length]
        if len(entry) != length:
            raise ValueError("a bundle of entries is cut")
        entries.append(entry)
        at += 2 + length
    return entries
