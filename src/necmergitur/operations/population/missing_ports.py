"""What the use cases about people looked for ask of a store. Rows hold digests, instants and sealed words only."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.people.notes import Assurance, Hidden, Kept, Status


class Origin(IntEnum):
    """Where a record came from. Numbers are stored: never change one."""

    PAGE = 1
    DESK = 2
    LIST = 3  # a hospital's or a desk's list
    PARTNER = 4  # another registry, over the exchange


class Tie(IntEnum):
    """What two rows have to do with each other. Numbers are stored: never change one."""

    DUPLICATE = 1  # two records, one person
    CHECKIN = 2  # a record, and a check-in that may be the same person
    QUESTION = 3  # a question, and the check-in of whom it is about


class TieState(IntEnum):
    """How far a tie got. Numbers are stored: never change one."""

    PROPOSED = 1
    TIED = 2
    UNDONE = 3
    TOLD = 4  # a question: the person was written to
    ANSWERED = 5
    REFUSED = 6
    BLOCKED = 7
    SENT = 8  # a question: the asker was written to that there is an answer


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record of somebody looked for, as stored."""

    id: bytes
    salt: bytes
    sealed: bytes
    record: bytes
    said: bytes
    sought: Sequence[bytes] = ()
    origin: int
    listed: bool = False
    minor: bool = False
    hidden: int = 0
    verified_by: int | None = None
    entered_at: datetime
    changed_at: datetime
    expires_at: datetime | None = None


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A note as stored."""

    id: bytes
    person: bytes
    salt: bytes
    sealed: bytes
    status: int
    assurance: int
    source_at: datetime
    entered_at: datetime
    expires_at: datetime | None = None
    hidden: int = 0
    flagged_at: datetime | None = None
    by: int | None = None
    agreed_by: int | None = None
    family_told_at: datetime | None = None

    @property
    def kept(self) -> Kept:
        """The note as it counts."""
        return Kept(
            id=self.id,
            person=self.person,
            status=Status(self.status),
            assurance=Assurance(self.assurance),
            source_at=self.source_at,
            entered_at=self.entered_at,
            expires_at=self.expires_at,
            hidden=Hidden(self.hidden),
            flagged_at=self.flagged_at,
            by=self.by,
            agreed_by=self.agreed_by,
            family_told_at=self.family_told_at,
        )


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A question as stored. `subject`: a keyed digest of whom it is about, None when it only has a name."""

    id: bytes
    salt: bytes
    sealed: bytes
    subject: bytes | None
    asker: bytes
    at: datetime
    answer: bytes | None = None


class TieRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tie as stored."""

    kind: int
    left: bytes
    right: bytes
    state: int
    by: int | None = None
    at: datetime


class CheckInRow(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in, as far as questions and notices are matched to it."""

    id: bytes
    salt: bytes
    sealed: bytes
    contact: bytes | None
    status: int


