"""People looked for, in PostgreSQL: digests, instants and sealed words. Guards are those of their migration."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.missing_ports import CheckInRow, NoteRow, PersonRow, QuestionRow, TieRow

PERSON, NOTE, QUESTION, TIE = RowCodec(PersonRow), RowCodec(NoteRow), RowCodec(QuestionRow), RowCodec(TieRow)
CHECKIN = RowCodec(CheckInRow)
QUOTED_TIE = 'kind, "left", "right", state, by, at'
# What is neither hidden nor expired, nor a minor's unless the desk agreed to an appeal; and what everybody may read.
SHOWN = "{p}hidden = 0 AND ({p}expires_at IS NULL OR {p}expires_at > %(now)s)"
SHOWN += " AND (NOT {p}minor OR ({p}listed AND {p}verified_by IS NOT NULL))"
LISTED = SHOWN + " AND {p}listed"
COUNTED = ("missing", "appeals", "notes", "questions")
ERASED = ("persons", "notes", "pictures", "questions")


def _queries() -> dict[str, str]:
    codecs: dict[str, RowCodec[Any]] = {
        "put_note": NOTE,
        "note": NOTE,
        "notes_of": NOTE,
        "notes_waiting": NOTE,
        "checkin": CHECKIN,
    }
    codecs |= {"put_question": QUESTION, "question": QUESTION, "questions_named": QUESTION}
    queries: dict[str, str] = {}
    for name, query in load("missing").items():
        codec: RowCodec[Any] = codecs.get(name, PERSON)
        columns = QUOTED_TIE if name in ("ties", "ties_of") else codec.columns()
        parts = {"columns": columns, "values": codec.values(), "prefixed": NOTE.columns("n.")}
        queries[name] = fill(query, **parts)
    return queries


SQL = _queries()


class MissingMixin:
    """`operations.population.missing_ports.MissingTransaction`."""

    cursor: Statements

    def put_person(self, crisis_id: UUID, row: PersonRow) -> bool:
        """Store a record; the same words again change nothing. Returns whether anything changed."""
        parts = {**PERSON.to_row(row), "crisis_id": crisis_id, "sought": list(row.sought)}
        return self.cursor.execute(SQL["put_person"], parts).rowcount == 1

    def person(self, crisis_id: UUID, person_id: bytes) -> PersonRow | None:
        """Return one record."""
        found = self.cursor.execute(SQL["person"], {"crisis_id": crisis_id, "id": person_id}).fetchone()
        return None if found is None else PERSON.from_row(found)

    def person_of_record(self, crisis_id: UUID, record: bytes) -> PersonRow | None:
        """Return the record with this digest of its number."""
        found = self.cursor.execute(SQL["person_of_record"], {"crisis_id": crisis_id, "record": record}).fetchone()
        return None if found is None else PERSON.from_row(found)

    def persons(
        self, crisis_id: UUID, *, listed: bool, since: datetime | None, skip: int, limit: int, now: datetime
    ) -> list[PersonRow]:
        """Return records that are shown: entered from `since` on, oldest first; without it, newest first."""
        query = SQL["persons_newest" if since is None else "persons_since"]
        shown = fill(LISTED if listed else SHOWN, p="")
        parts = {"crisis_id": crisis_id, "since": since, "skip": skip, "limit": limit, "now": now}
        return [PERSON.from_row(row) for row in self.cursor.execute(fill(query, shown=shown), parts).fetchall()]

    def persons_changed(self, crisis_id: UUID, after: tuple[datetime, bytes] | None, limit: int) -> list[PersonRow]:
        """Return records in the order they changed, hidden ones too."""
        at, last = after or (datetime.min.replace(tzinfo=UTC), b"")
        parts = {"crisis_id": crisis_id, "changed_at": at, "id": last, "limit": limit}
        return [PERSON.from_row(row) for row in self.cursor.execute(SQL["persons_changed"], parts).fetchall()]

    def persons_waiting(self, crisis_id: UUID, limit: int) -> list[PersonRow]:
        """Return appeals of minors, and hidden records that the desk must read, oldest first."""
        rows = self.cursor.execute(SQL["persons_waiting"], {"crisis_id": crisis_id, "limit": limit}).fetchall()
        return [PERSON.from_row(row) for row in rows]

    _PERSON_MAY: ClassVar[frozenset[str]] = frozenset({"listed", "hidden", "minor", "verified_by", "expires_at"})

    def change_person(self, crisis_id: UUID, person_id: bytes, changes: Mapping[str, Any], now: datetime) -> bool:
        """Change `listed`, `hidden`, `minor`, `verified_by` or `expires_at` of one record."""
        assert changes.keys() <= self._PERSON_MAY, changes
        return self._change("person", crisis_id, person_id, {**changes, "changed_at": now})

    def drop_person(self, crisis_id: UUID, person_id: bytes) -> bool:
        """Delete a record with its notes, pictures and ties, and with it the salt of its key."""
        there = self.person(crisis_id, person_id) is not None
        self.cursor.execute(SQL["drop_person"], {"crisis_id": crisis_id, "id": person_id})
        return there

    def add_note(self, crisis_id: UUID, row: NoteRow) -> bool:
        """Add a note; one that is there already stays as it is. Returns whether it was added."""
        return self.cursor.execute(SQL["put_note"], {**NOTE.to_row(row), "crisis_id": crisis_id}).rowcount == 1

    def note(self, crisis_id: UUID, note_id: bytes) -> NoteRow | None:
        """Return one note."""
        found = self.cursor.execute(SQL["note"], {"crisis_id": crisis_id, "id": note_id}).fetchone()
        return None if found is None else NOTE.from_row(found)

    def notes_of(self, crisis_id: UUID, persons: Sequence[bytes]) -> list[NoteRow]:
        """Return the notes of some records, oldest first."""
        parts = {"crisis_id": crisis_id, "persons": list(persons)}
        return [NOTE.from_row(row) for row in self.cursor.execute(SQL["notes_of"], parts).fetchall()]

    def notes(
        self, crisis_id: UUID, *, listed: bool, since: datetime | None, skip: int, limit: int, now: datetime
    ) -> list[NoteRow]:
        """Return notes on records that are shown: from `since` on oldest first; without it, newest first."""
        query = SQL["notes_newest" if since is None else "notes_since"]
        shown = fill(LISTED if listed else SHOWN, p="p.")
        parts = {"crisis_id": crisis_id, "since": since, "skip": skip, "limit": limit, "now": now}
        return [NOTE.from_row(row) for row in self.cursor.execute(fill(query, shown=shown), parts).fetchall()]

    def notes_waiting(self, crisis_id: UUID, limit: int) -> list[NoteRow]:
        """Return notes that wait for the desk: first words, flagged ones, deaths not agreed or not told."""
        rows = self.cursor.execute(SQL["notes_waiting"], {"crisis_id": crisis_id, "limit": limit}).fetchall()
        return [NOTE.from_row(row) for row in rows]

    _NOTE_MAY: ClassVar[frozenset[str]] = frozenset({"hidden", "flagged_at", "agreed_by", "family_told_at"})

    def change_note(self, crisis_id: UUID, note_id: bytes, changes: Mapping[str, Any]) -> bool:
        """Change `hidden`, `flagged_at`, `agreed_by`, `family_told_at` of one note."""
        assert changes.keys() <= self._NOTE_MAY, changes
        return self._change("note", crisis_id, note_id, changes)

    def put_ties(self, crisis_id: UUID, ties: Sequence[TieRow]) -> int:
        """Store ties that are not there yet; return how many."""
        parts = {
            "crisis_id": crisis_id,
            "kinds": [tie.kind for tie in ties],
            "lefts": [tie.left for tie in ties],
            "rights": [tie.right for tie in ties],
            "states": [tie.state for tie in ties],
            "bys": [tie.by for tie in ties],
            "ats": [tie.at for tie in ties],
        }
        return self.cursor.execute(SQL["put_ties"], parts).rowcount if ties else 0

    def change_tie(self, crisis_id: UUID, tie: TieRow, before: Sequence[int] = ()) -> bool:
        """Say how far a tie got; with `before`, only from one of these states."""
        parts = {**TIE.to_row(tie), "crisis_id": crisis_id, "before": list(before) or None}
        return self.cursor.execute(SQL["change_tie"], parts).rowcount == 1

    def ties(self, crisis_id: UUID, kind: int, states: Sequence[int], limit: int) -> list[TieRow]:
        """Return ties of a kind, oldest first."""
        parts = {"crisis_id": crisis_id, "kind": kind, "states": list(states), "limit": limit}
        return [TIE.from_row(row) for row in self.cursor.execute(SQL["ties"], parts).fetchall()]

    def ties_of(self, crisis_id: UUID, row_id: bytes) -> list[TieRow]:
        """Return the ties one row has, on either side."""
        rows = self.cursor.execute(SQL["ties_of"], {"crisis_id": crisis_id, "id": row_id}).fetchall()
        return [TIE.from_row(row) for row in rows]

    def put_question(self, crisis_id: UUID, row: QuestionRow) -> bool:
        """Store a question; the same form again changes nothing."""
        return self.cursor.execute(SQL["put_question"], {**QUESTION.to_row(row), "crisis_id": crisis_id}).rowcount == 1

    def question(self, crisis_id: UUID, question_id: bytes) -> QuestionRow | None:
        """Return one question."""
        found = self.cursor.execute(SQL["question"], {"crisis_id": crisis_id, "id": question_id}).fetchone()
        return None if found is None else QUESTION.from_row(found)

    def questions_named(self, crisis_id: UUID, after: tuple[datetime, bytes] | None, limit: int) -> list[QuestionRow]:
        """Return questions that only have a name and are tied to nobody yet."""
        at, last = after or (datetime.min.replace(tzinfo=UTC), b"")
        parts = {"crisis_id": crisis_id, "at": at, "id": last, "limit": limit}
        return [QUESTION.from_row(row) for row in self.cursor.execute(SQL["questions_named"], parts).fetchall()]

    def answer_question(self, crisis_id: UUID, question_id: bytes, answer: bytes) -> bool:
        """Store the sealed answer."""
        return self._change("question", crisis_id, question_id, {"answer": answer})

    def drop_question(self, crisis_id: UUID, question_id: bytes) -> bool:
        """Delete a question and its ties."""
        there = self.question(crisis_id, question_id) is not None
        self.cursor.execute(SQL["drop_question"], {"crisis_id": crisis_id, "id": question_id})
        return there

    def match_questions(self, crisis_id: UUID, now: datetime) -> int:
        """Tie questions to the check-ins they are about, by digest; return how many."""
        return self.cursor.execute(SQL["match_questions"], {"crisis_id": crisis_id, "now": now}).rowcount

    def match_records(self, crisis_id: UUID, now: datetime) -> int:
        """Propose ties of records to check-ins and to each other, by digest; return how many."""
        parts = {"crisis_id": crisis_id, "now": now}
        found = self.cursor.execute(SQL["match_checkins"], parts).rowcount
        return found + self.cursor.execute(SQL["match_duplicates"], parts).rowcount

    def checkin(self, crisis_id: UUID, checkin_id: bytes) -> CheckInRow | None:
        """Return one check-in."""
        found = self.cursor.execute(SQL["checkin"], {"crisis_id": crisis_id, "id": checkin_id}).fetchone()
        return None if found is None else CHECKIN.from_row(found)

    def put_not_to_be_found(self, crisis_id: UUID, digests: Sequence[bytes], now: datetime) -> int:
        """Keep that nobody may find who has these digests; hide the records that look for them; return how many."""
        parts = {"crisis_id": crisis_id, "digests": list(digests), "now": now}
        self.cursor.execute(SQL["put_not_to_be_found"], parts)
        return self.cursor.execute(SQL["hide_not_to_be_found"], parts).rowcount

    def not_to_be_found(self, crisis_id: UUID, digests: Sequence[bytes]) -> bool:
        """Return whether one of these digests belongs to somebody who does not want to be found."""
        parts = {"crisis_id": crisis_id, "digests": list(digests)}
        return bool(digests) and self.cursor.execute(SQL["not_to_be_found"], parts).fetchone() is not None

    def put_picture(self, crisis_id: UUID, person_id: bytes, salt: bytes, sealed: bytes, now: datetime) -> bool:
        """Store the picture of a record in place of the one before."""
        parts = {"crisis_id": crisis_id, "id": person_id, "salt": salt, "sealed": sealed, "now": now}
        return self.cursor.execute(SQL["put_picture"], parts).rowcount == 1

    def picture(self, crisis_id: UUID, person_id: bytes) -> tuple[bytes, bytes] | None:
        """Return salt and sealed bytes of a record's picture."""
        found = self.cursor.execute(SQL["picture"], {"crisis_id": crisis_id, "id": person_id}).fetchone()
        return None if found is None else (bytes(found[0]), bytes(found[1]))

    def pictured(self, crisis_id: UUID, persons: Sequence[bytes]) -> set[bytes]:
        """Return which of these records have a picture."""
        parts = {"crisis_id": crisis_id, "persons": list(persons)}
        return {bytes(row[0]) for row in self.cursor.execute(SQL["pictured"], parts).fetchall()}

    def look_at_picture(self, crisis_id: UUID, person_id: bytes, who: bytes, now: datetime) -> None:
        """Keep that somebody looked at a picture."""
        self.cursor.execute(SQL["looked_at"], {"crisis_id": crisis_id, "id": person_id, "who": who, "now": now})

    def missing_counts(self, crisis_id: UUID) -> Mapping[str, int]:
        """Return how many of each a crisis holds."""
        row = self.cursor.execute(SQL["counts"], {"crisis_id": crisis_id}).fetchone()
        assert row is not None, "an aggregate has a row"
        return dict(zip(COUNTED, map(int, row), strict=True))

    def erase_missing(self, crisis_id: UUID) -> Mapping[str, int]:
        """Drop all it holds about people looked for; return how many rows of each kind that was."""
        row = self.cursor.execute(SQL["erase_missing"], {"crisis_id": crisis_id}).fetchone()
        assert row is not None, "a function has a value"
        return dict(zip(ERASED, map(int, row), strict=True))

    def _change(self, table: str, crisis_id: UUID, row_id: bytes, changes: Mapping[str, Any]) -> bool:
        """Change some columns of one row. The names come from this module's callers, never from outside."""
        columns = ", ".join(f"{name} = %({name})s" for name in changes)
        query = f"UPDATE population.{table} SET {columns} WHERE crisis_id = %(crisis_id)s AND id = %(id)s"  # noqa: S608
        return self.cursor.execute(query, {**changes, "crisis_id": crisis_id, "id": row_id}).rowcount == 1
