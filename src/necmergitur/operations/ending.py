"""What runs by itself in a trial: its vendor is heard, a mid-term report is made, and it ends when a rule says so.

One look is four steps, each in transactions of its own: the trial is read; what its vendor said since is read back and
becomes facts; all figures are computed, while nobody waits for them; and only when something is to be said is the
record's lock taken, and then only for a trial whose facts are still the ones that were computed from. A trial of a
season has hundreds of thousands of facts: every call for help waits for that lock.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from necmergitur.governance import authorisations, gate
from necmergitur.innovation import metrics, protocol, sequential
from necmergitur.innovation.constants import ADVICE_AT_ONCE
from necmergitur.innovation.metrics import Figures
from necmergitur.innovation.protocol import (
    Heard,
    Protocol,
    Source,
    TrialBegun,
    TrialEvent,
    TrialMidterm,
    TrialStopped,
    Why,
)
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.events import Fact, Recorded
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import hearing
from necmergitur.operations.retry import ATTEMPTS_MAX, on_conflict
from necmergitur.operations.trial_store import TrialStore, TrialTransaction, say, told_of

BY_ITSELF = "engine:trials"


class Quiet(msgspec.Struct, frozen=True):
    """What a look that found nothing to do saw: until one of these changes, another would find nothing either.

    `places`: where each vendor's key stood. `due`: when the protocol's own clock says something next.
    """

    version: int
    places: tuple[object, ...]
    papers: tuple[UUID, ...]
    due: datetime


def look_at_all(
    store: TrialStore,
    now: datetime,
    quiet: dict[UUID, Quiet] | None = None,
    failed: Callable[[UUID, Exception], None] | None = None,
) -> int:
    """Look at every running trial; return how many ended.

    A trial that cannot be looked at is told to `failed`, and holds up no other; without it the error is raised.
    `quiet` remembers between two calls which trials need no look.
    """
    with store.transaction() as tx:
        running = tx.trials_running()
    for gone in set(quiet or ()) - set(running):
        assert quiet is not None
        del quiet[gone]
    ended = 0
    for trial_id in running:
        try:
            seen = look(store, trial_id, now, quiet)
        except Exception as error:
            if failed is None:
                raise
            failed(trial_id, error)
            continue
        ended += seen is not None and seen.state == "stopped"
    return ended


def look(store: TrialStore, trial_id: UUID, now: datetime, quiet: dict[UUID, Quiet] | None = None) -> Trial | None:
    """Make facts of what a running trial's vendor said meanwhile; report half-way; end it when a rule says so."""
    known = None if quiet is None else quiet.get(trial_id)
    with store.transaction() as tx:
        state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return state
        told = protocol.read(state.protocol)
        places = tuple(tx.last_reading(f"sensor:{source.sensor_id}") for source in told.sources)
        if known is not None and _still(tx, known, protocol.stream_of(trial_id), places, now):
            return state
        facts = tx.stream(protocol.stream_of(trial_id))
        waiting = [source for source in told.sources if hearing.unheard(tx, source.sensor_id, facts)]
    heard = _made_facts(store, state, waiting, facts, now)
    after = _end_if_due(store, trial_id, now)
    if quiet is not None and not heard and after == state:
        reported = any(one.kind == TrialMidterm.__name__ for one in facts)
        due = told.ends if reported or told.midway <= now else min(told.midway, told.ends)
        quiet[trial_id] = Quiet(facts[-1].version, places, tuple(hearing.begun_under(facts)), due)
    return after


def hear(store: TrialStore, now: datetime, papers: Collection[UUID]) -> None:
    """Make facts of what vendors said under papers that are about to be closed: afterwards they open nothing.

    Nothing is computed, reported or ended.
    """
    kinds = [*hearing.KINDS, TrialBegun.__name__]
    with store.transaction() as tx:
        running = tx.trials_running()
    for trial_id in running:
        with store.transaction() as tx:
            state = tx.trial(trial_id)
            facts = tx.stream(protocol.stream_of(trial_id), kinds)
            if state is None or state.state != "running" or not hearing.begun_under(facts) & set(papers):
                continue
            sources = protocol.read(state.protocol).sources
            waiting = [source for source in sources if hearing.unheard(tx, source.sensor_id, facts)]
        _made_facts(store, state, waiting, facts, now)


