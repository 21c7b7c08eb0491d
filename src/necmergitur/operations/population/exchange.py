"""Records in and out: another registry's, a hospital's list. Provenance is kept, expiry honoured, nothing overruled.

A record that is sent again replaces itself; one of our own is never replaced from outside. Whoever does not want to be
found is taken in by no list, and "dead" is no partner's to say: such a note is refused, with its reason.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import missing
from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.missing import LISTED_MAX
from necmergitur.operations.population.missing_ports import NoteRow, Origin, PersonRow, Registry, Tie, TieRow, TieState
from necmergitur.people import contacts
from necmergitur.people import notes as rules
from necmergitur.people.constants import NOTES_MAX
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Assurance, Hidden, Status
from necmergitur.people.notices import Notice
from necmergitur.people.records import PRIVATE, Note, Person, read_note, read_person, without

AT_ONCE = 200  # ours: records of one transaction; a list of ten thousand must not hold the store

SOUGHT = ("sought_phone", "sought_email")

Fields = Mapping[str, str]


class Sender(msgspec.Struct, frozen=True):
    """Who sends records. `official`: a hospital or the prefecture's desk, whose notes count as such."""

    name: str
    origin: Origin
    official: bool = False
    by: int | None = None
    listed: bool = False


class Taken(msgspec.Struct):
    """What became of records of one kind: each one skipped with its number and the rule."""

    parsed: int = 0
    written: int = 0
    same: int = 0
    skipped: list[tuple[str, str]] = []


class Exported(msgspec.Struct, frozen=True):
    """Records on their way out, and their notes by person_record_id."""

    persons: Sequence[Person]
    notes: Mapping[str, Sequence[Note]]


def take(  # noqa: PLR0913  each is a thing of its own
    store: Registry,
    crisis: Crisis,
    key: Sealer,
    sender: Sender,
    persons: Sequence[Fields],
    notes: Sequence[Fields],
    salts: Callable[[], bytes],
    region: str,
    source: str,
    now: datetime,
) -> tuple[Taken, Taken] | Refusal:
    """Take records in, persons first, a few hundred in each transaction; return what became of them.

    `source`: the host of our own numbers. Raises Unreachable; sent again, what is in already changes nothing.
    """
    if not crisis.offers("find", now):
        return Refusal(rule="crisis_closed")
    of_persons, of_notes = Taken(len(persons)), Taken(len(notes))
    for first in range(0, len(persons), AT_ONCE):
        with store.transaction() as tx:
            for number, fields in enumerate(persons[first : first + AT_ONCE], first):
                at = now + timedelta(microseconds=number)  # feeds keep the order in which records came
                person = read_person(fields, now)
                if isinstance(person, Person) and person.person_record_id.startswith(f"{source}/"):
                    person = Refusal(rule="record_ours", facts={"record": person.person_record_id})
                outcome: Any = person
                if isinstance(person, Person):
                    outcome = _put_person(tx, crisis, key, sender, person, _reached(fields, region), salts(), at)
                _count(of_persons, outcome, fields.get("person_record_id", ""))
    for first in range(0, len(notes), AT_ONCE):
        with store.transaction() as tx:
            for number, fields in enumerate(notes[first : first + AT_ONCE], first):
                note = read_note(fields, now)
                outcome = note
                if isinstance(note, Note):
                    at = now + timedelta(microseconds=number)
                    outcome = _put_note(tx, crisis, key, sender, note, salts(), at)
                _count(of_notes, outcome, fields.get("note_record_id", ""))
    return of_persons, of_notes


def _count(taken: Taken, outcome: bool | Refusal, number: str) -> None:
    if isinstance(outcome, Refusal):
        taken.skipped.append((number[:250], outcome.rule))
    elif outcome:
        taken.written += 1
    else:
        taken.same += 1


def _put_person(
    tx: Any,
    crisis: Crisis,
    key: Sealer,
    sender: Sender,
    person: Person,
    sought: tuple[Contact, ...],
    salt: bytes,
    now: datetime,
) -> bool | Refusal:
    record = key.lookup("record", person.person_record_id)
    notice = Notice(person, sought=sought, sender=sender.name)
    row = missing.sealed(
        key, record, salt, notice, now, origin=sender.origin, listed=sender.listed, hidden=Hidden.SHOWN
    )
    if tx.not_to_be_found(crisis.id, row.sought):
        return Refusal(rule="record_not_taken")
    held: PersonRow | None = tx.person_of_record(crisis.id, record)
    if held is not None and (before := missing.opened(key, held)) is not None and before.sender != sender.name:
        return Refusal(rule="record_of_others")  # whoever brought a record in is its source, and alone changes it
    return bool(tx.put_person(crisis.id, row))


def _reached(fields: Fields, region: str) -> tuple[Contact, ...]:
    """Return a person's own number and address, which PFIF has no field for and a hospital's list may give."""
    found = [contacts.read(text, region) for name in SOUGHT if (text := fields.get(name, "").strip())]
    return tuple(one for one in found if isinstance(one, Contact))


