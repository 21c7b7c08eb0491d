"""Where a call is may be known after it: nobody flies to a guess, and the search begins once the place is stated."""

from datetime import timedelta

import msgspec
import pytest

from necmergitur.dispatch.incidents import Incident
from necmergitur.kernel.geo import Position
from necmergitur.operations import incidents
from necmergitur.signals.press import Press, StatedPosition
from necmergitur.sim.twin.town import DrillWindow
from tests.operations.scene import OPERATOR, Scene, refused
from tests.operations.town import CANCEL, MIDDLE, START, place, town


def placed(press: Press, at: Position, accuracy_m: float = 20.0) -> Press:
    stated = StatedPosition(lon=at.lon, lat=at.lat, accuracy_m=accuracy_m)
    return msgspec.structs.replace(press, position=stated)


def test_a_call_without_a_place_reaches_humans_at_once_and_sends_no_drone(scene: Scene) -> None:
    call = scene.call("B-1")
    assert (call.placed, call.drone, call.drone_reason) == (False, "refused", "place_unknown")
    assert call.due_at == START + timedelta(seconds=10)
    assert scene.offer(refused_too=True).offered == ()
    scene.check()


def test_the_same_press_with_its_place_moves_the_call_and_begins_the_search(scene: Scene) -> None:
    press = scene.make("B-1")
    (first,) = scene.take(press)
    scene.wait(2)
    (again,) = scene.take(placed(press, place(800, 800)))
    assert (again.duplicate, again.incident_id) == (True, first.incident_id)
    call = scene.incident(first.incident_id)
    assert (call.placed, call.position, call.zone_id) == (True, place(800, 800), "Z-8")
    assert (call.label, call.drone, call.signal_count) == ("Button B-1 · Quarter, zone 8", "searching", 1)
    assert scene.offered().target == place(800, 800)
    with scene.store.transaction() as tx:
        (signal,) = tx.signals_of(call.id)
    assert (signal.position, signal.accuracy_m, signal.zone_id) == (place(800, 800), 20.0, "Z-8")
    assert "no_position" not in signal.flags
    assert scene.kinds(f"signal:{signal.id}") == ["PressReceived", "PressPlaced"]
    scene.check()


def test_a_place_that_comes_in_the_same_batch_completes_the_call(scene: Scene) -> None:
    press = scene.make("B-1")
    first, _again = scene.take(press, placed(press, place(0, 800)))
    call = scene.incident(first.incident_id)
    assert (call.placed, call.position, call.drone) == (True, place(0, 800), "searching")
    scene.check()


def test_a_place_is_completed_once_and_then_stands(scene: Scene) -> None:
    press = scene.make("B-1")
    (first,) = scene.take(press)
    scene.take(placed(press, place(0, 0)))
    facts = len(scene.facts())
    scene.take(placed(press, place(500, 500)), press)
    assert len(scene.facts()) == facts
    assert scene.incident(first.incident_id).position == place(0, 0)


def test_a_stated_place_is_sealed_in_the_record(scene: Scene) -> None:
    here = place(123, -77)
    press = scene.make("B-1")
    scene.take(press)
    scene.take(placed(press, here))
    for fact in scene.facts():
        for part in (f"{here.lon:.5f}"[:-1], f"{here.lat:.5f}"[:-1]):
            assert part.encode() not in fact.payload, fact


def test_a_later_press_of_the_same_person_moves_their_call(scene: Scene) -> None:
    call = scene.call("B-1")
    scene.wait(30)
    assert scene.press("B-1", at=place(-300, 0)).incident_id == call.id
    assert (scene.incident(call.id).position, scene.incident(call.id).drone) == (place(-300, 0), "searching")
    scene.wait(30)
    scene.press("B-1", at=place(800, -800))
    moved = scene.incident(call.id)
    assert (moved.position, moved.zone_id) == (place(800, -800), "Z-2")
    scene.check()


def test_a_vague_place_around_an_exact_one_changes_nothing(scene: Scene) -> None:
    call = scene.call("B-1", at=place(100, 100))
    scene.take(placed(scene.make("B-1"), place(400, 100), accuracy_m=2_000.0))
    assert scene.incident(call.id).position == place(100, 100)


def test_a_posts_incident_never_follows_a_person(scene: Scene) -> None:
    post, person = scene.call("P-1"), scene.call("B-1", at=place(100, 0))
    assert isinstance(incidents.merge(scene.store, person.id, post.id, OPERATOR, scene.now), Incident)
    scene.press("B-1", at=place(-700, 0))
    assert scene.incident(post.id).position == place(100, 0)


