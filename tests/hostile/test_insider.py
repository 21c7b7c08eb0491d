"""Whoever sits inside, with an account and a pretext: another purpose, a glass broken alone, one's own reading judged."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import breakglass as rules
from necmergitur.governance.breakglass import BreakGlass, Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import breakglass, devices, readings
from tests.hostile.conftest import City
from tests.hostile.holes import asleep, in_code, in_function, without_check
from tests.operations.accounts import give_role
from tests.operations.scene import LEAD
from tests.operations.town import place
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
        with in_function(city.url, *hole):
            assert [row["count"] for row in attack()] == [12]
        assert attack() == []
    with in_function(city.url, *hole):
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


def _reads(city: City, incident: UUID) -> Any:
    return devices.open_holder(
        city.store, incident, "whom to look for", Person(BOTH, "Rita"), city.now, under_glass=("responder",)
    )
