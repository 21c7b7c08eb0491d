"""PostgreSQL takes a reading only under a paper in force, of its type, once, and lets nobody change one (NM010)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.sensors import Sensor
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import authorising, sensing
from necmergitur.operations.sensors import Kept
from tests.operations.scene import LEAD, Scene
from tests.streams import COUNTER, STREAM, TECHNICIAN, authorise, sensor


@pytest.fixture
def scene(scene: Scene) -> Scene:
    assert isinstance(sensing.enrol(scene.store, sensor(scene.now), TECHNICIAN, scene.now), Sensor)
    authorise(scene.store, scene.now)
    return scene


def kept(scene: Scene, **changes: Any) -> Kept:
    with scene.store.transaction() as tx:
        (paper,) = tx.papers_of(STREAM)
    at = changes.get("at", scene.now)
    made = Kept(
        stream=STREAM,
        boot_id=1,
        seq=1,
        at=at,
        bucket=at.replace(second=0, microsecond=0),
        zone_id="Z-1",
        modality="crowd_count",
        payload='{"count":1,"minute":29539920}',
        authorisation_id=paper.id,
        erase_at=at + timedelta(days=30),
    )
    return msgspec.structs.replace(made, **changes)


def enter(scene: Scene, *readings: Kept) -> str:
    """Enter readings as a dishonest operation would; return the guard's code."""
    try:
        with scene.store.transaction() as tx:
            tx.put_readings(readings)
    except StoreRefused as refused:
        return refused.code
    except psycopg.errors.CheckViolation:
        return "check"
    except psycopg.errors.NotNullViolation:
        return "null"
    return ""


def test_an_honest_reading_passes_once(scene: Scene) -> None:
    assert enter(scene, kept(scene)) == ""
    assert enter(scene, kept(scene)) == "NM010"
    assert enter(scene, kept(scene, seq=2)) == ""
    assert enter(scene, kept(scene, boot_id=0, seq=9)) == "NM010"


@pytest.mark.parametrize(
    "changes",
    [
        {"authorisation_id": UUID("00000000-0000-7000-8000-000000000001")},
        {"authorisation_id": UUID(int=5)},
        {"stream": "sensor:c-0002"},
        {"zone_id": "Z-2"},
        {"modality": "camera"},
        {"erase_at": None},
    ],
)
def test_what_its_paper_does_not_cover_is_refused(scene: Scene, changes: dict[str, Any]) -> None:
    assert enter(scene, kept(scene, **changes)) in {"NM010", "null"}


def test_out_of_its_time_or_kept_longer_than_signed(scene: Scene) -> None:
    assert enter(scene, kept(scene, at=scene.now - timedelta(minutes=2))) == "NM010", "before it began"
    assert enter(scene, kept(scene, at=scene.now + timedelta(days=30))) == "NM010", "at its end"
    assert enter(scene, kept(scene, erase_at=scene.now + timedelta(days=31))) == "NM010"
    assert enter(scene, kept(scene, bucket=scene.now + timedelta(minutes=1))) == "NM010"


@pytest.mark.parametrize(
    "payload",
    [
        '{"count":1,"minute":2,"audio":"T2dnUw=="}',
        '{"count":"T2dnUw==","minute":2}',
        '{"count":-1,"minute":2}',
        '{"count":100001,"minute":2}',
        '{"count":1.5,"minute":2}',
        '{"minute":2}',
        "[1,2]",
        '"RIFF"',
    ],
)
def test_what_is_not_of_its_type_has_no_row(scene: Scene, payload: str) -> None:
    assert enter(scene, kept(scene, payload=payload)) == "check"


def test_what_was_revoked_or_suspended_takes_nothing(scene: Scene) -> None:
    mine = kept(scene)
    authorising.revoke(scene.store, mine.authorisation_id, "enough", LEAD, scene.now)
    assert enter(scene, mine) == "NM010"


def test_more_than_was_signed_has_no_room_in_a_minute(scene: Scene) -> None:
    codes = [enter(scene, kept(scene, seq=seq)) for seq in range(1, 6)]
    assert codes == ["", "", "", "NM010", "NM010"]


def test_nobody_changes_removes_or_empties_readings(scene: Scene, database: str) -> None:
    assert enter(scene, kept(scene)) == ""
    with psycopg.connect(database, autocommit=True) as owner:
        for statement in ("UPDATE reading SET zone_id = 'Z-2'", "DELETE FROM reading", "TRUNCATE reading"):
            with pytest.raises(psycopg.DatabaseError) as refused:
                owner.execute(statement)
            assert refused.value.sqlstate == "NM010", statement
        for statement in ("DELETE FROM reading", "UPDATE reading SET seq = 2"):
            writer = psycopg.connect(database, options="-c role=nec_ledger")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(statement)
            writer.close()


def test_a_sensor_is_what_a_fact_says(scene: Scene, store: PostgresStore) -> None:
    for change in ("zone_id = 'Z-2'", "rate_per_minute = 60", "retired_at = now()"):
        with pytest.raises(psycopg.DatabaseError) as refused, store.cursor() as cursor:
            cursor.execute(f"UPDATE sensor SET {change}, last_seq = 1 WHERE id = '{COUNTER}'")
        assert refused.value.sqlstate == "NM010", change
    with pytest.raises(psycopg.Error), store.cursor() as cursor:
        cursor.execute("DELETE FROM sensor")