def test_a_press_in_the_middle_of_the_city_is_not_matched_with_a_call_shown_there(scene: Scene) -> None:
    nowhere = scene.call("B-1")
    assert nowhere.position == MIDDLE
    scene.call("B-2", at=MIDDLE)
    kinds = [fact.kind for fact in scene.facts()]
    assert kinds.count("IncidentOpened") == 2
    if hasattr(scene.store, "tables"):
        assert not scene.store.tables.proposals


def test_a_call_without_a_place_is_where_the_call_merged_into_it_is(scene: Scene) -> None:
    nowhere, post = scene.call("B-1"), scene.call("P-1")
    assert isinstance(incidents.merge(scene.store, post.id, nowhere.id, OPERATOR, scene.now), Incident)
    both = scene.incident(nowhere.id)
    assert (both.placed, both.position, both.zone_id, both.drone) == (True, place(100, 0), "Z-4", "searching")
    assert scene.offered().target == place(100, 0)
    scene.check()


def test_two_calls_without_a_place_are_one_and_still_send_no_drone(scene: Scene) -> None:
    unread, call = scene.call("B-1", "possible_press"), scene.call("B-1")
    assert call.id == unread.id
    assert (call.placed, call.drone, call.drone_reason) == (False, "refused", "place_unknown")


def test_an_operator_states_the_place_and_the_search_begins(scene: Scene) -> None:
    call = scene.call("B-1")
    assert refused(incidents.seek_drone(scene.store, call.id, OPERATOR, scene.wait(5))) == "place_unknown"
    stated = incidents.state_place(scene.store, call.id, place(0, 800), 50.0, OPERATOR, scene.now)
    assert isinstance(stated, Incident)
    assert (stated.placed, stated.zone_id, stated.label) == (True, "Z-7", "Button B-1 · Quarter, zone 7")
    assert scene.offered().target == place(0, 800)
    scene.check()


def test_nobody_states_the_place_of_a_closed_call(scene: Scene) -> None:
    call = scene.call("B-1")
    assert isinstance(incidents.close(scene.store, call.id, "false_alarm", OPERATOR, scene.now), Incident)
    outcome = incidents.state_place(scene.store, call.id, place(0, 0), 50.0, OPERATOR, scene.now)
    assert refused(outcome) == "incident_not_open"


def test_an_unreadable_press_without_a_place_seeks_no_drone_once_placed(scene: Scene) -> None:
    call = scene.call("B-1", "possible_press")
    assert (call.placed, call.drone, call.drone_reason) == (False, "none", "")
    incidents.state_place(scene.store, call.id, place(0, 0), 50.0, OPERATOR, scene.now)
    assert scene.incident(call.id).drone == "none"


def test_a_cancelled_call_seeks_no_drone_when_its_place_comes(scene: Scene) -> None:
    press = scene.make("B-1")
    scene.take(press)
    scene.press("B-1", "cancel", pin=CANCEL)
    scene.take(placed(press, place(0, 0)))
    assert scene.offer(refused_too=True).offered == ()


def test_a_test_without_a_place_is_not_rehearsed_to_a_guess(open_scene) -> None:
    scene = open_scene(town(drill_windows=(DrillWindow(None, START, START + timedelta(hours=1)),)))
    test = scene.call("B-1", "test")
    assert (test.drone, test.drone_reason, test.placed) == ("none", "place_unknown", False)


def test_no_drone_flies_beyond_the_territory_whatever_the_authorisation_covers(scene: Scene) -> None:
    call = scene.call("B-1", at=place(1_400, 0))
    assert call.zone_id is None
    assert scene.offer().refused == ((call.id, "outside_territory"),)
    assert scene.incident(call.id).drone_reason == "outside_territory"


@pytest.mark.parametrize("device", ["P-1", "B-1"])
def test_somebody_who_presses_twice_gives_up_the_window_to_cancel(scene: Scene, device: str) -> None:
    from necmergitur.operations.flying import lift_off_not_before

    waits = []
    for double in (False, True):
        call = scene.incident(scene.press(device, at=place(100, 0), double=double).incident_id)
        with scene.store.transaction() as tx:
            waits.append(lift_off_not_before(call, tx.signals_of(call.id)) - call.opened_at)
    assert waits == [timedelta(seconds=5), timedelta(0)]
