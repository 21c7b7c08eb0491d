"""A crisis opens by two people on a live incident and a signed assessment, closes by one, and is erased by the clock."""

from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.governance import assessments, gate
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.events import Fact, fold
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import incidents
from necmergitur.operations.population import crises
from necmergitur.people import crises as rules
from necmergitur.people.crises import Crisis
from tests.operations.population.scene import FIRST, KEPT, SECOND, Night
from tests.operations.scene import OPERATOR, refused


def call(night: Night) -> Any:
    return night.call().id


def test_two_people_open_the_services_of_a_live_incident(night: Night) -> None:
    asked = night.ask(call(night))
    assert isinstance(asked, Crisis)
    assert not asked.open(night.now)
    assert refused(night.confirm(asked, FIRST)) == "crisis_two_people"
    opened = night.confirm(asked)
    assert opened.offers("safe", night.now)
    assert opened.key == night.key(opened).fingerprint
    told = [f for f in night.facts() if f.stream == f"crisis:{opened.id}"]
    assert [f.kind for f in told] == ["CrisisAsked", "CrisisOpened"]
    assert all(b"shots" not in f.payload for f in told)
    decoder = msgspec.json.Decoder(rules.CrisisEvent)
    with night.store.transaction() as tx:
        assert fold(rules.evolve, [decoder.decode(f.payload) for f in told]) == tx.crisis(opened.id)


def test_without_a_live_incident_there_is_only_a_drill(night: Night) -> None:
    assert refused(night.ask(None, drill=False)) == "incident_not_open"
    incident = call(night)
    incidents.climb(night.store, incident, "acting", OPERATOR, night.now)
    incidents.close(night.store, incident, "false_alarm", OPERATOR, night.now)
    assert refused(night.ask(incident)) == "incident_not_open"
    assert night.opened(None).drill


def test_a_drill_and_a_crisis_may_be_open_together_but_never_two_of_a_kind(night: Night) -> None:
    incident = call(night)
    asked = night.ask(incident)
    night.opened(incident)
    assert refused(night.confirm(asked)) == "crisis_already"
    assert refused(night.ask(incident)) == "crisis_already"
    assert night.opened(None).drill
    assert refused(night.ask(None)) == "crisis_already"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": " "}, "crisis_name"),
        ({"name": "x" * 81}, "crisis_name"),
        ({"reason": ""}, "reason_missing"),
        ({"radius_m": 40_000.0}, "crisis_area"),
        ({"services": ()}, "crisis_services"),
        ({"services": ("safe", "dating")}, "crisis_services"),
        ({"languages": ()}, "crisis_languages"),
        ({"kept": timedelta(days=31)}, "crisis_kept"),
        ({"kept": timedelta()}, "crisis_kept"),
    ],
)
def test_what_is_not_well_described_is_not_opened(night: Night, changes: dict[str, Any], rule: str) -> None:
    assert refused(night.ask(None, **changes)) == rule


def test_who_is_neither_lead_nor_duty_officer_opens_nothing(night: Night) -> None:
    assert refused(night.ask(None, Who(101, "operator"))) == "crisis_not_yours"
    assert refused(night.confirm(night.ask(None), Who(101, "operator"))) == "crisis_not_yours"


def test_a_second_person_has_ten_minutes(night: Night) -> None:
    asked = night.ask(None)
    night.wait(600)
    assert refused(night.confirm(asked)) == "crisis_asked_too_long_ago"
    assert night.keys.of(asked.id) is None, "a key without a crisis is destroyed"


def test_whoever_asked_may_take_it_back(night: Night) -> None:
    asked = night.ask(None)
    assert refused(crises.withdraw(night.store, asked.id, SECOND, night.now)) == "crisis_not_yours"
    assert isinstance(crises.withdraw(night.store, asked.id, FIRST, night.now), Crisis)
    assert refused(night.confirm(asked)) == "crisis_decided"


def test_without_an_assessment_only_a_duty_officer_opens_and_says_so(night: Night) -> None:
    night.wait(366 * 86_400)
    assert refused(night.ask(None)) == "crisis_not_assessed"
    assert refused(night.ask(None, vital=True)) == "crisis_not_assessed"


def test_closing_publishes_counts_and_the_clock_erases(night: Night) -> None:
    crisis = night.opened(call(night))
    night.says(crisis, "Amélie Durand", contact="06 12 34 56 78", tell=["maman@example.org"])
    night.says(crisis, "Bob", "need_help")
    closed = crises.close(night.store, crisis.id, FIRST, night.now)
    assert isinstance(closed, Crisis)
    assert closed.purge_at == night.now + KEPT
    told = msgspec.json.decode(night.facts(f"crisis:{crisis.id}")[-1].payload)
    assert told["counts"] == {
        "checkins": 2,
        "safe": 1,
        "need_help": 1,
        "hurt": 0,
        "withdrawn": 0,
        "people_to_tell": 1,
        "missing": 0,
        "appeals": 0,
        "notes": 0,
        "questions": 0,
        "looks": 0,
    }
    assert refused(crises.close(night.store, crisis.id, FIRST, night.now)) == "crisis_closed"
    assert crises.erase_due(night.store, night.keys, night.now) == 0


def test_nothing_is_taken_once_it_is_closed_not_even_by_a_page_that_lies(night: Night) -> None:
    crisis = night.opened(call(night))
    night.says(crisis, "Amélie")
    crises.close(night.store, crisis.id, FIRST, night.now)
    with pytest.raises(StoreRefused, match="NM018"):
        night.says(crisis, "Zoé")  # the crisis as this process still knows it


