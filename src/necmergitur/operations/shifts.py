"""Pilots' shifts and qualifications."""

from datetime import datetime, timedelta

import msgspec

from necmergitur.dispatch.constants import NOTE_LENGTH_MAX, PILOT_QUALIFICATION
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.registry import Registry, RegistryTransaction, Shift, audit

SHIFT_MAX = timedelta(hours=12)  # Code du travail L3121-18 allows 10 h, 12 h by agreement
MISSIONS_MAX = 4  # ours, like the table's check: no published one-to-many pilot ratio was found


def start_shift(
    registry: Registry, by: Person, lasts: timedelta, now: datetime, max_missions: int = 1
) -> Shift | Refusal:
    """Start a shift now. One at a time."""
    if not timedelta(minutes=5) <= lasts <= SHIFT_MAX:
        return Refusal(rule="shift_length", detail="Between 5 minutes and 12 hours.")
    if not 1 <= max_missions <= MISSIONS_MAX:
        return Refusal(rule="shift_load", detail=f"Between 1 and {MISSIONS_MAX} drones.")
    with registry.transaction() as tx:
        tx.serialise()  # two starts at once see each other
        running = tx.current_shift(by.id, now)
        if running is not None:
            return Refusal(rule="shift_running", until=running.ends_at)
        shift_id = tx.put_shift(by.id, by.name, now, now + lasts, max_missions)
        audit(registry, tx, "pilot:shift:start", str(shift_id), by, now, ends_at=(now + lasts).isoformat())
        started: Shift | None = tx.current_shift(by.id, now)
    assert started is not None
    return started


def pause_shift(registry: Registry, by: Person, paused: bool, now: datetime) -> Shift | Refusal:
    """Stop or resume offers, without ending the shift."""
    with registry.transaction() as tx:
        tx.serialise()  # the row is written whole: an end recorded meanwhile must not be undone
        shift: Shift | None = tx.current_shift(by.id, now)
        if shift is None:
            return Refusal(rule="not_on_shift")
        changed = msgspec.structs.replace(shift, paused=paused, unanswered=0)
        tx.change_shift(changed)
        audit(registry, tx, f"pilot:shift:{'pause' if paused else 'resume'}", str(shift.id), by, now)
        return changed


def end_shift(registry: Registry, by: Person, handover_note: str, now: datetime) -> Shift | Refusal:
    """End a shift with words for whoever comes next. Refused while a mission is in your hands."""
    if len(handover_note) > NOTE_LENGTH_MAX:
        return Refusal(rule="note_too_long", detail=f"At most {NOTE_LENGTH_MAX} characters.")
    with registry.transaction() as tx:
        tx.serialise()  # no mission is accepted meanwhile
        shift: Shift | None = tx.current_shift(by.id, now)
        if shift is None:
            return Refusal(rule="not_on_shift")
        if _flying(tx, by):
            return Refusal(rule="mission_in_hand", detail="Hand over or end your mission first.")
        changed = msgspec.structs.replace(shift, ended_at=now, handover_note=handover_note.strip())
        tx.change_shift(changed)
        audit(registry, tx, "pilot:shift:end", str(shift.id), by, now)
        return changed


def _flying(tx: RegistryTransaction, by: Person) -> bool:
    return any(m.pilot_id == by.id and m.state in ("accepted", "flying") for m in tx.live_missions())


def set_qualification(
    registry: Registry, user_id: int, valid_until: datetime, by: Person, now: datetime, kind: str = PILOT_QUALIFICATION
) -> Refusal | None:
    """Record that a person holds a qualification until a date."""
    if valid_until <= now:
        return Refusal(rule="qualification_past", detail="It would already be over.")
    with registry.transaction() as tx:
        tx.put_qualification(user_id, kind, now, valid_until, by.name)
        audit(registry, tx, "lead:qualification:set", str(user_id), by, now, kind=kind, until=valid_until.isoformat())
    return None
