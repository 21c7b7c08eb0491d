"""The whole system under random storms, on the twin; and the same storms on both stores, fact by fact.

A seed that fails goes into tests/sim/seeds.txt and stays there.
"""

from pathlib import Path
from uuid import uuid4

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch import matching, missions
from necmergitur.governance import gate
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import flying, intake
from necmergitur.operations.ports import Unreachable
from necmergitur.sim.ids import SeededIds
from necmergitur.sim.twin.store import TwinStore
from tests.operations.emptied import empty_database, shared_database
from tests.operations.town import TOWN, install
from tests.sim.evening.turmoil import Crash, Turmoil
from tests.sim.evening.verdict import verdict

__all__ = ["empty_database", "shared_database"]
KEPT = [
    int(line.split()[0])
    for line in (Path(__file__).parent.parent / "seeds.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
FRESH = range(1, 31)
STEPS = 400


def storm(seed: int, steps: int = STEPS) -> Turmoil:
    run = Turmoil(TwinStore(TOWN, SeededIds(seed)), seed)
    run.play(steps)
    run.settle()
    return run


@pytest.mark.parametrize("seed", sorted({*KEPT, *FRESH}))
def test_every_promise_holds_in_every_storm(seed: int) -> None:
    try:
        verdict(storm(seed))
    except AssertionError as broken:
        raise AssertionError(f"seed {seed}: add it to tests/sim/seeds.txt") from broken


def test_a_storm_is_the_same_from_the_same_seed() -> None:
    one, other = ([f.hash for f in storm(3, 150).store.inner.tables.events] for _ in range(2))
    assert one == other


# --- planted breaches: a verdict that cannot fail proves nothing -----------------------------------------------


def breached(promise: str) -> bool:
    """Play a few storms; return whether one of them was caught, for the reason planted."""
    for seed in FRESH:
        try:
            verdict(storm(seed))
        except AssertionError as caught:
            return promise in str(caught)
    return False


def test_mixing_people_up_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = matching._judge

    def eager(*pair):
        found = judge(*pair)
        return matching.Match("attach", found.incident_id, found.score, found.reason) if found.incident_id else found

    monkeypatch.setattr(matching, "_judge", eager)
    assert breached("mixes")


def test_losing_a_signal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake._Round, "_open", lambda *_: None)
    assert breached("a call without an incident")


def test_flying_on_when_the_law_ended_is_refused_by_the_store_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "admit_under", lambda _table, _law, facts, now: gate.admit_call_for_help(facts, now))
    with pytest.raises(StoreRefused, match=r"NM00[57]"):
        breached("")


def test_a_launch_nobody_accepted_is_refused_by_the_store_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missions, "launch", lambda _state, now: [missions.MissionLaunched(now)])
    with pytest.raises(StoreRefused, match=r"NM00[4568]"):
        breached("")


def test_an_incident_that_lies_about_its_drone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flying, "_status_without", lambda *_, **__: "offered")
    assert breached("no drone is at work")


def test_an_answer_before_the_commit_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    take = intake.take

    def early(store, batch, ground, now):
        try:
            return take(store, batch, ground, now)
        except (Crash, Unreachable):
            return [intake.Answer(item.press.key, True, uuid4(), None) for item in batch]

    monkeypatch.setattr(intake, "take", early)
    with pytest.raises((AssertionError, KeyError)):
        verdict(storm(1))


# --- the twin and the real thing ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_both_stores_tell_the_same_story(seed: int, empty_database: str) -> None:
    """The twin is held to PostgreSQL: the same storm leaves the same facts, in the same order."""
    install(empty_database, TOWN)
    real = PostgresStore(empty_database, ids=SeededIds(seed))
    try:
        runs = [Turmoil(store, seed) for store in (TwinStore(TOWN, SeededIds(seed)), real)]
        told = []
        for run in runs:
            run.play(250)
            run.settle()
            verdict(run)
            with run.store.inner.transaction() as tx:
                told.append([(f.stream, f.version, f.kind, f.actor, f.payload) for f in tx.tail(0, 100_000)])
    finally:
        real.close()
    for number, (one, other) in enumerate(zip(*told, strict=True), start=1):
        assert one == other, f"fact {number} differs"
