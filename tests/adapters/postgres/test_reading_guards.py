"""PostgreSQL takes a reading only under a paper in force, of its type, once, and lets nobody change one (NM010)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.reading_keys import DayKey, Said
from necmergitur.governance.sensors import Sensor, key_dies_at
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import authorising, sensing, streams
from necmergitur.operations.sensors import Kept, Refused
from tests.operations.scene import LEAD, Scene
from tests.passes import forged
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
        paper_ends=paper.valid_until,
    )
    return msgspec.structs.replace(made, **changes)


class OneKey:
    """A writer that seals everything under one key."""

    def __init__(self, key: DayKey) -> None:
        self.key = key

    def of(self, _cursor: Any, _fresh: Any, days: Iterable[Any]) -> dict[Any, DayKey]:
        return dict.fromkeys(days, self.key)


def enter(scene: Scene, *readings: Kept, seal: Any = None) -> str:
    """Enter readings as a dishonest operation would, under the honest key of today; return the guard's code."""
    honest = kept(scene)
    day = (honest.authorisation_id, key_dies_at(honest.at, honest.paper_ends, timedelta(days=30)))
    try:
        with scene.store.transaction() as tx:
            key = tx.reading_keys.of(tx.cursor, tx.fresh_reading_keys, [day])[day]
            tx.reading_keys = OneKey(key if seal is None else seal(key))
            tx.put_readings(readings)
    except StoreRefused as refused:
        return refused.code
    except psycopg.errors.NotNullViolation:
        return "null"
    return ""


def test_an_honest_reading_passes_once(scene: Scene) -> None:
    assert enter(scene, kept(scene)) == ""
    assert enter(scene, kept(scene)) == "NM010"
    assert enter(scene, kept(scene, seq=2)) == ""
    assert enter(scene, kept(scene, boot_id=0, seq=9)) == "NM010"


def test_a_minute_takes_twice_the_signed_rate_and_not_one_more(scene: Scene) -> None:
    """What our own bound lets through at most: one saved up beside the rate, and what comes since."""
    with scene.store.transaction() as tx:
        (paper,) = tx.papers_of(STREAM)
    assert paper.paper is not None
    most = 2 * paper.paper.terms.rate_per_minute
    assert [enter(scene, kept(scene, seq=seq)) for seq in range(1, most + 2)] == [""] * most + ["NM010"]


@pytest.mark.parametrize(
    "changes",
    [
        {"authorisation_id": UUID("00000000-0000-7000-8000-000000000001")},
        {"authorisation_id": UUID(int=5)},
        {"stream": "sensor:c-0002"},
        {"zone_id": "Z-2"},
        {"modality": "camera"},
        {"bucket": None},
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
        '{"count":1,"minute":29539920,"audio":"T2dnUw=="}',
        '{"count":"T2dnUw==","minute":29539920}',
        '{"count":-1,"minute":29539920}',
        '{"count":100001,"minute":29539920}',
        '{"count":1.5,"minute":29539920}',
        '{"minute":29539920}',
        "[1,2]",
        '"RIFF"',
    ],
)
def test_what_is_not_of_its_type_has_no_row(scene: Scene, payload: str) -> None:
    assert enter(scene, kept(scene, payload=payload)) == "NM010"


def test_what_was_revoked_or_suspended_takes_nothing(scene: Scene) -> None:
    mine = kept(scene)
    authorising.revoke(scene.store, mine.authorisation_id, "enough", LEAD, scene.now)
    assert enter(scene, mine) == "NM010"


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


# --- sealed -------------------------------------------------------------------------------------------


class Smuggler(DayKey):
    """A writer that seals something else than it shows the database."""

    def __init__(self, honest: DayKey, what: bytes) -> None:
        self.id, self._name, self._cipher, self.what = honest.id, honest._name, honest._cipher, what

    def seal(self, said: Said, payload: bytes) -> tuple[bytes, bytes]:
        return super().seal(said, payload)[0], super().seal(said, self.what)[1]


def read(scene: Scene) -> list[str]:
    with scene.store.transaction() as tx:
        tx.say_who("lead", "crowd_safety", None)
        day = timedelta(days=1)
        return [
            row.payload
            for row in tx.readings(
                STREAM, forged("readings", place=STREAM), scene.now - day, scene.now + day, scene.now, 100
            )
        ]


def test_nothing_that_was_said_is_stored_in_clear(scene: Scene, database: str) -> None:
    assert enter(scene, kept(scene, payload='{"count":47113,"minute":29539920}')) == ""
    with psycopg.connect(database) as owner:
        ((row,),) = owner.execute("SELECT to_jsonb(r)::text FROM reading r").fetchall()
        assert "47113" not in row
        assert owner.execute("SELECT payload, salt FROM reading").fetchall() == [(None, None)]
    assert read(scene) == ['{"count":47113,"minute":29539920}']


