"""The people desk finds by a mistyped name, for a reason, so often an hour; and whoever opens nobody is asked why."""

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from necmergitur.adapters.clock import SystemClock
from necmergitur.finder.holding import Holding
from necmergitur.governance.breakglass import Who
from necmergitur.operations.population import desk, looking
from necmergitur.operations.population.desk import Candidate, Record
from necmergitur.operations.population.finding import SOURCES
from necmergitur.people.constants import SAME_RECORD_MAX, SEARCHES_AN_HOUR
from necmergitur.people.findable import Wanted
from tests.operations.accounts import give_role
from tests.operations.population.scene import FIRST, SECOND, Night
from tests.operations.scene import refused

AGENT, LEAD = Who(107, "liaison"), FIRST


@pytest.fixture
def crisis(night: Night, empty_database: str) -> Any:
    give_role(empty_database, AGENT.id, AGENT.role)
    return night.opened(night.call().id)


@pytest.fixture
def finder(night: Night, crisis: Any) -> Callable[[], Holding]:
    def fed() -> Holding:
        holding = Holding(night.store, night.keys, SOURCES, SystemClock())
        holding.look()
        holding.follow()
        return holding

    return fed


def look_for(night: Night, finder: Holding, crisis: Any, name: str, by: Who = AGENT, reason: str = "her mother") -> Any:
    wanted = Wanted(names=(name,) if name else ())
    return desk.search(
        night.store, finder, night.key(crisis), crisis, wanted, "family", reason, by, os.urandom(16), night.now
    )


def opens(night: Night, crisis: Any, one: Candidate, by: Who = AGENT, reason: str = "her mother") -> Any:
    return desk.open_record(
        night.store, night.key(crisis), crisis, one.kind, one.id, "family", reason, by, os.urandom(16), night.now
    )


def test_a_mistyped_name_finds_its_person_and_the_look_is_theirs_to_see(
    night: Night, crisis: Any, finder: Callable[[], Holding]
) -> None:
    answer = night.says(crisis, "Amélie Durand")
    night.says(crisis, "Bruno Keller")
    found = look_for(night, finder(), crisis, "Amelie Durant")
    assert found[0].name == "Amélie Durand"
    assert not looking.seen_by_person(night.store, night.keys.of, answer.link, night.now, drill=False)
    record = opens(night, crisis, found[0])
    assert isinstance(record, Record)
    assert record.call is not None and record.call.said.name == "Amélie Durand"
    (seen,) = looking.seen_by_person(night.store, night.keys.of, answer.link, night.now, drill=False)
    assert (seen.role, seen.purpose, seen.what) == ("liaison", "family", "record")
    assert not [f for f in night.facts() if b"Durand" in f.payload or b"Durant" in f.payload]
    rows = str(night.rows("SELECT t::text FROM population.look t"))
    assert "Durant" not in rows and b"Durant".hex() not in rows


def test_without_a_reason_or_the_role_nothing_is_found(
    night: Night, crisis: Any, finder: Callable[[], Holding]
) -> None:
    night.says(crisis, "Amélie Durand")
    fed = finder()
    assert refused(look_for(night, fed, crisis, "Amélie Durand", reason=" ")) == "reason_missing"
    assert refused(look_for(night, fed, crisis, "Amélie Durand", by=Who(101, "operator"))) == "reader_not_authorised"
    assert refused(look_for(night, fed, crisis, "")) == "search_empty"
    (one, *_rest) = look_for(night, fed, crisis, "Amélie Durand")
    assert refused(opens(night, crisis, one, reason="")) == "reason_missing"
    assert refused(opens(night, crisis, one, by=Who(101, "operator"))) == "reader_not_authorised"


