"""The desk's work on notices: show, hide, flag, expire, verify; link duplicates and undo it; say that somebody died.

Every step names who takes it. A death is an official's word that a second person agrees to, and that leaves the desk
only once the family was told.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import missing
from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.missing import Seen, Told
from necmergitur.operations.population.missing_ports import NoteRow, PersonRow, Registry, Tie, TieRow, TieState
from necmergitur.people import notes as rules
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Assurance, Hidden, Status
from necmergitur.people.records import DEAD, Note

QUEUE_MAX = 200  # ours: as many as a desk reads


class Pair(msgspec.Struct, frozen=True):
    """Two records that may be one person, side by side."""

    tie: TieRow
    left: Seen
    right: Seen


def show(store: Registry, crisis: Crisis, person_id: bytes, by: Who, now: datetime) -> bool | Refusal:
    """Let a record that waits be shown; an appeal of a minor too, from now on. What must not be found stays hidden."""

    def change(row: PersonRow) -> dict[str, Any] | Refusal:
        if row.hidden == Hidden.NOT_TO_BE_FOUND:
            return Refusal(rule="not_to_be_found", owner="gate")
        return {"hidden": Hidden.SHOWN, "verified_by": by.id if row.minor else row.verified_by}

    return _tend(store, crisis, person_id, by, now, change)


def hide(store: Registry, crisis: Crisis, person_id: bytes, by: Who, now: datetime) -> bool | Refusal:
    """Hide a record: it is quarantined, not deleted."""
    return _tend(
        store,
        crisis,
        person_id,
        by,
        now,
        lambda row: {"hidden": row.hidden if row.hidden == Hidden.NOT_TO_BE_FOUND else Hidden.DESK},
    )


def expire(store: Registry, crisis: Crisis, person_id: bytes, by: Who, now: datetime) -> bool | Refusal:
    """End a record now: a case that is closed counts, and is exchanged, no more."""
    return _tend(store, crisis, person_id, by, now, lambda _row: {"expires_at": now})


def verify(store: Registry, crisis: Crisis, person_id: bytes, by: Who, now: datetime) -> bool | Refusal:
    """Keep that the author was called back: from now on their words are a relative's."""
    return _tend(store, crisis, person_id, by, now, lambda _row: {"verified_by": by.id})


def flag(store: Registry, crisis: Crisis, note_id: bytes, now: datetime) -> bool:
    """Flag a note, as anybody may: it counts no more until the desk looks."""
    with store.transaction() as tx:
        note: NoteRow | None = tx.note(crisis.id, note_id)
        if note is None or note.flagged_at is not None:
            return note is not None
        return bool(tx.change_note(crisis.id, note_id, {"flagged_at": now}))


def judge(store: Registry, crisis: Crisis, note_id: bytes, by: Who, *, keep: bool) -> bool | Refusal:
    """Let a flagged or waiting note count, or hide it for good."""
    problem = rules.tend(by)
    if problem is not None:
        return problem
    hidden = Hidden.SHOWN if keep else Hidden.DESK
    with store.transaction() as tx:
        return bool(tx.change_note(crisis.id, note_id, {"hidden": hidden, "flagged_at": None}))


def write(  # noqa: PLR0913  each is a thing of its own
    store: Registry,
    crisis: Crisis,
    key: Sealer,
    person_id: bytes,
    note: Note,
    by: Who,
    once: bytes,
    salt: bytes,
    now: datetime,
) -> bool | Refusal:
    """Add an official note. One that says "dead" counts nowhere yet: see `agree`."""
    problem = rules.may_say_dead(by) if note.status == DEAD else rules.tend(by)
    if problem is not None:
        return problem
    with store.transaction() as tx:
        row = tx.person(crisis.id, person_id)
        if row is None:
            return Refusal(rule="notice_unknown")
        return missing.put_note(
            tx, crisis, key, row, note, now, salt=salt, once=once, assurance=Assurance.OFFICIAL, by=by.id
        )


def agree(store: Registry, crisis: Crisis, note_id: bytes, by: Who) -> bool | Refusal:
    """Agree, as a second person, that somebody died. It counts at the desk; nobody else is told yet."""
    return _death(store, crisis, note_id, lambda row: rules.agree(row.kept, by), {"agreed_by": by.id})


def family_told(store: Registry, crisis: Crisis, note_id: bytes, by: Who, now: datetime) -> bool | Refusal:
    """Keep that the family was told by a person: from now on others may learn it."""

    def check(row: NoteRow) -> Refusal | None:
        if row.status != Status.DEAD or row.agreed_by is None:
            return Refusal(rule="death_not_agreed", owner="gate")
        return rules.may_say_dead(by)

    return _death(store, crisis, note_id, check, {"family_told_at": now})


def _death(
    store: Registry, crisis: Crisis, note_id: bytes, check: Callable[[NoteRow], Refusal | None], change: dict[str, Any]
) -> bool | Refusal:
    with store.transaction() as tx:
        row: NoteRow | None = tx.note(crisis.id, note_id)
        if row is None:
            return Refusal(rule="note_unknown")
        problem = check(row)
        if problem is not None:
            return problem
        return bool(tx.change_note(crisis.id, note_id, change))


