"""What may name or place a person is erased in time; what happened stays on record, and every hash holds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.sealing import KeyRing, key_of
from necmergitur.adapters.shred_list import shred_list_of
from necmergitur.dispatch.incidents import Incident
from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.governance.sensors import Sensor
from necmergitur.ledger.chain import verify
from necmergitur.operations import devices, incidents, observing, retention, sensing, streams
from necmergitur.operations.checking import check_ledger
from necmergitur.operations.constants import EVIDENCE_EVERY, INCIDENTS_AT_ONCE, PLACES_KEPT, REFUSALS_KEPT, TEXTS_KEPT
from necmergitur.operations.retention import digest_of
from necmergitur.operations.sensors import Refused
from necmergitur.web.register.constants import WEEKS_SHOWN
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.town import START, TOWN, install, place
from tests.passes import forged
from tests.streams import STREAM, TECHNICIAN, sensor

HOME = place(120, 40)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def scene(empty_database: str) -> Iterator[Scene]:
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    yield Scene(store)
    store.close()


def ask(scene: Scene, query: str) -> list[tuple]:
    with scene.store.cursor() as cursor:
        return cursor.execute(query).fetchall()


def ended(scene: Scene, device: str = "B-1") -> datetime:
    """Play a call from a person to its end, with words; return when it ended."""
    call = scene.call(device, at=HOME)
    scene.launch(scene.accept(scene.offered()))
    incidents.write_note(scene.store, call.id, "note", "Mrs Petit, third floor", OPERATOR, scene.now)
    observing.file_observation(
        scene.store, call.id, None, ObservationFacts(), "a child at the window", OPERATOR, scene.now
    )
    for mission in _missions(scene, call.id):
        from necmergitur.operations import flying

        flying.ended(scene.store, mission.id, "docked", scene.wait(60))
    assert incidents.close(scene.store, call.id, "helped", OPERATOR, scene.now)
    return scene.now


def _missions(scene: Scene, incident_id):
    with scene.store.transaction() as tx:
        return tx.missions_of(incident_id)


def sealed(scene: Scene) -> list[str]:
    return [fact.kind for fact in scene.facts() if fact.personal is not None]


def at_home(scene: Scene) -> int:
    tables = " UNION ALL ".join(f"SELECT lon, lat FROM {table}" for table in ("signal", "incident", "mission"))
    here = f"abs(lon - {HOME.lon}) < 1e-4 AND abs(lat - {HOME.lat}) < 1e-4"
    return ask(scene, f"SELECT count(*) FROM ({tables}) p WHERE {here}")[0][0]


def test_a_persons_place_is_kept_a_month_after_the_incident_and_then_nowhere(scene: Scene) -> None:
    over = ended(scene)
    assert (at_home(scene), sealed(scene).count("NoteWritten")) == (3, 1)
    retention.erase(scene.store, over + PLACES_KEPT)
    assert at_home(scene) == 3, "the bound itself is still kept"
    head = verify(scene.facts())
    erased = retention.erase(scene.store, over + PLACES_KEPT + MOMENT)
    assert erased == {"incidents": 1, "missions": 1, "sealed": 3, "signals": 1}
    assert at_home(scene) == 0
    assert check_ledger(scene.store).differing == ()
    assert sorted(sealed(scene)) == ["NoteWritten", "ObservationFiled"]
    facts = scene.facts()
    assert verify(facts)[0] == head[0] + 1
    assert facts[-1].kind == "Audited"
    assert msgspec.json.decode(facts[-1].payload)["facts"] == {name: str(count) for name, count in erased.items()}


def test_an_incident_reopened_after_its_place_was_erased_sends_no_drone_to_the_middle(scene: Scene) -> None:
    over = ended(scene)
    (call,) = [row[0] for row in ask(scene, "SELECT id FROM incident")]
    scene.now = over + PLACES_KEPT + MOMENT
    retention.erase(scene.store, scene.now)
    assert not scene.incident(call).placed
    assert isinstance(incidents.reopen(scene.store, call, OPERATOR, scene.now), Incident)
    assert refused(incidents.seek_drone(scene.store, call, OPERATOR, scene.now)) == "place_unknown"


def test_words_are_kept_a_year_after_the_incident(scene: Scene) -> None:
    over = ended(scene)
    retention.erase(scene.store, over + TEXTS_KEPT)
    words = "SELECT body FROM incident_note UNION SELECT note FROM observation ORDER BY 1"
    assert ask(scene, words) == [("Mrs Petit, third floor",), ("a child at the window",)]
    erased = retention.erase(scene.store, over + TEXTS_KEPT + MOMENT)
    assert (erased["notes"], erased["observations"]) == (1, 1)
    assert ask(scene, words) == [("",)]
    assert sealed(scene) == []
    assert isinstance(verify(scene.facts()), tuple)


def test_a_street_buttons_place_and_an_open_incident_are_left_alone(scene: Scene) -> None:
    street = scene.call("P-1")
    incidents.close(scene.store, street.id, "helped", OPERATOR, scene.now)
    scene.call("B-1", at=HOME)
    before = ask(scene, "SELECT id, lon, lat FROM incident ORDER BY id")
    retention.erase(scene.store, START + PLACES_KEPT * 20)
    assert ask(scene, "SELECT id, lon, lat FROM incident ORDER BY id") == before
    assert at_home(scene) == 2


def test_a_merged_incident_ends_with_the_one_it_was_merged_into(scene: Scene) -> None:
    one, into = scene.call("B-1", at=HOME), scene.call("P-5")
    assert incidents.merge(scene.store, one.id, into.id, OPERATOR, scene.now)
    retention.erase(scene.store, START + PLACES_KEPT * 2)
    assert at_home(scene) > 0
    assert incidents.close(scene.store, into.id, "helped", OPERATOR, scene.now)
    retention.erase(scene.store, START + PLACES_KEPT + MOMENT)
    assert at_home(scene) == 0


def test_more_incidents_than_one_turn_takes_are_all_erased(scene: Scene) -> None:
    with scene.store.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incident (id, number, state, rung, kind, personal_device, test, exercise, duress, cancelled, lon,"
            " lat, accuracy_m, label, opened_at, last_signal_at, signal_count, escalation, owner_name, drone,"
            " drone_reason, outcome, closed_at, version, last_seq) SELECT gen_random_uuid(), 'n-' || n, 'closed', 'seen',"
            " 'sos', 'B-1', false, false, false, false, %s, %s, 20, '', %s, %s, 1, 0, '', 'none', '', 'helped', %s, 1, 1"
            " FROM generate_series(1, %s) n",
            (HOME.lon, HOME.lat, START, START, START, 2 * INCIDENTS_AT_ONCE + 1),
        )
    assert retention.erase(scene.store, START + PLACES_KEPT * 2)["incidents"] == 2 * INCIDENTS_AT_ONCE + 1
    assert at_home(scene) == 0


def test_a_press_that_belongs_to_no_incident_loses_its_place_too(scene: Scene) -> None:
    scene.call("B-1", at=HOME)
    with scene.store.cursor() as cursor:
        cursor.execute("UPDATE signal SET incident_id = NULL")
    retention.erase(scene.store, START + PLACES_KEPT)
    assert ask(scene, "SELECT lon FROM signal") != [(None,)]
    assert retention.erase(scene.store, START + PLACES_KEPT + MOMENT) == {"signals": 1}
    assert ask(scene, "SELECT lon, lat, accuracy_m FROM signal") == [(None, None, None)]
    assert "PressReceived" not in sealed(scene)


def test_retiring_a_button_forgets_who_held_it(scene: Scene) -> None:
    for button in ("B-1", "B-2"):
        devices.set_holder(scene.store, button, "Mrs Petit", LEAD, START)
    devices.retire(scene.store, ["B-1"], LEAD, START)
    assert ask(scene, "SELECT device_id FROM holders.holder") == [("B-2",)]
    with scene.store.cursor() as cursor:
        cursor.execute("UPDATE device SET retired_at = now() WHERE id = 'B-2'")
    assert retention.erase(scene.store, START)["holders"] == 1


def test_a_key_dies_when_nothing_under_it_is_left_and_its_name_is_listed_before(
    scene: Scene, empty_database: str, tmp_path: Path
) -> None:
    shredder = shred_list_of(tmp_path)
    over = ended(scene)
    devices.set_holder(scene.store, "B-2", "Mr Grand", LEAD, START)
    today = datetime.now(UTC)
    later = max(today, over) + TEXTS_KEPT + PLACES_KEPT + timedelta(days=3)
    retention.erase(scene.store, later, shredder)
    alive = "SELECT key_id FROM holders.data_key WHERE destroyed_at IS NULL AND key_id <> 'names'"
    ((kept,),) = ask(scene, alive)
    with psycopg.connect(empty_database) as owner:
        sealed_then = bytes(owner.execute("SELECT sealed FROM holders.holder").fetchall()[0][0])
    assert kept.encode() in sealed_then, "a holder is still sealed under it"
    devices.retire(scene.store, ["B-2"], LEAD, START)
    assert retention.erase(scene.store, later, shredder)["keys"] == 1
    assert ask(scene, alive) == []
    left = {row[0] for row in ask(scene, "SELECT key_id FROM holders.data_key WHERE key_id <> 'names'")}
    listed = [name for _, name in shredder.entries()]
    assert left == {name for name in listed if name.startswith("day:")}, "a day's key leaves its name, a person's none"
    told = msgspec.json.decode(scene.facts()[-1].payload)["facts"]
    assert (told["keys"], told["listed"], told["list_digest"]) == ("1", "1", digest_of([kept]))
    other = PostgresStore(empty_database)
    try:
        with other.transaction() as tx:
            assert tx.unseal(sealed_then, forged()) is None
    finally:
        other.close()


def test_a_key_is_not_kept_in_memory_past_its_day(scene: Scene) -> None:
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    ring = KeyRing()
    with scene.store.cursor() as cursor:
        kept = ring.seal(cursor, fresh := {}, b"x", day)
        ring.keep(fresh, day)
        ring.seal(cursor, fresh := {}, b"y", day + timedelta(days=1))
        ring.keep(fresh, day + timedelta(days=1))
        cursor.execute("UPDATE holders.data_key SET key = '', destroyed_at = now() WHERE key_id = %s", [key_of(day)])
        assert ring.unseal(cursor, {}, kept) is None


def test_a_clock_that_goes_back_to_a_destroyed_key_still_seals(scene: Scene) -> None:
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    ring = KeyRing()
    with scene.store.cursor() as cursor:
        ring.seal(cursor, {}, b"x", long_ago)
        cursor.execute(
            "UPDATE holders.data_key SET key = '', destroyed_at = now() WHERE key_id = %s", [key_of(long_ago)]
        )
        again = ring.seal(cursor, fresh := {}, b"y", long_ago)
        ring.keep(fresh, long_ago)
        assert ring.unseal(cursor, {}, again) == b"y"
        assert ring.unseal(cursor, {}, ring.seal(cursor, {}, b"z", long_ago)) == b"z"


def test_counts_of_refusals_go_once_they_are_facts_and_no_page_shows_them_any_more(scene: Scene) -> None:
    assert isinstance(sensing.enrol(scene.store, sensor(scene.now), TECHNICIAN, scene.now), Sensor)
    minute = scene.now.replace(second=0, microsecond=0)
    streams.count_refused(scene.store, [Refused(STREAM, "reading_replayed", minute, 3)], scene.now)
    late = minute + REFUSALS_KEPT + MOMENT
    assert retention.erase(scene.store, late) == {}, "no fact tells of it yet"
    assert streams.publish_refused(scene.store, scene.wait(180)) == 1
    assert retention.erase(scene.store, minute + REFUSALS_KEPT) == {}
    assert retention.erase(scene.store, late) == {"refusals": 1}
    assert ask(scene, "SELECT count(*) FROM reading_refusal") == [(0,)]
    assert [fact.kind for fact in scene.facts(STREAM)].count("ReadingsRefused") == 1, "the fact stays"
    assert timedelta(weeks=WEEKS_SHOWN + 1) <= REFUSALS_KEPT, "nothing the register shows is deleted"


def test_a_run_that_erased_nothing_is_a_fact_once_a_day(scene: Scene) -> None:
    for moment in (timedelta(0), MOMENT, EVIDENCE_EVERY - MOMENT, EVIDENCE_EVERY):
        assert retention.erase(scene.store, START + moment) == {}
    assert [fact.version for fact in scene.facts(retention.STREAM)] == [1, 2]
    scene.check()
