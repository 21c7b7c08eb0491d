"""PostgreSQL refuses by itself what must never happen, whatever the code above it believes. Each guard, breached."""

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from necmergitur.dispatch import missions
from necmergitur.dispatch.incidents import IncidentEvent, Person
from necmergitur.dispatch.missions import MissionOffered
from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS
from necmergitur.kernel.events import Fact
from necmergitur.ledger.minting import mint
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations import authorising, incidents
from tests.operations.scene import LEAD, OPERATOR, Scene
from tests.operations.town import FLIGHTS, START


def planted(scene: Scene, authorisation_id: UUID, at=START):
    """A fact minted behind the gate's back."""
    assert IncidentEvent
    event = MissionOffered(
        id=uuid4(), incident_id=uuid4(), authorisation_id=authorisation_id, drone_id="D-1", pilot=Person(1, "P"),
        target=None, eta_s=1.0, why="", expires_at=at, at=at,
    )  # fmt: skip
    return mint(Fact(stream=f"planted:{uuid4()}", version=1, event=event, actor="test"), authorisation_id, at)


def refusal(scene: Scene, authorisation_id: UUID, at=START) -> str:
    with pytest.raises(StoreRefused) as caught, scene.store.transaction() as tx:
        tx.append([planted(scene, authorisation_id, at)])
    return caught.value.code


def test_a_fact_without_an_authorisation_that_exists_is_refused(scene: Scene) -> None:
    assert refusal(scene, UUID(int=99)) == "NM001"


def test_a_fact_outside_the_window_of_its_authorisation_is_refused(scene: Scene) -> None:
    assert refusal(scene, FLIGHTS, START - timedelta(days=2)) == "NM002"
    assert refusal(scene, FLIGHTS, START + timedelta(days=30)) == "NM002", "the end is not part of it"
    with scene.store.transaction() as tx:
        tx.append([planted(scene, FLIGHTS, START)])


def test_a_fact_under_a_revoked_authorisation_is_refused(scene: Scene) -> None:
    authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, START)
    assert refusal(scene, FLIGHTS, START) == "NM002"


def test_a_signal_without_a_current_authorisation_is_refused(scene: Scene, as_role) -> None:
    def put(cursor, authorisation_id: UUID) -> None:
        cursor.execute(
            "INSERT INTO signal (id, device_id, boot_id, seq, kind, received_at, recorded_at, authorisation_id,"
            " ledger_seq) VALUES (%s, 'P-1', 1, 1, 'sos', now(), %s, %s, 1)",
            (uuid4(), START + timedelta(days=60), authorisation_id),
        )

    for authorisation_id, code in ((UUID(int=99), "NM001"), (FLIGHTS, "NM002")):
        with pytest.raises(psycopg.DatabaseError) as caught, as_role("nec_ledger") as cursor:
            put(cursor, authorisation_id)
        assert caught.value.sqlstate == code
    with as_role("nec_ledger") as cursor:
        put(cursor, CALLS_FOR_HELP)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_event SET actor = 'nobody' WHERE seq = 1",
        "DELETE FROM ledger_event WHERE seq = 1",
        "TRUNCATE ledger_event",
    ],
)
def test_a_fact_is_never_changed_not_even_by_the_owner(scene: Scene, database: str, change: str) -> None:
    scene.call()
    with pytest.raises(psycopg.DatabaseError) as caught, psycopg.connect(database) as connection:
        connection.execute(change)
    assert caught.value.sqlstate == "NM003"
    scene.check()


