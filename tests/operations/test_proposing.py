"""Terms are proposed once, signed by each party, and open their stream when the last one has signed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.adapters.law import rules
from necmergitur.governance import authorisations
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import Request
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.signing import Assertion, Party, PartyRole, missing
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing, enrolling, proposing
from tests import signed
from tests.operations.scene import Scene

COUNTING = Request(modality="crowd_count", purpose="crowd_safety", stream="sensor:c-0001", zone_id="zone-1")
ROLES: tuple[PartyRole, ...] = ("territory", "company", "state")


@pytest.fixture
def ready(scene: Scene) -> Scene:
    """Parties enrolled, assessment signed, the people heard."""
    signed.enrol(scene.store, scene.now)
    assert isinstance(assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now), Assessment)
    signed.heard(scene.store, signed.assessment(scene.now).id, scene.now)
    return scene


def propose(scene: Scene, **changes: Any) -> Terms:
    asked = signed.terms(scene.now, **changes)
    assert isinstance(proposing.propose(scene.store, asked, rules(), signed.DPO, scene.now), Proposal)
    return asked


def answer(terms: Terms, role: PartyRole) -> Assertion:
    return signed.sign(terms, role, terms.valid_from).assertion


def sign(scene: Scene, terms: Terms, role: PartyRole, said: Assertion | None = None) -> str:
    made = said or answer(terms, role)
    outcome = proposing.sign(scene.store, terms.id, role, made, signed.verify, (), scene.wait(1))
    return outcome.rule if isinstance(outcome, Refusal) else ""


def grant(scene: Scene, terms: Terms, *obstacles: Refusal) -> str:
    outcome = proposing.grant(scene.store, terms.id, signed.verify, obstacles, signed.DPO, scene.wait(1), rules=rules())
    return outcome.rule if isinstance(outcome, Refusal) else ""


def gate_opens(scene: Scene) -> bool:
    with scene.store.transaction() as tx:
        return isinstance(tx.gate_table(scene.now).find(COUNTING, scene.now), Authorisation)


def test_three_parties_sign_one_after_the_other_and_the_gate_opens(ready: Scene) -> None:
    terms = propose(ready)
    for role in ROLES:
        assert grant(ready, terms) == "signatures_missing"
        assert sign(ready, terms, role) == ""
    assert not gate_opens(ready)
    assert grant(ready, terms) == ""
    assert gate_opens(ready)
    assert grant(ready, terms) == "already_granted"


def test_the_stream_stays_shut_while_law_or_dialogue_stand_in_the_way(ready: Scene) -> None:
    terms = propose(ready)
    assert [sign(ready, terms, role) for role in ROLES] == ["", "", ""]
    assert grant(ready, terms, Refusal(rule="dialogue_unanswered")) == "dialogue_unanswered"
    assert not gate_opens(ready)


def test_no_party_signs_before_the_city_answered_its_people(ready: Scene) -> None:
    terms = propose(ready)
    owed = (Refusal(rule="dialogue_unanswered"),)
    made = answer(terms, "state")
    outcome: Any = proposing.sign(ready.store, terms.id, "state", made, signed.verify, owed, ready.now)
    assert outcome.rule == "dialogue_unanswered"


def test_all_that_stands_against_terms_is_said_at_once(ready: Scene) -> None:
    just_for_fun = signed.terms(
        ready.now, purpose="just_for_fun", readers=(), valid_until=ready.now.replace(year=2050), rate_per_minute=9
    )
    outcome = proposing.propose(ready.store, just_for_fun, rules(), signed.DPO, ready.now)
    assert isinstance(outcome, list)
    assert [refusal.rule for refusal in outcome] == [
        "purpose_not_lawful",
        "window_too_long",
        "readers_missing",
        "law_purpose",
        "beyond_assessment",
    ]


def test_the_same_party_does_not_sign_twice_nor_one_nobody_needs(ready: Scene) -> None:
    terms = propose(ready, experiment=None)
    assert sign(ready, terms, "company") == "signature_not_needed"
    assert sign(ready, terms, "territory") == ""
    assert sign(ready, terms, "territory") == "signature_not_needed"


def test_a_signature_of_another_proposal_is_refused(ready: Scene) -> None:
    other = propose(ready, id=UUID(int=11))
    terms = propose(ready)
    assert sign(ready, terms, "state", answer(other, "state")) == "signature_forged"


def test_a_key_of_another_role_does_not_sign_for_the_state(ready: Scene) -> None:
    terms = propose(ready)
    assert sign(ready, terms, "state", answer(terms, "company")) == "signature_party_unknown"


def test_a_forged_third_signature_opens_nothing(ready: Scene) -> None:
    terms = propose(ready)
    assert [sign(ready, terms, role) for role in ROLES[:2]] == ["", ""]
    forged = msgspec.structs.replace(answer(terms, "state"), signature=answer(terms, "company").signature)
    assert sign(ready, terms, "state", forged) == "signature_forged"
    assert grant(ready, terms) == "signatures_missing"


def test_a_key_retired_before_it_signs_signs_nothing(ready: Scene) -> None:
    terms = propose(ready)
    state = signed.party("state", ready.now)
    assert isinstance(enrolling.retire(ready.store, state.id, "stolen", signed.DPO, ready.wait(1)), Party)
    assert sign(ready, terms, "state") == "signature_party_retired"


def test_a_metric_changed_after_it_was_proposed_opens_nothing(ready: Scene) -> None:
    terms = propose(ready)
    assert [sign(ready, terms, role) for role in ROLES] == ["", "", ""]
    with ready.store.transaction() as tx:
        state = tx.terms_proposal(terms.id)  # type: ignore[attr-defined]
    assert terms.experiment is not None
    softer = msgspec.structs.replace(terms.experiment, metrics=("number of press articles",))
    paper = msgspec.structs.replace(state.paper, terms=msgspec.structs.replace(terms, experiment=softer))
    with ready.store.transaction() as tx:
        on, parties = tx.assessment(terms.assessment_id), tx.parties()  # type: ignore[attr-defined]
    outcome: Any = authorisations.grant_signed(paper, on, parties, signed.verify, "user:1", ready.now, rules=rules())
    assert outcome.rule == "signature_forged"


def test_withdrawn_terms_are_neither_signed_nor_granted(ready: Scene) -> None:
    terms = propose(ready)
    no_reason: Any = proposing.withdraw(ready.store, terms.id, " ", signed.DPO, ready.now)
    assert no_reason.rule == "reason_missing"
    assert [sign(ready, terms, role) for role in ROLES] == ["", "", ""]
    assert isinstance(proposing.withdraw(ready.store, terms.id, "a typo", signed.DPO, ready.wait(1)), Proposal)
    assert sign(ready, terms, "state") == "proposal_withdrawn"
    assert grant(ready, terms) == "proposal_withdrawn"


def test_what_is_granted_is_revoked_not_withdrawn(ready: Scene) -> None:
    terms = propose(ready)
    assert [sign(ready, terms, role) for role in ROLES] == ["", "", ""]
    assert grant(ready, terms) == ""
    outcome: Any = proposing.withdraw(ready.store, terms.id, "no more", signed.DPO, ready.now)
    assert outcome.rule == "already_granted"


def test_nothing_is_proposed_twice_under_one_identifier(ready: Scene) -> None:
    terms = propose(ready)
    outcome = proposing.propose(ready.store, terms, rules(), signed.DPO, ready.now)
    assert isinstance(outcome, list) and [refusal.rule for refusal in outcome] == ["already_proposed"]


def test_terms_whose_end_has_passed_are_not_signed(ready: Scene) -> None:
    terms = propose(ready, valid_until=ready.now + timedelta(seconds=30))
    ready.wait(30)
    assert sign(ready, terms, "state") == "valid_until_past"


def test_a_proposal_is_the_fold_of_its_facts(ready: Scene) -> None:
    terms = propose(ready)
    assert [sign(ready, terms, role) for role in ROLES] == ["", "", ""]
    with ready.store.transaction() as tx:
        state = tx.terms_proposal(terms.id)  # type: ignore[attr-defined]
    assert (state.version, missing(state.paper), state.paper.terms) == (4, (), terms)
