"""PostgreSQL refuses by itself what must never happen, whatever the code above it believes. Each guard, breached."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import necmergitur
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.source_reading import streams
from necmergitur.dispatch import missions
from necmergitur.dispatch.incidents import IncidentEvent, Person
from necmergitur.dispatch.missions import MissionOffered
from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS
from necmergitur.kernel.events import Fact
from necmergitur.ledger.minting import mint
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations import authorising, flying, incidents
from necmergitur.sim import papers
from tests.operations.scene import LEAD, OPERATOR, Scene
from tests.operations.town import FLIGHTS, START, flights, install, place, town


def planted(scene: Scene, authorisation_id: UUID, at=START):
    """A fact minted behind the gate's back."""
    assert IncidentEvent
    event = MissionOffered(
        id=uuid4(), incident_id=uuid4(), authorisation_id=authorisation_id, drone_id="D-1", pilot=Person(1, "P"),
        target=None, eta_s=1.0, why="", expires_at=at, at=at,
    )  # fmt: skip
    return mint(Fact(stream=f"mission:{uuid4()}", version=1, event=event, actor="test"), authorisation_id, at)


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


def test_one_fact_that_may_not_stand_takes_the_whole_statement_with_it(scene: Scene) -> None:
    late = START + timedelta(days=30)
    good, bad = (planted(scene, FLIGHTS, START) for _ in range(2)), planted(scene, FLIGHTS, late)
    first, last = good
    with scene.store.cursor() as cursor:
        (before,) = cursor.execute("SELECT count(*) FROM ledger_event").fetchone()
    with pytest.raises(StoreRefused) as caught, scene.store.transaction() as tx:
        tx.append([first, bad, last])
    assert caught.value.code == "NM002"
    with scene.store.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM ledger_event").fetchone() == (before,)


def test_a_signal_without_a_current_authorisation_is_refused(scene: Scene, as_role) -> None:
    def put(cursor, authorisation_id: UUID, at) -> None:
        cursor.execute(
            "INSERT INTO signal (id, device_id, boot_id, seq, kind, received_at, recorded_at, authorisation_id,"
            " ledger_seq) VALUES (%s, 'P-1', 1, 1, 'sos', now(), %s, %s, 1)",
            (uuid4(), at, authorisation_id),
        )

    late = START + timedelta(days=60)
    for authorisation_id, at, code in (
        (UUID(int=99), late, "NM001"),
        (FLIGHTS, late, "NM002"),
        (FLIGHTS, START, "NM007"),
        (RECORD_OF_DECISIONS, START, "NM007"),
    ):
        with pytest.raises(psycopg.DatabaseError) as caught, as_role("nec_ledger") as cursor:
            put(cursor, authorisation_id, at)
        assert caught.value.sqlstate == code
    with as_role("nec_ledger") as cursor:
        put(cursor, CALLS_FOR_HELP, late)


@pytest.mark.parametrize("law", [CALLS_FOR_HELP, RECORD_OF_DECISIONS])
def test_a_flight_does_not_pass_for_a_call_for_help(scene: Scene, law: UUID) -> None:
    assert refusal(scene, law) == "NM007"


def happened(stream: str, law: UUID, at=START):
    class Happened(msgspec.Struct, frozen=True, tag=True):
        what: str

    return mint(Fact(stream=f"{stream}:{uuid4()}", version=1, event=Happened("x"), actor="test"), law, at)


@pytest.mark.parametrize(
    ("stream", "law"),
    [
        ("lidar", CALLS_FOR_HELP),
        ("lidar", RECORD_OF_DECISIONS),
        ("lidar", FLIGHTS),
        ("audit", CALLS_FOR_HELP),
        ("authorisation", CALLS_FOR_HELP),
        ("incident", RECORD_OF_DECISIONS),
        ("signal", FLIGHTS),
        ("mission", RECORD_OF_DECISIONS),
    ],
)
def test_a_fact_under_a_law_that_does_not_speak_of_it_is_refused(scene: Scene, stream: str, law: UUID) -> None:
    with pytest.raises(StoreRefused) as caught, scene.store.transaction() as tx:
        tx.append([happened(stream, law)])
    assert caught.value.code == "NM007"


def test_every_stream_the_code_writes_has_its_law(scene: Scene, database: str) -> None:
    with psycopg.connect(database) as connection:
        known = {row[0] for row in connection.execute("SELECT stream FROM ledger_scope")}
    assert known == set(streams(Path(necmergitur.__file__).parent))


@pytest.mark.parametrize("year", [1970, 2199])
def test_a_machine_whose_clock_is_dead_still_takes_calls_for_help(scene: Scene, year: int) -> None:
    at = START.replace(year=year)
    with scene.store.transaction() as tx:
        tx.append([happened("signal", CALLS_FOR_HELP, at), happened("audit", RECORD_OF_DECISIONS, at)])


