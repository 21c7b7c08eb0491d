"""PostgreSQL's own judgement of who reads about a person, behind the gate's back; and the gate's table as it follows."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import breakglass as rules
from necmergitur.governance.accesses import ACCESSES
from necmergitur.governance.breakglass import BreakGlass, Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import authorising, breakglass, devices, flying, incidents, responding
from necmergitur.operations.registry import Still
from tests.hostile.holes import in_function
from tests.operations.accounts import give_role
from tests.operations.scene import LEAD, OPERATOR, Scene
from tests.operations.town import FLIGHTS, place
from tests.passes import forged

RESPONDER, PILOT = Person(105, "Rita"), Person(106, "Paul")


@pytest.fixture(autouse=True)
def accounts(scene: Scene, database: str) -> None:
    for account, role in (
        (OPERATOR.id, "operator"),
        (102, "lead"),
        (103, "duty_officer"),
        (104, "dpo"),
        (RESPONDER.id, "responder"),
        (PILOT.id, "pilot"),
    ):
        give_role(database, account, role)
    devices.set_holder(scene.store, "B-1", "Madame Durand", LEAD, scene.now)


def pictured(scene: Scene, incident: UUID, lasts: timedelta = timedelta(hours=1)) -> UUID:
    """File a picture, sealed."""
    with scene.store.transaction() as tx:
        sealed = tx.seal(b"a picture", f"incident:{incident}")
        still = Still(
            id=uuid4(),
            incident_id=incident,
            mission_id=None,
            taken_at=scene.now,
            interior=False,
            expires_at=scene.now + lasts,
            sealed=sealed,
            width_px=1,
            height_px=1,
        )
        tx.put_still(still)
    return still.id


def looks(scene: Scene, still: UUID, incident: UUID, by: Person, **how: Any) -> str:
    """Look with a forged pass; return the guard that fired, "" when the picture was shown."""
    under = forged("still", incident, **how)
    try:
        with scene.store.transaction() as tx:
            sealed = tx.open_still(still, incident, f"user:{by.id}", under, scene.now)
    except StoreRefused as refused:
        return refused.code
    assert sealed is not None
    return ""


def test_postgresql_holds_the_same_list_as_the_code(scene: Scene, database: str) -> None:
    with psycopg.connect(database) as owner:
        held = set(owner.execute("SELECT what, purpose, reader, law, live, service FROM personal_access").fetchall())
    assert held == {
        (one.what, one.purpose, reader, one.law, one.live, one.service) for one in ACCESSES for reader in one.readers
    }


def test_a_picture_is_shown_to_who_answers_and_to_responders_who_were_told(scene: Scene, database: str) -> None:
    call = scene.call("B-1", at=place(0, 0)).id
    still = pictured(scene, call)
    assert looks(scene, still, call, PILOT, reader="pilot") == ""
    assert looks(scene, still, call, PILOT, reader="operator") == "NM013", "a role they do not hold"
    assert looks(scene, still, call, RESPONDER, reader="responder") == "NM013", "by a glass alone"
    assert looks(scene, still, call, RESPONDER, reader="responder_told") == "NM013", "nobody told them"
    hole = ("reads_as(bigint, text, uuid)", "EXISTS (SELECT FROM public", "true OR EXISTS (SELECT FROM public")
    with in_function(database, *hole):
        assert looks(scene, still, call, RESPONDER, reader="responder_told") == "", "the hole is real"
    told = responding.tell(scene.store, call, "one", RESPONDER.id, OPERATOR, scene.now)
    assert not isinstance(told, Refusal)
    assert looks(scene, still, call, RESPONDER, reader="responder_told") == ""


def test_a_picture_is_shown_for_the_purpose_of_its_hour(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0)).id
    still, gone = pictured(scene, call), pictured(scene, call, timedelta(0))
    assert looks(scene, still, call, OPERATOR, purpose="answer_call") == ""
    assert looks(scene, still, call, OPERATOR, purpose="training") == "NM013"
    assert looks(scene, gone, call, OPERATOR) == "NM013", "its hour has come"
    incidents.close(scene.store, call, "helped", OPERATOR, scene.now)
    assert looks(scene, still, call, OPERATOR, purpose="answer_call") == "NM013", "nobody needs help any more"
    assert looks(scene, still, call, OPERATOR, purpose="review_call") == ""


def test_what_is_sealed_is_shown_to_the_transaction_that_says_who_reads_it(scene: Scene, as_role: Any) -> None:
    call = scene.call("B-1", at=place(0, 0)).id
    still = pictured(scene, call)
    assert devices.open_holder(scene.store, call, "calls back", OPERATOR, ["operator"], scene.now) == "Madame Durand"
    assert looks(scene, still, call, OPERATOR) == ""
    with as_role("nec_ledger") as cursor:  # right after, and not in the same transaction
        shown = cursor.execute("SELECT holders.opened('B-1'), still_opened(%s)", [still]).fetchall()
    assert shown == [(None, None)]
    with as_role("nec_web") as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cursor.execute("SELECT still_opened(%s)", [still])


@pytest.mark.parametrize("statement", ["UPDATE holders.opening SET reason = 'x'", "DELETE FROM holders.opening"])
def test_who_opened_a_name_stays_said(scene: Scene, as_role: Any, statement: str) -> None:
    call = scene.call("B-1", at=place(0, 0)).id
    devices.open_holder(scene.store, call, "calls back", OPERATOR, ["operator"], scene.now)
    with as_role("nec_ledger") as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cursor.execute(statement)


def broken(scene: Scene, call: UUID) -> BreakGlass:
    asked = breakglass.ask(scene.store, "holder", "responder", call, "nobody opens", Who(102, "lead"), scene.now)
    assert isinstance(asked, BreakGlass)
    glass = breakglass.confirm(scene.store, asked.id, Who(103, "duty_officer"), scene.now)
    assert isinstance(glass, BreakGlass)
    return glass


def test_a_glass_that_another_process_ends_opens_nothing_here_from_the_next_question_on(
    scene: Scene, database: str
) -> None:
    call, elsewhere = scene.call("B-1", at=place(0, 0)).id, PostgresStore(database)

    def reads() -> Any:
        return devices.open_holder(elsewhere, call, "whom to look for", RESPONDER, ["responder"], scene.now)

    assert reads().rule == "reader_not_authorised"
    glass = broken(scene, call)
    assert reads() == "Madame Durand"
    with in_function(database, "gate_follow()", "SET version = version + 1", "SET version = version"):
        breakglass.review(scene.store, glass.id, Who(104, "dpo"), "no need", scene.now, justified=False)
        assert reads().rule == "break_glass_over", "a table that does not follow is caught by the glass itself"
    elsewhere.close()


def test_a_table_compiled_from_what_was_rolled_back_is_used_by_nobody(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0)).id
    asked = breakglass.ask(scene.store, "holder", "responder", call, "nobody opens", Who(102, "lead"), scene.now)
    assert isinstance(asked, BreakGlass)
    with pytest.raises(RuntimeError), scene.store.transaction() as tx:  # noqa: PT012 -- the writer dies in the middle
        by = Who(103, "duty_officer")
        event = rules.BreakGlassConfirmed(by, scene.now, scene.now + timedelta(minutes=1))
        state = rules.evolve(asked, event)
        tx.change_glass(state, breakglass._append(tx, state, event, by, scene.now))
        compiled = tx.gate_table(scene.now)
        raise RuntimeError("and then the writer dies")
    with scene.store.transaction() as tx:
        assert tx.gate_table(scene.now).version < compiled.version
        tx.cursor.execute("UPDATE gate_table_version SET version = version + 1")
    outcome = devices.open_holder(scene.store, call, "x", RESPONDER, ["responder"], scene.now)
    assert isinstance(outcome, Refusal) and outcome.rule == "reader_not_authorised"


def test_a_cameras_address_is_given_to_a_reader_on_scene_while_its_flight_is_in_force(
    scene: Scene, database: str
) -> None:
    mission = scene.fly()

    def address(by: Person, *readers: str) -> list[Any]:
        with scene.store.cursor() as cursor:
            parts = {"id": mission.id, "account": by.id, "readers": list(readers), "now": scene.now}
            return cursor.execute(load("live")["picture"], parts).fetchall()

    assert address(PILOT, "pilot") == [], "on its way it looks at nobody"
    flying.reached(scene.store, mission.id, "on_scene", scene.wait(30))
    assert len(address(PILOT, "pilot")) == 1
    assert address(PILOT, "operator") == address(RESPONDER, "responder", "responder_told") == []
    hole = (
        "picture_opens(uuid, bigint, text[], timestamptz)",
        "public.access_opens('picture'",
        "true OR public.access_opens('picture'",
    )
    with in_function(database, *hole):
        assert len(address(RESPONDER, "responder")) == 1, "the hole is real"
    responding.tell(scene.store, mission.incident_id, "one", RESPONDER.id, OPERATOR, scene.now)
    assert len(address(RESPONDER, "responder", "responder_told")) == 1
    assert not isinstance(authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.now), Refusal)
    assert address(PILOT, "pilot") == []