def test_postgresql_refuses_a_crisis_that_no_fact_tells_of(night: Night) -> None:
    crisis = night.ask(None)
    for change in (
        "UPDATE population.crisis SET opened_at = now(), confirmed_by = 103, confirmed_role = 'lead', version = 2",
        "UPDATE population.crisis SET drill = false",
        "DELETE FROM population.crisis",
    ):
        with pytest.raises(psycopg.Error), night.store.cursor() as cursor:
            cursor.execute(change)
    with night.store.transaction() as tx:
        assert tx.crisis(crisis.id) == crisis


# --- what PostgreSQL judges again, should the pages that decide be broken into: each rule passed over by a writer of facts


def told(night: Night, state: Crisis, event: Any) -> Crisis:
    """Tell the record what no rule allowed, and the table the same."""
    after = rules.evolve(state, event)
    fact = Fact(stream=rules.stream_of(state.id), version=after.version, event=event, actor="user:102")
    with night.store.transaction() as tx:
        tx.serialise()
        tx.change_crisis(after, tx.append(gate.admit_record([fact], night.now)))
    return after


def entered(night: Night, state: Crisis, fact: Fact) -> None:
    with night.store.transaction() as tx:
        tx.serialise()
        tx.enter_crisis(state, "a reason", tx.append(gate.admit_record([fact], night.now)))


def test_a_writer_of_facts_that_keeps_every_rule_is_believed(night: Night) -> None:
    asked = night.ask(None)
    opened = told(night, asked, rules.CrisisOpened(SECOND, night.keys.make(asked.id), night.now))
    assert opened.offers("safe", night.now)


@pytest.mark.parametrize(
    "by", [FIRST, Who(101, "lead"), Who(101, "operator"), Who(103, "lead"), Who(999, "duty_officer")]
)
def test_postgresql_opens_nothing_for_one_person_alone_or_for_a_role_nobody_gave(night: Night, by: Who) -> None:
    asked = night.ask(None)
    with pytest.raises(StoreRefused, match="NM017"):
        told(night, asked, rules.CrisisOpened(by, night.keys.make(asked.id), night.now))
    assert night.rows("SELECT opened_at FROM population.crisis") == [(None,)]


def test_postgresql_opens_nothing_about_an_incident_that_is_over(night: Night) -> None:
    incident = call(night)
    asked = night.ask(incident)
    incidents.climb(night.store, incident, "acting", OPERATOR, night.now)
    incidents.close(night.store, incident, "false_alarm", OPERATOR, night.now)
    with pytest.raises(StoreRefused, match="NM017"):
        told(night, asked, rules.CrisisOpened(SECOND, night.keys.make(asked.id), night.now))


def test_postgresql_opens_nothing_on_an_assessment_that_reality_left_behind(night: Night) -> None:
    asked = night.ask(None)
    with night.store.transaction() as tx:
        tx.serialise()
        (held,) = tx.assessments_of(rules.STREAM)
        event = assessments.go_stale(held, "drift_zone", night.now)
        fact = Fact(stream=assessments.stream_of(held.id), version=held.revision + 1, event=event, actor="user:104")
        tx.put_assessment(assessments.evolve(held, event), tx.append(gate.admit_record([fact], night.now)))
    with pytest.raises(StoreRefused, match="NM017"):
        told(night, asked, rules.CrisisOpened(SECOND, night.keys.make(asked.id), night.now))


def test_postgresql_lets_no_lead_say_that_lives_are_at_stake(night: Night) -> None:
    asked = night.asked(None)
    event = rules.ask(asked, SECOND, None, None, night.now, live=False)
    assert isinstance(event, Refusal), "a duty officer has to say so"
    said = rules.ask(msgspec.structs.replace(asked, vital=True), SECOND, None, None, night.now, live=False)
    assert isinstance(said, rules.CrisisAsked)
    forged = msgspec.structs.replace(said, by=FIRST)
    state = rules.evolve(None, forged)
    fact = Fact(stream=rules.stream_of(state.id), version=1, event=forged, actor="user:102")
    with pytest.raises(StoreRefused, match="NM017"):
        entered(night, state, fact)


def test_postgresql_keeps_nothing_longer_than_was_announced(night: Night) -> None:
    crisis = night.opened(None)
    longer = rules.CrisisClosed(FIRST, {}, night.now, night.now + KEPT + timedelta(seconds=1))
    with pytest.raises((StoreRefused, psycopg.errors.CheckViolation)):
        told(night, crisis, longer)


def test_postgresql_calls_nothing_erased_before_its_time_or_while_anybody_is_in_it(night: Night) -> None:
    crisis = night.opened(None, kept=timedelta(seconds=1))
    night.says(crisis, "Amélie")
    closed = crises.close(night.store, crisis.id, FIRST, night.now)
    assert isinstance(closed, Crisis)
    assert closed.purge_at is not None
    gone = rules.CrisisErased({}, closed.key, closed.purge_at + timedelta(seconds=1))
    with pytest.raises(StoreRefused, match="NM017"):
        told(night, closed, gone)
    with pytest.raises((StoreRefused, psycopg.errors.CheckViolation)):
        told(night, closed, msgspec.structs.replace(gone, at=night.now))