@pytest.fixture
def as_installed(migrated_url: str, make_database):
    """A database whose guards watch the clock, as in a city: other tests play at instants of their own."""
    law = import_module("necmergitur.web.facts.migrations.0003_guards").LAW
    clock = re.search(r"CREATE (FUNCTION guard_clock_drift.*?\$\$;)", law, re.DOTALL)
    url = make_database(template=conninfo_to_dict(migrated_url)["dbname"])
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE OR REPLACE {clock.group(1)}")
    yield url
    with psycopg.connect(migrated_url, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{conninfo_to_dict(url)["dbname"]}" WITH (FORCE)')


def test_a_writer_does_not_choose_the_hour_it_flies_at(as_installed: str) -> None:
    now = datetime.now(UTC)
    law = flights(valid_from=now - timedelta(days=9), valid_until=now + timedelta(days=9))
    install(as_installed, town(authorisations=()))
    store = PostgresStore(as_installed)
    try:
        scene = Scene(store, now)
        papers.authorise(store, law, now)
        for at in (now - timedelta(minutes=2), now + timedelta(minutes=2)):
            assert refusal(scene, FLIGHTS, at) == "NM002", "inside the window, but not now"
        with store.transaction() as tx:
            tx.append([planted(scene, FLIGHTS, datetime.now(UTC))])
        with store.transaction() as tx:
            tx.append([happened("signal", CALLS_FOR_HELP, now - timedelta(days=400))])
        call = scene.call()
        mission = missions.evolve(
            None,
            MissionOffered(
                uuid4(), call.id, FLIGHTS, "D-1", Person(1, "P"), call.position, 1.0, "", now, now - timedelta(hours=1)
            ),
        )
        assert put(scene, mission) == "NM005"
        with store.transaction() as tx:
            tx.put_missions([msgspec.structs.replace(mission, offered_at=datetime.now(UTC))], 1)
    finally:
        store.close()


@pytest.mark.parametrize("role", ["nec_ledger", "nec_web"])
@pytest.mark.parametrize(
    "change",
    [
        (
            "CREATE OR REPLACE FUNCTION guard_clock_drift() RETURNS interval LANGUAGE sql IMMUTABLE AS "
            "$$ SELECT interval '99 years' $$"
        ),
        "UPDATE ledger_scope SET laws = '{call_for_help}'",
        "INSERT INTO ledger_scope VALUES ('lidar', '*', '{call_for_help}')",
        "ALTER TABLE mission DISABLE TRIGGER mission_founded",
        "DROP TRIGGER ledger_authorised ON ledger_event",
        "SET session_replication_role = replica",
    ],
)
def test_no_writer_loosens_its_own_guards(scene: Scene, as_role, role: str, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_role(role) as cursor:
        cursor.execute(change)


def test_a_temporary_table_does_not_stand_in_for_the_law(scene: Scene) -> None:
    forged = UUID(int=99)

    def forge() -> None:
        with scene.store.transaction() as tx:
            tx.cursor.execute("CREATE TEMP TABLE authorisation (LIKE public.authorisation)")
            tx.cursor.execute(
                "INSERT INTO pg_temp.authorisation SELECT * FROM public.authorisation WHERE kind = 'flight'"
            )
            tx.cursor.execute("UPDATE pg_temp.authorisation SET id = %s", [forged])
            tx.append([planted(scene, forged)])

    with pytest.raises(StoreRefused) as caught:
        forge()
    assert caught.value.code == "NM001"


# --- authorisations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE authorisation SET valid_until = valid_until + interval '1 year' WHERE id = %(flights)s",
        "UPDATE authorisation SET zones = NULL, conditions = '{\"ceiling_m\": 900}' WHERE id = %(flights)s",
        "UPDATE authorisation SET kind = 'stream' WHERE id = %(flights)s",
        "UPDATE authorisation SET last_seq = last_seq WHERE id = %(flights)s",
        "UPDATE authorisation SET revoked_at = now() WHERE id = %(flights)s",
        "UPDATE authorisation SET revoked_at = now() WHERE kind = 'standing'",
        "UPDATE authorisation SET modality = 'lidar' WHERE kind = 'standing'",
        (
            "INSERT INTO authorisation SELECT (a).* FROM (SELECT jsonb_populate_record(r, jsonb_build_object("
            "'id', gen_random_uuid())) AS a FROM authorisation r WHERE kind = 'standing') s"
        ),
        (
            "INSERT INTO authorisation SELECT (a).* FROM (SELECT jsonb_populate_record(r, jsonb_build_object("
            "'id', gen_random_uuid())) AS a FROM authorisation r WHERE kind = 'flight') s"
        ),
    ],
)
def test_an_authorisation_is_neither_stretched_nor_made_up(scene: Scene, as_role, change: str) -> None:
    with pytest.raises(psycopg.DatabaseError) as caught, as_role("nec_ledger") as cursor:
        cursor.execute(change, {"flights": FLIGHTS})
    assert caught.value.sqlstate == "NM009"


