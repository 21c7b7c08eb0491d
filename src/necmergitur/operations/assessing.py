"""An assessment is signed, and closes what rests on it once reality left it behind."""

from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import assessments, authorisations, gate
from necmergitur.governance.assessments import Assessment, Observed
from necmergitur.governance.authorisations import Authorisation, AuthorisationResumed
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.picturing import CAMERAS
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.trust import TrustStore, TrustTransaction

DRIFT = "engine:drift"


def sign(store: TrustStore, asked: Assessment, by: Person, now: datetime) -> Assessment | Refusal:
    """Put a version of an assessment in force. What was signed on another version is suspended, and signed anew.

    Flights, which no key signed, go on under a version that still covers them.
    """

    def attempt(tx: TrustTransaction) -> Assessment | Refusal:
        tx.serialise()
        event = assessments.sign(tx.assessment(asked.id), asked, now)
        if isinstance(event, Refusal):
            return event
        after = assessments.evolve(None, event)
        stream = assessments.stream_of(after.id)
        fact = Fact(stream=stream, version=after.revision, event=event, actor=f"user:{by.id}")
        tx.put_assessment(after, tx.append(gate.admit_record([fact], now)))
        for resting in tx.resting_on(after.id):
            _follow(tx, resting, after, f"user:{by.id}", now)
        return after

    return on_conflict(store, attempt)


def report(store: TrustStore, seen: Observed, now: datetime) -> list[Assessment]:
    """Hold a device against what was assessed; return the assessments it made stale. Their streams are suspended."""

    def attempt(tx: TrustTransaction) -> list[Assessment]:
        covering = [(one, assessments.drift(one.covers, seen)) for one in tx.assessments_of(seen.stream)]
        return [_stale(tx, one, why, DRIFT, now) for one, why in covering if why]

    return on_conflict(store, attempt)


def report_cameras(store: TrustStore, software: str, now: datetime) -> list[Assessment]:
    """Hold what a drone says it is flown by and looks with against what was assessed of the fleet's cameras."""

    def attempt(tx: TrustTransaction) -> list[Assessment]:
        covering = [(one, assessments.drift(one.covers, _looking(one, software))) for one in tx.assessments_of(CAMERAS)]
        return [_stale(tx, one, why, DRIFT, now) for one, why in covering if why]

    return on_conflict(store, attempt)


def _looking(assessed: Assessment, software: str) -> Observed:
    """Return what is seen of a drone. The form of its picture and how often there is one are the same for all."""
    return Observed(
        stream=CAMERAS,
        payload_schema=assessed.covers.payload_schema,
        zone_id=None,
        rate_per_minute=0,
        firmware=software,
    )


def withdraw(store: TrustStore, assessment_id: UUID, reason: str, by: Person, now: datetime) -> Assessment | Refusal:
    """A person finds that an assessment no longer holds."""

    def attempt(tx: TrustTransaction) -> Assessment | Refusal:
        state = tx.assessment(assessment_id)
        if state is None:
            return Refusal(rule="assessment_missing")
        if not reason.strip():
            return Refusal(rule="reason_missing", detail="Say why.")
        if state.stale_at is not None:
            return Refusal(rule="assessment_stale", detail=state.stale_reason)
        actor = f"user:{by.id}"
        return _stale(tx, state, f"withdrawn by={actor} {reason.strip()}", actor, now)

    return on_conflict(store, attempt)


def _stale(tx: TrustTransaction, state: Assessment, reason: str, by: str, now: datetime) -> Assessment:
    event = assessments.go_stale(state, reason, now)
    if event is None:
        return state
    after = assessments.evolve(state, event)
    fact = Fact(stream=assessments.stream_of(after.id), version=after.revision, event=event, actor=by)
    tx.put_assessment(after, tx.append(gate.admit_record([fact], now)))
    for resting in tx.resting_on(after.id):
        _follow(tx, resting, after, by, now)
    return after


def _follow(tx: TrustTransaction, resting: Authorisation, state: Assessment, by: str, now: datetime) -> None:
    """Suspend what no longer rests on an assessment that holds; open again what does."""
    against = authorisations.stands(resting, state, now)
    event = (
        authorisations.resume(resting, state, by, now)
        if against is None
        else authorisations.suspend(resting, by, state.stale_reason or against.rule, now)
    )
    if isinstance(event, Refusal):
        return
    assert isinstance(event, AuthorisationResumed) == (against is None)
    after = authorisations.evolve(resting, event)
    fact = Fact(stream=authorisations.stream_of(after.id), version=after.version, event=event, actor=by)
    tx.put_authorisation(after, tx.append(gate.admit_record([fact], now)))
