"""PostgreSQL holds proposed terms to the word by itself (NM016): each planted breach goes straight into the store."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.law import rules
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance import authorisations, proposals
from necmergitur.governance.authorisations import Authorisation, AuthorisationGranted
from necmergitur.governance.dialogue import DialogueAnswered, DialogueClosed, DialogueOpened
from necmergitur.governance.gate import admit_record
from necmergitur.governance.proposals import Proposal, TermsProposed, TermsSigned, TermsWithdrawn
from necmergitur.governance.signing import Paper
from necmergitur.governance.terms import digest
from necmergitur.kernel.events import Fact
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import assessing, dialogue, enrolling, proposing
from tests import signed
from tests.operations.scene import Scene

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def proposed(scene: Scene) -> Scene:
    signed.enrol(scene.store, scene.now)
    assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now)
    signed.heard(scene.store, signed.assessment(scene.now).id, scene.now)
    made = proposing.propose(scene.store, signed.terms(scene.now), rules(), signed.DPO, scene.now)
    assert isinstance(made, Proposal)
    return scene


def state_of(scene: Scene) -> Proposal:
    with scene.store.transaction() as tx:
        found = tx.terms_proposal(signed.terms(scene.now).id)  # type: ignore[attr-defined]
    assert found is not None
    return found


def put(scene: Scene, state: Proposal, event: Any) -> str:
    """Write as a dishonest operation would; return the guard's code."""
    try:
        with scene.store.transaction() as tx:
            fact = Fact(stream=proposals.stream_of(state.id), version=state.version, event=event, actor="user:1")
            tx.put_terms_proposal(state, tx.append(admit_record([fact], scene.now)))  # type: ignore[attr-defined]
    except StoreRefused as refused:
        return refused.code
    return ""


def signing(scene: Scene, role: Any, **changes: Any) -> tuple[Proposal, TermsSigned]:
    before = state_of(scene)
    event = TermsSigned(before.id, signed.sign(before.paper.terms, role, scene.now))
    return msgspec.structs.replace(proposals.evolve(before, event), **changes), event


def softened(paper: Paper) -> Paper:
    assert paper.terms.experiment is not None
    softer = msgspec.structs.replace(paper.terms.experiment, metrics=("number of press articles",))
    return msgspec.structs.replace(paper, terms=msgspec.structs.replace(paper.terms, experiment=softer))


def test_an_honest_signature_passes(proposed: Scene) -> None:
    assert put(proposed, *signing(proposed, "state")) == ""


def test_a_metric_changed_after_it_was_proposed_is_refused(proposed: Scene) -> None:
    after, event = signing(proposed, "state")
    assert put(proposed, msgspec.structs.replace(after, paper=softened(after.paper)), event) == "NM016"


def test_a_row_that_differs_from_its_fact_is_refused_when_proposed(proposed: Scene) -> None:
    terms = signed.terms(proposed.now, id=UUID(int=21))
    made = proposals.evolve(None, TermsProposed(terms, digest(terms).hex(), "user:1", proposed.now))
    other = msgspec.structs.replace(made, paper=softened(made.paper))
    assert put(proposed, other, TermsProposed(terms, made.digest, "user:1", proposed.now)) == "NM016"
    already = msgspec.structs.replace(made, paper=signed.paper(terms, proposed.now))
    assert put(proposed, already, TermsProposed(terms, made.digest, "user:1", proposed.now)) == "NM016"


def test_a_signature_by_nobody_twice_or_slipped_in_beside_another_is_refused(proposed: Scene) -> None:
    after, event = signing(proposed, "state")
    unknown = msgspec.structs.replace(event.signature, public_key=signed.party("company", proposed.now).public_key)
    paper = msgspec.structs.replace(after.paper, signatures=(unknown,))
    assert put(proposed, msgspec.structs.replace(after, paper=paper), TermsSigned(after.id, unknown)) == "NM016"
    both = signed.paper(after.paper.terms, proposed.now, ("state", "company"))
    assert put(proposed, msgspec.structs.replace(after, paper=both), event) == "NM016"
    assert put(proposed, after, event) == ""
    assert put(proposed, *signing(proposed, "state")) == "NM016", "the State signed already"


