"""What trials are kept by: transactions that know them, and the one way of adding facts to a trial's stream."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol as Port
from uuid import UUID

from necmergitur.governance import gate
from necmergitur.innovation import protocol
from necmergitur.innovation.judging import Told
from necmergitur.innovation.protocol import TrialEvent, TrialProtocol
from necmergitur.innovation.trial import Trial, evolve
from necmergitur.kernel.events import Fact, Recorded
from necmergitur.kernel.ids import IdSource
from necmergitur.operations.sensors import SensorTransaction


class TrialTransaction(SensorTransaction, Port):
    """A transaction that knows trials."""

    def trial(self, trial_id: UUID) -> Trial | None:
        """Return one trial as it stands."""
        ...

    def trials_running(self) -> list[UUID]:
        """Return the trials whose keys are open."""
        ...

    def put_trial(self, trial: Trial, seq: int) -> None:
        """Store a trial as its last fact says it is."""
        ...


class TrialStore(Port):
    """Where such transactions come from."""

    def transaction(self) -> AbstractContextManager[TrialTransaction]:
        """Open a transaction. Raises Unreachable, VersionConflict, StoreRefused."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def facts_of(store: TrialStore, trial_id: UUID) -> list[Told]:
    """Return what is on record of a trial, in its order."""
    with store.transaction() as tx:
        return told_of(tx.stream(protocol.stream_of(trial_id)))


def told_of(facts: Sequence[Recorded]) -> list[Told]:
    """Return the facts of a trial's stream as its figures are computed from."""
    return [Told(one.recorded_at, protocol.event_of(one.payload)) for one in facts]


def begin_stream(tx: TrialTransaction, trial_id: UUID, event: TrialProtocol, actor: str, now: datetime) -> Trial:
    """Add the first fact of a trial: its protocol."""
    after = evolve(None, trial_id, event, now)
    fact = Fact(stream=protocol.stream_of(trial_id), version=1, event=event, actor=actor)
    tx.put_trial(after, tx.append(gate.admit_record([fact], now)))
    return after


def say(tx: TrialTransaction, state: Trial, events: Sequence[TrialEvent], actor: str, now: datetime) -> Trial:
    """Add facts to a trial, and keep it as they say it is."""
    stream = protocol.stream_of(state.id)
    last = tx.last_of(stream)
    version = 0 if last is None else last[0]
    facts = [Fact(stream=stream, version=version + n, event=one, actor=actor) for n, one in enumerate(events, 1)]
    for one in events:
        state = evolve(state, state.id, one, now)
    tx.put_trial(state, tx.append(gate.admit_record(facts, now)))
    return state
