"""Plain rows with one audit fact each: shifts, observations, responders, devices, airspace, alarms, the city."""

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from PIL import Image

from necmergitur.adapters.law import rules
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.stills import StillCleaner
from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.governance import law
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import airspace, alarms, city, devices, incidents, observing, retention, shifts
from necmergitur.operations.registry import NewDevice, Shift
from necmergitur.signals.heartbeat import Heartbeat
from necmergitur.territory.generated import generate
from necmergitur.territory.geozones import GeozoneSet
from necmergitur.territory.model import CityPlan
from tests.hostile.holes import asleep
from tests.operations.accounts import give_role
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.town import FAR_ZONE, MIDDLE, START, TOWN, install, place, town

KEPT = law.kept(rules(), "drone_camera", START)
PILOT = Person(1, "Pilot 1")
Read = Callable[..., list[tuple]]


@pytest.fixture
def scene(empty_database: str) -> Iterator[Scene]:
    install(empty_database, TOWN)
    give_role(empty_database, OPERATOR.id, "operator")
    give_role(empty_database, PILOT.id, "pilot")
    store = PostgresStore(empty_database)
    yield Scene(store)
    store.close()


@pytest.fixture
def read(scene: Scene, empty_database: str) -> Read:
    def ask(query: str, **parts: object) -> list[tuple]:
        with psycopg.connect(empty_database) as owner:  # the writer of facts does not see what is sealed
            return owner.execute(query, parts).fetchall()

    return ask


def audits(scene: Scene) -> list[tuple[str, str]]:
    import msgspec

    told = [msgspec.json.decode(f.payload) for f in scene.facts() if f.kind == "Audited"]
    return [(row["action"], row["subject"]) for row in told]


# --- shifts -------------------------------------------------------------------------------------------------


@pytest.fixture
def nobody(empty_database: str) -> Iterator[Scene]:
    install(empty_database, town(shifts=()))
    store = PostgresStore(empty_database)
    yield Scene(store)
    store.close()


def test_a_qualified_pilot_on_shift_is_offered_missions_and_not_while_they_pause(nobody: Scene) -> None:
    nobody.call()
    assert shifts.set_qualification(nobody.store, 1, START + timedelta(days=90), LEAD, START) is None
    assert [r for _, r in nobody.offer().refused] == ["no_pilot"]
    shift = shifts.start_shift(nobody.store, PILOT, timedelta(hours=4), START)
    assert isinstance(shift, Shift)
    assert shifts.pause_shift(nobody.store, PILOT, True, START).paused
    assert [r for _, r in nobody.offer(refused_too=True).refused] == ["no_pilot"]
    assert not shifts.pause_shift(nobody.store, PILOT, False, START).paused
    assert nobody.offer(refused_too=True).offered[0].pilot_id == 1
    assert [a for a, _ in audits(nobody)][-4:] == [
        "lead:qualification:set", "pilot:shift:start", "pilot:shift:pause", "pilot:shift:resume",
    ]  # fmt: skip


def test_a_shift_alone_makes_no_pilot(nobody: Scene) -> None:
    nobody.call()
    shifts.start_shift(nobody.store, PILOT, timedelta(hours=4), START)
    assert [r for _, r in nobody.offer().refused] == ["no_pilot"]


def test_one_shift_at_a_time_even_when_the_button_is_pressed_twice(nobody: Scene) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(
            pool.map(lambda _: shifts.start_shift(nobody.store, PILOT, timedelta(hours=4), START), range(4))
        )
    assert sorted("started" if o else o.rule for o in outcomes) == ["shift_running"] * 3 + ["started"]


@pytest.mark.parametrize(
    ("lasts", "drones", "rule"),
    [
        (timedelta(minutes=4), 1, "shift_length"),
        (timedelta(hours=13), 1, "shift_length"),
        (timedelta(hours=1), 0, "shift_load"),
        (timedelta(hours=1), 5, "shift_load"),
    ],
)
def test_a_shift_has_a_decent_length_and_load(nobody: Scene, lasts, drones, rule) -> None:
    assert refused(shifts.start_shift(nobody.store, PILOT, lasts, START, drones)) == rule


