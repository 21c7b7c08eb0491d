"""What people do to incidents: see, acknowledge, act, note, merge, split, close. Called inside a web request."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from typing import TypeVar
from uuid import UUID

import msgspec

from necmergitur.dispatch import incidents, missions, opening, placing
from necmergitur.dispatch.availability import coming
from necmergitur.dispatch.constants import NOTE_LENGTH_MAX
from necmergitur.dispatch.incidents import Incident, IncidentEvent, Person, Rung
from necmergitur.dispatch.places import Spot
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import subjects
from necmergitur.operations.ports import Effect, Note, Proposal, Store, Transaction
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.writing import write_incidents, write_missions

Outcome = TypeVar("Outcome")
NOTE_KINDS = ("note", "call_back", "hand_off", "handover")


def _decide(
    store: Store,
    incident_id: UUID,
    by: Person,
    now: datetime,
    rule: Callable[[Incident], list[IncidentEvent] | Refusal],
) -> Incident | Refusal:
    """Load one incident, apply a pure rule, write what follows. The shape of most commands here."""

    def attempt(tx: Transaction) -> Incident | Refusal:
        state = tx.incident(incident_id)
        if state is None:
            return Refusal(rule="incident_unknown")
        events = rule(state)
        if isinstance(events, Refusal):
            return events
        return write_incidents(tx, {state.id: (state, events)}, f"user:{by.id}", now)[state.id]

    return on_conflict(store, attempt)


def climb(store: Store, incident_id: UUID, rung: Rung, by: Person, now: datetime) -> Incident | Refusal:
    """Say that `by` saw, acknowledged or acts on an incident."""
    return _decide(store, incident_id, by, now, lambda state: incidents.climb(state, rung, by, now))


def seek_drone(store: Store, incident_id: UUID, by: Person, now: datetime) -> Incident | Refusal:
    """Ask for a drone (again, or for an incident that did not seek one by itself)."""
    return _decide(store, incident_id, by, now, lambda state: incidents.seek_drone(state, by, now))


def state_place(
    store: Store, incident_id: UUID, position: Position, accuracy_m: float, by: Person, now: datetime
) -> Incident | Refusal:
    """Say where a call is that came without a place, or where it has moved: a search that waited for it begins."""

    def attempt(tx: Transaction) -> Incident | Refusal:
        state = tx.incident(incident_id)
        if state is None:
            return Refusal(rule="incident_unknown")
        zone = tx.zone_at(position)
        zone_id, zone_label = zone or (None, "")
        name = state.label.partition(" · ")[0] if state.personal_device else ""
        label = " · ".join(part for part in (name, zone_label) if part) or state.label
        events = placing.by_person(state, Spot(position, accuracy_m, zone_id, label), by, now)
        if isinstance(events, Refusal):
            return events
        changes = {state.id: (state, events)}
        return write_incidents(tx, changes, f"user:{by.id}", now, places={state.id: position})[state.id]

    return on_conflict(store, attempt)


def stand_down(store: Store, incident_id: UUID, by: Person, now: datetime) -> Incident | Refusal:
    """Stop looking for a drone and call back the one that flies; the incident stays open."""

    def attempt(tx: Transaction) -> Incident | Refusal:
        state = tx.incident(incident_id)
        if state is None:
            return Refusal(rule="incident_unknown")
        if state.state != "open":
            return incidents.not_open(state)
        _call_back(tx, incident_id, by, now)
        events = incidents.change_drone(state, "none", f"stood down by {by.name}", now)
        return write_incidents(tx, {state.id: (state, events)}, f"user:{by.id}", now)[state.id]

    return on_conflict(store, attempt)


def close(store: Store, incident_id: UUID, outcome: str, by: Person, now: datetime) -> Incident | Refusal:
    """Close an incident. Its drone comes home: no incident, no flight."""

    def attempt(tx: Transaction) -> Incident | Refusal:
        state = tx.incident(incident_id)
        if state is None:
            return Refusal(rule="incident_unknown")
        events = incidents.close(state, outcome, by, now)
        if isinstance(events, Refusal):
            return events
        _call_back(tx, incident_id, by, now)
        return write_incidents(tx, {state.id: (state, events)}, f"user:{by.id}", now)[state.id]

    return on_conflict(store, attempt)


def reopen(store: Store, incident_id: UUID, by: Person, now: datetime) -> Incident | Refusal:
    """Undo a closing."""
    return _decide(store, incident_id, by, now, lambda state: incidents.reopen(state, by, now))


def merge(store: Store, incident_id: UUID, into_id: UUID, by: Person, now: datetime) -> Incident | Refusal:
    """Merge an incident into another, which takes over what it knew: the other's drone serves both. Reversible."""
    return on_conflict(store, lambda tx: _merge(tx, incident_id, into_id, by, now))


