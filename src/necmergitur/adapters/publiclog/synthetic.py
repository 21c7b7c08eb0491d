"""A large log for a measurement: tiles of made-up leaves, as many files as a true one has, and proofs over them."""

from collections.abc import Callable, Sequence

from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.ledger import tiles, tree
from necmergitur.ledger.tiles import LEVELS, WIDTH
from necmergitur.ledger.tree import HASH_BYTES

KINDS = 256  # different tiles of leaves, linked over and over: as much is opened, read and hashed as if all differed


class Planted:
    """A log of made-up leaves."""

    def __init__(self, folder: LogFolder, size: int) -> None:
        self._folder = folder
        self._size = size
        self._node = folder.tiles.node(size)
        self._root = tree.root(size, self._node)

    def prove(self, index: int) -> list[bytes]:
        """Return the proof of a leaf, from the tiles."""
        return tree.inclusion(index, self._size, self._node)

    def holds(self, index: int, proof: Sequence[bytes]) -> bool:
        """Return whether a proof holds under the log's root, the leaf read afresh."""
        width = tiles.width_of(0, index // WIDTH, self._size)
        tile = self._folder.read(0, index // WIDTH, width)
        leaf = tile[index % WIDTH * HASH_BYTES : (index % WIDTH + 1) * HASH_BYTES]
        return tree.includes(leaf, index, self._size, proof, self._root)


def plant(folder: LogFolder, size: int, noise: Callable[[int], bytes]) -> Planted:
    """Write the tiles of a log of `size` leaves made of `noise`."""
    made = [noise(WIDTH * HASH_BYTES) for _ in range(KINDS)]
    roots = [tiles.pyramid(tile)[-1][0] for tile in made]
    full, rest = divmod(size, WIDTH)
    for index in range(full):
        path = folder.root / tiles.path(0, index)
        if index % 1000 == 0:  # a folder holds a thousand
            path.parent.mkdir(parents=True, exist_ok=True)
        if index < KINDS:
            path.write_bytes(made[index])
        else:
            path.hardlink_to(folder.root / tiles.path(0, index % KINDS))
    if rest:
        folder.write(0, full, rest, made[full % KINDS][: rest * HASH_BYTES])
    row = [roots[index % KINDS] for index in range(full)]
    for level in range(1, LEVELS):
        for index in range(-(-len(row) // WIDTH)):
            part = row[index * WIDTH : (index + 1) * WIDTH]
            folder.write(level, index, len(part), b"".join(part))
        row = [tiles.pyramid(b"".join(row[n : n + WIDTH]))[-1][0] for n in range(0, len(row) - WIDTH + 1, WIDTH)]
    return Planted(folder, size)