def test_a_shift_does_not_end_with_a_drone_in_hand(scene: Scene, read: Read) -> None:
    mission = scene.fly()
    by = Person(mission.pilot_id, mission.pilot_name)
    assert refused(shifts.end_shift(scene.store, by, "all quiet", scene.now)) == "mission_in_hand"
    from necmergitur.operations import flying

    flying.ended(scene.store, mission.id, "docked", scene.wait(60))
    ended = shifts.end_shift(scene.store, by, " all quiet ", scene.now)
    assert (ended.ended_at, ended.handover_note) == (scene.now, "all quiet")
    assert refused(shifts.end_shift(scene.store, by, "", scene.now)) == "not_on_shift"
    with scene.store.transaction() as tx:
        assert by.id not in {p.user_id for p in tx.pilots_on_shift(scene.now)}


def test_a_qualification_already_over_is_not_recorded(scene: Scene) -> None:
    assert refused(shifts.set_qualification(scene.store, 1, START, LEAD, START)) == "qualification_past"


# --- what was seen --------------------------------------------------------------------------------------------


def test_an_observation_is_on_the_incident_and_its_words_are_sealed(scene: Scene, read: Read) -> None:
    mission = scene.fly()
    filed = observing.file_observation(
        scene.store, mission.incident_id, mission.id, ObservationFacts(people_down=2, smoke=True),
        " Madame Durand waves ", PILOT, scene.wait(60),
    )  # fmt: skip
    ((facts, note, seq),) = read("SELECT facts, note, last_seq FROM observation WHERE id = %(id)s", id=filed.id)
    assert (facts["people_down"], facts["smoke"], note) == (2, True, "Madame Durand waves")
    fact = scene.facts()[-1]
    assert (fact.kind, fact.seq) == ("ObservationFiled", seq)
    assert b"Durand" not in fact.payload + fact.personal
    assert read("SELECT last_seq FROM incident WHERE id = %(id)s", id=mission.incident_id) == [(seq,)], "screens look"
    scene.check()


@pytest.mark.parametrize(
    ("facts", "note", "rule"),
    [
        ({}, "  ", "observation_empty"),
        ({"people_down": -1}, "", "count_out_of_range"),
        ({"crowd_size": 100_001}, "", "count_out_of_range"),
        ({"nothing_seen": True, "fire": True}, "", "observation_contradicts"),
        ({"fire": True}, "x" * 2_001, "note_too_long"),
    ],
)
def test_an_observation_says_something_that_can_be(scene: Scene, facts, note, rule) -> None:
    call = scene.call()
    outcome = observing.file_observation(scene.store, call.id, None, ObservationFacts(**facts), note, PILOT, scene.now)
    assert refused(outcome) == rule


def photo(side: int = 60) -> bytes:
    """Return a JPEG that says where it was taken and by whom."""
    picture, out = Image.new("RGB", (side, side), "red"), io.BytesIO()
    exif = picture.getexif()
    exif[0x013B], exif[0x010E] = "Artist Durand", "48.8600 2.3500"
    picture.save(out, "JPEG", exif=exif)
    assert b"Durand" in out.getvalue()
    return out.getvalue()


