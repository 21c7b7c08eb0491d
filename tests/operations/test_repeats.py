"""A repeat is answered as the first time; what can be no repeat is a new call; one caller speaks for one caller."""

from datetime import timedelta

import msgspec
import pytest

from necmergitur.adapters.signing import Ed25519Signer
from necmergitur.dispatch.incidents import Incident, Person
from necmergitur.operations import flying, incidents
from necmergitur.operations.intake import Answer
from necmergitur.signals.constants import REPEAT_LASTS_MAX
from necmergitur.signals.press import possible_press
from tests.operations.scene import OPERATOR, Scene, refused
from tests.operations.town import CANCEL, DURESS, START, place


def close(scene: Scene, call: Answer) -> None:
    assert call.incident_id is not None
    assert isinstance(incidents.close(scene.store, call.incident_id, "false_alarm", OPERATOR, scene.now), Incident)


SIGNER = Ed25519Signer.generate()

# --- what can be no repeat -------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["P-1", "B-1"])
def test_counters_that_come_again_after_the_call_was_closed_are_a_new_call(scene: Scene, device: str) -> None:
    press = scene.make(device, at=place(100, 0))
    for turn in range(3):
        (call,) = scene.take(press)
        assert (call.lit, call.duplicate) == (True, False)
        incident = scene.incident(call.incident_id)
        assert incident.state == "open"
        with scene.store.transaction() as tx:
            (signal,) = tx.signals_of(incident.id)
        assert (signal.turn, "counter_reset" in signal.flags) == (turn, turn > 0)
        assert scene.take(press)[0].duplicate
        scene.wait(60)
        close(scene, call)
    scene.check()


def test_counters_that_come_again_after_any_repeat_are_a_new_call_and_flagged(scene: Scene) -> None:
    press = scene.make("P-1")
    scene.take(press)
    scene.wait(REPEAT_LASTS_MAX.total_seconds())
    assert scene.take(press)[0].duplicate
    scene.wait(1)
    (again,) = scene.take(press)
    assert (again.lit, again.duplicate, scene.incident(again.incident_id).state) == (True, False, "open")
    with scene.store.transaction() as tx:
        assert "counter_reset" in tx.signals_of(again.incident_id)[-1].flags


def test_the_same_unreadable_bytes_are_heard_more_than_once_in_a_devices_life(scene: Scene) -> None:
    (call,) = scene.take(possible_press("P-1", b"\xff"))
    close(scene, call)
    scene.wait(3600)
    (again,) = scene.take(possible_press("P-1", b"\xff"))
    assert (again.duplicate, scene.incident(again.incident_id).state) == (False, "open")


def test_a_repeat_of_a_call_merged_into_one_that_is_closed_is_a_new_call(scene: Scene) -> None:
    press = scene.make("P-5")
    (one,), other = scene.take(press), scene.press("P-1")
    assert isinstance(incidents.merge(scene.store, one.incident_id, other.incident_id, OPERATOR, scene.now), Incident)
    assert scene.take(press)[0].duplicate
    close(scene, other)
    assert not scene.take(press)[0].duplicate


# --- what a repeat is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(("pin", "cancelled"), [(CANCEL, True), (DURESS, True), (b"x" * 32, False), (b"", False)])
def test_a_repeated_cancellation_is_answered_as_the_first_time(scene: Scene, pin: bytes, cancelled: bool) -> None:
    scene.call("B-1", at=place(0, 0))
    press = scene.make("B-1", "cancel")
    (first,) = scene.take(press, pin=pin)
    scene.wait(3)
    (again,) = scene.take(press, pin=pin)
    assert first.cancelled is cancelled
    assert again == msgspec.structs.replace(first, duplicate=True)


def test_a_cancellation_twice_in_one_batch_is_answered_twice_the_same(scene: Scene) -> None:
    scene.call("B-1", at=place(0, 0))
    press = scene.make("B-1", "cancel")
    assert [answer.cancelled for answer in scene.take(press, press, pin=DURESS)] == [True, True]


# --- whose call it is ------------------------------------------------------------------------------------


def test_one_caller_cannot_take_back_what_another_asked_for(scene: Scene) -> None:
    person, post = scene.call("B-1", at=place(100, 0)), scene.call("P-1")
    assert isinstance(incidents.merge(scene.store, person.id, post.id, OPERATOR, scene.now), Incident)
    answer = scene.press("B-1", "cancel", pin=CANCEL)
    assert (answer.cancelled, answer.incident_id) == (True, post.id)
    after = scene.incident(post.id)
    assert (after.cancelled, after.drone) == (False, "searching")
    assert scene.kinds(f"incident:{post.id}")[-1] == "CallWithdrawn"
    assert len(scene.offer().offered) == 1
    scene.check()


def test_a_caller_cannot_take_back_a_call_that_was_merged_into_theirs(scene: Scene) -> None:
    person, post = scene.call("B-1", at=place(100, 0)), scene.call("P-1")
    assert isinstance(incidents.merge(scene.store, post.id, person.id, OPERATOR, scene.now), Incident)
    scene.press("B-1", "cancel", pin=CANCEL)
    assert not scene.incident(person.id).cancelled


def test_the_duress_pin_during_a_test_rings_for_real(scene: Scene) -> None:
    test = scene.call("B-1", "test")
    answer = scene.press("B-1", "cancel", pin=DURESS, at=place(0, 0))
    assert answer.cancelled
    real = scene.incident(answer.incident_id)
    assert (real.id != test.id, real.test, real.duress, real.drone) == (True, False, True, "searching")
    assert real.due_at == START + timedelta(seconds=10)


def test_no_drone_lifts_for_a_call_taken_back_a_moment_ago(scene: Scene) -> None:
    scene.call("B-1", at=place(0, 0))
    offered = scene.offered()

    accepted = scene.accept(offered)
    scene.press("B-1", "cancel", pin=CANCEL)
    assert refused(flying.token_for(scene.store, accepted.id, SIGNER, scene.now)) == "call_taken_back"
    assert refused(flying.launched(scene.store, accepted.id, scene.now)) == "call_taken_back"
    scene.press("B-2", at=place(800, 800))
    other = scene.offered()
    scene.press("B-2", "cancel", pin=CANCEL)
    pilot = Person(other.pilot_id, other.pilot_name)
    assert refused(flying.accept(scene.store, other.id, pilot, scene.now)) == "call_taken_back"


def test_a_drone_lifts_for_a_caller_made_to_cancel(scene: Scene) -> None:
    scene.call("B-1", at=place(0, 0))
    accepted = scene.accept(scene.offered())
    scene.press("B-1", "cancel", pin=DURESS)
    scene.launch(accepted)
