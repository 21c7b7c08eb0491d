"""What a ledger offers, whoever keeps it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from necmergitur.kernel.events import Recorded
from necmergitur.ledger.admitted import Admitted


class VersionConflict(Exception):
    """Another writer appended to the same stream first. Load again and decide again."""


class StoreRefused(Exception):
    """The store's own guard fired (`code`: NM and a number): the code above it broke a promise; nothing was kept."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep which guard, and what it said."""
        super().__init__(f"{code}: {detail}")
        self.code = code


class Ledger(Protocol):
    """Append and read, inside the caller's transaction."""

    def append(self, batch: Sequence[Admitted]) -> int:
        """Write facts in order; return the sequence number of the last. Raises VersionConflict."""
        ...

    def stream(self, stream: str, kinds: Sequence[str] | None = None) -> list[Recorded]:
        """Return one stream's facts in version order, all or those of some kinds."""
        ...

    def tail(self, after_seq: int, limit: int) -> Iterator[Recorded]:
        """Yield at most `limit` facts after `after_seq` in sequence order."""
        ...
