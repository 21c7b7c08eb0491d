"""Two writers that race meet on a stream's version; the loser waits for its turn, loads and decides again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations.ports import Transaction

Result = TypeVar("Result")
Tx = TypeVar("Tx", bound=Transaction)
Tx_co = TypeVar("Tx_co", bound=Transaction, covariant=True)
ATTEMPTS_MAX = 4  # ours: from the second on nobody else writes meanwhile, so a second try wins


class Opens(Protocol[Tx_co]):
    """A store whose transactions can do what `attempt` asks of them."""

    def transaction(self) -> AbstractContextManager[Tx_co]:
        """Open a transaction."""
        ...


def on_conflict(store: Opens[Tx], attempt: Callable[[Tx], Result]) -> Result:
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