def test_what_is_sealed_is_as_long_as_what_was_judged(scene: Scene) -> None:
    assert enter(scene, kept(scene), seal=lambda key: Smuggler(key, b"RIFF" * 40)) == "NM010"


def test_what_was_sealed_instead_of_what_was_judged_is_not_shown(scene: Scene) -> None:
    other = kept(scene).payload.replace('"count":1', '"count":2').encode()
    assert enter(scene, kept(scene), seal=lambda key: Smuggler(key, other)) == "", "of the same length: nobody can see"
    assert read(scene) == []


def test_a_sealed_reading_opens_in_its_own_row_alone(scene: Scene, database: str) -> None:
    assert enter(scene, kept(scene), kept(scene, seq=2, payload='{"count":7,"minute":29539920}')) == ""
    assert len(read(scene)) == 2
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ALTER TABLE reading DISABLE TRIGGER reading_lawful")
        owner.execute("UPDATE reading SET sealed = (SELECT sealed FROM reading WHERE seq = 2)")
        owner.execute("ALTER TABLE reading ENABLE TRIGGER reading_lawful")
    assert read(scene) == ['{"count":7,"minute":29539920}']


def test_a_reading_is_sealed_under_the_key_of_its_paper_and_day(scene: Scene, database: str) -> None:
    with scene.store.transaction() as tx:
        tx.put_readings([kept(scene)])
        (paper,) = tx.papers_of(STREAM)
        tomorrow = (paper.id, key_dies_at(scene.now, paper.valid_until, timedelta(days=31)))
        assert tx.reading_keys.of(tx.cursor, tx.fresh_reading_keys, [tomorrow])

    def under_tomorrows() -> None:
        with scene.store.transaction() as tx:
            tx.reading_keys = OneKey(tx.reading_keys.of(tx.cursor, tx.fresh_reading_keys, [tomorrow])[tomorrow])
            tx.put_readings([kept(scene, seq=2)])

    with pytest.raises(StoreRefused):
        under_tomorrows()
    with psycopg.connect(database, autocommit=True) as owner:  # the planted hole
        owner.execute("ALTER TABLE reading DISABLE TRIGGER reading_lawful")
        owner.execute("ALTER TABLE reading DROP CONSTRAINT reading_sealed, ALTER COLUMN leaf DROP NOT NULL")
    under_tomorrows()


def test_a_key_is_made_for_hours_to_come_and_dies_at_its_own(scene: Scene, database: str) -> None:
    with scene.store.transaction() as tx:
        tx.put_readings([kept(scene)])
        (paper,) = tx.papers_of(STREAM)
    late = paper.valid_until + timedelta(days=31)
    make = "INSERT INTO holders.reading_key (authorisation_id, dies_at, key) VALUES (%s, %s, %s)"
    with psycopg.connect(database, autocommit=True) as owner:
        for dies_at, key in ((late, bytes(32)), (scene.now, b"short")):
            with pytest.raises(psycopg.DatabaseError) as refused:
                owner.execute(make, [paper.id, dies_at, key])
            assert refused.value.sqlstate == "NM010"
        for statement in (
            "UPDATE holders.reading_key SET key = '', destroyed_at = now()",
            "UPDATE holders.reading_key SET dies_at = dies_at + interval '1 day'",
            "DELETE FROM holders.reading_key",
            "TRUNCATE holders.reading_key",
        ):
            with pytest.raises(psycopg.DatabaseError) as refused:
                owner.execute(statement)
            assert refused.value.sqlstate == "NM010", statement
    for role, statement in (
        ("nec_ledger", "UPDATE holders.reading_key SET key = ''"),
        ("nec_ledger", "DELETE FROM holders.reading_key"),
        ("nec_web", "SELECT key FROM holders.reading_key"),
    ):
        with (
            psycopg.connect(database, options=f"-c role={role}") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_a_count_of_refusals_that_no_fact_tells_of_is_not_deleted(scene: Scene, database: str) -> None:
    minute = scene.now.replace(second=0, microsecond=0)
    streams.count_refused(scene.store, [Refused(STREAM, "reading_replayed", minute, 3)], scene.now)
    with psycopg.connect(database, autocommit=True) as owner:
        for breach in (
            "DELETE FROM reading_refusal",
            # Marked as told by a fact that is about something else.
            "UPDATE reading_refusal SET published_seq = 1; DELETE FROM reading_refusal",
        ):
            with pytest.raises(psycopg.DatabaseError) as refused:
                owner.execute(breach)
            assert refused.value.sqlstate == "NM010", breach
