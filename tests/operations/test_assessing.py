"""A stream opens on a signed paper that rests on a signed assessment, and closes when reality leaves that behind."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.adapters.law import rules
from necmergitur.governance import authorisations
from necmergitur.governance.assessments import Assessment, Observed
from necmergitur.governance.gate import Request
from necmergitur.governance.signing import Paper, Party
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing, authorising, enrolling
from tests import signed
from tests.operations.scene import Scene
from tests.operations.town import flights

AS_ASSESSED = Observed(
    stream="sensor:c-0001", payload_schema="crowd_count/1", zone_id="zone-1", rate_per_minute=1, firmware="1.0"
)
COUNTING = Request(modality="crowd_count", purpose="crowd_safety", stream="sensor:c-0001", zone_id="zone-1")


def rule(scene: Scene, request: Request = COUNTING) -> str:
    """Return "" when the gate opens, else the rule that closes it."""
    with scene.store.transaction() as tx:
        found = tx.gate_table(scene.now).find(request, scene.now)
    return found.rule if isinstance(found, Refusal) else ""


def asked(scene: Scene, **changes: object) -> Any:
    return signed.terms(scene.now, **changes)


def grant(scene: Scene, terms: Terms, *roles: Any) -> str:
    outcome = signed.grant(scene.store, signed.paper(terms, scene.now, roles or None), scene.now)
    return outcome.rule if isinstance(outcome, Refusal) else ""


def judged(scene: Scene, paper: Paper) -> str:
    """Return what our own code has against a paper, however it came to be."""
    with scene.store.transaction() as tx:
        parties = tx.parties()  # type: ignore[attr-defined]
        on = tx.assessment(paper.terms.assessment_id)  # type: ignore[attr-defined]
    found = authorisations.grant_signed(paper, on, parties, signed.verify, "user:90", scene.now, rules=rules())
    return found.rule if isinstance(found, Refusal) else ""


@pytest.fixture
def ready(scene: Scene) -> Scene:
    """Parties enrolled, assessment signed, the people heard."""
    signed.enrol(scene.store, scene.now)
    assert isinstance(assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now), Assessment)
    signed.heard(scene.store, signed.assessment(scene.now).id, scene.now)
    return scene


def test_a_stream_opens_on_three_signatures_and_not_before(ready: Scene) -> None:
    assert rule(ready) == "no_authorisation"
    assert grant(ready, asked(ready), "territory", "company") == "signatures_missing"
    assert rule(ready) == "no_authorisation"
    assert grant(ready, asked(ready)) == ""
    assert rule(ready) == ""
    assert grant(ready, asked(ready)) == "already_granted"


def test_without_an_experiment_the_territory_signs_alone(ready: Scene) -> None:
    assert grant(ready, asked(ready, experiment=None)) == ""


def test_a_signature_over_other_terms_is_forged(ready: Scene) -> None:
    made = signed.paper(asked(ready), ready.now)
    longer = msgspec.structs.replace(made, terms=asked(ready, retention_days=29))
    assert judged(ready, longer) == "signature_forged"


def test_a_stranger_who_says_to_be_the_state_signs_nothing(ready: Scene) -> None:
    made = signed.paper(asked(ready), ready.now)
    stranger = msgspec.structs.replace(made.signatures[1], role="state")
    forged = msgspec.structs.replace(made, signatures=(*made.signatures[:2], stranger))
    assert judged(ready, forged) == "signature_party_unknown"


def test_a_stolen_key_that_was_retired_signs_nothing_more(ready: Scene) -> None:
    company = signed.party("company", ready.now)
    assert isinstance(enrolling.retire(ready.store, company.id, "stolen", signed.DPO, ready.wait(1)), Party)
    assert judged(ready, signed.paper(asked(ready), ready.now)) == "signature_party_retired"
    assert grant(ready, asked(ready)) != ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"purpose": "just_for_fun"}, "purpose_not_lawful"),
        ({"valid_until": datetime(2050, 1, 1, tzinfo=UTC)}, "window_too_long"),
        ({"rate_per_minute": 2}, "beyond_assessment"),
        ({"zones": ("zone-1", "zone-2")}, "beyond_assessment"),
        ({"retention_days": 31}, "beyond_assessment"),
        ({"stream": "sensor:c-0002"}, "beyond_assessment"),
        ({"assessment_digest": "0" * 64}, "assessment_other_version"),
        ({"assessment_id": UUID(int=7)}, "assessment_missing"),
        ({"readers": ()}, "readers_missing"),
        ({"modality": "sound"}, "law_forbids"),
        ({"modality": "biometric"}, "law_forbids"),
        ({"modality": "augmented_camera", "law": ("augmented_cameras_2023_380",)}, "law_ended"),
        ({"law": ("augmented_cameras_2023_380",)}, "law_ended"),
        ({"law": ("made_up",)}, "law_unknown"),
        ({"modality": "drone_camera", "operator_class": "civil_security"}, "law_not_named"),
    ],
)
def test_terms_beyond_law_or_assessment_are_refused_with_their_reason(
    ready: Scene, changes: dict[str, Any], why: str
) -> None:
    assert grant(ready, asked(ready, **changes)) == why
    assert rule(ready) == "no_authorisation"


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"rate_per_minute": 10}, "drift_rate assessed=1 now=10"),
        ({"zone_id": "zone-9"}, "drift_zone assessed=zone-1 now=zone-9"),
        ({"payload_schema": "crowd_count/2"}, "drift_schema assessed=crowd_count/1 now=crowd_count/2"),
    ],
)
def test_a_device_that_changes_closes_its_stream_at_once(ready: Scene, now: dict[str, Any], why: str) -> None:
    assert grant(ready, asked(ready)) == ""
    seen = msgspec.structs.replace(AS_ASSESSED, **now)
    assert [one.stale_reason for one in assessing.report(ready.store, seen, ready.wait(1))] == [why]
    assert rule(ready) == "authorisation_suspended"
    assert assessing.report(ready.store, seen, ready.wait(1)) == [], "said once"


def test_a_person_withdraws_an_assessment_with_a_reason_and_what_rests_on_it_closes(ready: Scene) -> None:
    assert grant(ready, asked(ready)) == ""
    on = signed.assessment(ready.now).id

    def withdraw(reason: str) -> Any:
        return assessing.withdraw(ready.store, on, reason, signed.DPO, ready.wait(1))

    assert withdraw(" ").rule == "reason_missing"
    assert rule(ready) == ""
    assert withdraw("The square is a school's yard.").stale_reason == (
        f"withdrawn by=user:{signed.DPO.id} The square is a school's yard."
    )
    assert rule(ready) == "authorisation_suspended"
    assert withdraw("Again.").rule == "assessment_stale"
    by = {fact.actor for fact in ready.facts() if fact.kind in ("AssessmentWentStale", "AuthorisationSuspended")}
    assert by == {f"user:{signed.DPO.id}"}, "a person did it, not the engine"


def test_a_device_as_assessed_changes_nothing(ready: Scene) -> None:
    assert grant(ready, asked(ready)) == ""
    assert assessing.report(ready.store, AS_ASSESSED, ready.wait(1)) == []
    assert rule(ready) == ""


def test_a_new_version_of_the_assessment_needs_new_signatures(ready: Scene) -> None:
    assert grant(ready, asked(ready)) == ""
    again = signed.assessment(ready.now, version=2, digest="ab" * 32)
    assert isinstance(assessing.sign(ready.store, again, signed.DPO, ready.wait(1)), Assessment)
    assert rule(ready) == "authorisation_suspended"
    renewed = signed.terms(ready.now, again, id=UUID(int=9))
    assert grant(ready, renewed) == ""
    assert rule(ready) == ""


def test_the_same_version_is_not_signed_twice(ready: Scene) -> None:
    outcome: Any = assessing.sign(ready.store, signed.assessment(ready.now), signed.DPO, ready.now)
    assert outcome.rule == "version_not_new"


def test_an_assessment_past_its_review_opens_nothing(ready: Scene) -> None:
    ready.wait(366 * 86_400)
    assert grant(ready, asked(ready)) == "assessment_stale"


def test_what_was_granted_closes_on_the_instant_it_ends(ready: Scene) -> None:
    end = ready.now + timedelta(seconds=30)
    assert grant(ready, asked(ready, valid_until=end)) == ""
    ready.wait(29.999999)
    assert rule(ready) == ""
    ready.wait(0.000001)
    assert rule(ready) == "authorisation_expired"


def test_a_form_grants_no_stream(scene: Scene) -> None:
    outcome: Any = authorising.grant(scene.store, flights(id=UUID(int=5), kind="stream"), scene.now, rules=())
    assert outcome.rule == "stream_needs_paper"
