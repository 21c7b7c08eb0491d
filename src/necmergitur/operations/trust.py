"""Ports of what streams rest on: signed assessments, and the parties that sign."""

from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.signing import Party
from necmergitur.kernel.ids import IdSource
from necmergitur.operations.ports import Transaction


class TrustTransaction(Transaction, Protocol):
    """A transaction that knows assessments and parties."""

    def assessment(self, assessment_id: UUID) -> Assessment | None:
        """Return one assessment as it stands."""
        ...

    def assessments_of(self, stream: str) -> list[Assessment]:
        """Return the assessments that cover a stream and are not stale."""
        ...

    def put_assessment(self, assessment: Assessment, seq: int) -> None:
        """Store an assessment; every gate reloads at its next transaction."""
        ...

    def resting_on(self, assessment_id: UUID) -> list[Authorisation]:
        """Return the authorisations that rest on an assessment and are not revoked."""
        ...

    def parties(self) -> list[Party]:
        """Return everybody who may sign, or once might."""
        ...

    def put_party(self, party: Party, seq: int) -> None:
        """Store a party; only its retirement may change."""
        ...


class TrustStore(Protocol):
    """Where such transactions come from."""

    def transaction(self) -> AbstractContextManager[TrustTransaction]:
        """Open a transaction. Raises Unreachable, VersionConflict, StoreRefused."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...
