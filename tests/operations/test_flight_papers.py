"""Flights rest on a signed assessment of the drones' cameras; a call for help rests on nobody's paper."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.adapters.law import rules
from necmergitur.governance.assessments import Assessment, Foundation
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing, authorising, flying, picturing
from necmergitur.operations.picturing import Viewer
from necmergitur.sim import papers
from tests.operations.scene import LEAD, OPERATOR, Scene
from tests.operations.town import FLIGHTS, flights

DRONE_LAW = "drone_decree_2023_283"
LAWFUL = Conditions(operator_class="civil_security")
ANEW = UUID(int=77)


def withdraw(scene: Scene) -> None:
    held = papers.assessment_of(flights(), scene.now)
    assert isinstance(assessing.withdraw(scene.store, held.id, "the drones changed", LEAD, scene.wait(1)), Assessment)  # type: ignore[arg-type]


def sign(scene: Scene, **changes: Any) -> None:
    """Sign the second version of what the town's flights rest on."""
    held = papers.assessment_of(flights(), scene.now)
    covers = msgspec.structs.replace(held.covers, **changes)
    asked = msgspec.structs.replace(held, version=2, digest="2" * 64, covers=covers)
    assert isinstance(assessing.sign(scene.store, asked, LEAD, scene.wait(1)), Assessment)  # type: ignore[arg-type]


def law(scene: Scene) -> str:
    with scene.store.transaction() as tx:
        found = tx.authorisation(FLIGHTS)
    assert found is not None
    return "suspended" if found.suspended_at else "in force"


def entered(scene: Scene, on: Assessment | None = None, **changes: Any) -> str:
    """Enter flights under the law as it is; return the rule that refuses them."""
    with scene.store.transaction() as tx:
        held = tx.assessment(papers.assessment_of(flights(), scene.now).id)  # type: ignore[attr-defined]
    rests = papers.on(on or held, DRONE_LAW)
    asked = flights(**{"id": ANEW, "rests_on": rests, "conditions": LAWFUL, **changes})
    outcome = authorising.grant(scene.store, asked, scene.now, rules=rules())  # type: ignore[arg-type]
    return outcome.rule if isinstance(outcome, Refusal) else ""


def test_an_assessment_that_no_longer_holds_grounds_what_rests_on_it_and_no_call(scene: Scene) -> None:
    withdraw(scene)
    assert law(scene) == "suspended"
    call = scene.call("P-1")
    assert scene.offer().offered == ()
    incident = scene.incident(call.id)
    assert incident.state == "open" and incident.drone == "refused"
    assert incident.drone_reason.startswith("authorisation_suspended ")
    assert "the drones changed" in incident.drone_reason
    scene.check()


def test_a_drone_in_the_air_comes_home_and_shows_nothing_more(scene: Scene) -> None:
    mission = scene.fly()
    flying.reached(scene.store, mission.id, "on_scene", scene.wait(30))
    withdraw(scene)
    shown: Any = picturing.may_show(scene.store, mission.id, scene.now, Viewer(OPERATOR.id, ("operator",)))
    assert shown.rule == "authorisation_suspended"
    assert flying.call_back_unfounded(scene.store, scene.now) == 1
    assert scene.mission(mission.id).order == "return"
    scene.check()


def test_flights_are_in_force_again_once_a_version_that_covers_them_is_signed(scene: Scene) -> None:
    withdraw(scene)
    sign(scene)
    assert law(scene) == "in force"
    scene.call("P-1")
    assert len(scene.offer().offered) == 1
    scene.check()


def test_a_new_version_that_covers_them_grounds_nothing(scene: Scene) -> None:
    sign(scene)
    assert law(scene) == "in force"


@pytest.mark.parametrize("narrower", [{"zones": ("Z-1",)}, {"purpose": "crowd_safety"}, {"modality": "crowd_count"}])
def test_a_new_version_that_covers_less_suspends_them(scene: Scene, narrower: dict[str, Any]) -> None:
    sign(scene, **narrower)
    assert law(scene) == "suspended"


def test_flights_entered_anew_fly_at_once(scene: Scene) -> None:
    withdraw(scene)
    assert isinstance(papers.authorise(scene.store, flights(id=ANEW), scene.now), Authorisation)  # type: ignore[arg-type]
    scene.call("P-1")
    assert scene.offered().authorisation_id == ANEW


def test_lawful_flights_on_an_assessment_that_holds_are_entered(scene: Scene) -> None:
    assert entered(scene) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rests_on": None}, "assessment_missing"),
        ({"rests_on": Foundation(assessment_id=UUID(int=3), assessment_version=1, assessment_digest="0" * 64)}, "assessment_missing"),
        ({"purpose": "crowd_safety"}, "beyond_assessment"),
        ({"purpose": "maintenance"}, "law_purpose"),
        ({"conditions": Conditions()}, "law_operator"),
        ({"conditions": Conditions(operator_class="municipal_police")}, "law_operator"),
        ({"valid_until": flights().valid_from + timedelta(days=3 * 366)}, "review_first"),
    ],
)  # fmt: skip
def test_flights_beyond_law_or_assessment_are_refused_with_their_reason(
    scene: Scene, changes: dict[str, Any], why: str
) -> None:
    assert entered(scene, **changes) == why


def test_flights_name_the_rule_they_rest_on_and_no_rule_that_ended(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        held = tx.assessment(papers.assessment_of(flights(), scene.now).id)  # type: ignore[attr-defined]
    assert entered(scene, rests_on=papers.on(held)) == "law_not_named"
    assert entered(scene, rests_on=papers.on(held, DRONE_LAW, "augmented_cameras_2023_380")) == "law_ended"


def test_flights_whose_camera_may_not_look_need_no_law_of_cameras(scene: Scene) -> None:
    blind = Conditions(recording=False, operator_class="municipal_police")
    assert entered(scene, conditions=blind) == ""


def test_no_flight_is_entered_on_an_assessment_that_went_stale_or_another_version(scene: Scene) -> None:
    old = papers.assessment_of(flights(), scene.now)
    withdraw(scene)
    assert entered(scene) == "assessment_stale"
    sign(scene)
    assert entered(scene, old) == "assessment_other_version"
