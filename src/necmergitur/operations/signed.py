"""Papers held against their signatures once more, where their streams are opened.

Whoever may write an authorisation was shown the signatures and could have looked away: a page that was broken into, or
the database's own role, which knows no cryptography. The process that opens the stream believes neither.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from necmergitur.governance import sensors, signing
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import GateTable
from necmergitur.governance.signing import Paper, Verify
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.trust import TrustTransaction


class SignedPapers:
    """Which papers are signed as their terms need, each checked once."""

    def __init__(self, verify: Verify) -> None:
        """Believe nothing yet."""
        self._verify = verify
        self._judged: dict[UUID, tuple[Paper, Refusal | None]] = {}

    def by_stream(self, tx: TrustTransaction, table: GateTable) -> dict[str, GateTable]:
        """Return the gate's table cut by stream; a paper that is not signed is closed in it, as a suspended one is."""
        asked = [item for items in table.by_modality.values() for item in items if item.paper is not None]
        new = [item for item in asked if not self._is_judged(item)]
        if new or len(self._judged) > len(asked):
            parties = tx.parties() if new else []
            kept = {item.id: self._judged[item.id] for item in asked if item.id in self._judged}
            for item in new:
                assert item.paper is not None
                kept[item.id] = (item.paper, signing.check(item.paper, parties, self._verify))
            self._judged = kept
        forged = self.forged
        if not forged:
            return sensors.by_stream(table)
        closed = {
            name: tuple(_close(item, forged[item.id]) if item.id in forged else item for item in items)
            for name, items in table.by_modality.items()
        }
        return sensors.by_stream(msgspec.structs.replace(table, by_modality=closed))

    @property
    def forged(self) -> Mapping[UUID, str]:
        """The papers in the table that are not signed, and the rule that says why."""
        return {key: against.rule for key, (_, against) in self._judged.items() if against is not None}

    def _is_judged(self, item: Authorisation) -> bool:
        known = self._judged.get(item.id)
        return known is not None and (known[0] is item.paper or known[0] == item.paper)


def _close(item: Authorisation, rule: str) -> Authorisation:
    return msgspec.structs.replace(item, suspended_at=item.granted_at, suspended_reason=rule)
