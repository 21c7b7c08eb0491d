"""A call for help is never refused, never lost, never mixed up with another person's."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.operations import intake, timers
from necmergitur.operations.intake import Ground
from necmergitur.signals.press import possible_press
from necmergitur.sim.twin.town import DrillWindow
from tests.operations.scene import OPERATOR, Scene
from tests.operations.town import CANCEL, DURESS, MIDDLE, START, place, town


def test_a_press_becomes_a_signal_an_incident_and_their_facts_in_one_commit(scene: Scene) -> None:
    answer = scene.press("P-1", "medical")
    assert (answer.lit, answer.duplicate, answer.seen, answer.refused) == (True, False, False, "")
    incident = scene.incident(answer.incident_id)
    assert (incident.state, incident.rung, incident.kind, incident.signal_count) == ("open", "received", "medical", 1)
    assert (incident.position, incident.zone_id, incident.drone) == (place(100, 0), "Z-4", "searching")
    assert [f.kind for f in scene.facts()][-4:] == [
        "PressReceived", "IncidentOpened", "SignalsAttached", "DroneStatusChanged",
    ]  # fmt: skip
    with scene.store.transaction() as tx:
        (signal,) = tx.signals_of(incident.id)
    assert (signal.id, signal.device_id, signal.kind) == (answer.signal_id, "P-1", "medical")
    scene.check()


def test_a_rolled_back_press_leaves_nothing(scene: Scene) -> None:
    before = len(scene.facts())

    class Stop(Exception):
        pass

    with pytest.raises(Stop), scene.store.transaction() as tx:  # noqa: PT012
        round_ = intake._Round(
            scene.store, tx, [intake.Received(scene.make("P-1"), scene.now)], scene.ground, scene.now
        )
        round_.one(intake.Received(scene.make("P-1"), scene.now))
        round_.write()
        raise Stop
    assert len(scene.facts()) == before
    with scene.store.transaction() as tx:
        assert tx.open_incidents_of(["P-1"]) == {}
    assert scene.press("P-1").lit


def test_the_same_press_again_gets_the_same_answer(scene: Scene) -> None:
    press = scene.make("P-1")
    (first,) = scene.take(press)
    facts = len(scene.facts())
    scene.wait(3)
    (again,) = scene.take(press)
    assert again == msgspec.structs.replace(first, duplicate=True)
    assert len(scene.facts()) == facts


def test_the_same_press_twice_in_one_batch_counts_once(scene: Scene) -> None:
    press = scene.make("P-1")
    first, again = scene.take(press, press)
    assert (again.duplicate, again.incident_id, again.signal_id) == (True, first.incident_id, first.signal_id)
    assert scene.incident(first.incident_id).signal_count == 1


def test_a_repeated_press_says_that_somebody_has_seen_it(scene: Scene) -> None:
    from necmergitur.operations import incidents

    press = scene.make("P-1")
    (first,) = scene.take(press)
    assert incidents.climb(scene.store, first.incident_id, "seen", OPERATOR, scene.wait(2))
    (again,) = scene.take(press)
    assert again.seen


def test_two_presses_side_by_side_are_one_incident(scene: Scene) -> None:
    first = scene.press("P-1")
    scene.wait(5)
    second = scene.press("P-2")
    assert second.incident_id == first.incident_id
    assert scene.incident(first.incident_id).signal_count == 2
    scene.check()


def test_two_presses_side_by_side_in_one_batch_are_one_incident(scene: Scene) -> None:
    first, second = scene.take(scene.make("P-1"), scene.make("P-2"))
    assert second.incident_id == first.incident_id
    scene.check()


def test_a_press_far_away_is_another_incident(scene: Scene) -> None:
    assert scene.press("P-1").incident_id != scene.press("P-5").incident_id


def test_a_press_near_but_not_beside_is_proposed_to_a_human(scene: Scene) -> None:
    first = scene.press("P-1")
    scene.wait(60)
    second = scene.press("P-4")
    assert second.incident_id != first.incident_id
    proposals = proposals_of(scene)
    assert [(p.incident_id, p.other_id, p.state) for p in proposals] == [
        (second.incident_id, first.incident_id, "open")
    ]


def test_one_persons_call_is_never_attached_to_anothers(scene: Scene) -> None:
    here = place(10, 10)
    first = scene.press("B-1", at=here)
    second = scene.press("B-2", at=here)
    assert second.incident_id != first.incident_id
    assert [(p.incident_id, p.other_id) for p in proposals_of(scene)] == [(second.incident_id, first.incident_id)]
    again = scene.press("B-1", at=here)
    assert again.incident_id == first.incident_id
    scene.check()


def test_a_persons_call_is_never_attached_to_a_posts_nor_a_posts_to_a_persons(scene: Scene) -> None:
    post, person = scene.take(scene.make("P-1"), scene.make("B-1", at=place(100, 0)))
    beside = scene.press("P-2")
    assert person.incident_id != post.incident_id
    assert beside.incident_id == post.incident_id, "the posts are one event, and the person stays alone"
    assert scene.incident(post.incident_id).signal_count == 2
    assert scene.incident(person.incident_id).signal_count == 1


def test_a_post_beside_a_persons_call_opens_its_own_and_asks_a_human(scene: Scene) -> None:
    person = scene.press("B-1", at=place(100, 0))
    post = scene.press("P-1")
    assert post.incident_id != person.incident_id
    assert [(p.incident_id, p.other_id) for p in proposals_of(scene)] == [(post.incident_id, person.incident_id)]
    assert scene.incident(person.incident_id).signal_count == 1
    assert scene.kinds(f"incident:{post.incident_id}")[-1] == "ProposalMade"
    scene.check()


# --- calling again ----------------------------------------------------------------------------------


def test_a_post_pressed_after_a_quiet_gap_is_a_new_call_and_a_proposal(scene: Scene) -> None:
    from necmergitur.operations import incidents

    old = scene.call("P-1")
    incidents.climb(scene.store, old.id, "acting", OPERATOR, scene.wait(5))
    scene.wait(20 * 60 + 1)
    again = scene.press("P-1")
    assert again.incident_id != old.id
    assert not again.seen, "nobody has seen this call"
    new = scene.incident(again.incident_id)
    assert (new.rung, new.due_at, new.drone) == ("received", scene.now + timedelta(seconds=10), "searching")
    assert [(p.incident_id, p.other_id) for p in proposals_of(scene)] == [(new.id, old.id)]
    assert scene.press("P-1").incident_id == new.id, "the newest one is pressed again"
    scene.check()


@pytest.mark.parametrize("rung", ["seen", "acknowledged", "acting"])
def test_a_person_who_calls_again_rings_again_whatever_was_answered(scene: Scene, rung) -> None:
    from necmergitur.operations import incidents

    call = scene.call("B-1", at=place(0, 0))
    incidents.climb(scene.store, call.id, rung, OPERATOR, scene.wait(5))
    again = scene.press("B-1", at=place(0, 0))
    assert (again.incident_id, again.seen) == (call.id, True), "a trembling hand presses twice"
    scene.wait(10)
    later = scene.press("B-1", at=place(0, 0))
    assert (later.incident_id, later.seen) == (call.id, False)
    after = scene.incident(call.id)
    assert (after.rung, after.due_at) == ("received", scene.now + timedelta(seconds=10))
    assert timers.escalate_due(scene.store, scene.wait(10)) == 1
    scene.check()


def test_pressing_again_before_anybody_looked_puts_off_no_deadline(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    timers.escalate_due(scene.store, scene.wait(10))
    due_at = scene.incident(call.id).due_at
    scene.wait(12)
    scene.press("B-1", at=place(0, 0))
    assert scene.incident(call.id).due_at == due_at


def test_a_person_who_calls_again_once_the_drone_went_home_gets_another(scene: Scene) -> None:
    from necmergitur.operations import flying

    call = scene.call("B-1", at=place(0, 0))
    mission = scene.launch(scene.accept(scene.offered()))
    flying.reached(scene.store, mission.id, "on_scene", scene.wait(30))
    scene.press("B-1", at=place(0, 0))
    assert scene.incident(call.id).drone == "on_scene", "one is there"
    flying.reached(scene.store, mission.id, "return", scene.wait(60))
    scene.wait(60)
    scene.press("B-1", at=place(0, 0))
    assert scene.incident(call.id).drone == "searching"
    assert len(scene.offer().offered) == 1
    flying.ended(scene.store, mission.id, "docked", scene.wait(5))
    scene.check()


def test_an_exercise_and_the_real_city_do_not_mix_and_no_partner_hears_of_it(scene: Scene) -> None:
    scene.ground = intake.Ground(scene.ground.middle, exercise=True)
    played = scene.call("P-1")
    assert played.exercise
    scene.ground = intake.Ground(scene.ground.middle)
    real = scene.call("P-2")
    assert (real.exercise, real.id != played.id) == (False, True)
    timers.escalate_due(scene.store, scene.wait(10))
    told = effects_of(scene)
    assert {subject for _, subject in told} == {str(real.id)}
    assert {kind for kind, _ in told} == {"incident_opened", "incident_escalated"}


def test_the_place_of_a_person_is_sealed_in_the_record(scene: Scene) -> None:
    here = place(123, -77)
    answer = scene.press("B-1", at=here)
    assert scene.incident(answer.incident_id).position == here
    for fact in scene.facts():
        for part in (f"{here.lon:.5f}"[:-1], f"{here.lat:.5f}"[:-1]):
            assert part.encode() not in fact.payload, fact
    assert scene.folded_incident(answer.incident_id) == scene.incident(answer.incident_id)


def test_an_unreadable_press_waits_for_a_human_and_seeks_no_drone(scene: Scene) -> None:
    (answer,) = scene.take(possible_press("P-1", b"\xff\x00 not json"))
    incident = scene.incident(answer.incident_id)
    assert (answer.lit, incident.kind, incident.drone) == (True, "possible_press", "none")
    assert incident.due_at == START + timedelta(seconds=10)
    (again,) = scene.take(possible_press("P-1", b"\xff\x00 not json"))
    assert again.duplicate


def test_a_real_call_that_joins_an_unreadable_one_asks_for_a_drone(scene: Scene) -> None:
    (answer,) = scene.take(possible_press("P-1", b"?"))
    assert scene.press("P-1").incident_id == answer.incident_id
    assert scene.incident(answer.incident_id).drone == "searching"


def test_an_unknown_device_lights_no_lamp_and_writes_nothing(scene: Scene) -> None:
    facts = len(scene.facts())
    answer = scene.press("nobody")
    assert (answer.lit, answer.incident_id, answer.refused) == (False, None, "unknown_device")
    assert len(scene.facts()) == facts


def test_a_retired_device_with_a_wrong_clock_still_reaches_a_human(scene: Scene) -> None:
    answer = scene.press("P-old", claimed_time=START - timedelta(days=400))
    incident = scene.incident(answer.incident_id)
    assert incident.due_at == START + timedelta(seconds=10)
    with scene.store.transaction() as tx:
        (signal,) = tx.signals_of(incident.id)
    assert signal.flags == ("retired_device", "wrong_clock")


def test_a_flood_from_one_post_is_one_incident_and_a_count(scene: Scene) -> None:
    answers = [a for _ in range(5) for a in scene.take(*(scene.make("P-1") for _ in range(40)))]
    assert {a.incident_id for a in answers} == {answers[0].incident_id}
    assert scene.incident(answers[0].incident_id).signal_count == 200
    scene.check()


def test_an_impossible_place_gives_way_to_the_installed_one(scene: Scene) -> None:
    answer = scene.press("P-1", at=Position(-120.0, 40.0))
    assert scene.incident(answer.incident_id).position == place(100, 0)
    lost = scene.call("B-1", at=Position(-120.0, 40.0))
    assert (lost.placed, lost.drone, lost.drone_reason) == (False, "refused", "place_unknown")


def test_a_person_gets_the_zone_they_press_in(scene: Scene) -> None:
    inside = scene.call("B-1", at=place(800, 800))
    assert (inside.zone_id, inside.label) == ("Z-8", "Button B-1 · Quarter, zone 8")
    outside = scene.call("B-2", at=place(9_000, 0))
    assert outside.zone_id is None


# --- taking a call back ----------------------------------------------------------------------------


def test_the_right_pin_takes_the_call_back_and_the_incident_stays_with_a_human(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    answer = scene.press("B-1", "cancel", pin=CANCEL)
    assert (answer.cancelled, answer.incident_id) == (True, call.id)
    after = scene.incident(call.id)
    assert (after.state, after.cancelled, after.duress) == ("open", True, False)
    assert scene.offer().offered == ()
    scene.check()


def test_a_wrong_pin_cancels_nothing(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    answer = scene.press("B-1", "cancel", pin=b"x" * 32)
    assert (answer.cancelled, scene.incident(call.id).cancelled) == (False, False)
    assert len(scene.offer().offered) == 1


def test_the_duress_pin_shows_the_same_and_does_the_opposite(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    honest = scene.press("B-2", "cancel", pin=CANCEL)
    forced = scene.press("B-1", "cancel", pin=DURESS)
    assert (forced.lit, forced.cancelled) == (honest.lit, honest.cancelled) == (True, True)
    after = scene.incident(call.id)
    assert (after.duress, after.cancelled, after.escalation) == (True, False, 1)
    assert len(scene.offer().offered) == 1


def test_the_duress_pin_with_no_call_open_is_a_call(scene: Scene) -> None:
    answer = scene.press("B-1", "cancel", pin=DURESS, at=place(0, 0))
    assert answer.cancelled
    assert answer.incident_id is not None
    after = scene.incident(answer.incident_id)
    assert (after.state, after.duress, after.drone) == ("open", True, "searching")


def test_a_call_after_a_cancelled_one_is_a_call_again(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    scene.press("B-1", "cancel", pin=CANCEL)
    scene.wait(60)
    again = scene.press("B-1", at=place(0, 0))
    assert again.incident_id == call.id
    after = scene.incident(call.id)
    assert (after.cancelled, after.rung, after.due_at) == (False, "received", scene.now + timedelta(seconds=10))
    assert len(scene.offer().offered) == 1
    scene.check()


def test_a_call_taken_back_is_searched_for_no_more_unless_a_human_says_otherwise(scene: Scene) -> None:
    from necmergitur.operations import incidents

    call = scene.call("B-1", at=place(0, 0))
    scene.press("B-1", "cancel", pin=CANCEL)
    assert scene.incident(call.id).drone == "none"
    after = incidents.seek_drone(scene.store, call.id, OPERATOR, scene.wait(5))
    assert (after.cancelled, after.drone) == (False, "searching")
    assert scene.kinds(f"incident:{call.id}")[-2:] == ["CancelOverruled", "DroneStatusChanged"]
    assert len(scene.offer().offered) == 1
    scene.check()


def test_a_drone_on_its_way_flies_on_when_a_human_overrules_the_caller(scene: Scene) -> None:
    from necmergitur.operations import flying, incidents

    call = scene.call("B-1", at=place(0, 0))
    mission = scene.launch(scene.accept(scene.offered()))
    scene.press("B-1", "cancel", pin=CANCEL)
    assert not incidents.seek_drone(scene.store, call.id, OPERATOR, scene.wait(0.5)).cancelled
    assert flying.call_back_unfounded(scene.store, scene.wait(1)) == 0
    assert scene.mission(mission.id).order == "fly"
    scene.check()


def test_the_duress_pin_after_the_ordinary_one_looks_for_a_drone_again(scene: Scene) -> None:
    call = scene.call("B-1", at=place(0, 0))
    scene.press("B-1", "cancel", pin=CANCEL)
    scene.press("B-1", "cancel", pin=DURESS)
    assert scene.incident(call.id).drone == "searching"
    assert len(scene.offer().offered) == 1
    scene.check()


# --- tests and probes ------------------------------------------------------------------------------


def test_a_test_press_opens_a_test_that_is_only_rehearsed(open_scene) -> None:
    scene = open_scene(town(drill_windows=(DrillWindow(("Z-4",), START, START + timedelta(hours=1)),)))
    incident = scene.call("P-1", "test")
    assert (incident.test, incident.drone, incident.due_at) == (True, "searching", None)
    assert scene.offer().offered == ()
    with scene.store.transaction() as tx:
        assert tx.signals_of(incident.id)[0].flags == ()
    real = scene.call("P-1", "sos")
    assert real.id != incident.id
    assert real.drone == "searching"


def test_a_test_press_outside_its_window_is_flagged(open_scene) -> None:
    scene = open_scene(town(drill_windows=(DrillWindow(("Z-8",), START, START + timedelta(hours=1)),)))
    with scene.store.transaction() as tx:
        assert tx.zones_under_test(START) == frozenset({"Z-8"})
        assert tx.zones_under_test(START + timedelta(hours=1)) == frozenset()
    incident = scene.call("P-1", "test")
    with scene.store.transaction() as tx:
        assert tx.signals_of(incident.id)[0].flags == ("test_outside_window",)


def test_a_button_that_calls_itself_a_probe_is_looked_at_by_a_human(scene: Scene) -> None:
    incident = scene.call("P-1", "synthetic")
    assert (incident.kind, incident.test, incident.drone) == ("possible_press", False, "none")
    assert incident.due_at == START + timedelta(seconds=10)


def test_the_probe_goes_as_far_as_the_commit_and_troubles_nobody(scene: Scene) -> None:
    answer = scene.press("S-1", "synthetic")
    assert (answer.lit, answer.incident_id) == (True, None)


def test_a_city_imported_while_we_run_moves_what_counts_as_possible(scene: Scene) -> None:
    """The middle handed over at the start is only for the time before there is a city."""
    far = Ground(Position(-120.0, 40.0))
    with scene.store.transaction() as tx:
        middle = tx.city_middle()
    assert middle is not None
    assert distance_m(middle, MIDDLE) < 1
    pressed = scene.make("B-1", at=place(10, 10))
    answer = intake.take(scene.store, [intake.Received(pressed, scene.now)], far, scene.now)[0]
    assert scene.incident(answer.incident_id).position == place(10, 10)


def effects_of(scene: Scene) -> list[tuple[str, str]]:
    """Return (kind, incident) of every effect in the outbox."""
    if hasattr(scene.store, "tables"):
        return [(e.kind, e.payload["incident_id"]) for e in scene.store.tables.outbox.values()]
    with scene.store.cursor() as cursor:
        return list(cursor.execute("SELECT kind, payload->>'incident_id' FROM outbox ORDER BY id").fetchall())


def proposals_of(scene: Scene):
    """Return every proposal; the store is asked through its port by ids drawn from the rows."""
    return [p for p in (_proposal(scene, i) for i in _proposal_ids(scene)) if p is not None]


def _proposal(scene: Scene, proposal_id: UUID):
    with scene.store.transaction() as tx:
        return tx.proposal(proposal_id)


def _proposal_ids(scene: Scene) -> list[UUID]:
    if hasattr(scene.store, "tables"):
        return list(scene.store.tables.proposals)
    with scene.store.cursor() as cursor:
        return [row[0] for row in cursor.execute("SELECT id FROM proposal ORDER BY proposed_at, id")]
