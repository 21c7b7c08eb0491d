"""People looked for: a notice is declared, followed by its private link, listed as its author chooses, and taken back.

Everything said is sealed under the crisis's key. A first appeal waits for the desk; a minor's always does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import doubting
from necmergitur.operations.population.checkins import Registered, Sealer
from necmergitur.operations.population.missing_ports import NoteRow, Origin, PersonRow, Registry
from necmergitur.people import notes as rules
from necmergitur.people.constants import NOTES_MAX
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Assurance, Hidden, Kept, Status
from necmergitur.people.notices import Declared, Notice
from necmergitur.people.records import Note, minor

LISTED_MAX = 200  # ours, as Person Finder's HARD_MAX_RESULTS: what one page or feed carries


class Told(msgspec.Struct, frozen=True):
    """A note with its words."""

    kept: Kept
    note: Note


class Seen(msgspec.Struct, frozen=True):
    """A record with its words, what is said of it, and what of that counts."""

    row: PersonRow
    notice: Notice
    notes: Sequence[Told]
    verdict: Kept | None
    conflict: bool
    pictured: bool


def declare(
    store: Registry, crisis: Crisis, key: Sealer, said: Declared, salt: bytes, now: datetime
) -> Registered | Refusal:
    """Register a notice; the same form again is the same notice. Raises Unreachable."""
    if not crisis.offers("find", now):
        return Refusal(rule="crisis_closed")
    link = key.link_of(said.once)
    row = sealed(
        key,
        key.row_of(link),
        salt,
        msgspec.structs.replace(said.notice, link=link),
        now,
        origin=Origin.PAGE,
        listed=said.listed,
        hidden=Hidden.WAITS if said.listed else Hidden.SHOWN,
    )
    with store.transaction() as tx:
        if tx.not_to_be_found(crisis.id, row.sought):
            # The same answer, and the desk alone sees that there is a notice.
            row = msgspec.structs.replace(row, hidden=Hidden.NOT_TO_BE_FOUND)
        elif tx.banned(crisis.id).intersection(digests(key, [each for each in (said.notice.contact,) if each])):
            row = msgspec.structs.replace(row, hidden=Hidden.DESK)
        if tx.put_person(crisis.id, row):
            doubting.notice(tx, crisis, key, row.id, said.notice, now)
    return Registered(link, b"")


def record_id(key: Sealer, once: bytes, source: str) -> str:
    """Return the number under which a notice of ours is exchanged."""
    return f"{source}/person.{key.row_of(key.link_of(once)).hex()}"


def sealed(
    key: Sealer,
    row_id: bytes,
    salt: bytes,
    notice: Notice,
    now: datetime,
    *,
    origin: Origin,
    listed: bool = False,
    hidden: Hidden = Hidden.SHOWN,
) -> PersonRow:
    """Return a record as it is stored."""
    person = msgspec.structs.replace(notice.person, entry_date=now)
    notice = msgspec.structs.replace(notice, person=person)
    # What it says, without when it came: the same record again changes nothing.
    said = msgspec.json.encode(msgspec.structs.replace(notice, person=msgspec.structs.replace(person, entry_date=None)))
    return PersonRow(
        id=row_id,
        salt=salt,
        sealed=key.seal(salt, msgspec.json.encode(notice), row_id),
        record=key.lookup("record", person.person_record_id),
        said=key.lookup("notice", said.decode()),
        sought=digests(key, notice.sought),
        origin=origin,
        listed=listed,
        minor=minor(person, now),
        hidden=hidden,
        entered_at=now,
        changed_at=now,
        expires_at=person.expiry_date,
    )


def digests(key: Sealer, contacts: Sequence[Contact]) -> list[bytes]:
    """Return the keyed digests of numbers and addresses."""
    return [key.lookup(contact.kind, contact.written) for contact in contacts]


def opened(key: Sealer, row: PersonRow) -> Notice | None:
    """Return what a record says; None when it cannot be opened."""
    plain = key.unseal(row.salt, row.sealed, row.id)
    return None if plain is None else msgspec.json.decode(plain, type=Notice)


def opened_note(key: Sealer, row: NoteRow) -> Note | None:
    """Return what a note says; None when it cannot be opened."""
    plain = key.unseal(row.salt, row.sealed, row.id)
    return None if plain is None else msgspec.json.decode(plain, type=Note)


def seen(
    tx: Any, key: Sealer, crisis: Crisis, rows: Sequence[PersonRow], now: datetime, *, told_only: bool
) -> list[Seen]:
    """Open records with their notes. `told_only`: as everybody may see them."""
    of: dict[bytes, list[NoteRow]] = {row.id: [] for row in rows}
    for each in tx.notes_of(crisis.id, list(of)):
        of[each.person].append(each)
    pictured = tx.pictured(crisis.id, list(of))
    found: list[Seen] = []
    for row in rows:
        notice = opened(key, row)
        if notice is None:
            continue
        kept = [each.kept for each in of[row.id]]
        shown = [n for n in of[row.id] if not told_only or rules.public(n.kept, now)]
        told = [Told(n.kept, note) for n in shown if (note := opened_note(key, n)) is not None]
        outcome = rules.verdict(kept, now, told_only=told_only)
        shows = [n.kept for n in shown]
        found.append(Seen(row, notice, told, outcome, rules.conflicts(shows, now), row.id in pictured))
    return found


def follow(store: Registry, crisis: Crisis, key: Sealer, link: bytes, now: datetime) -> Seen | None:
    """Return what became of a notice, for whoever holds its private link. A death is told by people, not by a page."""
    if not crisis.kept(now):
        return None
    with store.transaction() as tx:
        row = tx.person(crisis.id, key.row_of(link))
        if row is None:
            return None
        return next(iter(seen(tx, key, crisis, [row], now, told_only=True)), None)


def appeals(
    store: Registry, crisis: Crisis, key: Sealer, now: datetime, *, skip: int = 0, limit: int = LISTED_MAX
) -> list[Seen]:
    """Return the appeals that everybody may read, newest first."""
    if not crisis.kept(now):
        return []
    with store.transaction() as tx:
        rows = tx.persons(crisis.id, listed=True, since=None, skip=skip, limit=min(limit, LISTED_MAX), now=now)
        return seen(tx, key, crisis, rows, now, told_only=True)


def appeal(store: Registry, crisis: Crisis, key: Sealer, person_id: bytes, now: datetime) -> Seen | None:
    """Return one appeal that everybody may read; None for what is not listed, exactly as for what is not there."""
    if not crisis.kept(now):
        return None
    with store.transaction() as tx:
        row = tx.person(crisis.id, person_id)
        if row is None or not listed(row, now):
            return None
        return next(iter(seen(tx, key, crisis, [row], now, told_only=True)), None)


def listed(row: PersonRow, now: datetime) -> bool:
    """Return whether everybody may read a record."""
    ended = row.expires_at is not None and row.expires_at <= now
    return row.listed and not row.hidden and not ended and (not row.minor or row.verified_by is not None)


def choose(store: Registry, crisis: Crisis, key: Sealer, link: bytes, now: datetime, *, listed: bool) -> bool | Refusal:
    """List a notice as an appeal, or no longer: its author's choice. What the desk hid stays hidden."""
    row_id = key.row_of(link)
    with store.transaction() as tx:
        row = tx.person(crisis.id, row_id)
        if row is None or not crisis.kept(now):
            return Refusal(rule="notice_unknown")
        changes: dict[str, int] = {"listed": listed}
        if listed and not row.listed and row.hidden == Hidden.SHOWN and row.verified_by is None:
            changes["hidden"] = Hidden.WAITS
        if not listed and row.hidden == Hidden.WAITS:
            changes["hidden"] = Hidden.SHOWN
        return bool(tx.change_person(crisis.id, row_id, changes, now))