@pytest.mark.parametrize("change", ["UPDATE ledger_event SET actor = ''", "DELETE FROM ledger_event"])
def test_the_writers_of_facts_have_no_right_to_change_them(scene: Scene, as_role, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role("nec_ledger") as cursor:
        cursor.execute(change)


@pytest.mark.parametrize(
    "table", ["ledger_event", "authorisation", "incident", "signal", "mission", "drone", "pilot_shift", "outbox"]
)
def test_pages_read_facts_and_write_none(scene: Scene, as_role, table: str) -> None:
    with as_role("nec_web") as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
    for change in (f"INSERT INTO {table} DEFAULT VALUES", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role("nec_web") as cursor:
            cursor.execute(change)


@pytest.mark.parametrize("table", ["holders.holder", "holders.data_key", "holders.opening"])
def test_pages_do_not_even_see_who_holds_a_button(scene: Scene, as_role, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role("nec_web") as cursor:
        cursor.execute(f"SELECT * FROM {table}")


@pytest.mark.parametrize("table", ["incident", "mission", "signal", "observation", "authorisation"])
def test_the_writers_of_facts_delete_nothing(scene: Scene, as_role, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role("nec_ledger") as cursor:
        cursor.execute(f"DELETE FROM {table}")


# --- missions ----------------------------------------------------------------------------------------


def offered(scene: Scene) -> missions.Mission:
    scene.call("P-1")
    return scene.offered()


def put(scene: Scene, mission: missions.Mission) -> str:
    """Write a mission behind the rules' back; return the guard that fired."""
    with pytest.raises(StoreRefused) as caught, scene.store.transaction() as tx:
        tx.put_missions([mission], 1)
    return caught.value.code


def another(mission: missions.Mission, **changes: object) -> missions.Mission:
    return msgspec.structs.replace(mission, id=uuid4(), drone_id="D-8", **changes)


def test_a_mission_without_its_incident_is_refused(scene: Scene) -> None:
    assert put(scene, another(offered(scene), incident_id=uuid4())) == "NM004"


def test_a_mission_for_a_closed_incident_is_refused(scene: Scene) -> None:
    mission = offered(scene)
    incidents.close(scene.store, mission.incident_id, "helped", OPERATOR, START)
    assert put(scene, another(mission)) == "NM004"


def test_a_mission_for_a_test_is_refused(scene: Scene) -> None:
    mission = offered(scene)
    test = scene.call("P-5", "test")
    assert put(scene, another(mission, incident_id=test.id)) == "NM004"


@pytest.mark.parametrize("law", [UUID(int=99), CALLS_FOR_HELP, RECORD_OF_DECISIONS])
def test_a_mission_without_a_flight_authorisation_is_refused(scene: Scene, law: UUID) -> None:
    assert put(scene, another(offered(scene), authorisation_id=law)) == "NM005"


def test_a_mission_outside_the_window_of_its_authorisation_is_refused(scene: Scene) -> None:
    mission = offered(scene)
    assert put(scene, another(mission, offered_at=START + timedelta(days=60))) == "NM005"
    accepted = msgspec.structs.replace(mission, state="accepted", accepted_at=START + timedelta(days=60))
    assert put(scene, accepted) == "NM005"


def test_a_mission_under_a_revoked_authorisation_neither_starts_nor_lifts(scene: Scene) -> None:
    mission = scene.accept(offered(scene))
    authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.wait(1))
    assert put(scene, another(mission, state="offered", offered_at=scene.now)) == "NM005"
    assert put(scene, msgspec.structs.replace(mission, state="flying", airborne_at=scene.now)) == "NM005"


@pytest.mark.parametrize("lacking", [{"pilot_id": None}, {"accepted_at": None}])
def test_a_flight_no_pilot_accepted_is_refused(scene: Scene, lacking) -> None:
    mission = scene.accept(offered(scene))
    flying = msgspec.structs.replace(mission, state="flying", airborne_at=START, **lacking)
    assert put(scene, flying) == "NM006"


def test_a_drone_has_one_live_mission(scene: Scene) -> None:
    mission = offered(scene)
    with pytest.raises(VersionConflict), scene.store.transaction() as tx:
        tx.put_missions([msgspec.structs.replace(mission, id=uuid4())], 1)


# --- the chain ---------------------------------------------------------------------------------------


def test_an_edit_made_behind_every_trigger_is_found(scene: Scene, as_intruder) -> None:
    from necmergitur.ledger.chain import Break, verify

    scene.fly()
    facts = scene.facts()
    assert verify(facts) == (len(facts), facts[-1].hash)
    with as_intruder() as cursor:
        cursor.execute("UPDATE ledger_event SET actor = 'user:666' WHERE kind = 'MissionAccepted' RETURNING seq")
        (seq,) = cursor.fetchone()
    assert verify(scene.facts()) == Break(seq, "content was changed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE ledger_event SET payload = replace(payload::text, 'P-1', 'P-9')::json WHERE seq = 3", "content"),
        ("UPDATE ledger_event SET recorded_at = recorded_at - interval '1 microsecond' WHERE seq = 3", "content"),
        ("UPDATE ledger_event SET personal = NULL WHERE kind = 'IncidentOpened' AND personal IS NOT NULL", "content"),
        ("DELETE FROM ledger_event WHERE seq = 3", "missing"),
        ("UPDATE ledger_event SET seq = seq + 1 WHERE seq = (SELECT max(seq) FROM ledger_event)", "missing"),
    ],
)
def test_whatever_is_touched_breaks_the_chain(scene: Scene, as_intruder, change: str, reason: str) -> None:
    from necmergitur.ledger.chain import Break, verify
    from tests.operations.town import place

    scene.call("P-1"), scene.call("B-1", at=place(0, 0))
    with as_intruder() as cursor:
        assert cursor.execute(change).rowcount == 1
    found = verify(scene.facts())
    assert isinstance(found, Break)
    assert found.reason.startswith(reason)


def test_cutting_the_end_off_is_seen_by_whoever_kept_the_last_hash(scene: Scene, as_intruder) -> None:
    from necmergitur.ledger.chain import verify

    scene.call()
    kept = verify(scene.facts())
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM ledger_event WHERE seq = (SELECT max(seq) FROM ledger_event)")
    assert verify(scene.facts()) != kept
