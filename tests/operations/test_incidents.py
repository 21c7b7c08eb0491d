"""What people do to incidents: climb, merge, split, close; every step undone without deleting anything."""

from datetime import timedelta
from uuid import UUID

import pytest

from necmergitur.dispatch.incidents import OUTCOMES
from necmergitur.operations import flying, incidents
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.test_intake import proposals_of
from tests.operations.town import CANCEL, DURESS, START, place
from tests.passes import forged


def test_people_climb_the_ladder_one_way(scene: Scene) -> None:
    call = scene.call()
    for rung in ("seen", "acknowledged", "acting"):
        after = incidents.climb(scene.store, call.id, rung, OPERATOR, scene.wait(2))
        assert (after.rung, after.owner_name) == (rung, "Olga")
    assert after.due_at is None, "somebody acts: nothing more to wait for"
    assert refused(incidents.climb(scene.store, call.id, "seen", OPERATOR, scene.now)) == "already_climbed"
    scene.check()


def test_a_rung_may_be_skipped(scene: Scene) -> None:
    assert incidents.climb(scene.store, scene.call().id, "acting", OPERATOR, scene.now).rung == "acting"


def test_climbing_twice_is_once_and_a_colleague_is_told_who_was_first(scene: Scene) -> None:
    call = scene.call()
    incidents.climb(scene.store, call.id, "acknowledged", OPERATOR, scene.now)
    facts = len(scene.facts())
    assert incidents.climb(scene.store, call.id, "acknowledged", OPERATOR, scene.now)
    other = incidents.climb(scene.store, call.id, "acknowledged", LEAD, scene.now)
    assert (refused(other), other.owner) == ("already_climbed", "Olga")
    assert len(scene.facts()) == facts


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_closing_says_how_it_ended(scene: Scene, outcome) -> None:
    call = scene.call()
    after = incidents.close(scene.store, call.id, outcome, OPERATOR, scene.wait(60))
    assert (after.state, after.outcome, after.closed_at, after.due_at) == ("closed", outcome, scene.now, None)
    assert refused(incidents.close(scene.store, call.id, outcome, OPERATOR, scene.now)) == "incident_not_open"
    scene.check()


def test_an_unknown_outcome_is_refused(scene: Scene) -> None:
    assert refused(incidents.close(scene.store, scene.call().id, "bored", OPERATOR, scene.now)) == "outcome_unknown"


def test_a_press_after_closing_is_a_new_incident(scene: Scene) -> None:
    call = scene.call()
    incidents.close(scene.store, call.id, "helped", OPERATOR, scene.wait(5))
    assert scene.call().id != call.id


def test_reopening_takes_the_clock_up_again_and_may_seek_a_drone(scene: Scene) -> None:
    mission = scene.fly()
    incidents.close(scene.store, mission.incident_id, "helped", OPERATOR, scene.wait(60))
    after = incidents.reopen(scene.store, mission.incident_id, LEAD, scene.wait(60))
    assert (after.state, after.outcome, after.closed_at) == ("open", "", None)
    assert after.due_at == scene.now + timedelta(seconds=10)
    assert refused(incidents.reopen(scene.store, mission.incident_id, LEAD, scene.now)) == "not_closed"
    sought = incidents.seek_drone(scene.store, mission.incident_id, LEAD, scene.now)
    assert sought.drone == "searching"
    assert scene.offered().drone_id != mission.drone_id
    scene.check()


def test_a_human_may_seek_a_drone_for_an_unreadable_press_once(scene: Scene) -> None:
    from necmergitur.signals.press import possible_press

    (answer,) = scene.take(possible_press("P-1", b"?"))
    assert scene.offer().offered == ()
    assert incidents.seek_drone(scene.store, answer.incident_id, OPERATOR, scene.now).drone == "searching"
    scene.offered()
    assert refused(incidents.seek_drone(scene.store, answer.incident_id, OPERATOR, scene.now)) == "drone_already"


