"""Whoever signs in another's name: a forged third signature, a stolen key that was rotated, terms changed once signed."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.adapters.law import rules
from necmergitur.governance import authorisations, gate, proposals, signing
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation, AuthorisationGranted
from necmergitur.governance.signing import Assertion, Paper, Signature
from necmergitur.governance.terms import Terms
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import assessing, enrolling, proposing
from necmergitur.operations.sensing import Memory
from necmergitur.operations.signed import SignedPapers
from tests import signed
from tests.hostile.conftest import City, refused_as
from tests.hostile.holes import in_code, in_function
from tests.streams import assessment, body


def unchecked(_signature: Signature, _challenge: bytes) -> None:
    """Look at no signature: the hole in our cryptography."""


def anything(*_: Any) -> None:
    return None


@pytest.fixture
def city(city: City) -> City:
    """Parties enrolled, an assessment signed, its people heard."""
    signed.enrol(city.store, city.now)
    rests = assessment(city.now, rate_per_minute=100)
    assert isinstance(assessing.sign(city.store, rests, signed.DPO, city.now), Assessment)
    signed.heard(city.store, rests.id, city.now)
    return city


def terms(city: City, number: int) -> Terms:
    return signed.terms(city.now, assessment(city.now, rate_per_minute=100), id=UUID(int=number))


def forged(asked: Terms, city: City) -> Paper:
    """Return a paper whose State never signed: under its name and key stands the company's signature."""
    honest = signed.paper(asked, city.now)
    false = msgspec.structs.replace(honest.signatures[2].assertion, signature=honest.signatures[1].assertion.signature)
    third = msgspec.structs.replace(honest.signatures[2], assertion=false)
    return msgspec.structs.replace(honest, signatures=(*honest.signatures[:2], third))


def rule_of(outcome: Any) -> str:
    return outcome.rule if isinstance(outcome, Refusal) else ""


def test_a_forged_third_signature(city: City) -> None:
    """PostgreSQL checks no signature; the pages do when a stream is opened, and the engine by itself before it runs."""

    def opens(number: int, verify: Any) -> str:
        asked = terms(city, number)
        signed.laid(city.store, forged(asked, city), city.now)
        return rule_of(proposing.grant(city.store, asked.id, verify, (), signed.DPO, city.now, rules=rules()))

    def heard_by(verify: Any, seq: int) -> dict[str, int]:
        return city.hear(body(city.now, seq), memory=Memory(SignedPapers(verify)))

    assert opens(1, signed.verify) == "signature_forged"
    assert opens(2, unchecked) == "", "the hole in the pages"
    assert heard_by(unchecked, 1) == {"": 1}, "and the same in the engine: the State was never asked"
    assert heard_by(signed.verify, 2) == {"authorisation_suspended": 1}
    assert city.counted("authorisation_suspended") == 1


def test_a_stolen_key_that_was_rotated(city: City) -> None:
    state = signed.party("state", city.now)
    assert enrolling.retire(city.store, state.id, "stolen", signed.DPO, city.scene.wait(1))

    def attack(number: int) -> str:
        asked = terms(city, number)
        proposing.propose(city.store, asked, rules(), signed.DPO, city.now)
        said: Assertion = signed.sign(asked, "state", city.now).assertion
        try:
            return rule_of(proposing.sign(city.store, asked.id, "state", said, signed.verify, (), city.now))
        except StoreRefused as refused:
            return refused.code

    guard = ("terms_proposal_refuse()", "AND p.retired_at IS NULL")
    with in_code(signing, "check", anything):
        with in_function(city.url, *guard):
            assert attack(1) == ""
        assert attack(2) == "NM016"
    with in_function(city.url, *guard):
        assert attack(3) == "signature_party_retired"
    assert attack(4) == "signature_party_retired"


def test_a_signature_of_a_stolen_key_dated_back_to_before_it_was_retired(city: City) -> None:
    """A dishonest writer lays it among the others: our code would believe its date."""
    state = signed.party("state", city.now)
    before = city.now
    assert enrolling.retire(city.store, state.id, "stolen", signed.DPO, city.scene.wait(1))

    def attack(number: int) -> str:
        asked = terms(city, number)
        dated_back = Paper(terms=asked, signatures=tuple(signed.sign(asked, role, before) for role in signed.KEYS))
        try:
            signed.laid(city.store, dated_back, city.now)
        except StoreRefused as refused:
            return refused.code
        return rule_of(proposing.grant(city.store, asked.id, signed.verify, (), signed.DPO, city.now, rules=rules()))

    with in_function(city.url, "terms_proposal_refuse()", "AND p.retired_at IS NULL"):
        assert attack(1) == "", "it opens a stream"
    assert attack(2) == "NM016"


def test_a_metric_that_is_changed_once_everybody_signed(city: City) -> None:
    """What the trial will be judged by is softened after its parties signed and before its stream opens, or later."""

    def softened(asked: Terms) -> Terms:
        assert asked.experiment is not None
        soft = msgspec.structs.replace(asked.experiment, metrics=("number of press articles",))
        return msgspec.structs.replace(asked, experiment=soft)

    def attack(number: int, verify: Any) -> str:
        asked = terms(city, number)
        honest = signed.paper(asked, city.now)
        signed.laid(city.store, honest, city.now)
        with city.store.transaction() as tx:
            parties, rests = tx.parties(), tx.assessment(asked.assessment_id)
        paper = msgspec.structs.replace(honest, terms=softened(asked))
        event = authorisations.grant_signed(paper, rests, parties, verify, "user:90", city.now, rules=rules())
        if isinstance(event, Refusal):
            return event.rule
        return refused_as(lambda: _enter(city, event))

    guard = ("authorisation_refuse_unproposed()", "OR NEW.paper IS DISTINCT FROM proposed.paper")
    with in_function(city.url, *guard):
        assert attack(1, unchecked) == ""
        assert attack(2, signed.verify) == "signature_forged"
    assert attack(3, unchecked) == "NM016"
    assert attack(4, signed.verify) == "signature_forged"
    later = (
        "UPDATE authorisation SET paper = jsonb_set(paper, '{terms,experiment,metrics}', '[\"articles\"]'),"
        " version = version + 1 WHERE paper IS NOT NULL"
    )
    assert city.as_writer(later) == "NM009", "nor afterwards"


def _enter(city: City, event: AuthorisationGranted) -> None:
    made: Authorisation = event.authorisation
    fact = Fact(stream=authorisations.stream_of(made.id), version=1, event=event, actor="user:90")
    with city.store.transaction() as tx:
        tx.put_authorisation(made, tx.append(gate.admit_record([fact], city.now)))


def test_an_honest_paper_opens(city: City) -> None:
    outcome = signed.grant(city.store, signed.paper(terms(city, 1), city.now), city.now)
    assert isinstance(outcome, Authorisation)
    assert city.hear(body(city.now, 1), memory=Memory(SignedPapers(signed.verify))) == {"": 1}
    assert proposals.stream_of(outcome.id) in {fact.stream for fact in city.scene.facts()}
