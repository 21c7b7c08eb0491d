"""Feed the finder's index from sealed rows, and ask it. The index lives in one process's memory and nowhere else."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population.checkins import Sealer, opened
from necmergitur.people.checkins import Status
from necmergitur.people.findable import DO_NOT_FIND, HIDDEN, LISTED, Findable, Found, Wanted
from necmergitur.people.notices import Notice

SURE_SCORE = 0.95  # ours: an e-mail to the wrong person tells them who looks for whom
OTHER_SCORE_MAX = 0.5  # ours: two people of one name are nobody in particular


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

    def changed(self, tx: Any, crisis_id: UUID, since: datetime, before: datetime | None) -> Sequence[SealedRow]:
        """Return the rows changed at `since` or later, and before `before` if it is given, in any order."""
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

    def changed(self, tx: Any, crisis_id: UUID, since: datetime, before: datetime | None) -> Sequence[SealedRow]:
        """Return the check-ins changed at `since` or later, and before `before` if it is given."""
        rows: Sequence[SealedRow] = tx.changed_checkins(crisis_id, since, before)
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


class PersonSource:
    """People looked for, as their notices describe them. `SealedRow.status` is a sum of _LISTED, _MINOR and _HIDDEN."""

    kind = "person"

    def page(self, tx: Any, crisis_id: UUID, after: bytes, limit: int) -> Sequence[SealedRow]:
        """Return the first notices whose ids come after `after`."""
        rows: Sequence[SealedRow] = tx.findable_persons(crisis_id, after, limit)
        return rows

    def changed(self, tx: Any, crisis_id: UUID, since: datetime, before: datetime | None) -> Sequence[SealedRow]:
        """Return the notices changed at `since` or later."""
        rows: Sequence[SealedRow] = tx.changed_persons(crisis_id, since, before)
        return rows

    def open(self, key: Sealer, row: SealedRow) -> Findable | None:
        """Open a notice. What its author took back is not found; what is hidden is the desk's."""
        plain = key.unseal(row.salt, row.sealed, row.id)
        if plain is None or row.status & _TAKEN_BACK:
            return None
        person = msgspec.json.decode(plain, type=Notice).person
        names = (person.full_name, *re.split(r"[\n,;/]", person.alternate_names))
        home = " ".join(filter(None, (person.home_street, person.home_neighborhood, person.home_city)))
        return Findable(
            kind=self.kind,
            id=row.id,
            names=tuple(filter(None, map(str.strip, names))),
            age=_age(person.age),
            born=_born(person.date_of_birth),
            sex={"female": "f", "male": "m"}.get(person.sex, ""),  # type: ignore[arg-type]
            place=home,
            words=person.description,
            flags=tuple(name for bit, name in _FLAGS if row.status & bit),
        )

    def standing(self, tx: Any, crisis_id: UUID, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Return which of these notices are still there and not expired."""
        standing: Sequence[bytes] = tx.standing_persons(crisis_id, ids)
        return standing


_LISTED, _MINOR, _HIDDEN, _DO_NOT_FIND, _TAKEN_BACK = 1, 2, 4, 8, 16
_FLAGS = ((_LISTED, LISTED), (_MINOR, "minor"), (_HIDDEN, HIDDEN), (_DO_NOT_FIND, DO_NOT_FIND))


def _age(text: str) -> int | None:
    """Return an age in years; of a range ("20-30", PFIF 1.4) the middle."""
    numbers = [int(part) for part in text.split("-") if part.strip().isdecimal()][:2]
    return sum(numbers) // len(numbers) if numbers else None


def _born(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # PFIF 1.4 allows a year alone, or a year and a month: an age says as much


class SureFinder:
    """Who a name means beyond doubt, of those who checked in (`questions.Matcher`)."""

    def __init__(self, finder: Finder, crisis_id: UUID) -> None:
        """Ask `finder` about one crisis."""
        self._finder = finder
        self._crisis_id = crisis_id

    def sure(self, name: str) -> bytes | None:
        """Return the check-in that a name means; None when there is none, or when a second one comes near."""
        found = self._finder.find(self._crisis_id, Wanted(names=(name,), kinds=(CheckInSource.kind,), limit=2))
        if isinstance(found, Refusal) or not found or found[0].score < SURE_SCORE:
            return None
        return None if len(found) > 1 and found[1].score > OTHER_SCORE_MAX else found[0].id


# Every kind of row that can be found; whoever adds a table about people adds its source here.
SOURCES: tuple[Source, ...] = (CheckInSource(), PersonSource())