def test_standing_down_calls_the_drone_back_and_leaves_the_incident_open(scene: Scene) -> None:
    mission = scene.fly()
    after = incidents.stand_down(scene.store, mission.incident_id, OPERATOR, scene.wait(5))
    assert (after.state, after.drone) == ("open", "none")
    assert scene.mission(mission.id).order == "return"
    flying.ended(scene.store, mission.id, "docked", scene.wait(30))
    assert scene.incident(mission.incident_id).drone == "none"
    assert scene.offer(refused_too=True).offered == ()
    scene.check()


# --- merge and split ---------------------------------------------------------------------------------


def test_merging_is_undone_without_a_trace_lost(scene: Scene) -> None:
    one, other = scene.call("P-1"), scene.call("P-5")
    merged = incidents.merge(scene.store, other.id, one.id, OPERATOR, scene.wait(5))
    assert (merged.state, merged.merged_into, merged.due_at) == ("merged", one.id, None)
    assert refused(incidents.climb(scene.store, other.id, "seen", OPERATOR, scene.now)) == "incident_not_open"
    back = incidents.unmerge(scene.store, other.id, LEAD, scene.wait(5))
    assert (back.state, back.merged_into, back.rung) == ("open", None, "received")
    assert back.due_at == scene.now + timedelta(seconds=10)
    assert refused(incidents.unmerge(scene.store, other.id, LEAD, scene.now)) == "not_merged"
    assert [f.kind for f in scene.facts(f"incident:{other.id}")][-2:] == ["IncidentMerged", "IncidentUnmerged"]
    with scene.store.transaction() as tx:
        assert [s.device_id for s in tx.signals_of(other.id)] == ["P-5"]
    scene.check()


def test_a_merged_callers_next_press_joins_the_incident_that_carries_on(scene: Scene) -> None:
    one, other, third = scene.call("P-1"), scene.call("P-5"), scene.call("P-3")
    incidents.merge(scene.store, other.id, one.id, OPERATOR, scene.wait(5))
    assert scene.press("P-5").incident_id == one.id
    incidents.merge(scene.store, one.id, third.id, OPERATOR, scene.wait(5))
    assert scene.press("P-5").incident_id == third.id
    assert scene.press("P-1").incident_id == third.id


def test_a_merged_caller_learns_that_somebody_has_seen_the_call(scene: Scene) -> None:
    press = scene.make("P-5")
    one, (first,) = scene.call("P-1"), scene.take(press)
    assert not first.seen
    incidents.merge(scene.store, first.incident_id, one.id, OPERATOR, scene.wait(5))
    assert scene.take(press)[0].seen


def test_two_people_are_never_merged(scene: Scene) -> None:
    one, other = scene.call("B-1", at=place(0, 0)), scene.call("B-2", at=place(0, 0))
    assert refused(incidents.merge(scene.store, one.id, other.id, OPERATOR, scene.now)) == "two_people"
    scene.check()


def test_two_people_are_never_merged_through_what_they_were_merged_into(scene: Scene) -> None:
    post, farther = scene.call("P-1"), scene.call("P-5")
    one, other = scene.call("B-1", at=place(0, 0)), scene.call("B-2", at=place(0, 0))
    assert incidents.merge(scene.store, one.id, post.id, OPERATOR, scene.now).merged_into == post.id
    with scene.store.transaction() as tx:
        assert (tx.callers_of(post.id), tx.callers_of(farther.id)) == (["B-1"], [])
    assert refused(incidents.merge(scene.store, other.id, post.id, OPERATOR, scene.now)) == "two_people"
    assert incidents.merge(scene.store, post.id, farther.id, OPERATOR, scene.now).merged_into == farther.id
    assert refused(incidents.merge(scene.store, other.id, farther.id, OPERATOR, scene.now)) == "two_people"
    assert refused(incidents.merge(scene.store, farther.id, other.id, OPERATOR, scene.now)) == "two_people"
    scene.check()


