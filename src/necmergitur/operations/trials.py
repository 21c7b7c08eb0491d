"""Trials carried out: a protocol fixed before the start, a vendor's keys opened by signed papers, and an end by rule.

What a vendor says, advice or a count, enters by the gate as every reading does, and becomes facts of the trial
(`hearing`): figures are computed from the record alone.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.terms import Terms
from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.constants import REASON_MAX
from necmergitur.innovation.protocol import (
    ExitName,
    Protocol,
    TrialBegun,
    TrialChangeRefused,
    TrialComplaint,
    TrialComplaintWithdrawn,
    TrialCost,
    TrialExit,
    TrialProtocol,
    TrialReported,
    TrialStopped,
    TrialTruth,
    TrialTruthWithdrawn,
)
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import VersionConflict
from necmergitur.operations import ending, hearing
from necmergitur.operations.retry import ATTEMPTS_MAX, on_conflict
from necmergitur.operations.trial_store import TrialStore, TrialTransaction, begin_stream, say, told_of

_WATCHED = frozenset({"lead", "operator", "pilot", "responder", "public"})


def freeze(
    store: TrialStore, asked: Protocol, by: Person, now: datetime, before: Sequence[UUID] = ()
) -> Trial | list[Refusal]:
    """Fix a protocol for good, or say all that stands against it.

    `before`: the other trials of the same solution. What is shown in the control room was measured in shadow first, for
    each of its uses, to a fixed report.

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
            say(tx, state, [TrialChangeRefused(fields, protocol.digest_of(text))], f"user:{by.id}", now)
            return [Refusal(rule="trial_protocol_fixed", facts={"fields": ", ".join(fields)})]
        against = [*protocol.check(asked, now), *_sources_against(tx, asked), *_unmeasured(tx, asked, before)]
        if against:
            return against
        return begin_stream(tx, asked.id, TrialProtocol(text, protocol.digest_of(text)), f"user:{by.id}", now)

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


def _unmeasured(tx: TrialTransaction, asked: Protocol, before: Sequence[UUID]) -> list[Refusal]:
    """Return the uses that a live protocol would show to people without a report of a trial in shadow."""
    if asked.mode != "live":
        return []
    reported = [one for one in map(tx.trial, before) if one is not None and one.state == "reported"]
    shadows = [told for told in (protocol.read(one.protocol) for one in reported) if told.mode == "shadow"]
    measured = {source.use for told in shadows for source in told.sources}
    wanted = sorted({source.use for source in asked.sources} - measured)
    return [Refusal(rule="trial_mode_unmeasured", facts={"use": use}) for use in wanted]


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
        return say(tx, state, [event], f"user:{by.id}", now)

    return on_conflict(store, attempt)


def _tried_elsewhere(tx: TrialTransaction, told: Protocol) -> Refusal | None:
    """Return that another trial listens to one of the keys: what it says is said under one paper alone."""
    mine = {source.sensor_id for source in told.sources}
    for other in filter(None, map(tx.trial, tx.trials_running())):
        theirs = protocol.read(other.protocol)
        shared = mine & {source.sensor_id for source in theirs.sources}
        if shared:
            return Refusal(rule="trial_source_busy", until=theirs.ends, facts={"sensor": min(shared)})
    return None


def against_paper(store: TrialStore, asked: Terms, now: datetime) -> Refusal | None:
    """Return why a paper of an experiment opens no key now: a running trial would no longer hear it.

    What a key says is said under its newest paper alone.
    """
    if asked.experiment is None:
        return None
    with store.transaction() as tx:
        running = [one for one in map(tx.trial, tx.trials_running()) if one is not None]
    for other in running:
        told = protocol.read(other.protocol)
        hears = asked.stream in {f"sensor:{source.sensor_id}" for source in told.sources}
        if hears and other.digest not in asked.experiment.evaluation and max(now, asked.valid_from) < told.ends:
            sensor = asked.stream.removeprefix("sensor:")
            return Refusal(rule="trial_source_busy", until=told.ends, facts={"sensor": sensor})
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
            if against is None and event in _standing(tx, trial_id).values():
                return state
        elif isinstance(event, TrialComplaint):
            against = None if event.zone_id in told.sites else Refusal(rule="trial_truth_elsewhere")
        else:
            against = protocol.cost_against(event)
        return say(tx, state, [event], f"user:{by.id}", now) if against is None else against

    outcome = on_conflict(store, attempt)
    return outcome if isinstance(outcome, Refusal) else ending.look(store, trial_id, now) or outcome


