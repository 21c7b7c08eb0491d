"""Responders: told, acknowledged, arrived, need help."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Incident, Person, ask_help, not_open
from necmergitur.dispatch.observations import (
    ON_DUTY,
    RESPONDER_STATES,
    ResponderState,
    ResponderStateChanged,
    ResponderTask,
)
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Effect, Store, Transaction
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.writing import write_incidents

UNIT_LENGTH_MAX = 80  # ours: what a row of the board can show
MERGES_MAX = 16  # ours: how far a chain of merges is followed


def stream_of(task_id: UUID) -> str:
    """Return the ledger stream of a responder's part in an incident."""
    return f"responder:{task_id}"


def tell(
    store: Store, incident_id: UUID, unit: str, user_id: int | None, by: Person, now: datetime
) -> ResponderTask | Refusal:
    """Send a unit to an incident. Telling the same unit or responder twice changes nothing."""
    name = unit.strip()[:UNIT_LENGTH_MAX]
    if not name:
        return Refusal(rule="unit_missing", detail="Say which unit.")

    def attempt(tx: Transaction) -> ResponderTask | Refusal:
        tx.serialise()
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        if incident.state != "open":
            return not_open(incident)
        known = next(
            (
                task
                for task in tx.responder_tasks(incident_id)
                if task.user_id == user_id and (user_id is not None or task.unit == name)
            ),
            None,
        )
        if known is not None and known.state != "released":
            return known
        task = _part(store.ids, incident_id, name, user_id, now) if known is None else _moved(known, "told", now)
        _write(tx, [task], f"user:{by.id}", now)
        return task

    return on_conflict(store, attempt)


def change(
    store: Store, incident_id: UUID, state: ResponderState, by: Person, now: datetime
) -> ResponderTask | Refusal:
    """A responder says where they are. Somebody not told yet joins by saying so (they are on the way).

    Needing help rings in the control room, whatever was answered there before, and even once the call was thought
    to be over.
    """
    if state not in RESPONDER_STATES:
        return Refusal(rule="responder_state_unknown")

    def attempt(tx: Transaction) -> ResponderTask | Refusal:
        tx.serialise()
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        mine = next((t for t in tx.responder_tasks(incident_id) if t.user_id == by.id), None)
        again = mine is not None and mine.state == state
        task = _moved(mine or _part(store.ids, incident_id, by.name, by.id, now), state, now)
        if mine is not None and again:
            task = mine
        else:
            _write(tx, [task], f"user:{by.id}", now)
        if state == "need_help":
            standing = _standing(tx, incident)
            events = ask_help(standing, task.unit, by, now, again=again)
            write_incidents(tx, {standing.id: (standing, events)}, f"user:{by.id}", now)
        return task

    return on_conflict(store, attempt)


def tell_on_duty(ids: IdSource, tx: Transaction, without: Mapping[UUID, tuple[Incident, str]], now: datetime) -> None:
    """No drone comes: once for each incident, whoever is on duty is told to go and look, and so are partners.

    `without`: the incidents left without one, and the rule that says why.
    """
    told = tx.incidents_told(list(without), ON_DUTY) if without else set()
    new = {incident.id: (incident, why) for incident, why in without.values() if incident.id not in told}
    if not new:
        return
    parts = [_part(ids, incident_id, ON_DUTY, None, now) for incident_id in new]
    _write(tx, parts, "engine:dispatch", now, {part.id for part in parts})
    tx.enqueue(
        [
            Effect(
                kind="incident_without_drone",
                dedupe=f"incident_without_drone:{incident.id}",
                payload={"incident_id": str(incident.id), "number": incident.number, "reason": why},
                due_at=now,
            )
            for incident, why in new.values()
            if not incident.exercise
        ]
    )


def _standing(tx: Transaction, incident: Incident) -> Incident:
    """Return the incident that carries on for one that was merged."""
    for _ in range(MERGES_MAX):
        into = None if incident.merged_into is None else tx.incident(incident.merged_into)
        if into is None:
            break
        incident = into
    return incident


def _part(ids: IdSource, incident_id: UUID, unit: str, user_id: int | None, now: datetime) -> ResponderTask:
    return ResponderTask(
        id=ids.new(), incident_id=incident_id, unit=unit, user_id=user_id, state="told", told_at=now, changed_at=now
    )


def _moved(task: ResponderTask, state: ResponderState, now: datetime) -> ResponderTask:
    return msgspec.structs.replace(task, state=state, changed_at=now)


def _write(
    tx: Transaction, tasks: Sequence[ResponderTask], actor: str, now: datetime, new: Collection[UUID] = ()
) -> None:
    """Record parts; those in `new` have no fact yet."""
    facts = [
        Fact(
            stream=stream_of(task.id),
            version=1 if task.id in new else len(tx.stream(stream_of(task.id))) + 1,
            event=ResponderStateChanged(task.id, task.incident_id, task.unit, task.state, now),
            actor=actor,
        )
        for task in tasks
    ]
    seq = tx.append(gate.admit_call_for_help(facts, now))
    tx.put_responder_tasks(tasks, seq)
    tx.touch_incidents({task.incident_id for task in tasks}, seq)
