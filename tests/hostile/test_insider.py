"""Whoever sits inside, with an account and a pretext: another purpose, a glass broken alone, one's own reading judged."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresTransaction
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import breakglass as rules
from necmergitur.governance import gate
from necmergitur.governance.accesses import Reading
from necmergitur.governance.breakglass import BreakGlass, Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import breakglass, devices, incidents, readings
from tests.hostile.conftest import City
from tests.hostile.holes import asleep, in_code, in_function, without_check
from tests.operations.accounts import give_role
from tests.operations.scene import LEAD, OPERATOR
from tests.operations.town import place
from tests.passes import forged
from tests.streams import authorise, body

LEAD_ACCOUNT, DUTY, BOTH = Who(102, "lead"), Who(103, "duty_officer"), 105


def outcome_of(attack: Any) -> str:
    """Return the rule or the guard that stopped an attack; "" when nothing did."""
    try:
        outcome = attack()
    except StoreRefused as refused:
        return refused.code
    except psycopg.errors.CheckViolation:
        return "check"
    return outcome.rule if isinstance(outcome, Refusal) else ""


@pytest.fixture
def incident(city: City) -> UUID:
    """Somebody who is known calls; there are accounts that may ask to see who it is."""
    for account, roles in ((102, ("lead",)), (103, ("duty_officer",)), (BOTH, ("responder", "dpo")), (104, ("dpo",))):
        give_role(city.url, account, *roles)
    devices.set_holder(city.store, "B-1", "Madame Durand", LEAD, city.now)
    return city.scene.call("B-1", at=place(0, 0)).id


def test_another_purpose_than_the_papers(city: City) -> None:
    """Counts gathered for the safety of crowds, read to train something. A join in SQL is told in test_sensing."""
    authorise(city.store, city.now, rate=100, readers=("lead",))
    assert city.hear(body(city.now, 1)) == {"": 1}

    def every(of_stream: Any, _asked: Any, _now: Any) -> Any:
        return list(of_stream)

    def attack() -> Any:
        return city.read(purpose="training")

    guard = ("reading_opens(uuid, text, timestamptz)", "AND a.purpose = current_setting('nec.purpose'::text, true)")
    plain = ("reading_opens(uuid, text, timestamptz)", "AND a.purpose = current_setting('nec.purpose', true)")
    ((defined,),) = city.rows("SELECT pg_get_functiondef('reading_opens(uuid, text, timestamptz)'::regprocedure)")
    hole = plain if plain[1] in defined else guard
    with in_code(readings, "_papers", every):
        with in_code(gate, "access", _lets_everything_through):
            with in_function(city.url, *hole):
                assert [row["count"] for row in attack()] == [12]
            assert attack() == []
        assert attack() == "reader_not_authorised", "no paper of this stream opens it to anybody for that"
    with in_function(city.url, *hole), in_code(gate, "access", _lets_everything_through):
        assert attack() == "purpose_not_authorised"
    assert attack() == "purpose_not_authorised"
    assert city.counted("read_purpose_not_authorised") == 2


def test_a_glass_broken_by_one_person_alone(city: City, incident: UUID) -> None:
    honest = rules.confirm

    def by_anybody(state: BreakGlass, by: Who, *more: Any, **live: Any) -> Any:
        event = honest(state, Who(-1, by.role), *more, **live)
        return event if isinstance(event, Refusal) else msgspec.structs.replace(event, by=by)

    asked: Any = breakglass.ask(
        city.store,
        incident_id=incident,
        by=LEAD_ACCOUNT,
        now=city.now,
        scope="holder",
        readers="responder",
        reason="curious",
    )

    def attack() -> str:
        return outcome_of(lambda: breakglass.confirm(city.store, asked.id, LEAD_ACCOUNT, city.now))

    trigger = ("breakglass_refuse()", "OR NEW.confirmed_by = OLD.asked_by")
    check = ("breakglass", "confirmed_by <> asked_by")
    assert attack() == "break_glass_two_people"
    with in_function(city.url, *trigger), without_check(city.url, *check):
        assert attack() == "break_glass_two_people"
    with in_code(rules, "confirm", by_anybody):
        assert attack() == "NM012"
        with in_function(city.url, *trigger):
            assert attack() == "check", "a condition of the table stands behind the trigger"
            with without_check(city.url, *check):
                assert attack() == ""
                assert _reads(city, incident) == "Madame Durand", "one person alone opened it"


def test_a_glass_judged_by_whoever_read_under_it(city: City, incident: UUID) -> None:
    """An account that is both responder and data protection officer looks, and then finds that it was justified."""
    asked: Any = breakglass.ask(
        city.store, incident_id=incident, by=LEAD_ACCOUNT, now=city.now, scope="holder", readers="responder", reason="x"
    )
    assert outcome_of(lambda: breakglass.confirm(city.store, asked.id, DUTY, city.now)) == ""
    assert _reads(city, incident) == "Madame Durand"

    def attack() -> str:
        me = Who(BOTH, "dpo")
        return outcome_of(lambda: breakglass.review(city.store, asked.id, me, "quite right", city.now, justified=True))

    assert attack() == "break_glass_own_review"
    with asleep(city.url, "breakglass", "breakglass_judged"):
        assert attack() == "break_glass_own_review"
    with in_code(breakglass, "_readers", lambda *_: set()):
        assert attack() == "NM012"
        with asleep(city.url, "breakglass", "breakglass_judged"):
            assert attack() == ""


def test_the_name_behind_a_call_that_is_over(city: City, incident: UUID) -> None:
    """An operator looks up who it was, weeks later; and once with the gate taken out, and once with PostgreSQL's."""
    give_role(city.url, OPERATOR.id, "operator")
    assert _opens(city, incident) == "Madame Durand", "while it is open somebody must know whom to look for"
    incidents.close(city.store, incident, "helped", OPERATOR, city.now)
    trigger = ("access_opens(text, text, text, bigint, uuid)", "NOT a.live OR")
    with in_code(gate, "access", _lets_everything_through), in_function(city.url, *trigger, "true OR"):
        assert _opens(city, incident) == "Madame Durand", "the hole is real"
    with in_function(city.url, *trigger, "true OR"):
        assert _opens(city, incident) == "incident_not_open"
    with in_code(gate, "access", _lets_everything_through):
        assert _opens(city, incident) == "refused_by_the_database"
    assert _opens(city, incident) == "incident_not_open"
    assert _told(city) == ["read_incident_not_open", "read_refused_by_the_database", "read_incident_not_open"]


