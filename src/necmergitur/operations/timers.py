"""Deadlines. They live in rows, so they survive any process; whoever runs this next carries them out."""

from datetime import datetime
from uuid import UUID

from necmergitur.dispatch import incidents
from necmergitur.dispatch.constants import LEVELS
from necmergitur.dispatch.incidents import Incident, IncidentEvent
from necmergitur.operations.ports import Effect, Store, Transaction
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.writing import write_incidents

ROUND_MAX = 256  # incidents escalated in one round


def escalate_due(store: Store, now: datetime) -> int:
    """Escalate every incident whose deadline passed. Returns how many. Raises Unreachable."""

    def attempt(tx: Transaction) -> int:
        due = tx.incidents_due(now, ROUND_MAX)
        changes: dict[UUID, tuple[Incident | None, list[IncidentEvent]]] = {
            i.id: (i, incidents.escalate(i, now)) for i in due
        }
        after = write_incidents(tx, changes, "engine:timer", now)
        tx.enqueue(
            [
                Effect(
                    kind="incident_escalated",
                    dedupe=f"incident_escalated:{state.id}:{state.version}",
                    payload={
                        "incident_id": str(state.id),
                        "number": state.number,
                        "level": LEVELS[min(state.escalation, len(LEVELS) - 1)],
                    },
                    due_at=now,
                )
                for state in after.values()
                if state.due_at is not None
            ]
        )
        return len(due)

    return on_conflict(store, attempt)