def test_a_retired_key_signs_nothing_even_behind_our_code(proposed: Scene) -> None:
    state = signed.party("state", proposed.now)
    enrolling.retire(proposed.store, state.id, "stolen", signed.DPO, proposed.now)
    assert put(proposed, *signing(proposed, "state")) == "NM016"


def test_a_withdrawal_only_withdraws_and_ends_everything(proposed: Scene) -> None:
    before = state_of(proposed)
    event = TermsWithdrawn(before.id, proposed.now, "user:1", "a typo")
    after = proposals.evolve(before, event)
    smuggled = signed.paper(after.paper.terms, proposed.now, ("state",))
    assert put(proposed, msgspec.structs.replace(after, paper=smuggled), event) == "NM016"
    assert put(proposed, after, event) == ""
    assert put(proposed, *signing(proposed, "state")) == "NM016"


def test_no_fact_no_change_and_nothing_is_deleted(proposed: Scene, database: str) -> None:
    after, _event = signing(proposed, "state")
    with pytest.raises(StoreRefused, match="no fact says so"), proposed.store.transaction() as tx:
        tx.put_terms_proposal(after, 1)  # type: ignore[attr-defined]
    with psycopg.connect(database) as owner:
        for statement in ("DELETE FROM terms_proposal", "TRUNCATE terms_proposal"):
            with pytest.raises(psycopg.Error) as refused, owner.transaction():
                owner.execute(statement)
            assert refused.value.sqlstate == "NM016"


def granted(scene: Scene, paper: Paper) -> Authorisation:
    """Return the authorisation that our own code makes of a paper, whatever became of its parties."""
    event = authorisations.grant_signed(
        paper,
        signed.assessment(scene.now),
        [signed.party(role, scene.now) for role in signed.KEYS],
        signed.verify,
        "user:1",
        scene.now,
        rules=rules(),
    )
    assert isinstance(event, AuthorisationGranted)
    return event.authorisation


def test_what_is_granted_is_what_was_proposed_to_the_word(proposed: Scene) -> None:
    """Signatures are honest over the softened terms: only that these were never proposed stands against them."""
    for role in signed.KEYS:
        assert put(proposed, *signing(proposed, role)) == ""
    paper = state_of(proposed).paper
    assert enter(proposed, granted(proposed, signed.paper(softened(paper).terms, proposed.now))) == "NM016"
    assert enter(proposed, granted(proposed, paper)) == ""


def test_a_signature_dated_back_before_its_stolen_key_was_retired_opens_nothing(proposed: Scene) -> None:
    assert [put(proposed, *signing(proposed, role)) for role in ("territory", "company")] == ["", ""]
    two = state_of(proposed).paper
    state = signed.party("state", proposed.now)
    enrolling.retire(proposed.store, state.id, "stolen", signed.DPO, proposed.wait(2))
    dated_back = signed.sign(two.terms, "state", state.enrolled_at)
    three = msgspec.structs.replace(two, signatures=(*two.signatures, dated_back))
    assert enter(proposed, granted(proposed, three)) == "NM016"


def test_a_signature_is_of_now(proposed: Scene) -> None:
    """The drift that tests are given is 99 years: what lies beyond it is refused."""
    before = state_of(proposed)
    for at in (proposed.now - timedelta(days=100 * 366), proposed.now + timedelta(days=100 * 366)):
        event = TermsSigned(before.id, signed.sign(before.paper.terms, "state", at))
        assert put(proposed, proposals.evolve(before, event), event) == "NM016"


def enter(scene: Scene, asked: Authorisation) -> str:
    store = scene.store
    assert isinstance(store, PostgresStore)
    try:
        with store.transaction() as tx:
            stream = authorisations.stream_of(asked.id)
            fact = Fact(stream=stream, version=1, event=AuthorisationGranted(asked), actor="user:1")
            tx.put_authorisation(asked, tx.append(admit_record([fact], scene.now)))
    except StoreRefused as refused:
        return refused.code
    return ""


