"""What a ledger offers, whoever keeps it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from necmergitur.kernel.events import Recorded
from necmergitur.ledger.admitted import Admitted


class VersionConflict(Exception):
    """Another writer appended to the same stream first. Load again and decide again."""


class Ledger(Protocol):
    """Append and read, inside the caller's transaction."""

    def append(self, batch: Sequence[Admitted]) -> int:
        """Write facts in order; return the sequence number of the last. Raises VersionConflict."""
        ...

    def stream(self, stream: str) -> list[Recorded]:
        """Return one stream's facts in version order."""
        ...

    def tail(self, after_seq: int, limit: int) -> Iterator[Recorded]:
        """Yield at most `limit` facts after `after_seq` in sequence order."""
        ...
