"""Responders: told, acknowledged, arrived, need help."""

from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person, not_open
from necmergitur.dispatch.observations import RESPONDER_STATES, ResponderState, ResponderStateChanged, ResponderTask
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.registry import Registry, RegistryTransaction


def tell(
    registry: Registry, incident_id: UUID, unit: str, user_id: int | None, by: Person, now: datetime
) -> ResponderTask | Refusal:
    """Send a unit to an incident. Telling the same unit twice changes nothing."""
    if not unit.strip():
        return Refusal(rule="unit_missing", detail="Say which unit.")
    with registry.transaction() as tx:
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        if incident.state != "open":
            return not_open(incident)
        for task in tx.responder_tasks(incident_id):
            if task.unit == unit.strip() and task.state != "released":
                already: ResponderTask = task
                return already
        task = ResponderTask(
            id=registry.ids.new(),
            incident_id=incident_id,
            unit=unit.strip()[:80],
            user_id=user_id,
            state="told",
            told_at=now,
            changed_at=now,
        )
        _write(registry, tx, task, by, now)
        return task


def change(
    registry: Registry, incident_id: UUID, state: ResponderState, by: Person, now: datetime
) -> ResponderTask | Refusal:
    """A responder says where they are. Somebody not told yet joins by saying so (they are on the way)."""
    if state not in RESPONDER_STATES:
        return Refusal(rule="responder_state_unknown")
    with registry.transaction() as tx:
        incident = tx.incident(incident_id)
        if incident is None:
            return Refusal(rule="incident_unknown")
        mine = next((t for t in tx.responder_tasks(incident_id) if t.user_id == by.id), None)
        if mine is not None and mine.state == state:
            same: ResponderTask = mine
            return same
        if mine is None:
            mine = ResponderTask(
                id=registry.ids.new(),
                incident_id=incident_id,
                unit=by.name,
                user_id=by.id,
                state=state,
                told_at=now,
                changed_at=now,
            )
        task: ResponderTask = msgspec.structs.replace(mine, state=state, changed_at=now)
        _write(registry, tx, task, by, now)
        return task


def _write(registry: Registry, tx: RegistryTransaction, task: ResponderTask, by: Person, now: datetime) -> None:
    event = ResponderStateChanged(task.id, task.incident_id, task.unit, task.state, now)
    fact = Fact(stream=f"responder:{registry.ids.new()}", version=1, event=event, actor=f"user:{by.id}")
    seq = tx.append(gate.admit_call_for_help([fact], now))
    tx.put_responder_task(task, seq)
    tx.touch_incident(task.incident_id, seq)