def test_a_canary_stands_among_them_and_opening_it_raises_an_alarm(
    night: Night, crisis: Any, finder: Callable[[], Holding]
) -> None:
    night.says(crisis, "Amélie Durand")
    fed = finder()
    found, again = (look_for(night, fed, crisis, "Amélie Durand") for _ in range(2))
    assert found[-1] == again[-1], "asked twice, it gives itself away to nobody"
    assert night.rows("SELECT count(*) FROM system_alarm WHERE name = 'canary_opened'") == [(0,)]
    assert refused(opens(night, crisis, found[-1])) == "record_gone"
    assert night.rows("SELECT detail FROM system_alarm WHERE name = 'canary_opened' AND cleared_at IS NULL") == [
        ("liaison 107",)
    ]
    assert refused(desk.clear_canary(night.store, AGENT, night.now)) == "desk_not_yours"
    assert desk.clear_canary(night.store, LEAD, night.now) is None
    gone = Candidate("checkin", os.urandom(16), "", "", None, 0.0, (), ())
    assert refused(opens(night, crisis, gone)) == "record_gone", "the same answer for what was erased"
    assert night.rows("SELECT count(*) FROM system_alarm WHERE cleared_at IS NULL AND name = 'canary_opened'") == [(0,)]


def test_an_hour_allows_so_many_and_a_second_person_lends_more(
    night: Night, crisis: Any, finder: Callable[[], Holding]
) -> None:
    fed, key = finder(), night.key(crisis)
    for _ in range(SEARCHES_AN_HOUR):
        assert isinstance(look_for(night, fed, crisis, "Amélie"), list)
    assert refused(look_for(night, fed, crisis, "Amélie")) == "desk_quota"
    assert isinstance(look_for(night, fed, crisis, "Amélie", by=LEAD), list), "another's hour is their own"
    assert desk.ask_more(night.store, key, crisis, "a hospital's list of 200", AGENT, os.urandom(16), night.now) is None
    ((asked, reason),) = desk.asked_for(night.store, key, crisis, SECOND, night.now)
    assert reason == "a hospital's list of 200"
    assert refused(desk.agree_more(night.store, crisis, asked.id, AGENT, night.now)) == "desk_not_yours"
    assert desk.agree_more(night.store, crisis, asked.id, SECOND, night.now) is None
    assert refused(desk.agree_more(night.store, crisis, asked.id, LEAD, night.now)) == "allowance_decided"
    assert isinstance(look_for(night, fed, crisis, "Amélie"), list)
    assert desk.ask_more(night.store, key, crisis, "more", LEAD, os.urandom(16), night.now) is None
    own = next(one for one, _ in desk.asked_for(night.store, key, crisis, SECOND, night.now) if one.asked_by == LEAD.id)
    assert refused(desk.agree_more(night.store, crisis, own.id, LEAD, night.now)) == "allowance_two_people"
    with pytest.raises(psycopg.Error), night.store.cursor() as cursor:
        cursor.execute(
            "UPDATE population.allowance SET agreed_by = asked_by, agreed_role = 'lead', agreed_at = now() WHERE id = %s",
            [own.id],
        )


def test_one_record_opened_again_and_again_raises_an_alarm_and_stands_out(
    night: Night, crisis: Any, finder: Callable[[], Holding]
) -> None:
    night.says(crisis, "Amélie Durand")
    (one, *_rest) = look_for(night, finder(), crisis, "Amélie Durand")
    raised = "SELECT detail FROM system_alarm WHERE name = 'record_reopened' AND cleared_at IS NULL"
    for _ in range(SAME_RECORD_MAX - 1):
        assert isinstance(opens(night, crisis, one), Record)
    assert night.rows(raised) == []
    opens(night, crisis, one)
    assert night.rows(raised) == [("liaison 107",)]
    (agent,) = desk.oversee(night.store, crisis, LEAD)
    assert (agent.by, agent.searches, agent.opened, agent.people, agent.most) == (107, 1, 5, 1, 5)
    assert refused(desk.oversee(night.store, crisis, AGENT)) == "desk_not_yours"


def test_reasons_are_read_by_somebody_else_and_that_is_a_fact(
    night: Night, crisis: Any, finder: Callable[[], Holding]
) -> None:
    look_for(night, finder(), crisis, "Amélie Durand", reason="her mother calls")
    key = night.key(crisis)
    ((_look, why),) = desk.reasons(night.store, key, crisis, AGENT.id, Who(104, "dpo"), night.now)
    assert why == "her mother calls\nAmélie Durand"
    assert len([f for f in night.facts() if b"dpo:look:oversee" in f.payload]) == 1
    assert refused(desk.reasons(night.store, key, crisis, LEAD.id, LEAD, night.now)) == "oversee_two_people"
    assert refused(desk.reasons(night.store, key, crisis, AGENT.id, AGENT, night.now)) == "reader_not_authorised"
