"""Trials carried out: a protocol fixed before the start, a vendor's keys opened by signed papers, and an end by rule.

What a vendor says, advice or a count, enters by the gate as every reading does, and becomes facts of the trial
(`hearing`): figures are computed from the record alone.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol as Port
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import authorisations, gate
from necmergitur.governance.authorisations import Authorisation
from necmergitur.innovation import metrics, protocol, sequential
from necmergitur.innovation.constants import ADVICE_AT_ONCE, REASON_MAX
from necmergitur.innovation.judging import Told
from necmergitur.innovation.metrics import Figures
from necmergitur.innovation.protocol import (
    ExitName,
    Heard,
    Protocol,
    TrialBegun,
    TrialChangeRefused,
    TrialComplaint,
    TrialCost,
    TrialEvent,
    TrialExit,
    TrialMidterm,
    TrialProtocol,
    TrialReported,
    TrialStopped,
    TrialTruth,
    TrialTruthWithdrawn,
    Why,
)
from necmergitur.innovation.trial import Trial, evolve
from necmergitur.kernel.events import Fact, Recorded
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import hearing
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.sensors import SensorTransaction

BY_ITSELF = "engine:trials"
_WATCHED = frozenset({"lead", "operator", "pilot", "responder", "public"})


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


def freeze(store: TrialStore, asked: Protocol, by: Person, now: datetime) -> Trial | list[Refusal]:
    """Fix a protocol for good, or say all that stands against it.

    Another protocol for the same trial is refused, and that somebody wanted it is a fact everybody reads.
    """

    def attempt(tx: TrialTransaction) -> Trial | list[Refusal]:
        tx.serialise()
        text = protocol.text_of(asked)
        state = tx.trial(asked.id)
        if state is not None:
            if state.protocol == text:
                return state
            fields = protocol.changed(protocol.read(state.protocol), asked)
            _say(tx, state, [TrialChangeRefused(fields, protocol.digest_of(text))], f"user:{by.id}", now)
            return [Refusal(rule="trial_protocol_fixed", facts={"fields": ", ".join(fields)})]
        against = [*protocol.check(asked, now), *_sources_against(tx, asked)]
        if against:
            return against
        return _begin_stream(tx, asked.id, TrialProtocol(text, protocol.digest_of(text)), f"user:{by.id}", now)

    return on_conflict(store, attempt)


def _sources_against(tx: TrialTransaction, asked: Protocol) -> list[Refusal]:
    known = {sensor.id: sensor for sensor in tx.sensors([source.sensor_id for source in asked.sources])}
    found = []
    for source in asked.sources:
        sensor = known.get(source.sensor_id)
        if sensor is None or sensor.retired_at is not None or sensor.modality != source.speaks:
            found.append(Refusal(rule="trial_source_unknown", facts={"sensor": source.sensor_id}))
        elif sensor.zone_id != source.zone_id:
            found.append(Refusal(rule="trial_source_elsewhere", facts={"sensor": source.sensor_id}))
    return found


def begin(store: TrialStore, trial_id: UUID, by: Person, now: datetime) -> Trial | Refusal:
    """Begin: each of the vendor's keys has a paper of three parties that names the protocol's hash."""

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "frozen":
            return Refusal(rule="trial_not_frozen")
        told = protocol.read(state.protocol)
        if now >= told.ends:
            return Refusal(rule="trial_over", until=told.ends)
        busy = _tried_elsewhere(tx, told)
        if busy is not None:
            return busy
        papers: list[Authorisation] = []
        for source in told.sources:
            found = _paper_of(tx, state, told, source.sensor_id, now)
            if isinstance(found, Refusal):
                return found
            papers.append(found)
        event = TrialBegun(tuple(paper.id for paper in papers), state.digest)
        return _say(tx, state, [event], f"user:{by.id}", now)

    return on_conflict(store, attempt)


def _tried_elsewhere(tx: TrialTransaction, told: Protocol) -> Refusal | None:
    """Return that another trial listens to one of the keys: what it says is said under one paper alone."""
    mine = {source.sensor_id for source in told.sources}
    for other in filter(None, map(tx.trial, tx.trials_running())):
        shared = mine & {source.sensor_id for source in protocol.read(other.protocol).sources}
        if shared:
            return Refusal(rule="trial_source_busy", facts={"sensor": min(shared)})
    return None


def _paper_of(
    tx: TrialTransaction, state: Trial, told: Protocol, sensor_id: str, now: datetime
) -> Authorisation | Refusal:
    """Return the paper that opens a source for this trial and nothing else, or what is wrong with the newest."""
    facts = {"sensor": sensor_id}
    opens = max(now, told.starts)  # a trial may be begun before its time: its keys open when that comes
    papers = [one for one in tx.papers_of(f"sensor:{sensor_id}") if one.paper is not None and one.current(opens)]
    if not papers:
        return Refusal(rule="trial_paper_missing", facts=facts)
    paper = papers[0]
    assert paper.paper is not None
    terms = paper.paper.terms
    if terms.experiment is None or state.digest not in terms.experiment.evaluation:
        return Refusal(rule="trial_paper_of_another_protocol", facts=facts)
    if terms.valid_until > told.ends:
        return Refusal(rule="trial_paper_too_long", until=told.ends, facts=facts)
    if not set(terms.zones) <= set(told.sites):
        return Refusal(rule="trial_paper_elsewhere", facts=facts)
    if hearing.READER not in terms.readers:
        return Refusal(rule="trial_paper_unread", facts=facts)
    if told.mode == "shadow" and set(terms.readers) & _WATCHED:
        return Refusal(rule="trial_paper_not_shadow", facts=facts)
    return paper


def note(
    store: TrialStore, trial_id: UUID, event: TrialTruth | TrialComplaint | TrialCost, by: Person, now: datetime
) -> Trial | Refusal:
    """Keep what was seen, complained of or paid; then see whether the trial must end.

    The same thing seen twice is one: who presses twice, or sees what somebody else noted, adds nothing.
    """

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state not in ("running", "stopped"):
            return Refusal(rule="trial_not_running")
        told = protocol.read(state.protocol)
        against = None
        if isinstance(event, TrialTruth):
            against = protocol.truth_against(event, told, now)
            if against is None and event in _notes(tx, trial_id).values():
                return state
        elif isinstance(event, TrialComplaint):
            against = None if event.zone_id in told.sites else Refusal(rule="trial_truth_elsewhere")
        else:
            against = protocol.cost_against(event)
        return _say(tx, state, [event], f"user:{by.id}", now) if against is None else against

    outcome = on_conflict(store, attempt)
    return outcome if isinstance(outcome, Refusal) else look(store, trial_id, now) or outcome


def _notes(tx: TrialTransaction, trial_id: UUID) -> dict[int, TrialTruth]:
    """Return the notes of what was seen that stand, by their versions."""
    kinds = [TrialTruth.__name__, TrialTruthWithdrawn.__name__]
    events = {one.version: protocol.event_of(one.payload) for one in tx.stream(protocol.stream_of(trial_id), kinds)}
    gone = {one.version for one in events.values() if isinstance(one, TrialTruthWithdrawn)}
    return {at: one for at, one in events.items() if isinstance(one, TrialTruth) and at not in gone}


def withdraw(
    store: TrialStore, trial_id: UUID, version: int, reason: str, by: Person, now: datetime
) -> Trial | Refusal:
    """Take back a note of what was seen that was a mistake; then see whether the trial must end.

    Only while it runs: once it has ended its figures are known, and nobody chooses among the notes they come from.
    """

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return Refusal(rule="trial_not_running")
        if version not in _notes(tx, trial_id):
            return Refusal(rule="trial_note_unknown")
        said = TrialTruthWithdrawn(version, reason.strip())
        against = _with_reason(reason)
        return _say(tx, state, [said], f"user:{by.id}", now) if against is None else against

    outcome = on_conflict(store, attempt)
    return outcome if isinstance(outcome, Refusal) else look(store, trial_id, now) or outcome


def look_at_all(store: TrialStore, now: datetime) -> int:
    """Hear what vendors said, make mid-term reports, end every trial that must end; return how many ended."""
    with store.transaction() as tx:
        running = tx.trials_running()
    seen = [look(store, trial_id, now) for trial_id in running]
    return sum(1 for one in seen if one is not None and one.state == "stopped")


def look(store: TrialStore, trial_id: UUID, now: datetime) -> Trial | None:
    """Make facts of what a running trial's vendor said meanwhile; report half-way; end it when a rule says so."""
    with store.transaction() as tx:
        state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return state
        told = protocol.read(state.protocol)
        facts = tx.stream(protocol.stream_of(trial_id))
        waiting = [source for source in told.sources if hearing.unheard(tx, source.sensor_id, facts)]
    heard = [one for source in waiting for one in hearing.heard(store, source, facts, state, now)]
    for start in range(0, len(heard), ADVICE_AT_ONCE):
        keep = heard[start : start + ADVICE_AT_ONCE]
        on_conflict(store, lambda tx, keep=keep: _hear(tx, trial_id, keep, now))  # type: ignore[misc]
    return on_conflict(store, lambda tx: _end_if_due(tx, trial_id, now))