@pytest.mark.parametrize(("interior", "lasts"), [(False, timedelta(days=7)), (True, timedelta(hours=48))])
def test_a_still_loses_its_metadata_is_sealed_is_logged_and_expires(scene: Scene, read: Read, interior, lasts) -> None:
    call = scene.call()
    still = observing.file_still(
        scene.store, StillCleaner(), call.id, None, photo(), interior=interior, kept=KEPT, by=PILOT, now=scene.now
    )
    ((sealed,),) = read("SELECT sealed FROM still WHERE id = %(id)s", id=still.id)
    assert b"JFIF" not in bytes(sealed)
    seen = observing.view_still(scene.store, still.id, OPERATOR, ["operator"], scene.wait(60))
    assert seen[:2] == b"\xff\xd8"
    assert b"Durand" not in seen
    assert Image.open(io.BytesIO(seen)).getexif() == {}
    assert read("SELECT viewed_by FROM still_view") == [("user:101",)]
    assert still.expires_at == START + lasts
    assert retention.erase_pictures(scene.store, KEPT, still.expires_at - timedelta(seconds=1)) == {}
    assert (
        refused(observing.view_still(scene.store, still.id, OPERATOR, ["operator"], still.expires_at))
        == "still_expired"
    )
    erased = retention.erase_pictures(scene.store, KEPT, still.expires_at)
    assert erased == {"stills": 1} | ({"interiors": 1} if interior else {})
    ((said,),) = read("SELECT payload->>'facts' FROM ledger_event WHERE stream = 'audit:pictures'")
    assert json.loads(said) == {name: str(count) for name, count in erased.items()} | {"hours": "168", "inside": "48"}
    assert read("SELECT sealed FROM still") == [(None,)]
    assert len(read("SELECT 1 FROM still_view")) == 1, "a refused look shows nothing"


def test_a_rule_that_became_stricter_takes_older_pictures_along(scene: Scene, read: Read) -> None:
    call = scene.call()
    for inside in (False, True):
        observing.file_still(
            scene.store, StillCleaner(), call.id, None, photo(), interior=inside, kept=KEPT, by=PILOT, now=scene.now
        )
    stricter = msgspec.structs.replace(KEPT, interiors=timedelta(hours=1))
    assert retention.erase_pictures(scene.store, stricter, scene.wait(3_600)) == {"stills": 1, "interiors": 1}
    assert read("SELECT interior FROM still WHERE sealed IS NOT NULL") == [(False,)]


def test_where_no_law_says_how_long_no_picture_is_kept(scene: Scene) -> None:
    nothing = law.kept((), "drone_camera", scene.now)
    assert (nothing.pictures, nothing.interiors, nothing.journal) == (timedelta(), timedelta(), timedelta(days=1095))
    call = scene.call()
    still = observing.file_still(
        scene.store, StillCleaner(), call.id, None, photo(), interior=False, kept=nothing, by=PILOT, now=scene.now
    )
    assert refused(observing.view_still(scene.store, still.id, OPERATOR, ["operator"], scene.now)) == "still_expired"


def test_who_looked_is_forgotten_after_three_years_and_not_before(
    scene: Scene, read: Read, empty_database: str
) -> None:
    call = scene.call()
    still = observing.file_still(
        scene.store, StillCleaner(), call.id, None, photo(), interior=False, kept=KEPT, by=PILOT, now=scene.now
    )
    now = datetime.now(UTC)
    for days in (1_094, 1_096):
        assert isinstance(observing.view_still(scene.store, still.id, PILOT, ["pilot"], scene.now), bytes)
        with (
            asleep(empty_database, "still_view", "still_view_kept", "still_view_allowed"),
            psycopg.connect(empty_database) as owner,
        ):
            owner.execute(
                "UPDATE still_view SET viewed_by = %s, viewed_at = %s WHERE viewed_by = 'user:1'",
                [f"user:{days}", now - timedelta(days=days)],
            )
    assert retention.erase_pictures(scene.store, KEPT, now)["views"] == 1
    assert read("SELECT viewed_by FROM still_view") == [("user:1094",)]
    ((said,),) = read("SELECT payload->'facts'->>'views' FROM ledger_event WHERE stream = 'audit:pictures'")
    assert said == "1"


@pytest.mark.parametrize(
    "breach",
    [
        "DELETE FROM still_view",
        "UPDATE still SET expires_at = expires_at + interval '1 day'",
        "UPDATE still SET interior = NOT interior",
        "UPDATE still SET sealed = 'x'",
        f"""INSERT INTO still (id, incident_id, taken_at, interior, expires_at, key_id, width_px, height_px)
        SELECT '{uuid4()}', incident_id, taken_at, true, expires_at, key_id, width_px, height_px FROM still""",
    ],
)
def test_postgresql_puts_off_no_pictures_hour_and_hides_no_look(scene: Scene, read: Read, breach: str) -> None:
    call = scene.call()
    still = observing.file_still(
        scene.store, StillCleaner(), call.id, None, photo(), interior=False, kept=KEPT, by=PILOT, now=scene.now
    )
    assert isinstance(observing.view_still(scene.store, still.id, PILOT, ["pilot"], scene.now), bytes)
    with pytest.raises(StoreRefused) as refusal, scene.store.transaction() as tx:
        tx.cursor.execute(breach)
    assert refusal.value.code == "NM015"


