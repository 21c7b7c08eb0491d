"""What somebody wrote with their call is read for an open incident, with a reason; and they see that it was read."""

import os
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from necmergitur.governance.breakglass import Who
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import incidents
from necmergitur.operations.intake import Ground
from necmergitur.operations.population import crises, helping, looking
from necmergitur.operations.population.looking import Call, Look
from necmergitur.people.checkins import Status
from tests.operations.population.scene import FIRST, Night
from tests.operations.scene import OPERATOR, refused
from tests.operations.town import MIDDLE

BY = Who(101, "operator")


def called(night: Night, crisis: Any) -> tuple[bytes, Any, str]:
    answer = night.says(crisis, "Amélie", "need_help", words="3e étage")
    row_id = night.key(crisis).row_of(answer.link)
    pressed = helping.press(row_id, Status.NEED_HELP, None, night.now, drill=crisis.drill)
    (lit,) = helping.take(night.store, [pressed], Ground(MIDDLE), night.now)
    assert lit.lit
    return answer.link, lit.incident_id, pressed.press.device


def look(night: Night, incident: Any, device: str, reason: str = "nobody answers the phone", by: Who = BY) -> Any:
    return looking.at_call(night.store, night.keys.of, incident, device, reason, by, os.urandom(16), night.now)


def test_a_look_needs_a_reason_is_kept_and_the_person_sees_it(night: Night) -> None:
    crisis = night.opened(night.call().id)
    link, incident, device = called(night, crisis)
    assert refused(look(night, incident, device, " ")) == "reason_missing"
    assert night.rows("SELECT count(*) FROM population.look") == [(0,)]
    call = look(night, incident, device)
    assert isinstance(call, Call)
    assert (call.said.name, call.said.words, call.status) == ("Amélie", "3e étage", Status.NEED_HELP)
    (seen,) = looking.seen_by_person(night.store, night.keys.of, link, night.now, drill=False)
    assert (seen.role, seen.purpose, seen.what) == ("operator", "answer_call", "call")
    ((row,),) = [night.rows("SELECT t::text FROM population.look t")]
    assert b"nobody answers".hex() not in row[0], "the reason is sealed too"
    told = [f for f in night.facts() if b"operator:call:look" in f.payload]
    assert len(told) == 1
    assert device.removeprefix("safe-").encode() not in told[0].payload


def test_another_incident_and_a_closed_one_show_nothing(night: Night) -> None:
    crisis = night.opened(night.call().id)
    _link, incident, device = called(night, crisis)
    assert refused(look(night, crisis.incident_id, device)) == "call_not_of_page"
    assert refused(look(night, incident, "p-1")) == "call_not_of_page"
    incidents.climb(night.store, incident, "acting", OPERATOR, night.now)
    incidents.close(night.store, incident, "helped", OPERATOR, night.now)
    assert refused(look(night, incident, device)) == "incident_not_open"


def test_without_the_key_there_is_the_call_and_no_word(night: Night) -> None:
    crisis = night.opened(night.call().id)
    _link, incident, device = called(night, crisis)
    night.keys.destroy(crisis.id)
    assert refused(look(night, incident, device)) == "call_without_words"


def test_nobody_looks_in_a_role_they_do_not_hold_and_no_look_is_unsaid(night: Night) -> None:
    crisis = night.opened(None)
    night.says(crisis, "Amélie")
    made = Look("record", "family", 101, "lead", bytes(16), b"x", night.now)
    with pytest.raises(StoreRefused, match="NM018"), night.store.transaction() as tx:
        tx.put_looks(crisis.id, [bytes(16)], made)
    with night.store.transaction() as tx:
        tx.put_looks(crisis.id, [bytes(16)], Look("record", "family", 102, "lead", bytes(16), b"x", night.now))
    with pytest.raises(StoreRefused, match="NM018"), night.store.transaction() as tx:
        tx.erase_looks(crisis.id)
    with pytest.raises(psycopg.Error), night.store.cursor() as cursor:
        cursor.execute("UPDATE population.look SET role = 'lead'")


def test_looks_are_counted_and_go_with_the_crisis(night: Night, empty_database: str) -> None:
    crisis = night.opened(night.call().id)
    _link, incident, device = called(night, crisis)
    look(night, incident, device)
    with night.store.transaction() as tx:
        assert tx.crisis_counts(crisis.id)["looks"] == 1
    crises.close(night.store, crisis.id, FIRST, night.now)
    with psycopg.connect(empty_database, autocommit=True) as owner:
        owner.execute("ALTER TABLE population.crisis DISABLE TRIGGER crisis_told")
        owner.execute(
            "UPDATE population.crisis SET opened_at = opened_at - interval '9 days',"
            " closed_at = closed_at - interval '8 days', purge_at = purge_at - interval '8 days'"
        )
        owner.execute("ALTER TABLE population.crisis ENABLE TRIGGER crisis_told")
    assert crises.erase_due(night.store, night.keys, night.now + timedelta(days=1)) == 1
    assert night.rows("SELECT count(*) FROM population.look") == [(0,)]


def test_what_holds_people_is_named_where_the_erasure_is_judged(night: Night) -> None:
    """A table of people that `holds_people` does not know could outlive its crisis."""
    tables = night.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'population'"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'sealed' AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
        # What goes with another row is named by that one.
        " AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confdeltype = 'c') ORDER BY 1"
    )
    said = "".join(
        row[0]
        for row in night.rows(
            "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " AND n.nspname = 'population' WHERE p.proname LIKE 'holds\\_%%'"
        )
    )
    whole = night.rows("SELECT pg_get_functiondef('population.holds_people(uuid)'::regprocedure)")[0][0]
    assert "population.look" in whole
    assert [name for (name,) in tables if f"population.{name} " not in said] == []