class MissingTransaction(Protocol):
    """A transaction that knows of people looked for."""

    def put_person(self, crisis_id: UUID, row: PersonRow) -> bool:
        """Store a record; the same words again change nothing. Returns whether anything changed."""
        ...

    def person(self, crisis_id: UUID, person_id: bytes) -> PersonRow | None:
        """Return one record."""
        ...

    def person_of_record(self, crisis_id: UUID, record: bytes) -> PersonRow | None:
        """Return the record with this digest of its number."""
        ...

    def persons(
        self, crisis_id: UUID, *, listed: bool, since: datetime | None, skip: int, limit: int, now: datetime
    ) -> list[PersonRow]:
        """Return records that are shown: entered from `since` on, oldest first; without it, newest first."""
        ...

    def persons_changed(self, crisis_id: UUID, after: tuple[datetime, bytes] | None, limit: int) -> list[PersonRow]:
        """Return records in the order they changed, hidden ones too."""
        ...

    def persons_waiting(self, crisis_id: UUID, limit: int) -> list[PersonRow]:
        """Return appeals of minors, and hidden records that the desk must read, oldest first."""
        ...

    def change_person(self, crisis_id: UUID, person_id: bytes, changes: Mapping[str, Any], now: datetime) -> bool:
        """Change `listed`, `hidden`, `minor`, `verified_by` or `expires_at` of one record."""
        ...

    def drop_person(self, crisis_id: UUID, person_id: bytes) -> bool:
        """Delete a record with its notes, pictures and ties, and with it the salt of its key."""
        ...

    def add_note(self, crisis_id: UUID, row: NoteRow) -> bool:
        """Add a note; one that is there already stays as it is. Returns whether it was added."""
        ...

    def note(self, crisis_id: UUID, note_id: bytes) -> NoteRow | None:
        """Return one note."""
        ...

    def notes_of(self, crisis_id: UUID, persons: Sequence[bytes]) -> list[NoteRow]:
        """Return the notes of some records, oldest first."""
        ...

    def notes(
        self, crisis_id: UUID, *, listed: bool, since: datetime | None, skip: int, limit: int, now: datetime
    ) -> list[NoteRow]:
        """Return notes on records that are shown: from `since` on oldest first; without it, newest first."""
        ...

    def notes_waiting(self, crisis_id: UUID, limit: int) -> list[NoteRow]:
        """Return notes that wait for the desk: first words, flagged ones, deaths not agreed or not told."""
        ...

    def change_note(self, crisis_id: UUID, note_id: bytes, changes: Mapping[str, Any]) -> bool:
        """Change `hidden`, `flagged_at`, `agreed_by`, `family_told_at` of one note."""
        ...

    def put_ties(self, crisis_id: UUID, ties: Sequence[TieRow]) -> int:
        """Store ties that are not there yet; return how many."""
        ...

    def change_tie(self, crisis_id: UUID, tie: TieRow, before: Sequence[int] = ()) -> bool:
        """Say how far a tie got; with `before`, only from one of these states."""
        ...

    def ties(self, crisis_id: UUID, kind: int, states: Sequence[int], limit: int) -> list[TieRow]:
        """Return ties of a kind, oldest first."""
        ...

    def ties_of(self, crisis_id: UUID, row_id: bytes) -> list[TieRow]:
        """Return the ties one row has, on either side."""
        ...

    def put_question(self, crisis_id: UUID, row: QuestionRow) -> bool:
        """Store a question; the same form again changes nothing."""
        ...

    def question(self, crisis_id: UUID, question_id: bytes) -> QuestionRow | None:
        """Return one question."""
        ...

    def questions_named(self, crisis_id: UUID, after: tuple[datetime, bytes] | None, limit: int) -> list[QuestionRow]:
        """Return questions that only have a name and are tied to nobody yet."""
        ...

    def answer_question(self, crisis_id: UUID, question_id: bytes, answer: bytes) -> bool:
        """Store the sealed answer."""
        ...

    def drop_question(self, crisis_id: UUID, question_id: bytes) -> bool:
        """Delete a question and its ties."""
        ...

    def match_questions(self, crisis_id: UUID, now: datetime) -> int:
        """Tie questions to the check-ins they are about, by digest; return how many. None of who wants no questions."""
        ...

    def match_records(self, crisis_id: UUID, now: datetime) -> int:
        """Propose ties of records to check-ins and to each other, by digest; return how many."""
        ...

    def checkin(self, crisis_id: UUID, checkin_id: bytes) -> CheckInRow | None:
        """Return one check-in."""
        ...

    def put_not_to_be_found(self, crisis_id: UUID, digests: Sequence[bytes], now: datetime) -> int:
        """Keep that nobody may find who has these digests; hide the records that look for them; return how many."""
        ...

    def not_to_be_found(self, crisis_id: UUID, digests: Sequence[bytes]) -> bool:
        """Return whether one of these digests belongs to somebody who does not want to be found."""
        ...

    def put_picture(self, crisis_id: UUID, person_id: bytes, salt: bytes, sealed: bytes, now: datetime) -> bool:
        """Store the picture of a record in place of the one before."""
        ...

    def picture(self, crisis_id: UUID, person_id: bytes) -> tuple[bytes, bytes] | None:
        """Return salt and sealed bytes of a record's picture."""
        ...

    def pictured(self, crisis_id: UUID, persons: Sequence[bytes]) -> set[bytes]:
        """Return which of these records have a picture."""
        ...

    def look_at_picture(self, crisis_id: UUID, person_id: bytes, who: bytes, now: datetime) -> None:
        """Keep that somebody looked at a picture: `who` is a keyed digest of their network, or of their account."""
        ...


class Registry(Protocol):
    """Where records are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a MissingTransaction."""
        ...