def _put_note(
    tx: Any, crisis: Crisis, key: Sealer, sender: Sender, note: Note, salt: bytes, now: datetime
) -> bool | Refusal:
    row: PersonRow | None = tx.person_of_record(crisis.id, key.lookup("record", note.person_record_id))
    if row is None:
        return Refusal(rule="person_unknown")
    status = rules.PFIF_STATUS[note.status]
    if status is Status.DEAD and not (sender.official and sender.by is not None):
        return Refusal(rule="death_not_yours")
    note_id = key.lookup("record", f"note|{note.note_record_id}")
    if tx.note(crisis.id, note_id) is not None:
        return False
    if len(tx.notes_of(crisis.id, [row.id])) >= NOTES_MAX:
        return Refusal(rule="notes_too_many")
    note = msgspec.structs.replace(note, entry_date=now, source_date=note.source_date or now)
    added = tx.add_note(
        crisis.id,
        NoteRow(
            id=note_id,
            person=row.id,
            salt=salt,
            sealed=key.seal(salt, msgspec.json.encode(note), note_id),
            status=status,
            assurance=Assurance.OFFICIAL if sender.official else Assurance.PUBLIC,
            source_at=note.source_date or now,
            entered_at=now,
            by=sender.by,
        ),
    )
    _tie_linked(tx, crisis, key, row, note, now)
    return bool(added)


def _tie_linked(tx: Any, crisis: Crisis, key: Sealer, row: PersonRow, note: Note, now: datetime) -> None:
    """Propose what a note says is one person: to the desk, which decides. A record linked to itself is nothing."""
    linked = note.linked_person_record_id
    if not linked:
        return
    other: PersonRow | None = tx.person_of_record(crisis.id, key.lookup("record", linked))
    if other is None or other.id == row.id:
        return
    first, second = sorted((row.id, other.id))
    tie = TieRow(kind=Tie.DUPLICATE, left=first, right=second, state=TieState.PROPOSED, at=now)
    tx.put_ties(crisis.id, [tie])


def persons(
    store: Registry,
    crisis: Crisis,
    key: Sealer,
    now: datetime,
    *,
    full: bool,
    since: datetime | None = None,
    skip: int = 0,
    limit: int = LISTED_MAX,
) -> Exported:
    """Return records for others. Without `full`: appeals alone, without what only the people concerned may read.

    Minors are exchanged by the desk alone, a death only once the family was told, and nothing after the end.
    """
    if not crisis.kept(now):
        return Exported((), {})
    with store.transaction() as tx:
        rows = tx.persons(crisis.id, listed=not full, since=since, skip=skip, limit=min(limit, LISTED_MAX), now=now)
        return _exported(tx, crisis, key, rows, now, full=full)


def person(store: Registry, crisis: Crisis, key: Sealer, number: str, now: datetime, *, full: bool) -> Exported:
    """Return one record by its number; nothing for what may not be read, exactly as for what is not there."""
    if not crisis.kept(now):
        return Exported((), {})
    with store.transaction() as tx:
        row: PersonRow | None = tx.person_of_record(crisis.id, key.lookup("record", number))
        shown = row is not None and (missing.listed(row, now) or (full and _shown(row, now)))
        return _exported(tx, crisis, key, [row] if row is not None and shown else [], now, full=full)


def _shown(row: PersonRow, now: datetime) -> bool:
    return not row.hidden and (row.expires_at is None or row.expires_at > now)


def _exported(
    tx: Any, crisis: Crisis, key: Sealer, rows: Sequence[PersonRow], now: datetime, *, full: bool
) -> Exported:
    rows = [row for row in rows if not row.minor or missing.listed(row, now)]
    withheld: frozenset[str] = frozenset() if full else PRIVATE
    out: list[Person] = []
    notes: dict[str, list[Note]] = {}
    for each in missing.seen(tx, key, crisis, rows, now, told_only=True):
        number = each.notice.person.person_record_id
        out.append(without(each.notice.person, withheld))
        notes[number] = [without(told.note, withheld) for told in each.notes]
    return Exported(out, notes)


def notes(
    store: Registry,
    crisis: Crisis,
    key: Sealer,
    now: datetime,
    *,
    full: bool,
    since: datetime | None = None,
    skip: int = 0,
    limit: int = LISTED_MAX,
) -> list[Note]:
    """Return notes for others, under the same rules."""
    if not crisis.kept(now):
        return []
    with store.transaction() as tx:
        rows: list[NoteRow] = tx.notes(
            crisis.id, listed=not full, since=since, skip=skip, limit=min(limit, LISTED_MAX), now=now
        )
        opened = [missing.opened_note(key, row) for row in rows if rules.public(row.kept, now)]
    return [without(note, frozenset() if full else PRIVATE) for note in opened if note is not None]


def named(person: Person, words: str) -> bool:
    """Return whether every word asked begins a word of the name, accents and case aside: Person Finder's own rule."""
    held = _folded(f"{person.full_name} {person.given_name} {person.family_name} {person.alternate_names}")
    wanted = _folded(words)
    return bool(wanted) and all(any(one.startswith(word) for one in held) for word in wanted)


def _folded(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("-", " ").replace("'", " ").split()