def _made_facts(
    store: TrialStore, state: Trial, waiting: Sequence[Source], facts: Sequence[Recorded], now: datetime
) -> list[Heard]:
    """Read back what was said since and make facts of it; return it."""
    heard = [one for source in waiting for one in hearing.heard(store, source, facts, state, now)]
    for start in range(0, len(heard), ADVICE_AT_ONCE):
        keep = heard[start : start + ADVICE_AT_ONCE]
        on_conflict(store, lambda tx, keep=keep: _hear(tx, state.id, keep, now))  # type: ignore[misc]
    return heard


def _still(tx: TrialTransaction, known: Quiet, stream: str, places: tuple[object, ...], now: datetime) -> bool:
    """Return whether nothing a rule asks about has changed since a look found nothing to do."""
    last = tx.last_of(stream)
    return (
        last is not None
        and (last[0], places) == (known.version, known.places)
        and now < known.due
        and _are_open(tx, known.papers, now)
    )


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
        say(tx, state, fresh, BY_ITSELF, now)


def _end_if_due(store: TrialStore, trial_id: UUID, now: datetime) -> Trial | None:
    for _ in range(ATTEMPTS_MAX):
        with store.transaction() as tx:
            state = tx.trial(trial_id)
            if state is None or state.state != "running":
                return state
            told = protocol.read(state.protocol)
            facts = tx.stream(protocol.stream_of(trial_id))
            is_open = _are_open(tx, hearing.begun_under(facts), max(now, told.starts))
        found = told_of(facts)
        figures = metrics.figures(told, found, now)
        events: list[TrialEvent] = []
        if told.midway <= now < told.ends and not any(isinstance(one.event, TrialMidterm) for one in found):
            events.append(TrialMidterm(len(found), now, metrics.digest_of(figures)))
        why = why_ends(told, figures, now) or (None if is_open else "paper_ended")
        if why is not None:
            events.append(TrialStopped(why))
        if not events:
            return state
        after = on_conflict(store, partial(_conclude, trial_id=trial_id, seen=facts[-1].version, says=events, now=now))
        if after is not None:
            return after
    return state  # it is written to faster than it is computed: the next look sees to it


def _conclude(
    tx: TrialTransaction, trial_id: UUID, seen: int, says: Sequence[TrialEvent], now: datetime
) -> Trial | None:
    """Say what was found of a trial's facts up to the one `seen`; None when there are more by now."""
    tx.serialise()
    state, last = tx.trial(trial_id), tx.last_of(protocol.stream_of(trial_id))
    if state is None or state.state != "running":
        return state
    if last is None or last[0] != seen:
        return None
    for event in says:
        state = (
            stopped(tx, state, event, BY_ITSELF, now)
            if isinstance(event, TrialStopped)
            else say(tx, state, [event], BY_ITSELF, now)
        )
    return state


def _are_open(tx: TrialTransaction, papers: Sequence[UUID] | frozenset[UUID], now: datetime) -> bool:
    """Return whether the keys are open: hours in which nobody could advise are no hours without a false alarm."""
    return all(one is not None and one.current(now) for one in map(tx.authorisation, papers))


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


def stopped(tx: TrialTransaction, state: Trial, event: TrialStopped, actor: str, now: datetime) -> Trial:
    """End a trial, and its papers with it: the vendor's keys open nothing from here on."""
    (begun,) = told_of(tx.stream(protocol.stream_of(state.id), [TrialBegun.__name__]))
    assert isinstance(begun.event, TrialBegun)
    after = say(tx, state, [event], actor, now)
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
