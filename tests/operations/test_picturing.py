"""The picture passes the gate: on scene, for an open incident, under an authorisation in force that covers it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from necmergitur.dispatch.missions import Mission
from necmergitur.governance.assessments import Covers
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising, flying, incidents, picturing, responding
from necmergitur.operations.picturing import Viewer
from necmergitur.sim.twin.town import Town
from tests import signed
from tests.operations.scene import LEAD, OPERATOR, Scene
from tests.operations.town import FLIGHTS, START, ZONES, flights, town

BLIND = Conditions(recording=False)


def camera(scene: Scene, **changes: object) -> Authorisation:
    """Grant a camera authorisation beside the flight's: signed, on an assessment of its own."""
    changes.setdefault("zones", tuple(zone.id for zone in ZONES))
    covers = Covers(
        streams=(str(changes.get("stream", "drone_cameras")),),
        modality=str(changes.get("modality", "drone_camera")),
        payload_schema="picture/1",
        purpose=str(changes.get("purpose", "emergency_response")),
        zones=changes["zones"],
        rate_per_minute=600,
        retention_days=0,
    )
    changes = {"operator_class": "civil_security", "law": ("drone_decree_2023_283",)} | changes
    on = signed.assessment(scene.now, covers=covers)
    return signed.granted(scene.store, signed.terms(scene.now, on, label="Cameras", **changes), scene.now, on)


def on_scene(scene: Scene) -> Mission:
    mission = scene.fly()
    after = flying.reached(scene.store, mission.id, "on_scene", scene.wait(30))
    assert isinstance(after, Mission)
    return after


def shown(scene: Scene, mission: Mission) -> str:
    """Return "" when the picture may be shown, else the rule that refuses it; what the drone is told agrees."""
    found: Any = picturing.may_show(scene.store, mission.id, scene.now, Viewer(OPERATOR.id, ("operator",)))
    mission = scene.mission(mission.id)
    with scene.store.transaction() as tx:
        told = picturing.uncovered(tx, mission, scene.now)
    if isinstance(found, Refusal):
        assert found.rule in ("picture_off_scene", "incident_not_open") or told == found
        return found.rule
    assert told is None
    assert picturing.shows(scene.store, mission.id, scene.now) == found
    return ""


def test_a_picture_is_for_who_answers_and_for_responders_who_were_told(scene: Scene) -> None:
    mission = on_scene(scene)

    def seen(user: int, *roles: str) -> str:
        found: Any = picturing.may_show(scene.store, mission.id, scene.now, Viewer(user, roles))
        return found.rule if isinstance(found, Refusal) else ""

    assert seen(7, "technician", "administrator") == "reader_not_authorised"
    assert seen(7, "responder") == "not_told"
    assert seen(7, "pilot") == ""
    assert not isinstance(responding.tell(scene.store, mission.incident_id, "one", 7, OPERATOR, scene.now), Refusal)
    assert seen(7, "responder") == ""
    told = [fact.payload for fact in scene.facts() if b"picture:refuse" in fact.payload]
    assert len(told) == 2 and all(b"read_reader_not_authorised" in one for one in told)


def test_the_flights_own_condition_lets_its_camera_look_on_scene_and_only_there(scene: Scene) -> None:
    mission = scene.fly()
    assert shown(scene, mission) == "picture_off_scene"
    mission = flying.reached(scene.store, mission.id, "on_scene", scene.wait(30))
    assert shown(scene, mission) == ""
    flying.reached(scene.store, mission.id, "return", scene.wait(30))
    assert shown(scene, mission) == "picture_off_scene"


def test_ending_the_flights_authorisation_ends_its_picture(scene: Scene) -> None:
    mission = on_scene(scene)
    camera(scene)
    assert authorising.revoke(scene.store, FLIGHTS, "judge's order", LEAD, scene.wait(1))
    assert shown(scene, mission) in ("authorisation_revoked", "no_authorisation")


def test_a_closed_incident_has_no_picture(scene: Scene) -> None:
    mission = on_scene(scene)
    closed = incidents.close(scene.store, mission.incident_id, "helped", OPERATOR, scene.wait(1))
    assert not isinstance(closed, Refusal), closed
    assert shown(scene, mission) == "incident_not_open"


@pytest.fixture
def blind(open_scene: Callable[[Town], Scene]) -> Scene:
    """A town whose flights carry no permission to look."""
    return open_scene(town(authorisations=(flights(conditions=BLIND),)))


def test_a_flight_that_may_not_look_shows_nothing_until_a_camera_is_authorised(blind: Scene) -> None:
    mission = on_scene(blind)
    assert shown(blind, mission) == "picture_not_authorised"
    cameras = camera(blind)
    assert shown(blind, mission) == ""
    assert authorising.revoke(blind.store, cameras.id, "enough seen", LEAD, blind.wait(1))
    assert shown(blind, mission) == "picture_not_authorised"


@pytest.mark.parametrize(
    "changes",
    [
        {"zones": ("Z-none",)},
        {"stream": "D-none"},
        {"purpose": "crowd_safety"},
        {"modality": "scan"},
        {"valid_from": START + timedelta(days=2)},
        {"valid_until": START + timedelta(seconds=20)},
    ],
)
def test_a_camera_authorisation_of_another_place_purpose_or_time_covers_nothing(
    blind: Scene, changes: dict[str, object]
) -> None:
    camera(blind, **changes)
    assert shown(blind, on_scene(blind)) == "picture_not_authorised"


def test_a_camera_authorisation_of_its_zone_covers_a_call(blind: Scene) -> None:
    mission = on_scene(blind)
    zone = blind.incident(mission.incident_id).zone_id
    assert zone is not None
    camera(blind, zones=(zone,))
    assert shown(blind, mission) == ""