def _merge(tx: Transaction, incident_id: UUID, into_id: UUID, by: Person, now: datetime) -> Incident | Refusal:
    tx.serialise()
    state, into = tx.incident(incident_id), tx.incident(into_id)
    if state is None or into is None:
        return Refusal(rule="incident_unknown")
    callers, callers_into = tx.callers_of(incident_id), tx.callers_of(into_id)
    events = incidents.merge(state, into, by, now, callers=callers, callers_into=callers_into)
    if isinstance(events, Refusal):
        return events
    served = any(coming(m) for m in tx.missions_of(into_id))
    if not served and any(coming(m) for m in tx.missions_of(incident_id)):
        return Refusal(rule="merge_the_other_way", detail="The drone flies for this one: merge the other.")
    _call_back(tx, incident_id, by, now)
    moved = placing.by_merge(into, state, by, now)
    placed = reduce(incidents.evolve, moved, into)
    absorbed = [*moved, *incidents.absorb(placed, state, by, now, coming=served)]
    changes: dict[UUID, tuple[Incident | None, list[IncidentEvent]]] = {
        state.id: (state, events),
        into.id: (into, absorbed),
    }
    return write_incidents(tx, changes, f"user:{by.id}", now, places={into.id: state.position})[state.id]


def unmerge(store: Store, incident_id: UUID, by: Person, now: datetime) -> Incident | Refusal:
    """Undo a merge."""
    return _decide(store, incident_id, by, now, lambda state: incidents.unmerge(state, by, now))


def split(store: Store, incident_id: UUID, signal_ids: Sequence[UUID], by: Person, now: datetime) -> Incident | Refusal:
    """Move signals to an incident of their own. Returns the new one; merging it back undoes this."""

    def attempt(tx: Transaction) -> Incident | Refusal:
        tx.serialise()
        state = tx.incident(incident_id)
        if state is None:
            return Refusal(rule="incident_unknown")
        if state.state != "open":
            return incidents.not_open(state)
        held = {s.id: s for s in tx.signals_of(incident_id)}
        moving = [held[i] for i in signal_ids if i in held]
        if not moving:
            return Refusal(rule="nothing_to_split", detail="Choose signals of this incident.")
        if len(moving) == len(held):
            return Refusal(rule="nothing_left", detail="Leave at least one signal.")
        # A person's signal names the new incident: nobody else's may join it by itself, and its holder can be found.
        new_id, first = store.ids.new(), next((s for s in moving if s.personal), moving[0])
        place: Position = first.position or state.position
        if first.position is None:
            first = msgspec.structs.replace(first, zone_id=state.zone_id)
        events = opening.open_from(
            first,
            incident_id=new_id,
            number=tx.new_incident_numbers(now, 1)[0],
            place=place,
            exercise=state.exercise,
            now=now,
            placed=first.position is not None or state.placed,
        )
        rest = tuple(incidents.Link(s.id, s.device_id, 1.0, f"split by {by.name}") for s in moving if s.id != first.id)
        if rest:
            events.append(incidents.SignalsAttached(rest, now))
        gone: list[IncidentEvent] = [incidents.SignalsDetached(tuple(s.id for s in moving), new_id, by, now)]
        written = write_incidents(
            tx, {state.id: (state, gone), new_id: (None, events)}, f"user:{by.id}", now, places={new_id: place}
        )
        tx.undo_links(incident_id, [s.id for s in moving], now)
        links = [(new_id, incidents.Link(s.id, s.device_id, 1.0, f"split by {by.name}")) for s in moving]
        tx.put_links(links, f"user:{by.id}", now)
        return written[new_id]

    return on_conflict(store, attempt)