def test_a_role_that_answers_no_calls(city: City, incident: UUID) -> None:
    """Somebody enrolled as a technician alone says to be an operator."""
    give_role(city.url, OPERATOR.id, "technician")
    trigger = ("access_opens(text, text, text, bigint, uuid)", "AND public.reads_as(account, reader, of_incident)")
    assert _opens(city, incident, "technician") == "reader_not_authorised"
    assert _opens(city, incident, "operator") == "refused_by_the_database"
    with in_function(city.url, *trigger):
        assert _opens(city, incident, "operator") == "Madame Durand"
        assert _opens(city, incident, "technician") == "reader_not_authorised"


def test_another_ones_name_under_a_call_of_ones_own(city: City, incident: UUID) -> None:
    """The call is open and real; the button never called there."""
    give_role(city.url, OPERATOR.id, "operator")
    devices.set_holder(city.store, "B-2", "Monsieur Petit", LEAD, city.now)
    as_heard = PostgresTransaction.callers_of

    def and_another(tx: Any, of: UUID) -> list[str]:
        return [*as_heard(tx, of), "B-2"]

    trigger = ("opening_refuse()", "public.call_heard(NEW.incident_id, NEW.device_id) IS NOT TRUE", "false")
    with in_code(PostgresTransaction, "callers_of", and_another):
        assert _opens(city, incident) == "refused_by_the_database"
        with in_function(city.url, *trigger):
            assert "Monsieur Petit" in _opens(city, incident)
    with in_function(city.url, *trigger):
        assert _opens(city, incident) == "Madame Durand"


def test_a_query_of_ones_own_shows_nothing_sealed(city: City, incident: UUID, as_role: Any) -> None:
    """Whoever speaks through the writer's connection: a select, and the functions that show, without a word of why."""
    reads = {"SELECT sealed FROM holders.holder": "nec_ledger", "SELECT sealed FROM still": "nec_ledger"}
    for query, role in {**reads, "TABLE still": "nec_web", "TABLE holders.holder": "nec_web"}.items():
        with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role(role) as cursor:
            cursor.execute(query)
    with as_role("nec_ledger") as cursor:
        assert cursor.execute("SELECT holders.opened('B-1'), holders.own('B-1')").fetchall() == [(None, None)]
    with psycopg.connect(city.url) as owner:  # the hole: whoever owns the tables reads what anybody could before
        assert owner.execute("SELECT sealed IS NOT NULL FROM holders.holder").fetchall() == [(True,)]


def _lets_everything_through(_table: Any, asked: Reading, _now: Any) -> Any:
    return forged(asked.what, place=asked.place, purpose=asked.purpose, reader=asked.readers[0])


def _opens(city: City, incident: UUID, role: str = "operator") -> str:
    outcome = devices.open_holder(city.store, incident, "curious", OPERATOR, (role,), city.now)
    return outcome.rule if isinstance(outcome, Refusal) else outcome


def _told(city: City) -> list[str]:
    """Return the rules that refused somebody a look, as the register counts them."""
    told = [msgspec.json.decode(fact.payload) for fact in city.scene.facts() if fact.kind == "Audited"]
    return [one["facts"]["rule"] for one in told if one["action"].endswith(":refuse")]


def _reads(city: City, incident: UUID) -> Any:
    return devices.open_holder(city.store, incident, "whom to look for", Person(BOTH, "Rita"), ("responder",), city.now)
