"""The authorisations as a flat table: one look-up a question, thousands of questions at once as arrays.

Compiled once for each change and never altered: whoever holds one reads a consistent whole. Times are microseconds
since 1970 UTC; a grant is open in [start, end), end being the earliest of its own, its revocation and its suspension.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from necmergitur.governance.authorisations import Authorisation

Key = tuple[str, str, str | None, str | None]
Window = tuple[int, int, int]

NONE = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
FOREVER_US = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _US


def microseconds(instant: datetime) -> int:
    """Return microseconds since 1970 UTC, exactly."""
    return (instant - _EPOCH) // _US


def _window(item: Authorisation, index: int) -> Window:
    ends = [at for at in (item.valid_until, item.revoked_at, item.suspended_at) if at is not None]
    return microseconds(item.valid_from), min(map(microseconds, ends), default=FOREVER_US), index


class Grants:
    """A compiled table over `items`; what it answers is an index into them, or NONE.

    A modality and a purpose name a grant, with a stream and a zone: None in a grant covers every one of them.
    """

    __slots__ = ("_all_named", "_shapes", "_windows", "items")

    def __init__(self, items: Sequence[Authorisation]) -> None:
        """Compile. Of several grants that are open, the first of `items` answers."""
        self.items = tuple(items)
        windows: dict[Key, list[Window]] = {}
        for index, item in enumerate(self.items):
            window = _window(item, index)
            for stream in item.streams or (None,):
                for zone in item.zones or (None,):
                    windows.setdefault((item.modality, item.purpose, stream, zone), []).append(window)
        self._windows: dict[Key, tuple[Window, ...]] = {key: tuple(found) for key, found in windows.items()}
        # Which of stream and zone a grant leaves open: nearly always none does, so one look-up answers.
        self._shapes = tuple(sorted({(key[2] is not None, key[3] is not None) for key in windows}, reverse=True))
        self._all_named = self._shapes in ((), ((True, True),))

    def decide(self, modality: str, purpose: str, stream: str, zone: str | None, at_us: int) -> int:
        """Return the first grant open to this at `at_us`, or NONE."""
        if self._all_named:
            for start, end, index in self._windows.get((modality, purpose, stream, zone), ()):
                if start <= at_us < end:
                    return index
            return NONE
        best = NONE
        for named_stream, named_zone in self._shapes:
            key = (modality, purpose, stream if named_stream else None, zone if named_zone else None)
            for start, end, index in self._windows.get(key, ()):
                if start <= at_us < end:
                    if best == NONE or index < best:
                        best = index
                    break
        return best

    def keys(self) -> Iterable[tuple[Key, tuple[Window, ...]]]:
        """Return every key with its windows, for an index over arrays."""
        return self._windows.items()


class Batch:
    """The same table for arrays of questions: names become numbers once, and each question four look-ups of memory."""

    def __init__(self, grants: Grants) -> None:
        """Number the names of `grants`, which must name a stream and a zone in every key. Raises ValueError."""
        names: tuple[dict[Any, int], ...] = ({}, {}, {})
        rows: list[tuple[tuple[int, int, int], tuple[Window, ...]]] = []
        for (modality, purpose, stream, zone), windows in grants.keys():  # noqa: SIM118 -- no mapping
            if stream is None or zone is None:
                raise ValueError(f"{modality} for {purpose} is granted for more than one stream or zone at once")
            parts = ((modality, purpose), stream, zone)
            # 0 stands for every name no grant knows.
            numbers = tuple(names[i].setdefault(part, len(names[i]) + 1) for i, part in enumerate(parts))
            rows.append(((numbers[0], numbers[1], numbers[2]), windows))
        self._names = names
        self._sides = tuple(len(known) + 1 for known in names)
        depth = max((len(windows) for _, windows in rows), default=1)
        cells = int(np.prod(self._sides))
        self._cell = np.zeros(cells, dtype=np.int32)
        self._start = np.full((depth, len(rows) + 1), FOREVER_US, dtype=np.int64)
        self._end = np.zeros((depth, len(rows) + 1), dtype=np.int64)
        self._index = np.full((depth, len(rows) + 1), NONE, dtype=np.int32)
        for row, (numbers, windows) in enumerate(rows, start=1):
            self._cell[self._flat(*numbers)] = row
            for level, (start, end, index) in enumerate(windows):
                self._start[level, row], self._end[level, row], self._index[level, row] = start, end, index

    def _flat(self, law: Any, stream: Any, zone: Any) -> Any:
        return (law * self._sides[1] + stream) * self._sides[2] + zone

    def number(self, part: int, names: Sequence[Any]) -> NDArray[np.int32]:
        """Return the numbers of names: part 0 (modality, purpose) pairs, 1 streams, 2 zones. Unknown names are 0."""
        known: Mapping[Any, int] = self._names[part]
        return np.fromiter((known.get(name, 0) for name in names), dtype=np.int32, count=len(names))

    def decide(
        self, law: NDArray[np.int32], stream: NDArray[np.int32], zone: NDArray[np.int32], at_us: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Return the first open grant of each question, or NONE; arrays of one length."""
        row = self._cell[self._flat(law, stream, zone)]
        found = np.full(row.shape, NONE, dtype=np.int32)
        for level in range(self._index.shape[0] - 1, -1, -1):
            is_open = (self._start[level, row] <= at_us) & (at_us < self._end[level, row])
            np.copyto(found, self._index[level, row], where=is_open)
        return found