def decide_proposal(store: Store, proposal_id: UUID, accepted: bool, by: Person, now: datetime) -> Proposal | Refusal:
    """Accept (merge) or dismiss a proposal."""

    def attempt(tx: Transaction) -> Proposal | Refusal:
        tx.serialise()
        proposal = tx.proposal(proposal_id)
        state = None if proposal is None else tx.incident(proposal.incident_id)
        if proposal is None or state is None:
            return Refusal(rule="proposal_unknown")
        if proposal.state != "open":
            return Refusal(rule="proposal_decided", owner=proposal.decided_by or "")
        if accepted:
            merged = _merge(tx, proposal.incident_id, proposal.other_id, by, now)
            if isinstance(merged, Refusal):
                return merged
            state = merged
        fact = incidents.ProposalDecided(proposal_id, proposal.other_id, accepted, by, now)
        write_incidents(tx, {state.id: (state, [fact])}, f"user:{by.id}", now)
        decided = msgspec.structs.replace(
            proposal, state="accepted" if accepted else "dismissed", decided_by=by.name, decided_at=now
        )
        tx.put_proposals([decided])
        return decided

    return on_conflict(store, attempt)


def write_note(store: Store, incident_id: UUID, kind: str, body: str, by: Person, now: datetime) -> Note | Refusal:
    """Write a note, call-back or hand-off. The words are sealed in the ledger: they may name people."""
    body = body.strip()
    if kind not in NOTE_KINDS:
        return Refusal(rule="note_kind_unknown")
    if not body:
        return Refusal(rule="note_empty", detail="Write something.")
    if len(body) > NOTE_LENGTH_MAX:
        return Refusal(rule="note_too_long", detail=f"At most {NOTE_LENGTH_MAX} characters.")

    def attempt(tx: Transaction) -> Note | Refusal:
        state = tx.incident(incident_id)
        if state is None:
            return Refusal(rule="incident_unknown")
        note = Note(
            id=store.ids.new(),
            incident_id=incident_id,
            kind=kind,
            author_name=by.name,
            written_at=now,
            body=body,
        )
        event = incidents.NoteWritten(note.id, kind, by, now)
        after = incidents.evolve(state, event)
        fact = Fact(
            stream=incidents.stream_of(incident_id),
            version=after.version,
            event=event,
            actor=f"user:{by.id}",
            personal=tx.seal(body.encode(), subjects.of_incident(incident_id)),
        )
        seq = tx.append(gate.admit_call_for_help([fact], now))
        tx.put_incidents([after], seq)
        tx.put_note(note, seq)
        if kind == "hand_off" and not state.exercise:
            tx.enqueue([_handed_off(state, note, now)])
        return note

    return on_conflict(store, attempt)


def _handed_off(state: Incident, note: Note, now: datetime) -> Effect:
    """Tell partners that another service has it; the words stay here."""
    return Effect(
        kind="incident_handed_off",
        dedupe=f"incident_handed_off:{note.id}",
        payload={"incident_id": str(state.id), "number": state.number, "kind": state.kind},
        due_at=now,
    )


def _call_back(tx: Transaction, incident_id: UUID, by: Person, now: datetime) -> None:
    """Bring home every drone of an incident."""
    changes: dict[UUID, tuple[missions.Mission | None, list[missions.MissionEvent]]] = {
        m.id: (m, missions.call_back(m, by, now)) for m in tx.missions_of(incident_id) if m.state != "ended"
    }
    write_missions(tx, changes, f"user:{by.id}", now)
