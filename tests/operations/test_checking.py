"""Whoever checks the record learns of every change: in a fact, in a table, at its end."""

from datetime import timedelta

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.law import rules
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.readings import Status
from necmergitur.governance.sensors import Sensor
from necmergitur.governance.signing import Party
from necmergitur.ledger.chain import Break
from necmergitur.operations import assessing, checking, enrolling, incidents, proposing, sensing
from necmergitur.operations.checking import Head, Report, check_ledger
from tests import signed
from tests.operations.scene import OPERATOR, Scene
from tests.operations.town import START, TOWN, install, place
from tests.streams import COUNTER, sensor


def report(scene: Scene, since: Head | None = None) -> Report:
    found = check_ledger(scene.store, since)
    assert isinstance(found, Report), found
    return found


def test_a_record_that_holds_says_so_page_by_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.fly()
    scene.call("B-1", at=place(0, 0))
    monkeypatch.setattr(checking, "PAGE", 3)
    facts = scene.facts()
    assert report(scene) == Report(len(facts), Head(len(facts), facts[-1].hash), 0, (), ())


def test_a_head_that_was_kept_proves_that_nothing_before_it_was_cut(scene: Scene) -> None:
    scene.call()
    kept = report(scene).head
    assert Head.parse(str(kept)) == kept
    assert report(scene, kept).facts == 0
    scene.call("P-3")
    assert report(scene, kept).facts == len(scene.facts()) - kept.seq
    beyond = msgspec.structs.replace(kept, seq=kept.seq + 1_000)
    assert check_ledger(scene.store, beyond) == Break(
        beyond.seq, "missing: the record ends before a head that somebody kept"
    )
    other = msgspec.structs.replace(kept, hash=bytes(32))
    assert check_ledger(scene.store, other) == Break(kept.seq, "is not the fact whose hash somebody kept")


@pytest.mark.parametrize("text", ["", "7", "x:00", "7:zz", "7:00", f"-1:{'0' * 64}"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Head.parse(text)


def test_time_that_goes_back_is_told(scene: Scene) -> None:
    scene.call()
    scene.now = START - timedelta(hours=1)
    scene.call("P-5")
    found = report(scene)
    assert found.backwards
    assert found.backwards[0] > 1
    assert found.differing == ()


@pytest.fixture
def kept_in_postgres(empty_database: str):
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    yield Scene(store)
    store.close()


@pytest.mark.parametrize(
    ("change", "of"),
    [
        ("UPDATE incident SET rung = 'acting'", "incident"),
        ("UPDATE incident SET outcome = 'false_alarm'", "incident"),
        ("UPDATE mission SET pilot_name = 'somebody else'", "mission"),
        ("UPDATE mission SET lon = lon + 1", "mission"),
        ("UPDATE authorisation SET valid_until = valid_until + interval '1 day' WHERE kind = 'flight'", "authorisation"),
        (("INSERT INTO mission SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid(),"
         " 'drone_id', 'D-8'))).* FROM mission m"), "mission"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_say_what_its_facts_tell_is_found(
    kept_in_postgres: Scene, empty_database: str, postgres, change: str, of: str
) -> None:
    kept_in_postgres.fly()
    assert report(kept_in_postgres).differing == ()
    name = str(conninfo_to_dict(empty_database)["dbname"])
    with psycopg.connect(postgres.admin_url, dbname=name, options="-c session_replication_role=replica") as asleep:
        asleep.execute(change)
    (stream,) = report(kept_in_postgres).differing
    assert stream.startswith(of)


@pytest.mark.parametrize(
    ("change", "stream"),
    [
        ("UPDATE terms_proposal SET paper = jsonb_set(paper, '{terms,experiment,metrics}', '[\"press articles\"]')", "proposal"),
        ("UPDATE assessment SET opinion = 'Unfavourable.'", "assessment"),
        ("UPDATE party SET role = 'state', public_key = 'mine' WHERE role = 'company'", "party"),
        ("UPDATE party SET retired_at = NULL", "party"),
        ("UPDATE sensor SET label = 'Bird counter'", "sensor"),
        ("UPDATE sensor SET retired_at = NULL", "sensor"),
    ],
)  # fmt: skip
def test_what_a_stream_rests_on_changed_behind_every_trigger_is_found(
    kept_in_postgres: Scene, empty_database: str, postgres, change: str, stream: str
) -> None:
    scene = kept_in_postgres
    assert isinstance(assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now), Assessment)
    terms = signed.terms(scene.now)
    assert isinstance(proposing.propose(scene.store, terms, rules(), signed.DPO, scene.now), Proposal)
    signed.enrol(scene.store, scene.now)
    company = signed.party("company", scene.now)
    assert isinstance(enrolling.retire(scene.store, company.id, "lost", signed.DPO, scene.now), Party)
    assert isinstance(sensing.enrol(scene.store, sensor(scene.now), signed.DPO, scene.now), Sensor)
    drifted = Status(payload_schema="crowd_count/1", rate_per_minute=9, firmware="2.0", runs=True)
    sensing.report(scene.store, COUNTER, drifted, scene.now)
    assert isinstance(sensing.retire(scene.store, COUNTER, signed.DPO, scene.now), Sensor)
    assert report(scene).differing == ()
    name = str(conninfo_to_dict(empty_database)["dbname"])
    with psycopg.connect(postgres.admin_url, dbname=name, options="-c session_replication_role=replica") as asleep:
        asleep.execute(change)
    assert {one.partition(":")[0] for one in report(scene).differing} == {stream}


def test_what_was_erased_is_counted_and_no_difference(kept_in_postgres: Scene) -> None:
    scene = kept_in_postgres
    call = scene.call("B-1", at=place(0, 0))
    incidents.write_note(scene.store, call.id, "note", "third floor", OPERATOR, scene.now)
    with scene.store.cursor() as cursor:
        cursor.execute("UPDATE ledger_event SET personal = NULL WHERE personal IS NOT NULL")
        cursor.execute("UPDATE incident SET lon = 0, lat = 0")
    found = report(scene)
    assert (found.erased, found.differing) == (3, ())
