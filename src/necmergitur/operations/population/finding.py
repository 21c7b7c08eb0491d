"""Feed the finder's index from sealed rows, and ask it. The index lives in one process's memory and nowhere else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population.checkins import Sealer, opened
from necmergitur.people.checkins import Status
from necmergitur.people.findable import Findable, Found, Wanted


class SealedRow(msgspec.Struct, frozen=True):
    """A row about a person, not opened yet. `status` is whatever its source needs to know beside what is sealed."""

    id: bytes
    salt: bytes
    sealed: bytes
    status: int
    changed_at: datetime


class Source(Protocol):
    """Rows about people that can be found: one for each kind. Its table calls `population.tell_finder` on DELETE."""

    @property
    def kind(self) -> str:
        """What its rows are called in `Findable.kind`."""
        ...

    def page(self, tx: Any, crisis_id: UUID, after: bytes, limit: int) -> Sequence[SealedRow]:
        """Return the first `limit` rows whose ids come after `after`, in the order of their ids."""
        ...

    def changed(self, tx: Any, crisis_id: UUID, since: datetime) -> Sequence[SealedRow]:
        """Return the rows changed at `since` or later, in any order."""
        ...

    def open(self, key: Sealer, row: SealedRow) -> Findable | None:
        """Open a row; None when it is not to be found any more, or cannot be opened."""
        ...

    def standing(self, tx: Any, crisis_id: UUID, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Return which of these rows are still there to be found."""
        ...


class Finder(Protocol):
    """Where people are looked for. `adapters.finder.FinderClient` asks the process of that name."""

    def find(self, crisis_id: UUID, wanted: Wanted) -> list[Found] | Refusal:
        """Return who may be meant, best first; a Refusal when the finder is away or not ready yet."""
        ...


class CheckInSource:
    """People who said how they are. What somebody took back is not found."""

    kind = "checkin"

    def page(self, tx: Any, crisis_id: UUID, after: bytes, limit: int) -> Sequence[SealedRow]:
        """Return the first check-ins whose ids come after `after`."""
        rows: Sequence[SealedRow] = tx.findable_checkins(crisis_id, after, limit)
        return rows

    def changed(self, tx: Any, crisis_id: UUID, since: datetime) -> Sequence[SealedRow]:
        """Return the check-ins changed at `since` or later."""
        rows: Sequence[SealedRow] = tx.changed_checkins(crisis_id, since)
        return rows

    def open(self, key: Sealer, row: SealedRow) -> Findable | None:
        """Open a check-in; a call for help without a name is found by nobody."""
        if row.status == Status.WITHDRAWN:
            return None
        said = opened(key, row.id, row.salt, row.sealed)
        if said is None or not said.name:
            return None
        return Findable(kind=self.kind, id=row.id, names=(said.name,))

    def standing(self, tx: Any, crisis_id: UUID, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Return which of these check-ins are still there and not taken back."""
        standing: Sequence[bytes] = tx.standing_checkins(crisis_id, ids)
        return standing


# Every kind of row that can be found; whoever adds a table about people adds its source here.
SOURCES: tuple[Source, ...] = (CheckInSource(),)