def _hear(tx: TrialTransaction, trial_id: UUID, said: Sequence[Heard], now: datetime) -> None:
    """Make facts of what a vendor said, each once."""
    tx.serialise()
    state = tx.trial(trial_id)
    if state is None or state.state != "running":
        return
    facts = tx.stream(protocol.stream_of(trial_id), hearing.KINDS)
    places = {one.sensor_id: hearing.last_of(facts, one.sensor_id) for one in said}
    fresh = [
        one
        for one in said
        if (last := places[one.sensor_id]) is None or (one.boot_id, one.seq) > (last.boot_id, last.seq)
    ]
    if fresh:
        _say(tx, state, fresh, BY_ITSELF, now)


def _end_if_due(tx: TrialTransaction, trial_id: UUID, now: datetime) -> Trial | None:
    tx.serialise()
    state = tx.trial(trial_id)
    if state is None or state.state != "running":
        return state
    told = protocol.read(state.protocol)
    facts = tx.stream(protocol.stream_of(trial_id))
    found = told_of(facts)
    figures = metrics.figures(told, found, now)
    if told.midway <= now < told.ends and not any(isinstance(one.event, TrialMidterm) for one in found):
        event = TrialMidterm(len(found), now, metrics.digest_of(figures))
        state = _say(tx, state, [event], BY_ITSELF, now)
    why = why_ends(told, figures, now) or _paper_ended(tx, facts, max(now, told.starts))
    return state if why is None else _stop(tx, state, TrialStopped(why), BY_ITSELF, now)


