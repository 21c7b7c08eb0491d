"""Two writers that race meet on a stream's version; the loser loads and decides again."""

from collections.abc import Callable
from typing import TypeVar

from necmergitur.ledger.ports import VersionConflict

Result = TypeVar("Result")
ATTEMPTS_MAX = 4  # ours: writers are serialised by the append lock, so a second try nearly always wins


def on_conflict(attempt: Callable[[], Result]) -> Result:
    """Run `attempt` until it does not lose a race. Raises VersionConflict after ATTEMPTS_MAX."""
    for left in range(ATTEMPTS_MAX - 1, -1, -1):
        try:
            return attempt()
        except VersionConflict:
            if left == 0:
                raise
    raise AssertionError("unreachable")