def test_a_person_whose_call_joined_a_posts_directly_counts_as_well(scene: Scene) -> None:
    post, one = scene.call("P-1"), scene.call("B-1", at=place(0, 0))
    incidents.merge(scene.store, one.id, post.id, OPERATOR, scene.now)
    assert scene.press("B-1", at=place(0, 0)).incident_id == post.id
    incidents.unmerge(scene.store, one.id, OPERATOR, scene.now)
    other = scene.call("B-2", at=place(0, 0))
    assert refused(incidents.merge(scene.store, other.id, post.id, OPERATOR, scene.now)) == "two_people"


def test_what_carries_on_takes_over_the_gravest_of_both(scene: Scene) -> None:
    grave = scene.call("P-5", "fire")
    from necmergitur.signals.press import possible_press

    (answer,) = scene.take(possible_press("P-1", b"?"))
    assert answer.incident_id is not None
    incidents.climb(scene.store, answer.incident_id, "acting", OPERATOR, scene.now)
    incidents.merge(scene.store, grave.id, answer.incident_id, OPERATOR, scene.wait(1))
    after = scene.incident(answer.incident_id)
    assert (after.kind, after.drone, after.rung) == ("fire", "searching", "acting")
    assert scene.kinds(f"incident:{after.id}")[-2:] == ["IncidentAbsorbed", "DroneStatusChanged"]
    assert [m.incident_id for m in scene.offer().offered] == [after.id]
    scene.check()


def test_a_call_without_a_place_takes_that_of_what_is_merged_into_it(scene: Scene) -> None:
    lost, post = scene.call("B-1"), scene.call("P-1")
    assert (lost.placed, lost.drone) == (False, "refused")
    incidents.merge(scene.store, post.id, lost.id, OPERATOR, scene.wait(1))
    after = scene.incident(lost.id)
    assert (after.placed, after.position, after.zone_id, after.drone) == (True, post.position, "Z-4", "searching")
    assert [m.incident_id for m in scene.offer().offered] == [lost.id]
    scene.check()


def test_duress_survives_a_merge_and_rings(scene: Scene) -> None:
    post, forced = scene.call("P-1"), scene.call("B-1", at=place(0, 0))
    scene.press("B-1", "cancel", pin=DURESS)
    incidents.climb(scene.store, post.id, "acting", OPERATOR, scene.now)
    incidents.merge(scene.store, forced.id, post.id, OPERATOR, scene.wait(1))
    after = scene.incident(post.id)
    assert (after.duress, after.rung, after.escalation) == (True, "received", 1)
    assert after.due_at == scene.now + timedelta(seconds=10)
    scene.check()


def test_what_carries_on_is_taken_back_only_when_both_were(scene: Scene) -> None:
    mine, post = scene.call("B-1", at=place(0, 0)), scene.call("P-1")
    scene.press("B-1", "cancel", pin=CANCEL)
    incidents.merge(scene.store, post.id, mine.id, OPERATOR, scene.wait(1))
    kept = scene.incident(mine.id)
    assert (kept.cancelled, kept.drone, kept.due_at) == (False, "searching", scene.now + timedelta(seconds=10))
    scene.press("B-1", "cancel", pin=CANCEL)
    third = scene.call("P-5")
    incidents.merge(scene.store, mine.id, third.id, OPERATOR, scene.wait(1))
    assert not scene.incident(third.id).cancelled
    scene.check()


def test_a_split_that_takes_a_persons_signal_is_theirs(scene: Scene) -> None:
    post, one = scene.call("P-1"), scene.call("B-1", at=place(0, 0))
    scene.press("P-1")
    incidents.merge(scene.store, one.id, post.id, OPERATOR, scene.now)
    scene.wait(1)
    scene.press("B-1", at=place(0, 0))
    with scene.store.transaction() as tx:
        held = tx.signals_of(post.id)
    new = incidents.split(scene.store, post.id, [s.id for s in held[1:]], OPERATOR, scene.now)
    assert (new.personal_device, new.signal_count) == ("B-1", 2)
    scene.check()