def _standing(tx: TrialTransaction, trial_id: UUID) -> dict[int, TrialTruth | TrialComplaint]:
    """Return what was seen and complained of and not taken back, by its version."""
    kinds = [one.__name__ for one in (TrialTruth, TrialTruthWithdrawn, TrialComplaint, TrialComplaintWithdrawn)]
    events = {one.version: protocol.event_of(one.payload) for one in tx.stream(protocol.stream_of(trial_id), kinds)}
    gone = {one.version for one in events.values() if isinstance(one, TrialTruthWithdrawn | TrialComplaintWithdrawn)}
    return {at: one for at, one in events.items() if isinstance(one, TrialTruth | TrialComplaint) and at not in gone}


def withdraw(
    store: TrialStore, trial_id: UUID, version: int, reason: str, by: Person, now: datetime
) -> Trial | Refusal:
    """Take back a note of what was seen, or a complaint, that was a mistake; then see whether the trial must end.

    Only while it runs: once it has ended its figures are known, and nobody chooses among the notes they come from.
    """

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return Refusal(rule="trial_not_running")
        note = _standing(tx, trial_id).get(version)
        if note is None:
            return Refusal(rule="trial_note_unknown")
        taken_back = TrialTruthWithdrawn if isinstance(note, TrialTruth) else TrialComplaintWithdrawn
        said = taken_back(version, reason.strip())
        against = _with_reason(reason)
        return say(tx, state, [said], f"user:{by.id}", now) if against is None else against

    outcome = on_conflict(store, attempt)
    return outcome if isinstance(outcome, Refusal) else ending.look(store, trial_id, now) or outcome


def _with_reason(reason: str) -> Refusal | None:
    said = reason.strip()
    if len(said) < 10:  # noqa: PLR2004 -- as every reason of the chain
        return Refusal(rule="trial_reason_missing")
    return None if len(said) <= REASON_MAX else Refusal(rule="trial_reason_too_long")


def stop(store: TrialStore, trial_id: UUID, reason: str, by: Person, now: datetime) -> Trial | Refusal:
    """End a trial by hand, with a reason everybody reads."""
    ending.look(store, trial_id, now)  # what was said before is heard: afterwards the papers open nothing

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return Refusal(rule="trial_not_running")
        said, against = TrialStopped("by_hand", reason.strip()), _with_reason(reason)
        return ending.stopped(tx, state, said, f"user:{by.id}", now) if against is None else against

    return on_conflict(store, attempt)


def report(store: TrialStore, trial_id: UUID, by: Person, now: datetime) -> Trial | Refusal:
    """Close the observer's notes and fix the report: the hash of its figures, computed from the facts so far.

    They are computed while nobody waits; whoever notes something meanwhile has them computed anew. Raises
    VersionConflict when that happens again and again.
    """
    for _ in range(ATTEMPTS_MAX):
        with store.transaction() as tx:
            state, facts = tx.trial(trial_id), tx.stream(protocol.stream_of(trial_id))
        if state is None or state.state != "stopped":
            return Refusal(rule="trial_not_stopped")
        found = metrics.figures(protocol.read(state.protocol), told_of(facts), now)
        fixed = TrialReported(len(facts), metrics.digest_of(found))

        def attempt(tx: TrialTransaction, fixed: TrialReported = fixed) -> Trial | Refusal | None:
            tx.serialise()
            state, last = tx.trial(trial_id), tx.last_of(protocol.stream_of(trial_id))
            if state is None or state.state != "stopped":
                return Refusal(rule="trial_not_stopped")
            if last is None or last[0] != fixed.version:
                return None
            return say(tx, state, [fixed], f"user:{by.id}", now)

        outcome = on_conflict(store, attempt)
        if outcome is not None:
            return outcome
    raise VersionConflict(protocol.stream_of(trial_id))


def leave(store: TrialStore, trial_id: UUID, how: ExitName, reason: str, by: Person, now: datetime) -> Trial | Refusal:
    """Say how it ended for the city, once it was reported."""

    def attempt(tx: TrialTransaction) -> Trial | Refusal:
        tx.serialise()
        state = tx.trial(trial_id)
        if state is None or state.state != "reported" or state.exit:
            return Refusal(rule="trial_not_reported")
        said, against = TrialExit(how, reason.strip()), _with_reason(reason)
        return say(tx, state, [said], f"user:{by.id}", now) if against is None else against

    return on_conflict(store, attempt)
