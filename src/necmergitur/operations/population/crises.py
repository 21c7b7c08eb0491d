"""Open, close and erase crises. Each step is a fact; two people open, one closes, the clock erases."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incidents import Incident
from necmergitur.governance import gate
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import banners
from necmergitur.operations.population.banners import BannerTransaction
from necmergitur.operations.population.ports import CrisisKeys, CrisisTransaction, Town
from necmergitur.operations.retry import on_conflict
from necmergitur.people import crises
from necmergitur.people.crises import STREAM, Asked, Crisis, CrisisEvent

ACTOR = "worker:retention"  # nobody in person erases


def ask(town: Town, asked: Asked, by: Who, now: datetime) -> Crisis | Refusal:
    """Ask that services open (`asked.id` from `town.ids`). Nothing opens until somebody else confirms."""

    def attempt(tx: BannerTransaction) -> Crisis | Refusal:
        tx.serialise()
        on = next((one for one in tx.assessments_of(STREAM) if one.holds(now)), None)
        live = asked.incident_id is not None and _is_live(tx.incident(asked.incident_id))
        event = crises.ask(asked, by, _current(tx, now, drill=asked.drill), on, now, live=live)
        if isinstance(event, Refusal):
            return event
        state = crises.evolve(None, event)
        tx.enter_crisis(state, asked.reason.strip(), _append(tx, state, event, f"user:{by.id}", now))
        banners.show(tx, now)
        return state

    return on_conflict(town, attempt)


def confirm(town: Town, keys: CrisisKeys, crisis_id: UUID, by: Who, now: datetime) -> Crisis | Refusal:
    """Agree as a second person: its services are open from now on."""
    # Made before the fact that tells of it: a crisis without a key would take nothing.
    key = keys.make(crisis_id)

    def decide(tx: CrisisTransaction, state: Crisis) -> CrisisEvent | Refusal:
        live = state.incident_id is not None and _is_live(tx.incident(state.incident_id))
        return crises.confirm(state, by, _current(tx, now, drill=state.drill), key, now, live=live)

    outcome = _change(town, crisis_id, f"user:{by.id}", now, decide)
    if isinstance(outcome, Refusal):
        _forget_unused(town, keys, crisis_id)
    return outcome


def withdraw(town: Town, crisis_id: UUID, by: Who, now: datetime) -> Crisis | Refusal:
    """Take back one's own wish."""
    return _change(town, crisis_id, f"user:{by.id}", now, lambda _tx, state: crises.withdraw(state, by, now))


def close(town: Town, crisis_id: UUID, by: Who, now: datetime) -> Crisis | Refusal:
    """Close it: nothing more is taken, what it counted is published, and the erasure clock starts."""
    return _change(
        town,
        crisis_id,
        f"user:{by.id}",
        now,
        lambda tx, state: crises.close(state, by, tx.crisis_counts(crisis_id), now),
    )


def erase_due(town: Town, keys: CrisisKeys, now: datetime) -> int:
    """Erase the crises whose time has come; return how many. Keys first: a crash in between is made good next time."""
    with town.transaction() as tx:
        due = [state for state in tx.crises_now() if state.purge_at is not None and state.purge_at <= now]
    erased = 0
    for state in due:
        keys.destroy(state.id, for_good=True)
        outcome = _change(
            town, state.id, ACTOR, now, lambda tx, held: crises.erased(held, tx.erase_crisis(held.id), now)
        )
        erased += isinstance(outcome, Crisis)
    return erased


def empty_again(town: Town, keys: CrisisKeys, now: datetime) -> int:
    """After a restore: erase again what was erased since the copy was made; return how many crises that touched.

    A copy made before the closing cannot be said to be erased before its time is over, by nobody's word; until then
    what it holds about people is deleted, and nothing opens it anyhow.
    """
    erased = erase_due(town, keys, now)
    with town.transaction() as tx:
        back = [state for state in tx.crises_now() if keys.gone(state.id)]
        return erased + sum(int(tx.empty_crisis(state.id) > 0) for state in back)


def _forget_unused(town: Town, keys: CrisisKeys, crisis_id: UUID) -> None:
    """Destroy the key of a crisis that did not open after all."""
    with town.transaction() as tx:
        state = tx.crisis(crisis_id)
    if state is None or state.opened_at is None:
        keys.destroy(crisis_id)


def _change(
    town: Town,
    crisis_id: UUID,
    actor: str,
    now: datetime,
    decide: Callable[[CrisisTransaction, Crisis], CrisisEvent | Refusal],
) -> Crisis | Refusal:
    def attempt(tx: BannerTransaction) -> Crisis | Refusal:
        tx.serialise()
        state = tx.crisis(crisis_id)
        if state is None:
            return Refusal(rule="crisis_unknown")
        event = decide(tx, state)
        if isinstance(event, Refusal):
            return event
        after = crises.evolve(state, event)
        tx.change_crisis(after, _append(tx, after, event, actor, now))
        banners.show(tx, now)
        return after

    return on_conflict(town, attempt)


def _append(tx: CrisisTransaction, state: Crisis, event: CrisisEvent, actor: str, now: datetime) -> int:
    fact = Fact(stream=crises.stream_of(state.id), version=state.version, event=event, actor=actor)
    return tx.append(gate.admit_record([fact], now))


def _current(tx: CrisisTransaction, now: datetime, *, drill: bool) -> Crisis | None:
    return next((state for state in tx.crises_now() if state.drill == drill and state.open(now)), None)


def _is_live(incident: Incident | None) -> bool:
    return incident is not None and incident.state == "open" and not incident.test