def test_an_incident_is_not_merged_into_itself_nor_into_a_closed_one_nor_into_a_test(scene: Scene) -> None:
    one, other, test = scene.call("P-1"), scene.call("P-5"), scene.call("P-3", "test")
    assert refused(incidents.merge(scene.store, one.id, one.id, OPERATOR, scene.now)) == "same_incident"
    assert refused(incidents.merge(scene.store, one.id, test.id, OPERATOR, scene.now)) == "test_and_real"
    incidents.close(scene.store, other.id, "helped", OPERATOR, scene.now)
    assert refused(incidents.merge(scene.store, one.id, other.id, OPERATOR, scene.now)) == "incident_not_open"


def test_the_drone_of_the_incident_that_carries_on_serves_both(scene: Scene) -> None:
    one, other = scene.call("P-1"), scene.call("P-5")
    missions = {m.incident_id: scene.launch(scene.accept(m)) for m in scene.offer().offered}
    incidents.merge(scene.store, other.id, one.id, OPERATOR, scene.wait(5))
    assert scene.mission(missions[other.id].id).order == "return"
    assert scene.mission(missions[one.id].id).order == "fly"
    scene.check()


def test_the_incident_a_drone_flies_for_is_the_one_that_carries_on(scene: Scene) -> None:
    mission = scene.fly("P-1")
    other = scene.call("P-5", "medical")
    outcome = incidents.merge(scene.store, mission.incident_id, other.id, OPERATOR, scene.wait(1))
    assert refused(outcome) == "merge_the_other_way"
    assert incidents.merge(scene.store, other.id, mission.incident_id, OPERATOR, scene.now)


def test_an_unmerged_incident_seeks_its_drone_again(scene: Scene) -> None:
    one, other = scene.call("P-1"), scene.call("P-5")
    assert len(scene.offer().offered) == 2
    incidents.merge(scene.store, other.id, one.id, OPERATOR, scene.wait(1))
    assert scene.offer(refused_too=True).offered == ()
    assert incidents.unmerge(scene.store, other.id, OPERATOR, scene.wait(1)).drone == "searching"
    assert [m.incident_id for m in scene.offer().offered] == [other.id]


def test_splitting_moves_signals_to_an_incident_of_their_own_and_merging_undoes_it(scene: Scene) -> None:
    call = scene.call("P-1")
    scene.press("P-2", "fire"), scene.press("P-1")
    with scene.store.transaction() as tx:
        held = tx.signals_of(call.id)
    (moved,) = [s for s in held if s.device_id == "P-2"]
    new = incidents.split(scene.store, call.id, [moved.id], OPERATOR, scene.wait(5))
    assert (new.state, new.kind, new.position, new.signal_count) == ("open", "fire", place(130, 10), 1)
    assert scene.incident(call.id).signal_count == 2
    with scene.store.transaction() as tx:
        assert [s.id for s in tx.signals_of(new.id)] == [moved.id]
        assert moved.id not in [s.id for s in tx.signals_of(call.id)]
    assert scene.press("P-2").incident_id == new.id
    assert incidents.merge(scene.store, new.id, call.id, OPERATOR, scene.wait(5)).merged_into == call.id
    scene.check()


def test_a_split_leaves_something_and_takes_something(scene: Scene) -> None:
    call = scene.call("P-1")
    with scene.store.transaction() as tx:
        (only,) = tx.signals_of(call.id)
    assert refused(incidents.split(scene.store, call.id, [only.id], OPERATOR, scene.now)) == "nothing_left"
    assert refused(incidents.split(scene.store, call.id, [UUID(int=9)], OPERATOR, scene.now)) == "nothing_to_split"


def test_the_place_of_a_person_stays_sealed_when_split_off(scene: Scene) -> None:
    here = place(40, 40)
    scene.call("B-1", at=here)
    first = scene.incident(scene.press("B-1", at=here).incident_id)
    with scene.store.transaction() as tx:
        second = tx.signals_of(first.id)[1]
    new = incidents.split(scene.store, first.id, [second.id], OPERATOR, scene.wait(1))
    assert (new.position, new.personal_device) == (here, "B-1")
    for fact in scene.facts():
        assert f"{here.lat:.4f}".encode() not in fact.payload
    scene.check()


