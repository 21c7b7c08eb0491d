"""Is it the same event? High joins, middle asks a human, low stands alone; and never one person's call in another's."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.dispatch import incidents, matching, opening
from necmergitur.dispatch.incidents import Incident
from necmergitur.dispatch.matching import Match, affinity, place
from necmergitur.kernel.events import fold
from necmergitur.kernel.geo import Position, offset
from necmergitur.signals.press import Signal
from tests.dispatch.test_incident_story import signal as press

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
HERE = Position(2.35, 48.86)
KINDS = ["sos", "medical", "fire", "violence", "possible_press"]


def call(number: int = 1, gap_m: float = 0.0, **changes: object) -> Signal:
    return press(number, position=offset(HERE, gap_m, 0), device_id=f"P-{number}", **changes)


def known(number: int = 100, **changes: object) -> Incident:
    events = opening.open_from(
        call(number, **changes),
        incident_id=UUID(int=number),
        number=f"2026-{number}",
        place=HERE,
        exercise=False,
        now=NOW,
    )
    return msgspec.structs.replace(fold(incidents.evolve, events), position=HERE)


def judged(signal: Signal, *candidates: Incident, same: UUID | None = None, after_s: float = 0.0) -> Match:
    return place(signal, candidates, same, NOW + timedelta(seconds=after_s))


@pytest.mark.parametrize(
    ("gap_m", "after_s", "verdict"),
    [
        (0, 0, "attach"),
        (30, 10, "attach"),
        (60, 30, "attach"),
        (110, 60, "propose"),
        (0, 500, "propose"),
        (300, 10, "new"),
        (0, 1_300, "new"),
    ],
)
def test_near_and_soon_joins_farther_or_later_asks_and_the_rest_stands_alone(gap_m, after_s, verdict) -> None:
    assert judged(call(gap_m=gap_m), known(), after_s=after_s).verdict == verdict


def test_the_reason_says_how_far_how_late_and_what() -> None:
    found = judged(call(gap_m=30, kind="fire"), known(kind="medical"), after_s=12)
    assert found.reason == "30 m away, 12 s after, fire/medical"


def test_the_nearest_of_several_wins() -> None:
    near = msgspec.structs.replace(known(1), position=offset(HERE, 10, 0))
    far = msgspec.structs.replace(known(2), position=offset(HERE, 50, 0))
    for candidates in ((near, far), (far, near)):
        assert judged(call(9), *candidates).incident_id == near.id


def test_the_same_device_joins_whatever_the_time_and_place() -> None:
    found = judged(call(gap_m=5_000, personal=True), known(), same=UUID(int=100), after_s=90_000)
    assert (found.verdict, found.score, found.reason) == ("attach", 1.0, "same device")


def test_a_post_is_one_caller_only_while_it_is_pressed_again_and_again() -> None:
    """Behind a post stands whoever passes by: a day later it is somebody else, whom nobody has heard yet."""
    soon = judged(call(gap_m=5_000), known(), same=UUID(int=100), after_s=1_200)
    assert (soon.verdict, soon.reason) == ("attach", "same device")
    late = judged(call(gap_m=5_000), known(), same=UUID(int=100), after_s=1_201)
    assert (late.verdict, late.incident_id, late.reason) == ("propose", UUID(int=100), "same device, 20 min after")
    assert judged(call(), known(), same=UUID(int=100), after_s=90_000).verdict == "propose"


def test_a_post_quiet_for_long_joins_what_happens_beside_it_now() -> None:
    old = msgspec.structs.replace(known(1), last_signal_at=NOW - timedelta(hours=3))
    assert judged(call(gap_m=10), old, known(2), same=old.id).incident_id == UUID(int=2)


def test_nothing_joins_across_the_edge_of_an_exercise() -> None:
    played = msgspec.structs.replace(known(), exercise=True)
    assert judged(call(), played, same=played.id).verdict == "new"
    assert place(call(), [known()], UUID(int=100), NOW, exercise=True).verdict == "new"
    assert place(call(), [played], played.id, NOW, exercise=True).verdict == "attach"


@pytest.mark.parametrize("state", ["closed", "merged"])
def test_what_is_over_takes_nothing_in(state) -> None:
    over = msgspec.structs.replace(known(), state=state)
    assert judged(call(), over, same=over.id).verdict == "new"


def test_a_test_never_joins_a_real_call_nor_a_real_call_a_test() -> None:
    assert judged(call(test=True), known(), same=UUID(int=100)).verdict == "new"
    assert judged(call(), known(test=True), same=UUID(int=100)).verdict == "new"


def test_a_call_from_nowhere_stands_alone() -> None:
    nowhere = msgspec.structs.replace(call(), position=None)
    assert judged(nowhere, known()).verdict == "new"


@given(
    st.floats(0, 500), st.floats(0, 1_500), st.sampled_from(KINDS), st.sampled_from(KINDS), st.booleans(), st.booleans()
)
def test_a_person_is_never_joined_to_anybody_without_a_human(gap_m, after_s, kind, other, mine, theirs) -> None:
    signal = call(gap_m=gap_m, kind=kind, personal=mine)
    found = judged(signal, known(kind=other, personal=theirs), after_s=after_s)
    assert 0.0 <= found.score <= 1.0
    if mine or theirs:
        assert found.verdict != "attach"


@given(st.floats(0, 390), st.floats(0, 390), st.floats(0, 1_000))
def test_nearer_never_scores_less(one_m, other_m, after_s) -> None:
    near, far = sorted((one_m, other_m))
    incident = known()
    nearer = matching._judge(call(gap_m=near), incident, NOW + timedelta(seconds=after_s))
    farther = matching._judge(call(gap_m=far), incident, NOW + timedelta(seconds=after_s))
    assert nearer.score >= farther.score - 1e-9


@given(st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_how_well_two_kinds_fit_does_not_depend_on_which_came_first(one, other) -> None:
    assert affinity(one, other) == affinity(other, one)
    assert (affinity(one, other) == 1.0) == (one == other)


def test_a_vague_place_reaches_farther_and_a_sure_one_does_not() -> None:
    vague = msgspec.structs.replace(call(gap_m=200), accuracy_m=150.0)
    assert judged(vague, known()).verdict == "attach"
    assert judged(call(gap_m=200), known()).verdict == "new"