def _paper_ended(tx: TrialTransaction, facts: Sequence[Recorded], now: datetime) -> Why | None:
    """Return that a key is open no more: hours in which nobody could advise are no hours without a false alarm."""
    papers = [tx.authorisation(one) for one in hearing.begun_under(facts)]
    return None if all(one is not None and one.current(now) for one in papers) else "paper_ended"


def why_ends(told: Protocol, figures: Figures, now: datetime) -> Why | None:
    """Return the rule of the protocol that ends the trial now, None while none does."""
    says, _after = sequential.verdict(sequential.bounds_of(told.stop), figures.outcomes, sample=told.sample)
    if says == "bad":
        return "too_many_false_alarms"
    if told.stop.complaints and figures.complaints >= told.stop.complaints:
        return "complaints"
    if says == "good":
        return "as_good_as_promised"
    return "window_over" if now >= told.ends else None


def _stop(tx: TrialTransaction, state: Trial, event: TrialStopped, actor: str, now: datetime) -> Trial:
    """End a trial, and its papers with it: the vendor's keys open nothing from here on."""
    (begun,) = told_of(tx.stream(protocol.stream_of(state.id), [TrialBegun.__name__]))
    assert isinstance(begun.event, TrialBegun)
    after = _say(tx, state, [event], actor, now)
    for paper_id in begun.event.authorisations:
        paper = tx.authorisation(paper_id)
        if paper is None or not paper.current(now):
            continue
        ended = authorisations.revoke(paper, actor, f"trial_{event.why}", now)
        if isinstance(ended, Refusal):
            continue
        paper = authorisations.evolve(paper, ended)
        fact = Fact(stream=authorisations.stream_of(paper.id), version=paper.version, event=ended, actor=actor)
        tx.put_authorisation(paper, tx.append(gate.admit_record([fact], now)))
    return after


