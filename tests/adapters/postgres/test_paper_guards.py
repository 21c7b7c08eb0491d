"""PostgreSQL holds a stream's authorisation against its paper, its parties and its assessment by itself (NM011)."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.authorisations import AuthorisationGranted, AuthorisationRevoked, stream_of
from necmergitur.governance.gate import admit_record
from necmergitur.governance.signing import Paper
from necmergitur.kernel.events import Fact
from necmergitur.ledger.minting import mint
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import assessing
from tests import signed
from tests.operations.scene import Scene

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def scene(scene: Scene) -> Scene:
    signed.granted(scene.store, signed.terms(scene.now), scene.now)
    return scene


def enter(scene: Scene, paper: Paper | None, **changes: Any) -> str:
    """Enter an authorisation as a dishonest operation would: straight into the store. Return the guard's code.

    Its paper is on record as proposed, where it may be: what is tried here is the guard behind.
    """
    if paper is not None:
        with suppress(StoreRefused):
            signed.laid(scene.store, paper, scene.now)
    with scene.store.transaction() as tx:
        honest = tx.authorisation(signed.terms(scene.now).id)
        assert honest is not None
        forged = msgspec.structs.replace(honest, paper=paper, **{"id": UUID(int=77), **changes})
    try:
        with scene.store.transaction() as tx:
            fact = Fact(stream=stream_of(forged.id), version=1, event=AuthorisationGranted(forged), actor="user:1")
            tx.put_authorisation(forged, tx.append(admit_record([fact], scene.now)))
    except StoreRefused as refused:
        return refused.code
    return ""


def papers(scene: Scene, *roles: Any, **changes: object) -> Paper:
    return signed.paper(signed.terms(scene.now, id=UUID(int=77), **changes), scene.now, roles or None)


def test_an_honest_paper_passes(scene: Scene) -> None:
    assert enter(scene, papers(scene)) == ""


def test_no_paper_a_paper_of_another_or_one_not_signed_by_all_is_refused(scene: Scene) -> None:
    assert enter(scene, None) == "NM011"
    assert enter(scene, signed.paper(signed.terms(scene.now), scene.now)) == "NM011"
    assert enter(scene, papers(scene, "territory", "state")) == "NM011"
    assert enter(scene, papers(scene, "territory", "territory", "territory")) == "NM011"


def test_a_row_that_says_more_than_its_paper_is_refused(scene: Scene) -> None:
    paper = papers(scene)
    for more in (
        {"zones": ("zone-1", "zone-2")},
        {"streams": None},
        {"streams": ("sensor:c-0001", "sensor:c-0002")},
        {"modality": "camera"},
        {"purpose": "training"},
        {"valid_until": paper.terms.valid_until.replace(year=2050)},
    ):
        assert enter(scene, paper, **more) == "NM011", more


def test_a_key_nobody_enrolled_does_not_sign(scene: Scene) -> None:
    paper = papers(scene)
    made_up = msgspec.structs.replace(paper.signatures[2], public_key=paper.signatures[1].public_key)
    assert enter(scene, msgspec.structs.replace(paper, signatures=(*paper.signatures[:2], made_up))) == "NM011"


def test_nothing_opens_on_an_assessment_that_went_stale_or_never_was(scene: Scene) -> None:
    assert enter(scene, papers(scene, assessment_id=UUID(int=3))) == "NM011"
    assert enter(scene, papers(scene, assessment_digest="0" * 64)) == "NM011"
    assert assessing.withdraw(scene.store, signed.assessment(scene.now).id, "it was wrong", signed.DPO, scene.now)
    assert enter(scene, papers(scene)) == "NM011"


def test_nobody_resumes_extends_or_rewrites_a_row_without_a_fact(scene: Scene, database: str) -> None:
    assert isinstance(scene.store, PostgresStore)
    assert assessing.withdraw(scene.store, signed.assessment(scene.now).id, "it was wrong", signed.DPO, scene.now)
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "UPDATE authorisation SET suspended_at = NULL WHERE paper IS NOT NULL",
            "UPDATE authorisation SET suspended_at = NULL, version = version + 1 WHERE paper IS NOT NULL",
            "UPDATE authorisation SET paper = NULL, version = version + 1 WHERE paper IS NOT NULL",
            "UPDATE assessment SET stale_at = NULL, last_seq = 1",
            "DELETE FROM assessment",
            "UPDATE party SET public_key = 'mine'",
            "UPDATE party SET retired_at = now(), last_seq = 1",
        ):
            with pytest.raises(psycopg.DatabaseError) as refused:
                connection.execute(statement)
            assert refused.value.sqlstate == "NM009", statement


def test_a_suspended_stream_takes_no_fact(scene: Scene) -> None:
    law = signed.terms(scene.now).id

    def refusal() -> str:
        what = AuthorisationRevoked(law, scene.now, "x", "x")
        fact = Fact(stream="audit:planted", version=1, event=what, actor="test")
        with pytest.raises(StoreRefused) as refused, scene.store.transaction() as tx:
            tx.append([mint(fact, law, scene.now)])
        return refused.value.code

    assert refusal() == "NM007", "in force, though not for such a fact"
    assert assessing.withdraw(scene.store, signed.assessment(scene.now).id, "it was wrong", signed.DPO, scene.now)
    assert refusal() == "NM002"