def link(store: Registry, crisis: Crisis, left: bytes, right: bytes, by: Who, now: datetime) -> bool | Refusal:
    """Say that two records are one person. Reversible: both stay as they are."""
    return _tie(store, crisis, left, right, TieState.TIED, by, now)


def unlink(store: Registry, crisis: Crisis, left: bytes, right: bytes, by: Who, now: datetime) -> bool | Refusal:
    """Say that two records are two people, whoever said otherwise: they are proposed no more."""
    return _tie(store, crisis, left, right, TieState.UNDONE, by, now)


def _tie(
    store: Registry, crisis: Crisis, left: bytes, right: bytes, state: TieState, by: Who, now: datetime
) -> bool | Refusal:
    problem = rules.tend(by)
    if problem is not None:
        return problem
    if left == right:
        return Refusal(rule="tie_to_itself")
    first, second = sorted((left, right))
    tie = TieRow(kind=Tie.DUPLICATE, left=first, right=second, state=state, by=by.id, at=now)
    with store.transaction() as tx:
        if tx.person(crisis.id, first) is None or tx.person(crisis.id, second) is None:
            return Refusal(rule="notice_unknown")
        return bool(tx.change_tie(crisis.id, tie)) or bool(tx.put_ties(crisis.id, [tie]))


def circle(store: Registry, crisis: Crisis, key: Sealer, person_id: bytes, now: datetime) -> list[Seen]:
    """Return a record with all that are linked to it, however they are linked: as the desk sees one person."""
    with store.transaction() as tx:
        found, waiting = {person_id}, [person_id]
        while waiting and len(found) < QUEUE_MAX:
            for tie in tx.ties_of(crisis.id, waiting.pop()):
                if tie.kind == Tie.DUPLICATE and tie.state == TieState.TIED:
                    new = {tie.left, tie.right} - found
                    found |= new
                    waiting += new
        rows = [row for one in sorted(found) if (row := tx.person(crisis.id, one)) is not None]
        return missing.seen(tx, key, crisis, rows, now, told_only=False)


def proposed(store: Registry, crisis: Crisis, key: Sealer, now: datetime, limit: int = QUEUE_MAX) -> list[Pair]:
    """Return the reconciliation queue: records that may be one person, not decided yet, oldest first."""
    with store.transaction() as tx:
        ties: list[TieRow] = tx.ties(crisis.id, Tie.DUPLICATE, [TieState.PROPOSED], limit)
        ids = dict.fromkeys(one for tie in ties for one in (tie.left, tie.right))
        rows = [row for one in ids if (row := tx.person(crisis.id, one)) is not None]
        found = {each.row.id: each for each in missing.seen(tx, key, crisis, rows, now, told_only=False)}
    return [Pair(t, found[t.left], found[t.right]) for t in ties if t.left in found and t.right in found]


def closing(store: Registry, crisis: Crisis, limit: int = QUEUE_MAX) -> list[TieRow]:
    """Return notices (`left`) whose person may have checked in (`right`): the desk decides whether to close them."""
    with store.transaction() as tx:
        return list(tx.ties(crisis.id, Tie.CHECKIN, [TieState.PROPOSED, TieState.TOLD], limit))


def decide(store: Registry, crisis: Crisis, tie: TieRow, by: Who, now: datetime, *, same: bool) -> bool | Refusal:
    """Say whether a check-in is the person of a notice."""
    problem = rules.tend(by)
    if problem is not None:
        return problem
    state = TieState.TIED if same else TieState.UNDONE
    with store.transaction() as tx:
        return bool(tx.change_tie(crisis.id, msgspec.structs.replace(tie, state=state, by=by.id, at=now)))


def waiting(
    store: Registry, crisis: Crisis, key: Sealer, now: datetime, limit: int = QUEUE_MAX
) -> tuple[list[Seen], list[Told]]:
    """Return what the desk must read before others do: records, then notes."""
    with store.transaction() as tx:
        persons = missing.seen(tx, key, crisis, tx.persons_waiting(crisis.id, limit), now, told_only=False)
        rows: Sequence[NoteRow] = tx.notes_waiting(crisis.id, limit)
        notes = [Told(row.kept, note) for row in rows if (note := missing.opened_note(key, row)) is not None]
    return persons, notes


def one(store: Registry, crisis: Crisis, key: Sealer, person_id: bytes, now: datetime) -> Seen | None:
    """Return a record as the desk sees it: every note, the hidden and the untold too."""
    with store.transaction() as tx:
        row = tx.person(crisis.id, person_id)
        return None if row is None else next(iter(missing.seen(tx, key, crisis, [row], now, told_only=False)), None)


def _tend(
    store: Registry,
    crisis: Crisis,
    person_id: bytes,
    by: Who,
    now: datetime,
    change: Callable[[PersonRow], dict[str, Any] | Refusal],
) -> bool | Refusal:
    problem = rules.tend(by)
    if problem is not None:
        return problem
    with store.transaction() as tx:
        row: PersonRow | None = tx.person(crisis.id, person_id)
        if row is None:
            return Refusal(rule="notice_unknown")
        changes = change(row)
        if isinstance(changes, Refusal):
            return changes
        return bool(tx.change_person(crisis.id, person_id, changes, now))
