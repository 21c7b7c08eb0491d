"""What the use cases of a crisis ask of a store and of the keys of its crises."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

from necmergitur.governance.assessments import Assessment
from necmergitur.kernel.ids import IdSource
from necmergitur.operations.registry import RegistryTransaction
from necmergitur.people.crises import Crisis


class CrisisTransaction(RegistryTransaction, Protocol):
    """A transaction that knows of crises."""

    def crisis(self, crisis_id: UUID) -> Crisis | None:
        """Return one crisis."""
        ...

    def crises_now(self) -> list[Crisis]:
        """Return crises that were opened and are not erased: real ones before drills, newest first."""
        ...

    def enter_crisis(self, state: Crisis, reason: str, seq: int) -> None:
        """Store a crisis just asked for."""
        ...

    def change_crisis(self, state: Crisis, seq: int) -> None:
        """Store a crisis as changed."""
        ...

    def assessments_of(self, stream: str) -> list[Assessment]:
        """Return the assessments that cover a stream and are not stale."""
        ...

    def crisis_counts(self, crisis_id: UUID) -> Mapping[str, int]:
        """Return how many of each a crisis holds: all that may be told of it."""
        ...

    def empty_crisis(self, crisis_id: UUID) -> int:
        """Delete what people said in a crisis that a restored copy brought back; return how many rows."""
        ...

    def erase_crisis(self, crisis_id: UUID) -> Mapping[str, int]:
        """Drop all it holds about people; return how many rows of each kind that was."""
        ...


class Town(Protocol):
    """Where crises are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a CrisisTransaction."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


class CrisisKeys(Protocol):
    """Keys of crises, which no database and no backup holds."""

    def make(self, crisis_id: UUID) -> str:
        """Make a crisis's key unless it has one; return its SHA-256 (hex). Durable once it returns."""
        ...

    def destroy(self, crisis_id: UUID, *, for_good: bool = False) -> bool:
        """Destroy a crisis's key; return whether there was one. `for_good`: see `gone`."""
        ...

    def gone(self, crisis_id: UUID) -> bool:
        """Return whether a crisis's key was destroyed for good, and is not there."""
        ...

    def known(self) -> Sequence[UUID]:
        """Return the crises that have one."""
        ...
