"""A sensor is heard under its paper and not a moment longer; what it may not say is counted and not kept."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore, PostgresTransaction
from necmergitur.adapters.reading_keys import DayKey, Said
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.readings import Status
from necmergitur.governance.sensors import Sensor
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.tree import leaf_hash, root
from necmergitur.operations import authorising, readings, sensing, streams
from necmergitur.operations.readings import Asked
from necmergitur.operations.sensing import Heard, Memory
from necmergitur.operations.sensors import Refused
from necmergitur.operations.signed import SignedPapers
from tests import signed
from tests.operations.scene import LEAD, Scene
from tests.operations.town import TOWN, install
from tests.streams import COUNTER, STREAM, TECHNICIAN, again, authorise, body, forge, hear, sensor

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def scene(empty_database: str) -> Iterator[Scene]:
    """A counter at its post, and no paper."""
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    made = Scene(store)
    assert isinstance(sensing.enrol(store, sensor(made.now), TECHNICIAN, made.now), Sensor)
    yield made
    store.close()


@pytest.fixture
def memory() -> Memory:
    return Memory()


def rows(scene: Scene, query: str) -> list[tuple[Any, ...]]:
    with scene.store._pool.connection() as connection:
        connection.execute("SET role none")
        found = connection.execute(query).fetchall()
        connection.execute("SET role nec_ledger")
    return found


def kinds(scene: Scene) -> list[str]:
    return [fact.kind for fact in scene.facts() if fact.stream == STREAM]


def asked(scene: Scene, **changes: Any) -> Asked:
    made = Asked(
        stream=STREAM,
        role="lead",
        purpose="crowd_safety",
        since=scene.now - timedelta(hours=1),
        until=scene.now + timedelta(hours=1),
        by=LEAD,
    )
    return msgspec.structs.replace(made, **changes)


def read(scene: Scene, **changes: Any) -> list[int] | str:
    outcome = readings.read(scene.store, asked(scene, **changes), scene.now)
    return outcome.rule if isinstance(outcome, Refusal) else [msgspec.json.decode(r.payload)["count"] for r in outcome]


# --- the window ---------------------------------------------------------------------------------------


def test_without_a_paper_nothing_flows(scene: Scene, memory: Memory) -> None:
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"no_authorisation": 1}
    assert rows(scene, "SELECT count(*) FROM reading") == [(0,)]


def test_the_first_and_the_last_instant(scene: Scene, memory: Memory) -> None:
    start, end = scene.now + timedelta(minutes=1), scene.now + timedelta(minutes=3)
    authorise(scene.store, scene.now, valid_from=start, valid_until=end)
    for at, rule in (
        (start - MOMENT, "authorisation_not_yet"),
        (start, ""),
        (end - MOMENT, ""),
        (end, "authorisation_expired"),
    ):
        assert hear(scene.store, memory, at, body(at, int(at.timestamp() * 1e6))) == {rule: 1}, at
    assert rows(scene, "SELECT count(*) FROM reading") == [(2,)]


def test_revoked_between_two_batches_the_second_is_refused(scene: Scene, memory: Memory) -> None:
    paper = authorise(scene.store, scene.now, rate=100)
    assert hear(scene.store, memory, scene.now, body(scene.now, 1), body(scene.now, 2)) == {"": 2}
    authorising.revoke(scene.store, paper.id, "enough", LEAD, scene.now)
    assert hear(scene.store, memory, scene.now, body(scene.now, 3)) == {"authorisation_revoked": 1}


def test_a_paper_whose_signature_was_never_made_opens_nothing(scene: Scene) -> None:
    """PostgreSQL knows no cryptography: whoever writes there could enter it. The process that hears believes no row."""
    paper = forge(scene.store, scene.now)
    assert hear(scene.store, Memory(), scene.now, body(scene.now, 1)) == {"": 1}, "the hole, where nobody checks"
    papers = SignedPapers(signed.verify)
    assert hear(scene.store, Memory(papers), scene.now, body(scene.now, 2)) == {"authorisation_suspended": 1}
    assert papers.forged == {paper.id: "signature_forged"}
    ((_, order),) = streams.orders(scene.store, scene.now, 10.0, SignedPapers(signed.verify))
    assert not order.run


def test_signatures_are_checked_once_and_not_with_each_reading(scene: Scene) -> None:
    authorise(scene.store, scene.now, rate=100)
    checked: list[str] = []

    def verify(signature: Any, challenge: bytes) -> Refusal | None:
        checked.append(signature.role)
        return signed.verify(signature, challenge)

    memory = Memory(SignedPapers(verify))
    for seq in range(1, 4):
        assert hear(scene.store, memory, scene.now, body(scene.now, seq)) == {"": 1}
    assert checked == ["territory", "company", "state"]


def test_a_suspended_stream_is_silent_until_it_is_signed_anew(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    drifted = Status(payload_schema="crowd_count/1", rate_per_minute=10, firmware="1.0", runs=True)
    assert sensing.report(scene.store, COUNTER, drifted, scene.now)
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"authorisation_suspended": 1}
    assert not sensing.report(scene.store, COUNTER, msgspec.structs.replace(drifted, rate_per_minute=1), scene.wait(1))
    again(scene.store, scene.now, 2, id=UUID(int=9))
    assert hear(scene.store, memory, scene.now, body(scene.now, 2)) == {"": 1}
    assert kinds(scene) == ["SensorEnrolled", "SensorChanged", "SensorChanged"]


def test_a_device_that_does_not_admit_its_rate_is_known_by_how_often_it_spoke(scene: Scene) -> None:
    authorise(scene.store, scene.now)
    assert not sensing.report_rate(scene.store, COUNTER, 1, scene.now)
    assert sensing.report_rate(scene.store, COUNTER, 10, scene.now)


def test_a_device_moved_to_another_zone_closes_its_stream(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    moved = Status(payload_schema="crowd_count/1", rate_per_minute=1, firmware="1.0", runs=True, zone_id="Z-2")
    assert sensing.report(scene.store, COUNTER, moved, scene.now)
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"authorisation_suspended": 1}


def test_a_paper_for_another_zone_opens_nothing_here(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, zones=("Z-2",))
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"no_authorisation": 1}


def test_a_retired_sensor_is_not_heard(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    assert isinstance(sensing.retire(scene.store, COUNTER, TECHNICIAN, scene.now), Sensor)
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"sensor_retired": 1}


# --- what is said -------------------------------------------------------------------------------------


def test_replays_reordering_a_clone_and_a_clock_set_back(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, rate=100)
    first = body(scene.now, 5)
    assert hear(scene.store, memory, scene.now, first, first) == {"": 1, "reading_replayed": 1}
    assert hear(scene.store, memory, scene.now, body(scene.now, 4)) == {"reading_replayed": 1}
    assert hear(scene.store, memory, scene.now, body(scene.now, 1, boot=2_000)) == {"": 1}, "started anew"
    assert hear(scene.store, memory, scene.now, body(scene.now, 6)) == {"reading_of_an_older_boot": 1}, "a clone"
    back = scene.now - timedelta(hours=1)
    assert hear(scene.store, memory, scene.now, body(back, 2, boot=2_000)) == {"reading_not_of_now": 1}
    before = scene.now - timedelta(minutes=1)
    assert hear(scene.store, memory, scene.now, body(before, 2, boot=2_000)) == {"reading_out_of_order": 1}
    future = int(scene.now.timestamp()) + 200_000
    assert hear(scene.store, memory, scene.now, body(scene.now, 1, boot=future)) == {"boot_from_the_future": 1}
    assert hear(scene.store, Memory(), scene.now, first) == {"reading_of_an_older_boot": 1}, (
        "an engine that starts anew"
    )


def test_what_is_no_count_is_refused_and_not_kept(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, rate=100)
    opus, wav = b"OggS\x00\x02" + bytes(20) + b"OpusHead\x01", b"RIFF\x24\x08\x00\x00WAVEfmt "
    hostile = [opus, wav, opus * 100, b"[" * 250, b"\xff" * 10, body(scene.now, 1, features=[0.1] * 8), b""]
    counts = hear(scene.store, memory, scene.now, *hostile)
    assert counts == {"reading_unreadable": 4, "reading_too_large": 1, "reading_not_of_its_type": 2}
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"": 1}
    assert rows(scene, "SELECT minute FROM reading") == [(29539920,)]
    assert read(scene) == [12]


def test_more_than_was_signed_is_refused(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    said = [body(scene.now, seq) for seq in range(1, 11)]
    assert hear(scene.store, memory, scene.now, *said) == {"": 2, "rate_exceeded": 8}
    assert hear(scene.store, memory, scene.wait(60), body(scene.now, 11)) == {"": 1}


def test_slow_exfiltration_under_a_generous_paper_meets_the_bit_budget(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, rate=60_000)
    seq = 0
    total: dict[str, int] = {}
    for _ in range(60):
        said = [body(scene.now, seq := seq + 1) for _ in range(20)]
        for rule, count in hear(scene.store, memory, scene.wait(1), *said).items():
            total[rule] = total.get(rule, 0) + count
    assert set(total) == {"", "bit_budget_exceeded"}
    assert total[""] * 108 / 60 < 400 * 1.6, "what was saved up in half a minute included"


def test_one_bad_reading_does_not_take_the_others_with_it(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, rate=100)
    assert hear(scene.store, memory, scene.now, body(scene.now, 1)) == {"": 1}
    memory.places[COUNTER] = None  # this engine believes that nothing was said yet; the database knows better
    assert hear(scene.store, memory, scene.now, body(scene.now, 1), body(scene.now, 2)) == {
        "refused_by_the_database": 1,
        "": 1,
    }


# --- what time does -----------------------------------------------------------------------------------


def lease(scene: Scene) -> tuple[bool, float, str]:
    ((_, order),) = streams.orders(scene.store, scene.now, 10.0)
    streams.told(scene.store, order.sensor_id, order, scene.now)
    return order.run, order.for_s, order.why


def test_a_device_runs_on_a_lease_that_never_outlives_its_paper(scene: Scene) -> None:
    assert lease(scene) == (False, 0.0, "no_authorisation")
    paper = authorise(scene.store, scene.now, valid_until=scene.now + timedelta(seconds=15))
    assert lease(scene) == (True, 10.0, "")
    scene.wait(12)
    assert lease(scene) == (True, 3.0, "")
    scene.wait(3)
    assert lease(scene) == (False, 0.0, "authorisation_expired")
    assert kinds(scene) == ["SensorEnrolled", "StreamStarted", "StreamStopped"]
    assert rows(scene, "SELECT told_run, told_why FROM sensor") == [(False, "authorisation_expired")]
    assert msgspec.json.decode(scene.facts()[-2].payload)["authorisation_id"] == str(paper.id)


def test_a_minute_is_one_fact_that_anyone_who_may_read_can_check(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, rate=100)
    hear(scene.store, memory, scene.now, *(body(scene.now, seq, count=seq) for seq in range(1, 8)))
    assert streams.root_minutes(scene.store, scene.wait(60)) == 0, "the minute is just over"
    assert streams.root_minutes(scene.store, scene.wait(60)) == 1
    assert streams.root_minutes(scene.store, scene.now) == 0
    said = msgspec.json.decode(scene.facts()[-1].payload)
    rows_read = readings.read(scene.store, asked(scene), scene.now)
    assert not isinstance(rows_read, Refusal)
    leaves = [
        leaf_hash(
            r.salt
            + "\n".join(
                [r.stream, str(r.boot_id), str(r.seq), str(round(r.at.timestamp() * 1e6)), r.zone_id, r.payload]
            ).encode()
        )
        for r in rows_read
    ]
    assert (said["count"], said["root"]) == (7, streams.root_of(leaves).hex())
    assert streams.root_of([]) == root(0, lambda *_: b"")


def test_nothing_enters_a_minute_that_has_its_root(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, rate=100)
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    then = scene.now
    streams.root_minutes(scene.store, scene.wait(120))
    late = sensing.take(scene.store, memory, [Heard(COUNTER, body(then, 2), then)], scene.now)
    assert late == {(COUNTER, "refused_by_the_database"): 1}


def test_refusals_are_one_fact_a_minute(scene: Scene, memory: Memory) -> None:
    minute = scene.now.replace(second=0, microsecond=0)
    for count in (3, 4):
        sensing_counts = [Refused(STREAM, "rate_exceeded", minute, count), Refused("sensor:nobody", "x", minute, 1)]
        streams.count_refused(scene.store, sensing_counts, scene.now)
    assert streams.publish_refused(scene.store, scene.now) == 0
    assert streams.publish_refused(scene.store, scene.wait(120)) == 1
    assert streams.publish_refused(scene.store, scene.now) == 0
    assert msgspec.json.decode(scene.facts()[-1].payload)["counts"] == {"rate_exceeded": 7}


def refusals_told(scene: Scene) -> list[dict[str, int]]:
    facts = [fact for fact in scene.facts() if fact.kind == "ReadingsRefused"]
    return [msgspec.json.decode(fact.payload)["counts"] for fact in facts]


def test_a_refusal_that_comes_after_its_minute_was_told_is_told_with_the_present_one(scene: Scene) -> None:
    """A database that was away is told late: what is added to a minute that is published would be told to nobody."""
    minute = scene.now.replace(second=0, microsecond=0)
    streams.count_refused(scene.store, [Refused(STREAM, "flood", minute, 5)], scene.now)
    assert streams.publish_refused(scene.store, scene.wait(120)) == 1
    streams.count_refused(scene.store, [Refused(STREAM, "flood", minute, 7)], scene.now)
    streams.publish_refused(scene.store, scene.wait(120))
    assert refusals_told(scene) == [{"flood": 5}, {"flood": 7}]


def test_more_refusals_than_are_read_at_once_are_all_told(scene: Scene) -> None:
    minute = scene.now.replace(second=0, microsecond=0)
    streams.count_refused(
        scene.store, [Refused(STREAM, f"rule_{number}", minute, 1) for number in range(1_300)], scene.now
    )
    streams.publish_refused(scene.store, scene.wait(120))
    assert sum(len(counts) for counts in refusals_told(scene)) == 1_300


def test_a_rate_that_no_number_holds_is_a_drift_like_any_other(scene: Scene) -> None:
    authorise(scene.store, scene.now)
    said = Status(payload_schema="crowd_count/1", rate_per_minute=2**53 - 1, firmware="1.0", runs=True)
    assert sensing.report(scene.store, COUNTER, said, scene.now)


def test_the_minutes_of_many_sensors_keep_no_press_waiting(scene: Scene) -> None:
    """Each batch holds the record's lock for a statement or two; what it says is worked out before."""
    paper = authorise(scene.store, scene.now)
    for number in range(130):
        sensing.enrol(scene.store, sensor(scene.now, id=f"x-{number}"), TECHNICIAN, scene.now)
    with scene.store._pool.connection() as connection:
        connection.execute("SET role none")
        connection.execute("ALTER TABLE reading DISABLE TRIGGER USER")
        connection.execute(
            "INSERT INTO reading (stream, boot_id, seq, at, bucket, zone_id, modality, payload, authorisation_id,"
            " erase_at, key_id, sealed, leaf) SELECT 'sensor:x-' || i, 1, k, m, m, 'Z-1', 'crowd_count', NULL,"
            " %(id)s, m + interval '30 days', %(id)s, 'sealed', sha256('said') FROM date_trunc('minute', %(now)s::timestamptz, 'UTC') m,"
            " generate_series(0, 129) i, generate_series(0, 3) k",
            {"id": paper.id, "now": scene.now},
        )
        connection.execute("ALTER TABLE reading ENABLE TRIGGER USER")
        connection.execute("SET role nec_ledger")
    held: list[float] = []
    append = PostgresTransaction.append

    def measured(tx: Any, batch: Any) -> int:
        began = time.perf_counter()
        seq = append(tx, batch)
        held.append(time.perf_counter() - began)
        return seq

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PostgresTransaction, "append", measured)
        assert streams.root_minutes(scene.store, scene.wait(120)) == 130
    assert len(held) == 3, "64, 64 and 2 facts"
    assert kinds(scene).count("ReadingsRooted") == 0
    assert sum(fact.kind == "ReadingsRooted" for fact in scene.facts()) == 130
    print("held, ms:", [round(1000 * each) for each in held])