# --- nothing but what was proposed, signed, and asked of the people -------------------------------------------------


def test_a_stream_that_nobody_proposed_is_refused_however_well_it_is_signed(proposed: Scene) -> None:
    """Every signature is honest, the assessment holds: all that is missing is that it was put before anybody."""
    skipped = signed.paper(signed.terms(proposed.now, id=UUID(int=31)), proposed.now)
    assert enter(proposed, granted(proposed, skipped)) == "NM016"
    signed.laid(proposed.store, skipped, proposed.now)
    assert enter(proposed, granted(proposed, skipped)) == ""


def test_a_stream_its_proposal_lacks_a_signature_for_is_refused(proposed: Scene) -> None:
    """Two signed what was proposed; the third signature stands on the paper alone."""
    assert [put(proposed, *signing(proposed, role)) for role in ("territory", "company")] == ["", ""]
    whole = signed.paper(state_of(proposed).paper.terms, proposed.now)
    assert enter(proposed, granted(proposed, whole)) == "NM016"


def test_no_experiment_is_signed_before_its_people_were_asked_and_answered(scene: Scene) -> None:
    signed.enrol(scene.store, scene.now)
    assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now)
    terms = signed.terms(scene.now)
    assert isinstance(proposing.propose(scene.store, terms, rules(), signed.DPO, scene.now), Proposal)
    assert put(scene, *signing(scene, "state")) == "NM014", "no dialogue was held"
    held = signed.heard(scene.store, terms.id, scene.now, "experiment", consensus=(4, 9))
    assert put(scene, *signing(scene, "state")) == "NM014", "two answers are owed"
    for statement in (4, 9):
        assert put(scene, *signing(scene, "state")) == "NM014"
        dialogue.record_answer(scene.store, held, DialogueAnswered(statement, "", ""), signed.DPO, scene.now)
    assert put(scene, *signing(scene, "state")) == ""


def test_a_dialogue_still_open_or_on_something_else_opens_nothing(scene: Scene) -> None:
    signed.enrol(scene.store, scene.now)
    assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now)
    terms = signed.terms(scene.now)
    assert isinstance(proposing.propose(scene.store, terms, rules(), signed.DPO, scene.now), Proposal)
    signed.heard(scene.store, UUID(int=8), scene.now)
    signed.heard(scene.store, terms.id, scene.now, "assessment")
    assert put(scene, *signing(scene, "state")) == "NM014", "of something else, or under another name"
    asked = DialogueOpened("assessment", terms.assessment_id, "a", "b", "c ?", scene.now + timedelta(days=1))
    dialogue.open_dialogue(scene.store, UUID(int=12), asked, signed.DPO, scene.now)
    assert put(scene, *signing(scene, "state")) == "NM014", "it is not over"


def test_a_dialogue_reopened_after_the_signatures_keeps_the_stream_shut(proposed: Scene) -> None:
    assert [put(proposed, *signing(proposed, role)) for role in signed.KEYS] == ["", "", ""]
    paper = state_of(proposed).paper
    asked = DialogueOpened("experiment", paper.terms.id, "a", "b", "c ?", proposed.now + timedelta(days=1))
    dialogue.open_dialogue(proposed.store, UUID(int=12), asked, signed.DPO, proposed.now)
    assert enter(proposed, granted(proposed, paper)) == "NM014"
    dialogue.close_dialogue(
        proposed.store, UUID(int=12), DialogueClosed("", 0, 0, (), "over"), signed.DPO, proposed.now
    )
    assert enter(proposed, granted(proposed, paper)) == ""


def test_what_the_city_runs_for_good_needs_a_proposal_and_no_dialogue(scene: Scene) -> None:
    signed.enrol(scene.store, scene.now)
    assessing.sign(scene.store, signed.assessment(scene.now), signed.DPO, scene.now)
    paper = signed.paper(signed.terms(scene.now, experiment=None), scene.now)
    assert enter(scene, granted(scene, paper)) == "NM016"
    signed.laid(scene.store, paper, scene.now)
    assert enter(scene, granted(scene, paper)) == ""
