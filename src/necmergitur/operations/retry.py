"""Two writers that race meet on a stream's version; the loser waits for its turn, loads and decides again."""

from collections.abc import Callable
from typing import TypeVar

from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations.ports import Store, Transaction

Result = TypeVar("Result")
ATTEMPTS_MAX = 4  # ours: from the second on nobody else writes meanwhile, so a second try wins


def on_conflict(store: Store, attempt: Callable[[Transaction], Result]) -> Result:
    """Run `attempt` in a transaction until it does not lose a race. Raises VersionConflict after ATTEMPTS_MAX.

    The first attempt reads without waiting; later ones hold the append lock from the start, so that a busy
    incident cannot starve a writer.
    """
    for tried in range(ATTEMPTS_MAX):
        try:
            with store.transaction() as tx:
                if tried:
                    tx.serialise()
                return attempt(tx)
        except VersionConflict:
            if tried == ATTEMPTS_MAX - 1:
                raise
    raise AssertionError("unreachable")
