"""A drone and a pilot for every incident that wants one; and when there is none, people are told why."""

from datetime import timedelta

import pytest

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.authorisations import Conditions
from necmergitur.operations import authorising, dispatching, flying, incidents
from necmergitur.operations.ports import Notice
from necmergitur.sim import papers
from necmergitur.territory.geozones import GeozoneSet
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.town import FAR_ZONE, START, flights, personal, pilot, place, prohibited, town


def test_the_nearest_drone_is_offered_to_a_pilot_for_ten_seconds(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.offered()
    assert (mission.incident_id, mission.drone_id, mission.pilot_id) == (call.id, "D-4", 1)
    assert (mission.target, mission.offer_expires_at) == (call.position, scene.now + timedelta(seconds=10))
    assert mission.eta_s == pytest.approx(20 + 100 / 15 + 5, abs=0.2)
    after = scene.incident(call.id)
    assert (after.drone, after.drone_reason) == ("offered", mission.why)
    assert scene.offer().offered == ()
    scene.check()


def test_a_mission_is_admitted_under_the_flight_authorisation_and_its_progress_is_never_lost(scene: Scene) -> None:
    mission = scene.fly()
    ended = flying.ended(scene.store, mission.id, "docked", scene.wait(300))
    assert ended
    under = {f.kind: f.authorisation_id for f in scene.facts(f"mission:{mission.id}")}
    law, help_ = str(mission.authorisation_id), "00000000-0000-7000-8000-000000000001"
    assert under == {"MissionOffered": law, "MissionAccepted": law, "MissionLaunched": law, "MissionEnded": help_}


def test_the_place_of_a_person_is_sealed_in_the_mission_too(scene: Scene) -> None:
    scene.call("B-1", at=place(30, -40))
    mission = scene.offered()
    assert mission.target == place(30, -40)
    (fact,) = scene.facts(f"mission:{mission.id}")
    assert b'"target":null' in fact.payload
    assert fact.personal is not None
    scene.check()


def test_each_call_gets_a_drone_and_a_pilot_of_its_own(scene: Scene) -> None:
    scene.call("P-1"), scene.call("P-3"), scene.call("P-5")
    offered = scene.offer().offered
    assert len({m.drone_id for m in offered}) == len({m.pilot_id for m in offered}) == 3
    scene.check()


def test_an_offer_passes_on_after_ten_seconds_and_a_late_yes_is_refused(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.offered()
    first = Person(mission.pilot_id, mission.pilot_name)
    assert dispatching.pass_on_expired(scene.store, scene.wait(9.999)) == 0
    assert dispatching.pass_on_expired(scene.store, scene.wait(0.001)) == 1
    after = scene.mission(mission.id)
    assert (after.pilot_id, after.tried_pilots) == (2, (1, 2))
    assert after.offer_expires_at == scene.now + timedelta(seconds=10)
    assert refused(flying.accept(scene.store, mission.id, first, scene.now)) == "offered_to_another"
    assert scene.accept(after).pilot_id == 2
    scene.check()


def test_an_offer_past_its_ten_seconds_is_not_taken(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.offered()
    scene.wait(10)
    by = Person(mission.pilot_id, mission.pilot_name)
    assert refused(flying.accept(scene.store, mission.id, by, scene.now)) == "offer_expired"


def test_a_no_asks_the_next_pilot_at_once(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.offered()
    after = dispatching.decline(scene.store, mission.id, Person(1, "Pilot 1"), scene.wait(1))
    assert after.pilot_id == 2
    gone = dispatching.decline(scene.store, mission.id, Person(1, "Pilot 1"), scene.wait(1))
    assert refused(gone) == "offer_gone"


def test_with_nobody_left_the_screen_says_so_and_the_search_goes_on(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.offered()
    for _ in range(3):
        dispatching.pass_on_expired(scene.store, scene.wait(10))
    after, incident = scene.mission(mission.id), scene.incident(call.id)
    assert (after.state, after.end_reason) == ("ended", "no_pilot")
    assert (incident.drone, incident.drone_reason) == ("refused", "no_pilot_answered asked=3")
    assert scene.offer().offered == ()
    (again,) = scene.offer(refused_too=True).offered
    assert (again.id != mission.id, again.drone_id) == (True, mission.drone_id)
    scene.check()


# --- nothing usable: no flight, and the call still reaches people -----------------------------------


def grounded(scene: Scene) -> str:
    """Press, find no flight, and see that people are told all the same. Return the reason on screen."""
    call = scene.call("P-1")
    round_ = scene.offer()
    assert round_.offered == ()
    after = scene.incident(call.id)
    assert (after.state, after.drone, after.due_at) == ("open", "refused", scene.now + timedelta(seconds=10))
    with scene.store.transaction() as tx:
        assert tx.missions_of(call.id) == []
        assert [i.id for i in tx.incidents_due(scene.now + timedelta(seconds=10), 10)] == [call.id]
    facts = len(scene.facts())
    assert scene.offer(refused_too=True).offered == ()
    assert len(scene.facts()) == facts, "the same reason again is not a new fact"
    scene.check()
    return after.drone_reason


def test_no_authorisation_no_flight(open_scene) -> None:
    reason = grounded(open_scene(town(authorisations=())))
    assert reason == "no_authorisation modality=drone_flight purpose=emergency_response zone=Z-4"


def test_an_authorisation_for_other_zones_does_not_fly_here(open_scene) -> None:
    reason = grounded(open_scene(town(authorisations=(flights(zones=("Z-8",)),))))
    assert reason.startswith("no_authorisation ")


def test_an_authorisation_for_another_purpose_does_not_fly_here(open_scene) -> None:
    assert grounded(open_scene(town(authorisations=(flights(purpose="maintenance"),)))).startswith("no_authorisation ")


def test_an_authorisation_not_yet_in_force_does_not_fly(open_scene) -> None:
    scene = open_scene(town(authorisations=(flights(valid_from=START + timedelta(seconds=1)),)))
    assert grounded(scene).startswith("authorisation_not_yet ")
    scene.wait(1)
    assert len(scene.offer(refused_too=True).offered) == 1


def test_an_authorisation_that_lapsed_does_not_fly(open_scene) -> None:
    scene = open_scene(town(authorisations=(flights(valid_until=START + timedelta(hours=1)),)))
    scene.wait(3600)
    assert grounded(scene).startswith("authorisation_expired ")


def test_a_revoked_authorisation_does_not_fly(scene: Scene) -> None:
    assert authorising.revoke(scene.store, flights().id, "judge's order", LEAD, scene.now)
    assert grounded(scene).startswith("authorisation_revoked ")


def test_no_geozones_no_flight(open_scene) -> None:
    assert grounded(open_scene(town(geozones=None))) == "no_geozones"


def test_empty_geozones_no_flight(open_scene) -> None:
    assert grounded(open_scene(town(geozones=GeozoneSet("empty.json", ())))) == "geozones_empty"


def test_stale_geozones_no_flight(open_scene) -> None:
    old = GeozoneSet("old.json", (FAR_ZONE,), valid_to=START - timedelta(days=1))
    assert grounded(open_scene(town(geozones=old))) == "geozones_stale"


def test_a_scene_inside_a_prohibited_zone_is_not_flown_to(open_scene) -> None:
    sky = GeozoneSet("sky", (prohibited("PALACE", place(100, 0), 50.0),))
    assert grounded(open_scene(town(geozones=sky))) == "geozone_prohibited zone=PALACE restriction=PROHIBITED"


def test_an_authorisation_that_names_the_zone_opens_it(open_scene) -> None:
    sky = GeozoneSet("sky", (prohibited("PALACE", place(100, 0), 50.0),))
    law = flights(conditions=Conditions(geozones=("PALACE",)))
    scene = open_scene(town(geozones=sky, authorisations=(law,)))
    scene.call("P-1")
    assert scene.offered().drone_id == "D-4"


def test_a_drone_whose_way_is_barred_gives_way_to_the_next(open_scene) -> None:
    # A wall between the middle dock and the post, 100 m east of it.
    scene = open_scene(town(geozones=GeozoneSet("sky", (prohibited("WALL", place(40, 0), 20.0),))))
    scene.call("P-1")
    assert scene.offered().drone_id == "D-5"


def test_no_drone_is_asked_for_where_a_helicopter_is_announced(open_scene) -> None:
    notice = Notice(place(100, 0), 60.0, START + timedelta(minutes=10))
    scene = open_scene(town(notices=(notice,)))
    assert grounded(scene) == "helicopter_in_area"
    scene.wait(600)
    assert len(scene.offer(refused_too=True).offered) == 1


def test_a_drone_whose_dock_lies_under_a_helicopter_gives_way_to_the_next(open_scene) -> None:
    scene = open_scene(town(notices=(Notice(place(0, 0), 60.0, START + timedelta(minutes=10)),)))
    scene.call("P-1")
    assert scene.offered().drone_id == "D-5"


def test_no_pilot_on_shift(open_scene) -> None:
    assert grounded(open_scene(town(shifts=()))) == "no_pilot on_shift=0"


@pytest.mark.parametrize(
    "unfit",
    [
        {"paused": True},
        {"qualified_until": START},
        {"qualified_from": None},
        {"qualification": "first_aid"},
    ],
)
def test_a_pilot_who_may_not_fly_is_not_asked(open_scene, unfit) -> None:
    assert grounded(open_scene(town(shifts=(pilot(1, **unfit),)))) == "no_pilot on_shift=1"


def test_the_law_is_named_before_the_lack_of_pilots(open_scene) -> None:
    nobody = {"shifts": ()}
    assert grounded(open_scene(town(authorisations=(), **nobody))).startswith("no_authorisation ")


def test_stale_geozones_are_named_before_the_lack_of_pilots(open_scene) -> None:
    assert grounded(open_scene(town(shifts=(), geozones=GeozoneSet("empty.json", ())))) == "geozones_empty"


def test_a_pilot_with_their_hands_full_is_not_asked(open_scene) -> None:
    scene = open_scene(town(shifts=(pilot(1),)))
    scene.call("P-1")
    scene.offered()
    scene.call("P-5")
    assert [rule for _, rule in scene.offer().refused] == ["no_pilot"]


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        ({"linked": False}, "no_link"),
        ({"link_pct": 10.0}, "no_link"),
        ({"battery_pct": None}, "battery"),
        ({"wind_m_s": 15.0}, "wind"),
    ],
)
def test_a_drone_that_may_not_fly_is_counted_and_named(scene: Scene, state, rule) -> None:
    for drone_id in scene.fleet.now:
        scene.fleet.change(drone_id, **state)
    assert grounded(scene) == f"no_drone free=0 {rule}=9"


def test_a_drone_never_heard_of_does_not_fly(scene: Scene) -> None:
    scene.fleet.now.clear()
    assert grounded(scene) == "no_drone free=0 no_link=9"


def test_a_drone_that_could_not_fly_is_not_sent_to_the_same_call_again(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.accept(scene.offered())
    assert flying.ended(scene.store, mission.id, "arm_refused", scene.wait(2))
    assert scene.incident(call.id).drone == "searching"
    assert scene.offered().drone_id == "D-5"
    assert scene.call("P-3").id != call.id
    assert scene.offered().drone_id == "D-4", "other calls may still have it"
    scene.check()


def test_a_drone_busy_for_a_little_longer_is_waited_for(scene: Scene) -> None:
    scene.fleet.only("D-4")
    mission = scene.fly("P-1")
    flying.reached(scene.store, mission.id, "on_scene", scene.wait(20))
    call = scene.call("P-3")
    assert [rule for _, rule in scene.offer().refused] == ["no_drone"], "37 minutes is no help"
    flying.ended(scene.store, mission.id, "docked", scene.wait(900))
    assert [m.incident_id for m in scene.offer(refused_too=True).offered] == [call.id]


def test_a_test_never_flies(scene: Scene) -> None:
    call = scene.call("P-1", "test")
    assert scene.offer(refused_too=True) == dispatching.Round((), ())
    assert refused(incidents.seek_drone(scene.store, call.id, OPERATOR, scene.now)) == "test_never_flies"


def test_a_test_call_is_carried_as_far_as_the_decision(scene: Scene) -> None:
    call = scene.call("P-1", "test")
    assert call.drone == "searching"
    assert dispatching.rehearse(scene.store, scene.fleet, scene.now) == 1
    after = scene.incident(call.id)
    assert (after.drone, after.drone_reason.partition(":")[0]) == ("none", "D-4")
    assert (after.state, after.outcome) == ("closed", "test"), "nobody waits for it"
    with scene.store.transaction() as tx:
        assert tx.known_signals([("P-1", 7, 1)])[("P-1", 7, 1)].rung == "received", "and nobody has seen it"
    assert dispatching.rehearse(scene.store, scene.fleet, scene.now) == 0
    assert scene.offer().offered == ()
    scene.check()


def test_a_drill_of_every_button_leaves_nothing_open(scene: Scene) -> None:
    posts = ("P-1", "P-2", "P-3", "P-4", "P-5")
    nowhere, *_ = scene.take(*(scene.make(device, "test") for device in ("B-1", *posts)))
    real = scene.call("P-1")
    assert dispatching.rehearse(scene.store, scene.fleet, scene.now) == len(posts) + 1
    assert scene.incident(nowhere.incident_id).state == "closed", "a personal button that states no place"
    with scene.store.transaction() as tx:
        assert {device: i.id for device, i in tx.open_incidents_of(posts).items()} == {"P-1": real.id}
    scene.check()


def test_more_calls_than_drones_are_shared_out_and_the_others_are_told_why(open_scene) -> None:
    callers = tuple(personal(f"C-{n}") for n in range(24))
    scene = open_scene(town(devices=callers, shifts=tuple(pilot(n + 1) for n in range(30))))
    scene.take(*(scene.make(f"C-{n}", at=place(-900 + 75 * n, 30 * n)) for n in range(24)))
    round_ = scene.offer()
    assert sorted(m.drone_id for m in round_.offered) == sorted(scene.fleet.now)
    assert len({m.pilot_id for m in round_.offered}) == 9
    assert [rule for _, rule in round_.refused] == ["no_drone"] * 15
    scene.check()


def test_an_older_authorisation_that_opens_the_way_is_not_hidden_by_a_newer_one(open_scene) -> None:
    from uuid import UUID

    sky = GeozoneSet("sky", (prohibited("PALACE", place(100, 0), 50.0),))
    scene = open_scene(town(geozones=sky, authorisations=(flights(conditions=Conditions(geozones=("PALACE",))),)))
    newer = flights(id=UUID(int=9), granted_at=START)
    assert papers.authorise(scene.store, newer, scene.now)
    scene.call("P-1")
    assert scene.offered().authorisation_id == flights().id
    scene.check()


def test_no_drone_is_sent_where_a_helicopter_is_announced_on_its_way(open_scene) -> None:
    notice = Notice(place(50, 0), 20.0, START + timedelta(hours=1))
    scene = open_scene(town(notices=(notice,)))
    scene.call("P-1")
    assert scene.offered().drone_id != "D-4", "its way crosses the notice, though neither end lies in it"


def test_two_offers_in_a_row_left_unanswered_pause_the_pilot(open_scene) -> None:
    scene = open_scene(town(shifts=(pilot(1),)))
    for paused in (False, True):
        scene.call("P-1")
        scene.offer(refused_too=True)
        assert dispatching.pass_on_expired(scene.store, scene.wait(10)) == 1
        with scene.store.transaction() as tx:
            (fact,) = tx.pilots_on_shift(scene.now)
        assert fact.paused is paused
    scene.wait(1)
    assert scene.offer(refused_too=True).offered == ()
    audit = [f for f in scene.facts() if f.kind == "Audited"][-1]
    assert b'"action":"engine:shift:pause"' in audit.payload
    scene.check()


def test_an_answer_between_two_missed_offers_keeps_the_pilot_on(open_scene) -> None:
    scene = open_scene(town(shifts=(pilot(1),)))
    scene.call("P-1")
    for answer in (False, True, False):
        (mission,) = scene.offer(refused_too=True).offered
        if answer:
            assert dispatching.decline(scene.store, mission.id, Person(1, "Pilot 1"), scene.wait(1))
        else:
            assert dispatching.pass_on_expired(scene.store, scene.wait(10)) == 1
    with scene.store.transaction() as tx:
        assert not tx.pilots_on_shift(scene.now)[0].paused


def test_a_pilot_who_let_an_offer_pass_is_not_asked_first_again(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.offered()
    assert mission.pilot_id == 1
    dispatching.pass_on_expired(scene.store, scene.wait(10))
    with scene.store.transaction() as tx:
        asked = {p.user_id: p.last_offered_at for p in tx.pilots_on_shift(scene.now)}
    assert (asked[1], asked[2], asked[3]) == (mission.offered_at, mission.offered_at, None)
    scene.call("P-5")
    assert scene.offered().pilot_id == 3


def test_what_the_law_ended_is_not_held_against_the_drone(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.accept(scene.offered())
    assert flying.ended(scene.store, mission.id, "authorisation_expired", scene.wait(1))
    again = scene.offered()
    assert (again.incident_id, again.drone_id) == (call.id, mission.drone_id)


def test_a_drone_that_failed_is_tried_again_after_a_while(scene: Scene) -> None:
    scene.fleet.only("D-4")
    scene.call("P-1")
    mission = scene.launch(scene.accept(scene.offered()))
    assert flying.ended(scene.store, mission.id, "failed", scene.wait(1))
    assert scene.offer(refused_too=True).offered == ()
    scene.wait(301)
    (again,) = scene.offer(refused_too=True).offered
    assert again.drone_id == "D-4"


def test_a_person_who_asks_again_does_not_wait_for_a_drone_that_failed(scene: Scene) -> None:
    scene.fleet.only("D-4")
    call = scene.call("P-1")
    mission = scene.launch(scene.accept(scene.offered()))
    assert flying.ended(scene.store, mission.id, "failed", scene.wait(1))
    assert scene.offer().offered == ()
    assert incidents.seek_drone(scene.store, call.id, OPERATOR, scene.wait(1))
    assert scene.offered().drone_id == "D-4"


def test_calls_refused_before_take_turns(open_scene, monkeypatch) -> None:
    monkeypatch.setattr(dispatching, "ROUND_MAX", 2)
    scene = open_scene(town(authorisations=(flights(zones=("Z-1",)),)))
    calls = [scene.call("P-1"), scene.call("P-3"), scene.call("P-5")]
    for _ in calls:
        scene.offer()
        scene.wait(1)
    looked: set[object] = set()
    for _ in range(2):
        looked |= {incident_id for incident_id, _ in scene.offer(refused_too=True).refused}
        scene.wait(5)
    assert looked == {call.id for call in calls}


def test_geozones_read_too_long_ago_ground_the_fleet(open_scene, request) -> None:
    if "twin" in request.node.name:
        return  # the twin's sky was not read from a file
    scene = open_scene(town())
    with scene.store.cursor() as cursor:
        cursor.execute("UPDATE geozone_set SET read_at = %s", (START - timedelta(days=28, seconds=1),))
    call = scene.call("P-1")
    assert scene.offer().offered == ()
    assert scene.incident(call.id).drone_reason == "geozones_stale"