def test_what_is_kept_for_no_day_has_its_root_before_it_goes(scene: Scene, memory: Memory) -> None:
    """Else the engine would be told of nothing that the worker had erased, and the record of no reading at all."""
    authorise(scene.store, scene.now, retention_days=0)
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    assert streams.erase(scene.store, scene.wait(60)) == {}
    assert streams.root_minutes(scene.store, scene.wait(60)) == 1
    assert streams.erase(scene.store, scene.now) == {STREAM: 1}


def test_readings_go_when_their_paper_says_and_it_is_a_fact(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    scene.wait(30 * 86_400 - 0.001)
    assert streams.erase(scene.store, scene.now) == {}
    assert streams.erase(scene.store, scene.wait(0.001)) == {STREAM: 1}
    assert rows(scene, "SELECT count(*) FROM reading") == [(0,)]
    assert kinds(scene)[-1] == "ReadingsErased"
    assert read(scene) == [], "gone"


def test_the_end_of_a_paper_is_three_facts_and_then_nothing_can_be_read(scene: Scene, memory: Memory) -> None:
    end = scene.now + timedelta(minutes=3)
    paper = authorise(scene.store, scene.now, valid_until=end)
    assert lease(scene)[0]
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    copied = rows(scene, "SELECT key_id, key FROM holders.reading_key")
    scene.wait(180)
    assert hear(scene.store, memory, scene.now, body(scene.now, 2)) == {"authorisation_expired": 1}
    assert lease(scene) == (False, 0.0, "authorisation_expired")
    streams.erase(scene.store, scene.now)
    assert kinds(scene)[-2:] == ["StreamStopped", "StreamClosed"]
    scene.wait(30 * 86_400 - 0.001)
    streams.erase(scene.store, scene.now)
    assert rows(scene, "SELECT key FROM holders.reading_key") == [copied[0][1:]], "a moment before"
    streams.erase(scene.store, scene.wait(0.001))
    assert rows(scene, "SELECT key FROM holders.reading_key") == [(b"",)]
    assert kinds(scene)[-1] == "ReadingKeysDestroyed"
    said = msgspec.json.decode(scene.facts()[-1].payload)
    assert (said["authorisation_id"], said["keys"], said["last"]) == (str(paper.id), 1, True)
    assert said["died_at"] == (end + timedelta(days=30)).isoformat().replace("+00:00", "Z")
    before = len(scene.facts())
    streams.erase(scene.store, scene.wait(3_600))
    assert len(scene.facts()) == before, "each is said once"


def test_each_day_has_a_key_that_dies_when_what_was_read_that_day_has_been_kept_long_enough(
    scene: Scene, memory: Memory
) -> None:
    authorise(scene.store, scene.now, rate=100)
    midnight = scene.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for at in (midnight - MOMENT, midnight, midnight + timedelta(hours=1)):
        assert hear(scene.store, memory, at, body(at, int(at.timestamp() * 1e6))) == {"": 1}
    assert rows(scene, "SELECT dies_at FROM holders.reading_key ORDER BY 1") == [
        (midnight + timedelta(days=30),),
        (midnight + timedelta(days=31),),
    ]
    streams.erase(scene.store, midnight + timedelta(days=30))
    assert rows(scene, "SELECT count(*) FROM holders.reading_key WHERE key <> ''") == [(1,)]


def test_a_copy_of_the_rows_opens_with_the_key_and_not_after_its_death(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    copied = rows(scene, "SELECT stream, boot_id, seq, at, key_id, sealed FROM reading")
    ((key,),) = rows(scene, "SELECT key FROM holders.reading_key")
    *where, key_id, sealed = copied[0]
    opened = DayKey(key_id, key).unseal(Said(*where), sealed)
    assert opened is not None, "the hole: a copy and its key"
    assert msgspec.json.decode(opened[1])["count"] == 12
    streams.erase(scene.store, scene.wait(31 * 86_400))
    ((key,),) = rows(scene, "SELECT key FROM holders.reading_key")
    assert key == b""


def test_the_key_of_a_day_costs_one_question_and_no_process_holds_it_the_day_after(scene: Scene) -> None:
    store, memory = scene.store, Memory()
    authorise(store, scene.now, rate=100)
    held = store._keys.readings
    hear(store, memory, scene.now, body(scene.now, 1))
    assert len(held._held) == 1
    kept = next(iter(held._held.values()))[1]
    hear(store, memory, scene.now, body(scene.now, 2))
    assert next(iter(held._held.values()))[1] is kept, "not asked for again"
    held.keep({}, datetime.now(UTC) + timedelta(days=1))
    assert not held._held


# --- reading back -------------------------------------------------------------------------------------


def test_readings_are_read_in_a_role_and_for_a_purpose_of_their_paper(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now, readers=("lead",))
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    assert read(scene) == [12]
    assert read(scene, purpose="training") == "purpose_not_authorised"
    assert read(scene, role="operator") == "reader_not_authorised"
    assert read(scene, role="public", by=None) == "reader_not_authorised"
    last = [fact for fact in scene.facts() if fact.kind == "ReadingsRead"]
    assert [(f.actor, msgspec.json.decode(f.payload)["count"]) for f in last] == [("user:102", 1)]
    assert rows(scene, "SELECT rule, count FROM reading_refusal ORDER BY rule") == [
        ("read_purpose_not_authorised", 1),
        ("read_reader_not_authorised", 2),
    ]


def test_what_is_public_is_read_without_a_trace(scene: Scene, memory: Memory) -> None:
    authorise(scene.store, scene.now)
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    before = len(scene.facts())
    assert read(scene, role="public", by=None) == [12]
    assert read(scene, role="operator", by=Person(3, "O")) == [12]
    assert len(scene.facts()) == before


def test_what_was_gathered_is_read_after_the_end_but_not_after_a_revocation(scene: Scene, memory: Memory) -> None:
    paper = authorise(scene.store, scene.now, valid_until=scene.now + timedelta(seconds=30))
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    scene.wait(60)
    assert read(scene) == [12]
    authorising.revoke(scene.store, paper.id, "unlawful", LEAD, scene.now)
    assert read(scene) == "authorisation_not_in_force"


def test_what_an_expired_paper_gathered_is_read_until_it_is_erased_by_its_readers_for_its_purpose(
    scene: Scene, memory: Memory
) -> None:
    authorise(scene.store, scene.now, valid_until=scene.now + timedelta(seconds=30), readers=("lead",))
    heard_at = scene.now
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    scene.wait(30 * 86_400 - 0.001)
    then = {"since": heard_at - timedelta(minutes=1), "until": heard_at + timedelta(minutes=1)}
    assert read(scene, **then) == [12], "the last moment of its retention"
    assert read(scene, purpose="training", **then) == "purpose_not_authorised"
    assert read(scene, role="operator", **then) == "reader_not_authorised"
    assert read(scene, role="public", by=None, **then) == "reader_not_authorised"
    scene.wait(0.001)
    assert read(scene, **then) == [], "at its hour, before any sweep"
    streams.erase(scene.store, scene.now)
    assert rows(scene, "SELECT count(*) FROM reading") == [(0,)]


def test_purpose_creep_by_a_join_sees_nothing(scene: Scene, memory: Memory, empty_database: str) -> None:
    authorise(scene.store, scene.now, readers=("lead",))
    hear(scene.store, memory, scene.now, body(scene.now, 1))
    join = "SELECT count(*) FROM reading r JOIN zone z ON z.id = r.zone_id LEFT JOIN mission m ON true"

    def seen(role: str, **who: str) -> int:
        with psycopg.connect(empty_database) as connection:
            connection.execute(f"SET LOCAL role {role}")
            for name, value in who.items():
                connection.execute("SELECT set_config(%s, %s, true)", [f"nec.{name}", value])
            ((count,),) = connection.execute(join).fetchall()
            return count

    for role in ("nec_web", "nec_ledger"):
        assert seen(role) == 0
        assert seen(role, purpose="training", reader="lead") == 0
        assert seen(role, purpose="crowd_safety", reader="operator") == 0
        assert seen(role, purpose="crowd_safety", reader="lead") == 1
    with psycopg.connect(empty_database) as owner:
        owner.execute("ALTER TABLE reading DISABLE ROW LEVEL SECURITY")  # the planted hole
        owner.commit()
        try:
            assert seen("nec_web", purpose="training", reader="lead") == 1
        finally:
            owner.execute("ALTER TABLE reading ENABLE ROW LEVEL SECURITY")
    assert seen("nec_web", purpose="training", reader="lead") == 0