# --- proposals and notes -----------------------------------------------------------------------------


@pytest.mark.parametrize(("accepted", "state"), [(True, "merged"), (False, "open")])
def test_a_proposal_is_decided_once(scene: Scene, accepted, state) -> None:
    scene.call("P-1")
    scene.wait(60)
    near = scene.call("P-4")
    (proposal,) = proposals_of(scene)
    decided = incidents.decide_proposal(scene.store, proposal.id, accepted, OPERATOR, scene.wait(1))
    assert (decided.state, decided.decided_by) == ("accepted" if accepted else "dismissed", "Olga")
    assert scene.incident(near.id).state == state
    told = scene.facts(f"incident:{near.id}")[-1]
    assert (told.kind, told.actor) == ("ProposalDecided", f"user:{OPERATOR.id}")
    again = incidents.decide_proposal(scene.store, proposal.id, not accepted, LEAD, scene.wait(1))
    assert (refused(again), again.owner) == ("proposal_decided", "Olga")
    scene.check()


def test_a_proposal_that_would_mix_two_people_cannot_be_accepted(scene: Scene) -> None:
    scene.call("B-1", at=place(0, 0)), scene.call("B-2", at=place(0, 0))
    (proposal,) = proposals_of(scene)
    assert refused(incidents.decide_proposal(scene.store, proposal.id, True, OPERATOR, scene.now)) == "two_people"
    assert proposals_of(scene)[0].state == "open"


def test_the_words_of_a_note_are_sealed_in_the_record(scene: Scene) -> None:
    call = scene.call()
    body = "Madame Durand, 3rd floor, asthma"
    note = incidents.write_note(scene.store, call.id, "call_back", f"  {body} ", OPERATOR, scene.wait(5))
    assert (note.body, note.kind, note.author_name) == (body, "call_back", "Olga")
    fact = scene.facts(f"incident:{call.id}")[-1]
    assert (fact.kind, b"Durand" in fact.payload) == ("NoteWritten", False)
    assert fact.personal is not None
    assert b"Durand" not in fact.personal or hasattr(scene.store, "tables")
    with scene.store.transaction() as tx:
        assert tx.unseal(fact.personal, forged()) == body.encode()
    scene.check()


def test_a_note_says_something_short_of_a_known_kind(scene: Scene) -> None:
    call = scene.call()
    for kind, body, rule in (
        ("gossip", "x", "note_kind_unknown"),
        ("note", "   ", "note_empty"),
        ("note", "x" * 2_001, "note_too_long"),
    ):
        assert refused(incidents.write_note(scene.store, call.id, kind, body, OPERATOR, scene.now)) == rule


def test_a_closed_incident_still_takes_notes(scene: Scene) -> None:
    call = scene.call()
    incidents.close(scene.store, call.id, "helped", OPERATOR, scene.now)
    assert incidents.write_note(scene.store, call.id, "note", "Called her son.", OPERATOR, scene.wait(5))


def test_an_unknown_incident_is_refused_everywhere(scene: Scene) -> None:
    nothing = UUID(int=5)
    call = scene.call()
    for outcome in (
        incidents.climb(scene.store, nothing, "seen", OPERATOR, START),
        incidents.close(scene.store, nothing, "helped", OPERATOR, START),
        incidents.reopen(scene.store, nothing, OPERATOR, START),
        incidents.merge(scene.store, nothing, call.id, OPERATOR, START),
        incidents.merge(scene.store, call.id, nothing, OPERATOR, START),
        incidents.unmerge(scene.store, nothing, OPERATOR, START),
        incidents.split(scene.store, nothing, [], OPERATOR, START),
        incidents.write_note(scene.store, nothing, "note", "x", OPERATOR, START),
        incidents.seek_drone(scene.store, nothing, OPERATOR, START),
        incidents.stand_down(scene.store, nothing, OPERATOR, START),
    ):
        assert refused(outcome) == "incident_unknown"
    assert refused(incidents.decide_proposal(scene.store, nothing, True, OPERATOR, START)) == "proposal_unknown"
