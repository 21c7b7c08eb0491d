"""Deadlines. They live in rows, so they survive any process; whoever runs this next carries them out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.dispatch import incidents
from necmergitur.dispatch.constants import LEVELS
from necmergitur.dispatch.incidents import Incident, IncidentEvent
from necmergitur.operations.ports import Effect, Store, Transaction, Unreachable
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.writing import write_incidents

ROUND_MAX = 256  # incidents escalated in one round

Failed = Callable[[Incident, Exception], None]


def _raise(_incident: Incident, error: Exception) -> None:
    raise error


def escalate_due(store: Store, now: datetime, failed: Failed = _raise) -> int:
    """Escalate every incident whose deadline passed. Returns how many. Raises Unreachable.

    All go in one transaction. When that fails, each goes alone, and `failed` is told of the one that cannot:
    a call nobody answered must ring whatever is wrong with another.
    """
    try:
        return on_conflict(store, lambda tx: _escalate(tx, tx.incidents_due(now, ROUND_MAX), now))
    except Unreachable:
        raise
    except Exception:  # noqa: BLE001 -- whatever it was, the others ring; it comes up again below, alone
        return _escalate_singly(store, now, failed)


def _escalate_singly(store: Store, now: datetime, failed: Failed) -> int:
    with store.transaction() as tx:
        due = tx.incidents_due(now, ROUND_MAX)
    told = 0
    for incident in due:

        def attempt(tx: Transaction, incident_id: UUID = incident.id) -> int:
            state = tx.incident(incident_id)
            return 0 if state is None else _escalate(tx, [state], now)

        try:
            told += on_conflict(store, attempt)
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001 -- told to the caller, and tried again at the next round
            failed(incident, error)
    return told


def _escalate(tx: Transaction, due: Sequence[Incident], now: datetime) -> int:
    changes: dict[UUID, tuple[Incident | None, list[IncidentEvent]]] = {
        i.id: (i, events) for i in due if (events := incidents.escalate(i, now))
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
            if not state.exercise  # nobody outside must answer what is not real
        ]
    )
    return len(changes)
