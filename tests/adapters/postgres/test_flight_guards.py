"""PostgreSQL holds flights against the assessment they rest on by itself (NM011): each breach goes straight in."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.governance import authorisations
from necmergitur.governance.assessments import Assessment, Foundation
from necmergitur.governance.authorisations import Authorisation, AuthorisationGranted, AuthorisationResumed
from necmergitur.governance.gate import admit_record
from necmergitur.kernel.events import Fact
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import assessing
from necmergitur.sim import papers
from tests import signed
from tests.operations.scene import LEAD, Scene
from tests.operations.town import FLIGHTS, flights

pytestmark = pytest.mark.usefixtures("database")


def held(scene: Scene) -> Assessment:
    with scene.store.transaction() as tx:
        found = tx.assessment(papers.assessment_of(flights(), scene.now).id)  # type: ignore[attr-defined]
    assert isinstance(found, Assessment)
    return found


def put(scene: Scene, after: Authorisation, event: Any) -> str:
    """Write as a dishonest operation would; return the guard's code."""
    try:
        with scene.store.transaction() as tx:
            stream = authorisations.stream_of(after.id)
            fact = Fact(stream=stream, version=after.version, event=event, actor="user:1")
            tx.put_authorisation(after, tx.append(admit_record([fact], scene.now)))
    except StoreRefused as refused:
        return refused.code
    return ""


def enter(scene: Scene, **changes: Any) -> str:
    asked = flights(**{"id": UUID(int=77), "rests_on": papers.on(held(scene)), **changes})
    return put(scene, asked, AuthorisationGranted(asked))


def test_honest_flights_pass(scene: Scene) -> None:
    assert enter(scene) == ""


def test_flights_on_no_assessment_or_another_version_are_refused(scene: Scene) -> None:
    on = papers.on(held(scene))
    nothing = Foundation(assessment_id=UUID(int=3), assessment_version=1, assessment_digest="0" * 64)
    for rests in (
        None,
        nothing,
        msgspec.structs.replace(on, assessment_version=2),
        msgspec.structs.replace(on, assessment_digest="f" * 64),
    ):
        assert enter(scene, rests_on=rests) == "NM011", rests


def test_flights_that_say_more_than_their_assessment_are_refused(scene: Scene) -> None:
    review = held(scene).review_by
    for more in (
        {"purpose": "crowd_safety"},
        {"valid_until": review.replace(year=review.year + 1)},
        {"modality": "drone_camera"},
        {"paper": signed.paper(signed.terms(scene.now), scene.now)},
    ):
        assert enter(scene, **more) == "NM011", more


def test_flights_over_zones_nobody_assessed_are_refused(scene: Scene) -> None:
    narrow = flights(id=UUID(int=70), zones=("Z-1",))
    assert papers.authorise(scene.store, narrow, scene.now)  # type: ignore[arg-type]
    on = papers.on(papers.assessment_of(narrow, scene.now))
    assert enter(scene, rests_on=on, zones=("Z-1",)) == ""
    assert enter(scene, rests_on=on, id=UUID(int=78), zones=("Z-1", "Z-2")) == "NM011"
    assert enter(scene, rests_on=on, id=UUID(int=79), zones=None) == "NM011"


def test_an_assessment_of_something_else_carries_no_flight(scene: Scene) -> None:
    other = signed.assessment(scene.now)
    covers = msgspec.structs.replace(other.covers, purpose="emergency_response", zones=("*",))
    assessing.sign(scene.store, msgspec.structs.replace(other, covers=covers), signed.DPO, scene.now)  # type: ignore[arg-type]
    assert enter(scene, rests_on=papers.on(other)) == "NM011"


def test_what_was_suspended_does_not_open_again_on_an_assessment_that_went_stale(scene: Scene) -> None:
    """The fact is there, the version follows: only that nothing holds stands against it."""
    on = held(scene)
    assert assessing.withdraw(scene.store, on.id, "it was wrong", LEAD, scene.wait(1))  # type: ignore[arg-type]
    with scene.store.transaction() as tx:
        state = tx.authorisation(FLIGHTS)
    assert state is not None and state.suspended_at is not None
    event = AuthorisationResumed(FLIGHTS, scene.now, "user:1")
    after = authorisations.evolve(state, event)
    assert put(scene, after, event) == "NM011"
    again = msgspec.structs.replace(papers.assessment_of(flights(), scene.now), version=2, digest="2" * 64)
    assert isinstance(assessing.sign(scene.store, again, LEAD, scene.wait(1)), Assessment)  # type: ignore[arg-type]
    with scene.store.transaction() as tx:
        state = tx.authorisation(FLIGHTS)
    assert state is not None and state.suspended_at is None


def test_what_a_flight_rests_on_never_changes(scene: Scene, as_role: Any) -> None:
    with pytest.raises(psycopg.Error) as refused, as_role("nec_ledger") as cursor:
        cursor.execute("UPDATE authorisation SET rests_on = NULL, version = version + 1 WHERE kind = 'flight'")
    assert refused.value.sqlstate == "NM009"
