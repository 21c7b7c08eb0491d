"""Who is told, who answers, who needs help: heard in the control room whatever was answered there before."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.observations import ON_DUTY, ResponderTask
from necmergitur.operations import dispatching, incidents, responding, timers
from necmergitur.operations.intake import Ground
from necmergitur.operations.ports import VersionConflict
from tests.operations.scene import OPERATOR, Scene, refused
from tests.operations.test_intake import effects_of
from tests.operations.town import CANCEL, TOWN, install, place, town

RESCUER = Person(50, "Rescue 7")


def tasks_of(scene: Scene, incident_id: UUID) -> list[ResponderTask]:
    with scene.store.transaction() as tx:
        return tx.responder_tasks(incident_id)


def test_a_responder_is_told_acknowledges_and_arrives_in_one_story(scene: Scene) -> None:
    call = scene.call()
    told = responding.tell(scene.store, call.id, " Engine 12 ", 50, OPERATOR, scene.now)
    assert (told.unit, told.state) == ("Engine 12", "told")
    assert responding.tell(scene.store, call.id, "Engine 12", 50, OPERATOR, scene.wait(1)) == told
    for state in ("acknowledged", "arrived", "need_help"):
        after = responding.change(scene.store, call.id, state, RESCUER, scene.wait(30))
        assert (after.id, after.state, after.changed_at) == (told.id, state, scene.now)
    assert [f.version for f in scene.facts(f"responder:{told.id}")] == [1, 2, 3, 4]
    facts = len(scene.facts())
    assert responding.change(scene.store, call.id, "need_help", RESCUER, scene.wait(5)) == after
    assert len(scene.facts()) == facts, "it rings already"
    scene.check()


def test_a_responder_nobody_told_joins_by_saying_so(scene: Scene) -> None:
    call = scene.call()
    joined = responding.change(scene.store, call.id, "arrived", Person(51, "Passing doctor"), scene.now)
    assert joined.unit == "Passing doctor"
    assert refused(responding.change(scene.store, call.id, "lost", Person(51, "x"), scene.now)) == (
        "responder_state_unknown"
    )
    assert refused(responding.tell(scene.store, call.id, " ", None, OPERATOR, scene.now)) == "unit_missing"


def test_two_responders_of_one_name_are_both_told_and_a_released_one_is_told_again(scene: Scene) -> None:
    call = scene.call()
    one, other = (responding.tell(scene.store, call.id, "Sam", user, OPERATOR, scene.now) for user in (50, 51))
    assert one.id != other.id
    responding.change(scene.store, call.id, "released", RESCUER, scene.wait(1))
    again = responding.tell(scene.store, call.id, "Sam", 50, OPERATOR, scene.wait(1))
    assert (again.id, again.state) == (one.id, "told")
    assert len(tasks_of(scene, call.id)) == 2


# --- help -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", ["seen", "acknowledged", "acting"])
def test_needing_help_rings_whatever_was_answered(scene: Scene, rung) -> None:
    call = scene.call()
    incidents.climb(scene.store, call.id, rung, OPERATOR, scene.wait(5))
    responding.change(scene.store, call.id, "need_help", RESCUER, scene.wait(60))
    after = scene.incident(call.id)
    assert (after.rung, after.escalation, after.due_at) == ("received", 1, scene.now + timedelta(seconds=10))
    asked = scene.facts(f"incident:{call.id}")[-1]
    assert (asked.kind, asked.actor) == ("HelpAsked", "user:50")
    assert timers.escalate_due(scene.store, scene.wait(10)) == 1
    assert scene.incident(call.id).escalation == 2
    scene.check()


def test_needing_help_still_rings_again_once_somebody_looked(scene: Scene) -> None:
    call = scene.call()
    responding.change(scene.store, call.id, "need_help", RESCUER, scene.wait(5))
    incidents.climb(scene.store, call.id, "acting", OPERATOR, scene.wait(5))
    responding.change(scene.store, call.id, "need_help", RESCUER, scene.wait(60))
    assert scene.incident(call.id).rung == "received"


def test_needing_help_after_the_end_opens_the_incident_again(scene: Scene) -> None:
    call = scene.call()
    responding.tell(scene.store, call.id, "Rescue 7", 50, OPERATOR, scene.now)
    incidents.close(scene.store, call.id, "helped", OPERATOR, scene.wait(60))
    responding.change(scene.store, call.id, "need_help", RESCUER, scene.wait(60))
    after = scene.incident(call.id)
    assert (after.state, after.outcome, after.rung, after.closed_at) == ("open", "", "received", None)
    scene.check()


def test_needing_help_on_a_merged_incident_rings_where_it_goes_on(scene: Scene) -> None:
    one, other, third = scene.call("P-1"), scene.call("P-5"), scene.call("P-3")
    responding.tell(scene.store, one.id, "Rescue 7", 50, OPERATOR, scene.now)
    incidents.merge(scene.store, one.id, other.id, OPERATOR, scene.now)
    incidents.merge(scene.store, other.id, third.id, OPERATOR, scene.now)
    incidents.climb(scene.store, third.id, "acting", OPERATOR, scene.now)
    responding.change(scene.store, one.id, "need_help", RESCUER, scene.wait(60))
    assert (scene.incident(one.id).state, scene.incident(third.id).rung) == ("merged", "received")
    scene.check()


# --- no drone -------------------------------------------------------------------------------------------------


def test_without_a_drone_whoever_is_on_duty_is_told_once(open_scene) -> None:
    scene = open_scene(town(authorisations=()))
    call = scene.call()
    for _ in range(3):
        scene.offer(refused_too=True)
        scene.wait(5)
    assert [(t.unit, t.user_id, t.state) for t in tasks_of(scene, call.id)] == [(ON_DUTY, None, "told")]
    assert [kind for kind, _ in effects_of(scene)].count("incident_without_drone") == 1
    scene.check()


def test_when_no_pilot_answers_whoever_is_on_duty_is_told(scene: Scene) -> None:
    call = scene.call()
    scene.offered()
    while scene.incident(call.id).drone == "offered":
        dispatching.pass_on_expired(scene.store, scene.wait(10))
    assert [t.unit for t in tasks_of(scene, call.id)] == [ON_DUTY]


def test_nobody_is_told_to_go_for_a_drone_that_comes_nor_for_a_call_taken_back(scene: Scene) -> None:
    call, mine = scene.call("P-5"), scene.call("B-1", at=place(0, 0))
    scene.press("B-1", "cancel", pin=CANCEL)
    scene.fleet.only("D-8")
    scene.offer()
    assert tasks_of(scene, call.id) == tasks_of(scene, mine.id) == []


def test_no_partner_is_sent_to_what_is_only_an_exercise(open_scene) -> None:
    scene = open_scene(town(authorisations=()))
    scene.ground = Ground(scene.ground.middle, exercise=True)
    call = scene.call()
    scene.offer()
    assert [t.unit for t in tasks_of(scene, call.id)] == [ON_DUTY]
    assert effects_of(scene) == []


# --- two at once ----------------------------------------------------------------------------------------------


def test_one_responder_has_one_part_even_when_two_telephones_answer_at_once(empty_database: str) -> None:
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    try:
        scene = Scene(store)
        call = scene.call()
        ready = threading.Barrier(4)

        def answer() -> None:
            ready.wait()
            responding.change(store, call.id, "acknowledged", RESCUER, scene.now)

        threads = [threading.Thread(target=answer) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [t.state for t in tasks_of(scene, call.id)] == ["acknowledged"]
    finally:
        store.close()


def test_a_second_part_for_one_responder_is_refused_by_the_store(scene: Scene) -> None:
    call = scene.call()
    task = responding.tell(scene.store, call.id, "Rescue 7", 50, OPERATOR, scene.now)
    double = ResponderTask(
        id=scene.store.ids.new(), incident_id=call.id, unit="x", user_id=50, state="told", told_at=task.told_at,
        changed_at=task.told_at,
    )  # fmt: skip
    with pytest.raises(VersionConflict), scene.store.transaction() as tx:
        tx.put_responder_tasks([double], 1)
