"""Whoever works at the people desk looks further than a crisis opens: later, elsewhere, for something else.

A crisis is its own switch: the gate's table holds what it opens, to whom, for what and until when; PostgreSQL judges each
look again. Each attack succeeds once both are taken out.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance import gate
from necmergitur.governance.accesses import Reading
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population import crises, desk, looking
from necmergitur.operations.population.desk import Record
from necmergitur.people.crises import Crisis
from tests.hostile.holes import in_code, in_function
from tests.operations.accounts import give_role
from tests.operations.population.scene import FIRST, Night, assessed
from tests.operations.town import TOWN, install
from tests.passes import forged

AGENT = Who(107, "liaison")


@pytest.fixture
def night(empty_database: str, tmp_path: Path) -> Iterator[Night]:
    install(empty_database, TOWN)
    for account, role in ((101, "operator"), (102, "lead"), (103, "duty_officer"), (107, "liaison")):
        give_role(empty_database, account, role)
    store = PostgresStore(empty_database)
    playing = Night(store, tmp_path)
    playing.now = datetime.now(UTC)  # as PostgreSQL's own clock, which judges too
    assessed(playing)
    yield playing
    store.close()


@pytest.fixture
def looks(night: Night) -> Callable[..., str]:
    """Open somebody's record; return their name, or the rule or guard that stopped it."""
    crisis = night.opened(night.call().id)
    row_id = night.key(crisis).row_of(night.says(crisis, "Amélie Durand").link)

    def attack(
        purpose: str = "family", by: Who = AGENT, crisis: Crisis = crisis, later: timedelta = timedelta()
    ) -> str:
        when, salt, key = night.now + later, os.urandom(16), night.key(crisis)
        try:
            outcome: Any = desk.open_record(
                night.store,
                key,
                crisis,
                "checkin",
                row_id,
                purpose,
                "her mother",
                by,
                salt,
                when,  # type: ignore[arg-type]
            )
        except StoreRefused as refused:
            return refused.code
        if isinstance(outcome, Refusal):
            return outcome.rule
        assert isinstance(outcome, Record) and outcome.call is not None
        return outcome.call.said.name

    return attack


def _lets_everything_through(_table: Any, asked: Reading, _now: Any) -> Any:
    return forged(asked.what, purpose=asked.purpose, reader=asked.readers[0], place=asked.place)


def _twice(url: str, attack: Callable[[], str], rule: str, planted: tuple[str, str]) -> None:
    """Refused by our gate; by PostgreSQL where the gate is taken out; by the gate where PostgreSQL is; else it succeeds."""
    function = "population.look_opens(population.look)"
    assert attack() == rule
    with in_code(gate, "access", _lets_everything_through):
        assert attack() == "NM018"
    with in_function(url, function, *planted):
        assert attack() == rule
        with in_code(gate, "access", _lets_everything_through):
            assert attack() == "Amélie Durand", "the hole is real"


def test_a_purpose_that_no_crisis_opens(night: Night, empty_database: str, looks: Callable[..., str]) -> None:
    with psycopg.connect(empty_database) as owner:  # else a condition of the table stops it a third time
        owner.execute("ALTER TABLE population.look DROP CONSTRAINT look_purpose_check")
    try:
        _twice(
            empty_database,
            lambda: looks(purpose="training"),
            "purpose_not_authorised",
            ("p.purpose = l.purpose", "p.purpose = 'family'"),
        )
    finally:
        with psycopg.connect(empty_database) as owner:
            owner.execute(
                "ALTER TABLE population.look ADD CONSTRAINT look_purpose_check CHECK (purpose IN"
                " ('answer_call', 'family', 'identify', 'abuse', 'duplicate', 'import')) NOT VALID"
            )


def test_a_role_that_answers_no_families(night: Night, empty_database: str, looks: Callable[..., str]) -> None:
    _twice(
        empty_database,
        lambda: looks(by=Who(101, "operator")),
        "reader_not_authorised",
        ("p.reader = l.role", "p.reader = 'liaison'"),
    )


def test_a_crisis_whose_hours_are_over_and_not_erased_yet(
    night: Night, empty_database: str, looks: Callable[..., str]
) -> None:
    """The worker is late: the key and the rows are still there, and nobody may look any more."""
    assert looks() == "Amélie Durand"
    (crisis,) = _kept(night)
    closed = crises.close(night.store, crisis.id, FIRST, night.now)
    assert isinstance(closed, Crisis)
    assert looks() == "Amélie Durand", "closed, it is kept until its purge"
    _twice(
        empty_database,
        lambda: looks(crisis=closed, later=timedelta(days=7)),
        "authorisation_not_in_force",
        ("(c.purge_at IS NULL OR", "(true OR"),
    )
    assert looks(crisis=closed, later=timedelta(days=7) - timedelta(seconds=1)) == "Amélie Durand"


def test_before_anybody_opened_it_and_another_crisis_than_the_one_that_is_open(
    night: Night, empty_database: str, looks: Callable[..., str]
) -> None:
    assert looks(later=-timedelta(microseconds=1)) == "authorisation_not_in_force"
    other = night.ask(None)  # a drill, asked for, that no second person opened
    night.keys.make(other.id)
    assert looks(crisis=other) == "place_not_authorised"
    with in_code(gate, "access", _lets_everything_through):
        assert looks(crisis=other) == "NM018"


def test_a_table_that_nobody_could_read_anew_shuts_the_desk(
    night: Night, looks: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = gate.GateTable.stale
    monkeypatch.setattr(gate.GateTable, "stale", lambda _table, _now: True)
    assert looks() == "gate_table_stale"
    monkeypatch.setattr(gate.GateTable, "stale", fresh)
    assert looks() == "Amélie Durand"


def test_a_queue_of_a_service_that_the_crisis_does_not_offer(night: Night, empty_database: str) -> None:
    crisis = night.opened(night.call().id, services=("safe",))
    key = night.key(crisis)

    def attack() -> str:
        try:
            with night.store.transaction() as tx:
                outcome = looking.write(
                    night.store, tx, crisis, key, [bytes(16)], "queue", "family", "x", AGENT, os.urandom(16), night.now
                )
        except StoreRefused as refused:
            return refused.code
        return outcome.rule if isinstance(outcome, Refusal) else ""

    assert attack() == "place_not_authorised"
    with in_code(gate, "access", _lets_everything_through):
        assert attack() == "NM018"
        with in_function(empty_database, "population.look_opens(population.look)", "a.service = '' OR", "true OR"):
            assert attack() == ""


def test_each_refused_look_is_told_and_names_nobody(night: Night, looks: Callable[..., str]) -> None:
    looks(purpose="training")
    looks(by=Who(101, "operator"))
    told = [msgspec.json.decode(fact.payload) for fact in night.facts() if b":refuse" in fact.payload]
    assert [(one["action"], one["facts"]["rule"]) for one in told] == [
        ("liaison:record:refuse", "read_purpose_not_authorised"),
        ("operator:record:refuse", "read_reader_not_authorised"),
    ]
    assert not [fact for fact in night.facts() if b"Durand" in fact.payload]


def _kept(night: Night) -> list[Crisis]:
    with night.store.transaction() as tx:
        return list(tx.crises_now())
