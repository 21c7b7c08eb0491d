"""A row says what its fact says: who writes facts cannot tell the record one thing and the tables another."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance import assessments, authorisations, sensors, signing
from necmergitur.governance.gate import admit_record
from necmergitur.kernel.events import Fact
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import assessing, sensing
from tests import signed
from tests.operations.scene import Scene
from tests.streams import COUNTER, TECHNICIAN, sensor

pytestmark = pytest.mark.usefixtures("database")
ZONE = "Z-1"


@pytest.fixture
def scene(scene: Scene) -> Scene:
    signed.granted(scene.store, signed.terms(scene.now), scene.now)
    assert not isinstance(sensing.enrol(scene.store, sensor(scene.now, ZONE), TECHNICIAN, scene.now), tuple)
    return scene


def refused(scene: Scene, write: Any) -> str:
    """Write as a dishonest operation would; return the guard's code, empty when it passed."""
    try:
        with scene.store.transaction() as tx:
            write(tx)
    except StoreRefused as guard:
        return guard.code
    return ""


def told(tx: Any, stream: str, event: msgspec.Struct, at: Any, version: int = 1) -> int:
    seq: int = tx.append(admit_record([Fact(stream=stream, version=version, event=event, actor="user:1")], at))
    return seq


def test_a_party_is_entered_as_its_fact_says_to_whom_the_key_is(scene: Scene) -> None:
    asked = msgspec.structs.replace(signed.party("company", scene.now), id=UUID(int=5), credential_id="another")

    def enter(tx: Any, **otherwise: Any) -> None:
        seq = told(tx, signing.stream_of(asked.id), signing.PartyEnrolled(asked), scene.now)
        tx.put_party(msgspec.structs.replace(asked, **otherwise), seq)

    for otherwise in ({"role": "state"}, {"public_key": "mine"}, {"name": "Prefect"}):
        assert refused(scene, lambda tx, said=otherwise: enter(tx, **said)) == "NM009", otherwise
    assert refused(scene, enter) == ""


def test_an_assessment_stands_as_it_was_signed_and_is_stale_as_it_was_told(scene: Scene) -> None:
    before = signed.assessment(scene.now)
    after = msgspec.structs.replace(before, version=2, digest="2" * 64, revision=2)

    def sign(tx: Any, **otherwise: Any) -> None:
        event = assessments.AssessmentSigned(after)
        seq = told(tx, assessments.stream_of(after.id), event, scene.now, 2)
        tx.put_assessment(msgspec.structs.replace(after, **otherwise), seq)

    wider = msgspec.structs.replace(after.covers, zones=("zone-1", "zone-2"))
    for otherwise in ({"covers": wider}, {"digest": "3" * 64}, {"review_by": after.review_by.replace(year=2050)}):
        assert refused(scene, lambda tx, said=otherwise: sign(tx, **said)) == "NM009", otherwise
    assert refused(scene, sign) == ""
    assert assessing.withdraw(scene.store, after.id, "it was wrong", signed.DPO, scene.now)


def test_an_authorisation_is_entered_and_ended_as_its_fact_says(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        granted = tx.authorisation(signed.terms(scene.now).id)
    assert granted is not None
    suspended = authorisations.AuthorisationSuspended(granted.id, scene.now, "user:1", "drift")

    def end(tx: Any, **row: Any) -> None:
        seq = told(tx, authorisations.stream_of(granted.id), suspended, scene.now, 2)
        tx.put_authorisation(msgspec.structs.replace(granted, version=2, **row), seq)

    # The record says that it is suspended, the gate that it is another thing.
    assert refused(scene, lambda tx: end(tx, revoked_at=scene.now, revoked_by="user:1")) == "NM009"
    assert refused(scene, lambda tx: end(tx, suspended_at=scene.now, suspended_reason="nothing much")) == "NM009"
    assert refused(scene, lambda tx: end(tx, suspended_at=scene.now, suspended_reason="drift")) == ""


def test_a_sensor_is_what_and_where_its_facts_say(scene: Scene, database: str) -> None:
    assert isinstance(scene.store, PostgresStore)
    with scene.store.transaction() as tx:
        known = tx.sensors([COUNTER])[0]

    def change(tx: Any, event: msgspec.Struct, version: int = 2, **row: Any) -> None:
        tx.put_sensor(msgspec.structs.replace(known, **row), told(tx, known.stream, event, scene.now, version))

    stopped = sensors.StreamStopped("expired")
    assert refused(scene, lambda tx: change(tx, stopped, label="Bird counter")) == "NM010"
    changed = sensors.SensorChanged(COUNTER, "crowd_count/1", 1, "2.0")
    assert refused(scene, lambda tx: change(tx, changed, firmware="1.0", label="Bird counter")) == "NM010"
    assert refused(scene, lambda tx: change(tx, changed, firmware="1.0", rate_per_minute=9)) == "NM010"
    assert refused(scene, lambda tx: change(tx, changed, firmware="2.0")) == ""
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "UPDATE sensor SET label = 'Bird counter'",
            "UPDATE sensor SET certificate_subject = 'CN=mine'",
            "UPDATE sensor SET retired_at = now()",
        ):
            with pytest.raises(psycopg.DatabaseError) as guard:
                connection.execute(statement)
            assert guard.value.sqlstate == "NM010", statement
        connection.execute("UPDATE sensor SET rooted_until = now(), told_run = true, answered_at = now()")
        with pytest.raises(psycopg.DatabaseError) as guard:
            connection.execute("UPDATE sensor SET rooted_until = NULL")
        assert guard.value.sqlstate == "NM010", "a minute that has its root is not opened again"
