"""Check the record: recompute every hash from the first fact to the last."""

from necmergitur.ledger.chain import GENESIS, Break, verify
from necmergitur.operations.ports import Store

PAGE = 5_000  # facts read in one transaction


def check_ledger(store: Store) -> Break | tuple[int, bytes]:
    """Return the first break, or how many facts hold and the last hash. Raises Unreachable."""
    count, head = 0, GENESIS
    while True:  # until the last page
        with store.transaction() as tx:
            page = list(tx.tail(count, PAGE))
        if not page:
            return count, head
        checked = verify(page, head, count + 1)
        if isinstance(checked, Break):
            return checked
        found, head = checked
        count += found
