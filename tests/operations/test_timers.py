"""A call nobody answers rings higher and higher, and never stops ringing."""

import signal
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch import incidents as dispatch
from necmergitur.operations import incidents, timers
from tests.operations.scene import OPERATOR, Scene
from tests.operations.town import START, TOWN, install, place


def levels(scene: Scene) -> list[tuple[float, int]]:
    """Let 200 seconds pass by tenths of a second; return when each level was told."""
    call = scene.call()
    return [
        ((scene.now - START).total_seconds(), scene.incident(call.id).escalation)
        for _ in range(2_000)
        if timers.escalate_due(scene.store, scene.wait(0.1))
    ]


def test_operator_ten_seconds_lead_thirty_duty_officer_sixty_then_everyone_each_minute(scene: Scene) -> None:
    assert levels(scene) == [(10.0, 1), (40.0, 2), (100.0, 3), (160.0, 3)]
    scene.check()


@pytest.mark.parametrize(("rung", "again_after"), [("seen", 10), ("acknowledged", 60)])
def test_who_climbs_and_then_does_nothing_is_escalated_all_the_same(scene: Scene, rung, again_after) -> None:
    call = scene.call()
    incidents.climb(scene.store, call.id, rung, OPERATOR, scene.wait(5))
    assert timers.escalate_due(scene.store, scene.wait(again_after - 0.001)) == 0
    assert timers.escalate_due(scene.store, scene.wait(0.001)) == 1
    assert scene.incident(call.id).escalation == 1


def test_nobody_rings_for_an_incident_somebody_acts_on_or_that_is_over_or_a_test(scene: Scene) -> None:
    acted, closed, merged, kept = (scene.call(d) for d in ("P-1", "P-3", "P-5", "P-old"))
    scene.call("B-1", "test", place(0, 0))
    incidents.climb(scene.store, acted.id, "acting", OPERATOR, scene.now)
    incidents.close(scene.store, closed.id, "helped", OPERATOR, scene.now)
    incidents.merge(scene.store, merged.id, kept.id, OPERATOR, scene.now)
    assert timers.escalate_due(scene.store, scene.wait(3_600)) == 1
    assert scene.incident(kept.id).escalation == 1


def test_a_deadline_survives_the_process_that_set_it(empty_database: str) -> None:
    """Another process hears the press, commits and kills itself; what is due afterwards is in the rows alone."""
    install(empty_database, TOWN)
    ran = subprocess.run([sys.executable, "-c", HEARS_AND_DIES, empty_database], capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    store = PostgresStore(empty_database)
    try:
        late = Scene(store, START + timedelta(seconds=30))
        (call,) = late.open()
        assert timers.escalate_due(late.store, late.now) == 1
        assert late.incident(call.id).due_at == late.now + timedelta(seconds=30)
    finally:
        store.close()


HEARS_AND_DIES = """
import os, signal, sys
from necmergitur.adapters.postgres.store import PostgresStore
from tests.operations.scene import Scene
Scene(PostgresStore(sys.argv[1])).call()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_one_incident_that_cannot_be_escalated_keeps_no_other_from_ringing(scene: Scene, monkeypatch) -> None:
    calls = [scene.call(device) for device in ("P-1", "P-3", "P-5")]
    sick = calls[1].id

    def escalate(state, now):
        if state.id == sick:
            raise ValueError("a state no rule foresaw")
        return rule(state, now)

    rule = dispatch.escalate
    monkeypatch.setattr(dispatch, "escalate", escalate)
    failed: list[tuple[UUID, str]] = []
    told = timers.escalate_due(
        scene.store, scene.wait(10), lambda incident, error: failed.append((incident.id, str(error)))
    )
    assert told == 2
    assert failed == [(sick, "a state no rule foresaw")]
    assert [scene.incident(call.id).escalation for call in calls] == [1, 0, 1]
    with pytest.raises(ValueError, match="no rule foresaw"):
        timers.escalate_due(scene.store, scene.now)
    monkeypatch.undo()
    assert timers.escalate_due(scene.store, scene.now) == 1
    scene.check()


def test_escalating_twice_at_one_instant_tells_once(scene: Scene) -> None:
    scene.call()
    scene.wait(10)
    assert [timers.escalate_due(scene.store, scene.now) for _ in range(2)] == [1, 0]


def test_under_duress_the_lead_is_told_at_once_and_the_clock_starts_again(scene: Scene) -> None:
    from tests.operations.town import DURESS

    call = scene.call("B-1", at=place(0, 0))
    incidents.climb(scene.store, call.id, "acting", OPERATOR, scene.wait(5))
    scene.press("B-1", "cancel", pin=DURESS)
    after = scene.incident(call.id)
    assert (after.escalation, after.due_at) == (1, scene.now + timedelta(seconds=10))
    assert incidents.climb(scene.store, call.id, "acting", OPERATOR, scene.wait(1)).due_at is None