def take_back(store: Registry, crisis: Crisis, key: Sealer, link: bytes) -> bool:
    """Erase a notice with all that was said to it, in one step: its row, and the salt of its key, are gone."""
    with store.transaction() as tx:
        return bool(tx.drop_person(crisis.id, key.row_of(link)))


def say(
    store: Registry, crisis: Crisis, key: Sealer, link: bytes, note: Note, once: bytes, salt: bytes, now: datetime
) -> bool | Refusal:
    """Add a word of the notice's author. It counts as a relative's once the desk called them back."""
    with store.transaction() as tx:
        row = tx.person(crisis.id, key.row_of(link))
        if row is None:
            return Refusal(rule="notice_unknown")
        sure = Assurance.PUBLIC if row.verified_by is None else Assurance.RELATIVE
        return put_note(tx, crisis, key, row, note, now, salt=salt, once=once, assurance=sure)


def tip(
    store: Registry, crisis: Crisis, key: Sealer, person_id: bytes, note: Note, once: bytes, salt: bytes, now: datetime
) -> bool | Refusal:
    """Add a stranger's word to an appeal. Nobody but the desk reads it before the desk has."""
    with store.transaction() as tx:
        row = tx.person(crisis.id, person_id)
        if row is None or not listed(row, now):
            return Refusal(rule="notice_unknown")
        return put_note(
            tx, crisis, key, row, note, now, salt=salt, once=once, assurance=Assurance.PUBLIC, hidden=Hidden.WAITS
        )


def put_note(  # noqa: PLR0913  each is a thing of its own
    tx: Any,
    crisis: Crisis,
    key: Sealer,
    row: PersonRow,
    note: Note,
    now: datetime,
    *,
    salt: bytes,
    once: bytes,
    assurance: Assurance,
    hidden: Hidden = Hidden.SHOWN,
    by: int | None = None,
) -> bool | Refusal:
    """Seal and add a note; the same again changes nothing."""
    if not crisis.offers("find", now):
        return Refusal(rule="crisis_closed")
    if len(tx.notes_of(crisis.id, [row.id])) >= NOTES_MAX:
        return Refusal(rule="notes_too_many")
    status = rules.PFIF_STATUS[note.status]
    if status is Status.DEAD and (assurance is not Assurance.OFFICIAL or by is None):
        return Refusal(rule="death_not_yours", owner="gate")
    note_id = key.row_of(key.link_of(b"note" + once))
    note = msgspec.structs.replace(note, entry_date=now, source_date=note.source_date or now)
    added = tx.add_note(
        crisis.id,
        NoteRow(
            id=note_id,
            person=row.id,
            salt=salt,
            sealed=key.seal(salt, msgspec.json.encode(note), note_id),
            status=status,
            assurance=assurance,
            source_at=note.source_date or now,
            entered_at=now,
            hidden=hidden,
            by=by,
        ),
    )
    return bool(added)