def test_what_is_no_picture_is_refused(scene: Scene) -> None:
    call = scene.call()
    for raw, rule in ((b"%PDF-1.4", "still_unreadable"), (b"x" * 8_000_001, "still_too_large")):
        outcome = observing.file_still(
            scene.store, StillCleaner(), call.id, None, raw, interior=False, kept=KEPT, by=PILOT, now=scene.now
        )
        assert refused(outcome) == rule


def test_nothing_is_filed_to_an_incident_that_is_over_or_unknown(scene: Scene) -> None:
    call = scene.call()
    incidents.close(scene.store, call.id, "helped", OPERATOR, scene.now)
    for incident_id, rule in ((call.id, "incident_not_open"), (UUID(int=5), "incident_unknown")):
        seen = ObservationFacts(fire=True)
        assert refused(observing.file_observation(scene.store, incident_id, None, seen, "", PILOT, scene.now)) == rule
        outcome = observing.file_still(
            scene.store, StillCleaner(), incident_id, None, photo(), interior=False, kept=KEPT, by=PILOT, now=scene.now
        )
        assert refused(outcome) == rule
    assert refused(observing.view_still(scene.store, UUID(int=5), PILOT, ["pilot"], scene.now)) == "still_unknown"


# --- devices --------------------------------------------------------------------------------------------------


def test_a_device_enrolled_presses_and_a_retired_one_still_does(scene: Scene) -> None:
    new = NewDevice(id="P-9", kind="post", transport="mqtt", label="Post 9", zone_id="Z-0", place=place(-800, -800))
    assert devices.enrol(scene.store, [new], LEAD, scene.now) == 1
    assert scene.call("P-9").zone_id == "Z-0"
    devices.retire(scene.store, ["P-9"], LEAD, scene.wait(1))
    assert scene.press("P-9").lit
    assert devices.enrol(scene.store, [new], LEAD, scene.wait(1)) == 1, "again renews it"
    with scene.store.transaction() as tx:
        assert not tx.devices(["P-9"])["P-9"].retired


@pytest.mark.parametrize(("kind", "transport"), [("personal", "https"), ("post", "dc09"), ("synthetic", "mqtt")])
def test_a_name_that_another_kind_of_device_has_is_refused_and_nothing_of_it_changes(
    scene: Scene, kind: str, transport: str
) -> None:
    with scene.store.transaction() as tx:
        before = tx.devices(["P-1"])
    assert before["P-1"].installed is not None
    fresh = NewDevice(id="P-77", kind=kind, transport=transport, label="Another")
    taken = NewDevice(id="P-1", kind=kind, transport=transport, label="Another")
    assert refused(devices.enrol(scene.store, [fresh, taken], LEAD, scene.now)) == "device_known_otherwise"
    with scene.store.transaction() as tx:
        assert tx.devices(["P-1", "P-77"]) == before
    panel = NewDevice(id="P-78", kind="post", transport="dc09", label="Panel", external_key="12AB")
    assert devices.enrol(scene.store, [panel], LEAD, scene.now) == 1
    assert devices.enrol(scene.store, [panel], LEAD, scene.now) == 1, "again renews it"
    copied = msgspec.structs.replace(panel, id="P-79")
    assert refused(devices.enrol(scene.store, [copied], LEAD, scene.now)) == "device_known_otherwise"
    wrong = NewDevice(id="no.such/name", kind=kind, transport=transport, label="Another")
    assert refused(devices.enrol(scene.store, [wrong], LEAD, scene.now)) == "device_id_wrong"