def _with_reason(reason: str) -> Refusal | None:
    said = reason.strip()
    if len(said) < 10:  # noqa: PLR2004 -- as every reason of the chain
        return Refusal(rule="trial_reason_missing")
    return None if len(said) <= REASON_MAX else Refusal(rule="trial_reason_too_long")


def stop(store: TrialStore, trial_id: UUID, reason: str, by: Person, now: datetime) -> Trial | Refusal:
    """End a trial by hand, with a reason everybody reads."""
    look(store, trial_id, now)  # what was said before is heard: afterwards the papers open nothing

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return Refusal(rule="trial_not_running")
        said, against = TrialStopped("by_hand", reason.strip()), _with_reason(reason)
        return _stop(tx, state, said, f"user:{by.id}", now) if against is None else against

    return on_conflict(store, attempt)


def report(store: TrialStore, trial_id: UUID, by: Person, now: datetime) -> Trial | Refusal:
    """Close the observer's notes and fix the report: the hash of its figures, computed from the facts so far."""

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "stopped":
            return Refusal(rule="trial_not_stopped")
        facts = tx.stream(protocol.stream_of(trial_id))
        found = metrics.figures(protocol.read(state.protocol), told_of(facts), now)
        return _say(tx, state, [TrialReported(len(facts), metrics.digest_of(found))], f"user:{by.id}", now)

    return on_conflict(store, attempt)


def leave(store: TrialStore, trial_id: UUID, how: ExitName, reason: str, by: Person, now: datetime) -> Trial | Refusal:
    """Say how it ended for the city, once it was reported."""

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "reported" or state.exit:
            return Refusal(rule="trial_not_reported")
        said, against = TrialExit(how, reason.strip()), _with_reason(reason)
        return _say(tx, state, [said], f"user:{by.id}", now) if against is None else against

    return on_conflict(store, attempt)


def facts_of(store: TrialStore, trial_id: UUID) -> list[Told]:
    """Return what is on record of a trial, in its order."""
    with store.transaction() as tx:
        return told_of(tx.stream(protocol.stream_of(trial_id)))


def told_of(facts: Sequence[Recorded]) -> list[Told]:
    """Return the facts of a trial's stream as its figures are computed from."""
    return [Told(one.recorded_at, protocol.event_of(one.payload)) for one in facts]


def _begin_stream(tx: TrialTransaction, trial_id: UUID, event: TrialProtocol, actor: str, now: datetime) -> Trial:
    after = evolve(None, trial_id, event, now)
    fact = Fact(stream=protocol.stream_of(trial_id), version=1, event=event, actor=actor)
    tx.put_trial(after, tx.append(gate.admit_record([fact], now)))
    return after


def _say(tx: TrialTransaction, state: Trial, events: Sequence[TrialEvent], actor: str, now: datetime) -> Trial:
    stream = protocol.stream_of(state.id)
    last = tx.last_of(stream)
    version = 0 if last is None else last[0]
    facts = [Fact(stream=stream, version=version + n, event=one, actor=actor) for n, one in enumerate(events, 1)]
    for one in events:
        state = evolve(state, state.id, one, now)
    tx.put_trial(state, tx.append(gate.admit_record(facts, now)))
    return state
