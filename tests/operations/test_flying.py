"""A drone lifts only on a pilot's acceptance, for an open incident, under a current authorisation; and comes home."""

from datetime import timedelta

import pytest

from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.dispatch import tokens
from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.missions import Mission
from necmergitur.governance.authorisations import Conditions
from necmergitur.operations import authorising, dispatching, flying, incidents
from necmergitur.sim import papers
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.town import CANCEL, FLIGHTS, START, TOWN, flights, pilot, place, town

SIGNER = Ed25519Signer.generate()


def person(mission: Mission) -> Person:
    return Person(mission.pilot_id, mission.pilot_name)


def test_a_mission_goes_from_offer_to_dock_and_its_incident_follows(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.offered()
    scene.wait(3)
    scene.accept(mission)
    scene.wait(2)
    assert scene.launch(mission).state == "flying"
    seen = [scene.incident(call.id).drone]
    for phase, seconds in (("climb", 7), ("transit", 14), ("on_scene", 12), ("return", 720), ("dock", 15)):
        assert flying.reached(scene.store, mission.id, phase, scene.wait(seconds))
        seen.append(scene.incident(call.id).drone)
    assert flying.ended(scene.store, mission.id, "docked", scene.wait(5))
    assert [*seen, scene.incident(call.id).drone] == [
        "flying", "flying", "flying", "on_scene", "returning", "returning", "done",
    ]  # fmt: skip
    after = scene.mission(mission.id)
    assert after.accepted_at == START + timedelta(seconds=3)
    assert after.airborne_at == START + timedelta(seconds=5)
    assert after.on_scene_at == START + timedelta(seconds=38)
    assert (after.state, after.end_reason) == ("ended", "docked")
    scene.check()


def test_nothing_lifts_before_a_pilot_accepts(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.offered()
    assert refused(flying.token_for(scene.store, mission.id, SIGNER, scene.now)) == "not_accepted"
    assert refused(flying.launched(scene.store, mission.id, scene.now)) == "not_accepted"


def test_a_lift_off_is_recorded_once(scene: Scene) -> None:
    mission = scene.fly()
    assert scene.launch(mission) == mission
    assert scene.kinds(f"mission:{mission.id}").count("MissionLaunched") == 1


def test_only_the_pilot_asked_may_accept(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.offered()
    assert refused(flying.accept(scene.store, mission.id, Person(2, "Pilot 2"), scene.now)) == "offered_to_another"
    scene.accept(mission)
    assert refused(flying.accept(scene.store, mission.id, person(mission), scene.now)) == "offer_gone"


@pytest.mark.parametrize(
    ("shift", "rule"),
    [
        ({"ends_at": START + timedelta(seconds=5)}, "not_on_shift"),
        ({"qualified_until": START + timedelta(seconds=5)}, "pilot_not_qualified"),
    ],
)
def test_a_pilot_whose_right_to_fly_ends_while_asked_may_not_accept(open_scene, shift, rule) -> None:
    scene = open_scene(town(shifts=(pilot(1, **shift),)))
    scene.call("P-1")
    mission = scene.offered()
    assert refused(flying.accept(scene.store, mission.id, person(mission), scene.wait(6))) == rule


def test_the_token_names_the_drone_the_law_and_the_air(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.accept(scene.offered())
    token = flying.token_for(scene.store, mission.id, SIGNER, scene.now)
    assert isinstance(token, tokens.MissionToken)
    assert (token.mission_id, token.incident_id, token.authorisation_id) == (mission.id, call.id, FLIGHTS)
    assert token.not_before == START + timedelta(seconds=5), "the caller's window to cancel"
    from necmergitur.kernel.geo import ring_contains

    assert ring_contains(token.volume.ring, mission.target)
    assert ring_contains(token.volume.ring, place(0, 0))
    assert not ring_contains(token.volume.ring, place(0, 400))
    verifier = Ed25519Verifier([SIGNER.public_bytes()])
    assert tokens.check(token, token.drone_id, token.not_before, verifier) is token
    assert refused(tokens.check(token, "D-1", token.not_before, verifier)) == "token_wrong_drone"


def test_no_token_once_the_incident_is_closed_or_the_law_ended(scene: Scene) -> None:
    first, second = scene.call("P-1"), scene.call("P-5")
    one, two = (scene.accept(m) for m in scene.offer().offered)
    assert incidents.close(scene.store, first.id, "false_alarm", OPERATOR, scene.now)
    mine = one if one.incident_id == first.id else two
    other = two if mine is one else one
    assert other.incident_id == second.id
    assert refused(flying.token_for(scene.store, mine.id, SIGNER, scene.now)) == "not_accepted"
    assert authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.now)
    assert refused(flying.token_for(scene.store, other.id, SIGNER, scene.now)) == "authorisation_revoked"
    assert refused(flying.launched(scene.store, other.id, scene.now)) == "authorisation_revoked"
    scene.check()


def test_closing_calls_the_drone_back(scene: Scene) -> None:
    mission = scene.fly()
    call = scene.incident(mission.incident_id)
    assert incidents.close(scene.store, call.id, "helped", OPERATOR, scene.wait(60))
    after = scene.mission(mission.id)
    assert (after.state, after.order, after.order_seq) == ("flying", "return", 1)
    assert flying.ended(scene.store, mission.id, "docked", scene.wait(60))
    assert scene.incident(call.id).state == "closed"
    scene.check()


def test_the_way_home_from_a_closed_incident_is_recorded_and_the_pilot_still_orders(scene: Scene) -> None:
    mission = scene.fly()
    assert incidents.close(scene.store, mission.incident_id, "helped", OPERATOR, scene.wait(60))
    pilot = Person(mission.pilot_id, mission.pilot_name)
    for phase in ("return", "land"):
        assert flying.reached(scene.store, mission.id, phase, scene.wait(5)).phase == phase
    landed = flying.order(scene.store, mission.id, "land", pilot, scene.wait(1))
    assert isinstance(landed, Mission), landed
    assert landed.order == "land"
    flying.ended(scene.store, mission.id, "docked", scene.wait(30))
    scene.check()


def test_closing_withdraws_an_offer(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.offered()
    assert incidents.close(scene.store, call.id, "false_alarm", OPERATOR, scene.wait(1))
    after = scene.mission(mission.id)
    assert (after.state, after.end_reason) == ("ended", "called_back")
    assert refused(flying.accept(scene.store, mission.id, person(mission), scene.now)) == "offer_gone"


def test_a_caller_who_takes_it_back_in_time_calls_the_drone_back(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    mission = scene.accept(scene.offered())
    scene.wait(3)
    scene.press("B-1", "cancel", pin=CANCEL)
    assert flying.call_back_unfounded(scene.store, scene.now) == 1
    assert scene.mission(mission.id).state == "ended"
    after = scene.incident(call.id)
    assert (after.state, after.drone) == ("open", "none")
    assert flying.call_back_unfounded(scene.store, scene.now) == 0
    scene.check()


def test_a_caller_who_calls_again_gets_another_drone_while_the_first_flies_home(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    first = scene.launch(scene.accept(scene.offered()))
    scene.press("B-1", "cancel", pin=CANCEL)
    assert flying.call_back_unfounded(scene.store, scene.wait(1)) == 1
    assert scene.incident(call.id).drone == "returning"
    scene.press("B-1", at=place(0, 0))
    assert scene.incident(call.id).drone == "searching"
    scene.fleet.change(first.drone_id, battery_pct=40.0, docked=False)
    second = scene.offered()
    assert second.drone_id != first.drone_id
    assert flying.ended(scene.store, first.id, "docked", scene.wait(1))
    assert scene.incident(call.id).drone == "offered", "the old drone no longer speaks for the incident"
    scene.check()


def test_when_the_law_ends_the_drone_comes_home_and_the_screen_says_why(scene: Scene) -> None:
    mission = scene.fly()
    assert flying.call_back_unfounded(scene.store, scene.now) == 0
    assert authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.wait(5))
    assert flying.call_back_unfounded(scene.store, scene.now) == 1
    assert scene.mission(mission.id).order == "return"
    scene.offer()
    assert scene.incident(mission.incident_id).drone_reason.startswith("authorisation_revoked")
    assert flying.ended(scene.store, mission.id, "docked", scene.wait(30))
    assert scene.incident(mission.incident_id).drone == "refused"
    scene.check()


def test_an_offer_withdrawn_with_the_law_is_made_again_under_a_new_one(scene: Scene) -> None:
    from uuid import UUID

    call = scene.call("P-1")
    scene.offered()
    assert authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.wait(1))
    assert flying.call_back_unfounded(scene.store, scene.now) == 1
    assert scene.offer().offered == ()
    again = flights(id=UUID(int=FLIGHTS.int + 1), valid_from=scene.now, granted_at=scene.now)
    assert papers.authorise(scene.store, again, scene.now)
    (mission,) = scene.offer(refused_too=True).offered
    assert (mission.incident_id, mission.authorisation_id) == (call.id, again.id)


@pytest.mark.parametrize("asked", ["hold", "descend", "land", "fly"])
def test_the_pilot_orders_and_nobody_else(scene: Scene, asked) -> None:
    mission = scene.fly()
    after = flying.order(scene.store, mission.id, asked, person(mission), scene.wait(1))
    assert (after.order, after.order_seq) == (asked, 1)
    other = Person(99, "Somebody")
    assert refused(flying.order(scene.store, mission.id, asked, other, scene.now)) == "not_your_mission"


def test_the_controls_pass_to_a_qualified_pilot_with_free_hands(scene: Scene) -> None:
    mission = scene.fly()
    first, second = person(mission), Person(2, "Pilot 2")
    assert refused(flying.hand_over(scene.store, mission.id, Person(99, "Nobody"), first, scene.now)) == "not_on_shift"
    after = flying.hand_over(scene.store, mission.id, second, first, scene.wait(1))
    assert (after.pilot_id, after.pilot_name) == (2, "Pilot 2")
    assert refused(flying.hand_over(scene.store, mission.id, second, second, scene.now)) == "pilot_busy"
    assert refused(flying.order(scene.store, mission.id, "hold", first, scene.now)) == "not_your_mission"


def test_the_record_says_who_gave_the_controls_away_and_who_took_them(scene: Scene) -> None:
    mission = scene.fly()
    second, third = Person(2, "Pilot 2"), Person(3, "Pilot 3")
    assert refused(flying.hand_over(scene.store, mission.id, third, second, scene.now)) == "not_your_mission"
    flying.hand_over(scene.store, mission.id, second, person(mission), scene.wait(1))
    flying.hand_over(scene.store, mission.id, third, third, scene.wait(1))
    handed = [f.actor for f in scene.facts(f"mission:{mission.id}") if f.kind == "MissionHandedOver"]
    assert handed == ["user:1", "user:3"]
    scene.check()


def test_before_the_lift_off_nobody_is_given_a_flight_they_did_not_say_yes_to(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.accept(scene.offered())
    first, second = person(mission), Person(2, "Pilot 2")
    assert refused(flying.hand_over(scene.store, mission.id, second, first, scene.now)) == "not_lifted_yet"
    taken = flying.hand_over(scene.store, mission.id, second, second, scene.wait(1))
    assert taken.pilot_id == 2


def test_a_drone_lost_on_the_way_is_replaced(scene: Scene) -> None:
    mission = scene.fly()
    assert flying.ended(scene.store, mission.id, "link_lost", scene.wait(10))
    assert scene.incident(mission.incident_id).drone == "searching"
    assert scene.offered().drone_id != mission.drone_id


def test_a_camera_breach_is_recorded(scene: Scene) -> None:
    mission = scene.fly()
    assert flying.breached(scene.store, mission.id, "camera_not_level", -31.26, scene.wait(5))
    fact = scene.facts(f"mission:{mission.id}")[-1]
    assert (fact.kind, b"-31.3" in fact.payload) == ("CameraBreached", True)
    scene.check()


def test_a_phase_is_recorded_once_and_not_after_the_end(scene: Scene) -> None:
    mission = scene.fly()
    for _ in range(2):
        assert flying.reached(scene.store, mission.id, "climb", scene.wait(1))
    assert scene.kinds(f"mission:{mission.id}").count("PhaseReached") == 1
    flying.ended(scene.store, mission.id, "docked", scene.wait(1))
    facts = len(scene.facts())
    flying.reached(scene.store, mission.id, "dock", scene.wait(1))
    flying.ended(scene.store, mission.id, "failed", scene.wait(1))
    assert len(scene.facts()) == facts


def test_an_unknown_mission_is_refused_everywhere(scene: Scene) -> None:
    from uuid import UUID

    nobody, nothing = Person(1, "Pilot 1"), UUID(int=5)
    for outcome in (
        flying.accept(scene.store, nothing, nobody, scene.now),
        flying.order(scene.store, nothing, "hold", nobody, scene.now),
        flying.hand_over(scene.store, nothing, nobody, nobody, scene.now),
        flying.launched(scene.store, nothing, scene.now),
        flying.reached(scene.store, nothing, "climb", scene.now),
        flying.ended(scene.store, nothing, "docked", scene.now),
        dispatching.decline(scene.store, nothing, nobody, scene.now),
    ):
        assert refused(outcome) == "mission_unknown"


def drone(scene: Scene, name: str):
    with scene.store.transaction() as tx:
        return next(d for d in tx.drones() if d.id == name)


def test_a_drone_that_landed_in_a_street_is_grounded_until_a_technician_has_seen_it(scene: Scene) -> None:
    mission = scene.fly()
    assert flying.order(scene.store, mission.id, "land", person(mission), scene.wait(20))
    assert flying.ended(scene.store, mission.id, "landed_away", scene.wait(30))
    record = drone(scene, mission.drone_id)
    assert (record.enabled, record.disabled_reason) == (False, "landed_away")
    audit = [f for f in scene.facts() if f.kind == "Audited"][-1]
    assert b'"action":"engine:drone:ground"' in audit.payload
    scene.fleet.only(mission.drone_id)
    scene.call("P-3")
    assert scene.offer().offered == ()
    scene.check()


def test_a_return_asked_before_the_lift_off_ends_the_mission(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.accept(scene.offered())
    after = flying.order(scene.store, mission.id, "return", person(mission), scene.wait(1))
    assert (after.state, after.end_reason) == ("ended", "called_back")
    assert refused(flying.token_for(scene.store, mission.id, SIGNER, scene.now)) == "not_accepted"
    assert refused(flying.launched(scene.store, mission.id, scene.now)) == "not_accepted"
    assert scene.incident(call.id).drone == "done"
    scene.check()


@pytest.mark.parametrize("asked", ["hold", "descend", "fly"])
def test_before_the_lift_off_there_is_nothing_to_hold(scene: Scene, asked) -> None:
    scene.call("P-1")
    mission = scene.accept(scene.offered())
    assert refused(flying.order(scene.store, mission.id, asked, person(mission), scene.now)) == "not_flying"


@pytest.mark.parametrize("asked", ["hold", "descend", "fly"])
def test_a_drone_called_home_is_not_held_or_sent_on(scene: Scene, asked) -> None:
    mission = scene.fly()
    assert flying.order(scene.store, mission.id, "return", person(mission), scene.wait(20))
    assert refused(flying.order(scene.store, mission.id, asked, person(mission), scene.wait(1))) == "coming_home"
    assert flying.order(scene.store, mission.id, "land", person(mission), scene.wait(1)).order == "land"


def test_an_order_the_drone_refused_is_told_and_no_longer_stands(scene: Scene) -> None:
    mission = scene.fly()
    held = flying.order(scene.store, mission.id, "hold", person(mission), scene.wait(5))
    after = flying.order_refused(scene.store, mission.id, held.order_seq, "command_refused", scene.wait(1))
    assert (after.order, after.order_seq, after.order_refused) == ("fly", 1, "hold command_refused")
    again = flying.order(scene.store, mission.id, "hold", person(mission), scene.wait(1))
    assert (again.order, again.order_refused) == ("hold", "")
    late = flying.order_refused(scene.store, mission.id, held.order_seq, "command_refused", scene.wait(1))
    assert late.order == "hold", "a refusal of an older order changes nothing"
    scene.check()


def test_a_landing_lost_with_the_link_leaves_the_way_home_asked(scene: Scene) -> None:
    mission = scene.fly()
    asked = flying.order(scene.store, mission.id, "land", person(mission), scene.wait(5))
    after = flying.order_refused(scene.store, mission.id, asked.order_seq, "link_lost", scene.wait(1))
    assert (after.order, after.order_seq, after.order_refused) == ("return", 2, "land link_lost")


def test_an_accepted_mission_that_never_lifts_ends_and_the_search_goes_on(scene: Scene) -> None:
    call = scene.call("P-1")
    mission = scene.accept(scene.offered())
    assert flying.end_unlifted(scene.store, scene.wait(60)) == 0
    assert flying.end_unlifted(scene.store, scene.wait(0.001)) == 1
    assert scene.mission(mission.id).end_reason == "never_lifted"
    assert scene.incident(call.id).drone == "searching"
    assert scene.offered().drone_id == mission.drone_id, "it says nothing against the drone"
    scene.check()


def test_an_old_acceptance_lifts_nothing(scene: Scene) -> None:
    scene.call("P-1")
    mission = scene.accept(scene.offered())
    assert refused(flying.launched(scene.store, mission.id, scene.wait(61))) == "never_lifted"


def test_the_drone_of_a_retired_dock_is_known_while_it_works(open_scene, request) -> None:
    if "twin" in request.node.name:
        return  # the twin retires no docks
    scene = open_scene(TOWN)
    mission = scene.fly()
    with scene.store.cursor() as cursor:
        cursor.execute("UPDATE dock SET retired_at = now() WHERE id = %s", (f"dock-{mission.drone_id}",))
    assert drone(scene, mission.drone_id), "a restarted engine must find it, or nobody brings it home"
    assert flying.ended(scene.store, mission.id, "docked", scene.wait(60))
    with scene.store.transaction() as tx:
        assert mission.drone_id not in {d.id for d in tx.drones()}


@pytest.mark.parametrize(
    ("conditions", "rule"),
    [
        (Conditions(ceiling_m=120.1), "ceiling_out_of_range"),
        (Conditions(ceiling_m=39.9, transit_m=39.9), "ceiling_out_of_range"),
        (Conditions(ceiling_m=float("nan")), "ceiling_out_of_range"),
        (Conditions(ceiling_m=80.0, transit_m=80.1), "transit_out_of_range"),
        (Conditions(transit_m=39.9), "transit_out_of_range"),
    ],
)
def test_no_authorisation_flies_above_the_law_or_between_the_houses(scene: Scene, conditions, rule) -> None:
    from uuid import UUID

    asked = flights(id=UUID(int=FLIGHTS.int + 1), conditions=conditions)
    assert refused(papers.authorise(scene.store, asked, scene.now)) == rule


def test_a_ceiling_written_before_it_was_bounded_is_flown_at_the_laws_limit(open_scene, monkeypatch) -> None:
    monkeypatch.setattr(Conditions, "heights", lambda _: None)  # as it was granted then
    scene = open_scene(town(authorisations=(flights(conditions=Conditions(ceiling_m=500.0)),)))
    monkeypatch.undo()
    scene.call("P-1")
    token = flying.token_for(scene.store, scene.accept(scene.offered()).id, SIGNER, scene.now)
    assert isinstance(token, tokens.MissionToken)
    assert token.volume.ceiling_m == 120.0


def test_a_ceiling_below_the_roofs_written_before_it_was_bounded_flies_nothing(open_scene, monkeypatch) -> None:
    monkeypatch.setattr(Conditions, "heights", lambda _: None)
    scene = open_scene(town(authorisations=(flights(conditions=Conditions(ceiling_m=25.0)),)))
    monkeypatch.undo()
    call = scene.call("P-1")
    assert scene.offer().offered == ()
    assert scene.incident(call.id).drone_reason == "ceiling_out_of_range"