def test_a_button_nobody_knows_is_not_said_to_be_retired_and_the_others_of_the_list_stay(scene: Scene) -> None:
    assert refused(devices.retire(scene.store, ["P-1", "P-l"], LEAD, scene.now)) == "button_unknown"
    with scene.store.transaction() as tx:
        assert not tx.devices(["P-1"])["P-1"].retired


def test_three_missed_heartbeats_make_a_deaf_device_and_the_next_one_heals_it(scene: Scene, read: Read) -> None:
    devices.beat(
        scene.store,
        [Heartbeat(device="P-1", battery_pct=80.0, rssi_dbm=-70.0, firmware="1.0"), Heartbeat(device="nobody")],
        scene.now,
    )
    assert devices.find_deaf(scene.store, scene.wait(180)) == 0
    assert devices.find_deaf(scene.store, scene.wait(0.001)) == 1
    assert devices.find_deaf(scene.store, scene.now) == 0
    devices.beat(scene.store, [Heartbeat(device="P-1")], scene.wait(1))
    rows = read("SELECT device_id, battery_pct, firmware, deaf FROM device_health")
    assert rows == [("P-1", 80.0, "1.0", False)], "what was not said again is kept"


def test_a_test_window_is_declared_with_a_reason_for_a_while(scene: Scene) -> None:
    def declare(reason: str, begins_s: float, lasts_h: float):
        starts = scene.now + timedelta(seconds=begins_s)
        ends = starts + timedelta(hours=lasts_h)
        return devices.declare_test_window(scene.store, ["Z-4"], starts, ends, reason, LEAD, scene.now)

    assert refused(declare(" ", 0, 1)) == "reason_missing"
    assert refused(declare("drill", -600, 1)) == "test_window_length"
    assert refused(declare("drill", 0, 9)) == "test_window_length"
    assert isinstance(declare("drill", 0, 1), int)
    with scene.store.transaction() as tx:
        assert tx.zones_under_test(scene.now) == frozenset({"Z-4"})


def test_a_holder_is_opened_for_an_open_incident_with_a_reason_and_each_time_logged(scene: Scene, read: Read) -> None:
    devices.set_holder(scene.store, "B-1", "Madame Durand, 12 rue X", LEAD, scene.now)
    ((sealed,),) = read("SELECT sealed FROM holders.holder")
    assert b"Durand" not in bytes(sealed)
    call, post = scene.call("B-1", at=place(0, 0)), scene.call("P-5")
    assert (
        refused(devices.open_holder(scene.store, call.id, " ", OPERATOR, ["operator"], scene.now)) == "reason_missing"
    )
    assert refused(devices.open_holder(scene.store, post.id, "why", OPERATOR, ["operator"], scene.now)) == "no_holder"
    assert read("SELECT 1 FROM holders.opening") == []
    name = devices.open_holder(scene.store, call.id, "calls back", OPERATOR, ["operator"], scene.now)
    assert name == "Madame Durand, 12 rue X"
    assert read("SELECT device_id, incident_id, opened_by, reason FROM holders.opening") == [
        ("B-1", call.id, "user:101", "calls back")
    ]
    assert all(b"Durand" not in f.payload for f in scene.facts())
    incidents.close(scene.store, call.id, "helped", OPERATOR, scene.now)
    assert (
        refused(devices.open_holder(scene.store, call.id, "why", OPERATOR, ["operator"], scene.now))
        == "incident_not_open"
    )


# --- airspace, alarms, the city -------------------------------------------------------------------------------


def test_a_helicopter_is_announced_for_a_while_and_taken_back(scene: Scene, read: Read) -> None:
    def announce(radius_m: float, minutes: float):
        lasts = timedelta(minutes=minutes)
        return airspace.announce_helicopter(scene.store, MIDDLE, radius_m, lasts, "rescue", LEAD, scene.now)

    assert refused(announce(0, 30)) == refused(announce(5_001, 30)) == "radius_out_of_range"
    assert refused(announce(800, 0)) == refused(announce(800, 121)) == "notice_length"
    notice = announce(800, 30)
    airspace.end_notice(scene.store, notice, LEAD, scene.wait(60))
    assert read("SELECT ends_at FROM airspace_notice WHERE id = %(id)s", id=notice) == [(scene.now,)]