@pytest.mark.parametrize("said", ["revoked_at = NULL, revoked_by = NULL", "revoked_at = revoked_at + interval '1 day'"])
def test_a_revoked_authorisation_does_not_come_back(scene: Scene, as_role, said: str) -> None:
    authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, START)
    with pytest.raises(psycopg.DatabaseError) as caught, as_role("nec_ledger") as cursor:
        cursor.execute(f"UPDATE authorisation SET {said} WHERE id = %s", [FLIGHTS])
    assert caught.value.sqlstate == "NM009"


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


def test_a_sealed_part_is_erased_by_its_writer_and_the_chain_holds(scene: Scene, as_role) -> None:
    from necmergitur.ledger.chain import verify

    scene.call("B-1", at=place(0, 0))
    before = verify(scene.facts())
    with as_role("nec_ledger") as cursor:
        assert cursor.execute("UPDATE ledger_event SET personal = NULL WHERE personal IS NOT NULL").rowcount > 0
    assert verify(scene.facts()) == before
    assert not any(fact.personal for fact in scene.facts())


@pytest.mark.parametrize(
    "change", ["personal = 'another'", "personal = NULL, actor = 'nobody'", "personal_hash = NULL"]
)
def test_a_sealed_part_is_only_ever_erased(scene: Scene, database: str, change: str) -> None:
    scene.call("B-1", at=place(0, 0))
    with pytest.raises(psycopg.DatabaseError) as caught, psycopg.connect(database) as connection:
        connection.execute(f"UPDATE ledger_event SET {change} WHERE personal IS NOT NULL")
    assert caught.value.sqlstate == "NM003"


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


def test_a_flight_no_pilot_accepted_is_refused(scene: Scene) -> None:
    mission = scene.accept(offered(scene))
    flying = msgspec.structs.replace(mission, state="flying", airborne_at=START, pilot_id=None)
    assert put(scene, flying) == "NM006"
    assert put(scene, msgspec.structs.replace(mission, pilot_id=None)) == "NM006", "nor is the yes taken away after"


def test_a_mission_lifts_only_after_an_offer_and_a_yes(scene: Scene) -> None:
    mission = offered(scene)
    assert put(scene, another(mission, state="flying", accepted_at=START, airborne_at=START)) == "NM008"
    assert put(scene, another(mission, state="accepted", accepted_at=START)) == "NM008"
    assert put(scene, msgspec.structs.replace(mission, state="flying", accepted_at=START, airborne_at=START)) == "NM008"


@pytest.mark.parametrize("state", ["offered", "accepted", "flying"])
def test_a_mission_that_ended_does_not_begin_again(scene: Scene, state: str) -> None:
    mission = scene.accept(offered(scene))
    ended = flying.ended(scene.store, mission.id, "docked", START)
    assert put(scene, msgspec.structs.replace(ended, state=state, airborne_at=START)) == "NM008"


@pytest.mark.parametrize(
    "change",
    [
        {"incident_id": UUID(int=5)},
        {"authorisation_id": CALLS_FOR_HELP},
        {"drone_id": "D-8"},
        {"offered_at": START - timedelta(seconds=1)},
        {"accepted_at": START + timedelta(seconds=1)},
        {"airborne_at": START + timedelta(seconds=1)},
    ],
)
def test_what_a_flight_stands_on_does_not_change_under_it(scene: Scene, change) -> None:
    mission = scene.fly()
    assert put(scene, msgspec.structs.replace(mission, phase="on_scene", **change)) == "NM008"


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
        ("UPDATE ledger_event SET personal = 'x' WHERE kind = 'IncidentOpened' AND personal IS NOT NULL", "content"),
        (
            "UPDATE ledger_event SET personal_hash = sha256('') WHERE kind = 'IncidentOpened' AND personal IS NOT NULL",
            "content",
        ),
        ("DELETE FROM ledger_event WHERE seq = 3", "missing"),
        ("UPDATE ledger_event SET seq = seq + 1 WHERE seq = (SELECT max(seq) FROM ledger_event)", "missing"),
    ],
)
def test_whatever_is_touched_breaks_the_chain(scene: Scene, as_intruder, change: str, reason: str) -> None:
    from necmergitur.ledger.chain import Break, verify

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