def test_more_helicopters_than_the_fleet_can_follow_are_refused(scene: Scene) -> None:
    def announce():
        return airspace.announce_helicopter(scene.store, MIDDLE, 500, timedelta(minutes=30), "rescue", LEAD, scene.now)

    notices = [announce() for _ in range(airspace.NOTICES_MAX)]
    assert refused(announce()) == "too_many_notices"
    airspace.end_notice(scene.store, notices[0], LEAD, scene.wait(1))
    assert isinstance(announce(), int)


def test_a_drone_is_grounded_with_a_reason(scene: Scene) -> None:
    def ground(drone_id: str, reason: str):
        return airspace.set_drone(scene.store, drone_id, enabled=False, reason=reason, by=LEAD, now=scene.now)

    assert refused(ground("D-4", " ")) == "reason_missing"
    assert refused(ground("D-99", "propeller")) == "drone_unknown"
    assert ground("D-4", "propeller") is None
    scene.call("P-1")
    assert scene.offered().drone_id != "D-4"
    assert airspace.set_drone(scene.store, "D-4", enabled=True, reason="", by=LEAD, now=scene.now) is None
    scene.call("P-3")
    assert scene.offered().drone_id == "D-4"


def test_an_alarm_is_raised_once_and_cleared_once(scene: Scene) -> None:
    deeds = [(True, True), (True, False), (False, True), (False, False), (True, True)]
    for raised, changed in deeds:
        assert alarms.set_alarm(scene.store, "broker", raised, "away", scene.now) == changed


def test_a_city_is_installed_whole_flown_over_and_read_again_under_the_same_names(
    empty_database: str, read_from: Callable[[PostgresStore], Read]
) -> None:
    store = PostgresStore(empty_database)
    made = generate(5, CityPlan(zones=12, buttons=200, seed=5))
    first = city.install(store, made, "generated", LEAD, START)
    again = city.install(store, made, "generated", LEAD, START + timedelta(days=1))
    read = read_from(store)
    assert [d.id for d in again.city.docks] == [d.id for d in first.city.docks]
    assert read("SELECT count(*), count(retired_at) FROM zone") == [(12, 0)]
    assert read("SELECT count(*), count(retired_at) FROM device") == [(200, 0)]
    where = first.city.zones[3]
    other = PostgresStore(empty_database)
    with other.transaction() as tx:
        assert tx.zone_at(where.centre) == (where.id, where.label)
        assert tx.airspace() is None
    moved = generate(6, CityPlan(zones=12, buttons=200, seed=6))
    there = city.install(store, moved, "generated", LEAD, START + timedelta(days=2)).city.zones[3]
    with other.transaction() as tx:
        assert tx.zone_at(there.centre) == (there.id, there.label), "another process imported the city"
        middle = tx.city_middle()
    assert [(middle.lon, middle.lat)] == read("SELECT avg(lon), avg(lat) FROM dock WHERE retired_at IS NULL")
    other.close()
    city.read_geozones(store, GeozoneSet("sky", (FAR_ZONE,)), LEAD, START)
    with store.transaction() as tx:
        assert tx.airspace().zones.source == "sky"
    city.read_geozones(store, GeozoneSet("newer sky", (FAR_ZONE,)), LEAD, START)
    with store.transaction() as tx:
        drawn = tx.airspace()
        assert drawn.zones.source == "newer sky"
        assert tx.airspace() is drawn
    city.install(PostgresStore(empty_database), moved, "generated", LEAD, START + timedelta(days=3))
    with store.transaction() as tx:
        assert tx.airspace() is not drawn, "drawn anew around the city that another process imported"
    store.close()


@pytest.fixture
def read_from() -> Callable[[PostgresStore], Read]:
    def of(store: PostgresStore) -> Read:
        def ask(query: str) -> list[tuple]:
            with store.cursor() as cursor:
                return cursor.execute(query).fetchall()

        return ask

    return of
