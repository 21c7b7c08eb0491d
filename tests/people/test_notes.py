"""What is said of somebody counts by who says it, then by when; a death by two people, and outside once told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.people import notes
from necmergitur.people.notes import Assurance, Hidden, Kept, Status

NOW = datetime(2026, 11, 13, 22, tzinfo=UTC)


def note(number: int = 1, **changes: Any) -> Kept:
    parts: dict[str, Any] = {
        "id": bytes([number]) * 16,
        "person": b"p" * 16,
        "status": Status.ALIVE,
        "assurance": Assurance.PUBLIC,
        "source_at": NOW - timedelta(minutes=number),
        "entered_at": NOW - timedelta(minutes=number),
    }
    return Kept(**(parts | changes))


def says(*said: Kept, told_only: bool = False) -> Status | None:
    found = notes.verdict(said, NOW, told_only=told_only)
    return None if found is None else found.status


def dead(**changes: Any) -> Kept:
    return note(9, **({"status": Status.DEAD, "assurance": Assurance.OFFICIAL, "by": 1} | changes))


def test_the_highest_assurance_speaks_and_among_equals_the_newest() -> None:
    old_self = note(5, status=Status.AUTHOR, assurance=Assurance.SELF)
    official = note(4, status=Status.MISSING, assurance=Assurance.OFFICIAL)
    relative = note(3, status=Status.ALIVE, assurance=Assurance.RELATIVE)
    public = note(1, status=Status.MISSING)
    assert says(public, relative, official, old_self) is Status.AUTHOR
    assert says(public, relative, official) is Status.MISSING
    assert says(public, relative) is Status.ALIVE
    assert says(public, note(2, status=Status.ALIVE)) is Status.MISSING, "the newest"
    assert says() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": Hidden.DESK},
        {"hidden": Hidden.WAITS},
        {"flagged_at": NOW},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(days=1)},
        {"status": Status.NONE},
    ],
)
def test_what_is_hidden_flagged_expired_or_says_nothing_never_counts(changes: dict[str, Any]) -> None:
    strong = note(1, **({"assurance": Assurance.SELF} | changes))
    assert says(strong, note(2, status=Status.MISSING)) is Status.MISSING
    assert says(strong) is None


def test_a_clock_that_is_ahead_does_not_stay_the_newest() -> None:
    ahead = note(1, status=Status.ALIVE, source_at=NOW + timedelta(hours=20), entered_at=NOW - timedelta(hours=1))
    later = note(2, status=Status.MISSING, source_at=NOW, entered_at=NOW)
    assert says(ahead, later) is Status.MISSING


def test_dead_counts_once_two_people_said_so_and_outside_once_the_family_knows() -> None:
    alive = note(1, status=Status.ALIVE)
    assert says(alive, dead()) is Status.ALIVE
    assert says(alive, dead(agreed_by=2)) is Status.DEAD
    assert says(alive, dead(agreed_by=2), told_only=True) is Status.ALIVE
    assert says(alive, dead(agreed_by=2, family_told_at=NOW), told_only=True) is Status.DEAD
    assert says(alive, dead(assurance=Assurance.RELATIVE, agreed_by=2), told_only=False) is Status.ALIVE


def test_whoever_writes_themselves_outweighs_even_an_official_death() -> None:
    assert says(dead(agreed_by=2, family_told_at=NOW), note(9, assurance=Assurance.SELF)) is Status.ALIVE


@pytest.mark.parametrize(
    ("said", "by", "rule"),
    [
        (dead(), Who(1, "lead"), "death_two_people"),
        (dead(), Who(2, "operator"), "death_not_yours"),
        (dead(agreed_by=3), Who(2, "lead"), "death_agreed"),
        (note(), Who(2, "lead"), "death_not_said"),
        (dead(by=None), Who(2, "lead"), "death_two_people"),
    ],
)
def test_the_second_pair_of_eyes_is_another_authorised_persons(said: Kept, by: Who, rule: str) -> None:
    problem = notes.agree(said, by)
    assert isinstance(problem, Refusal)
    assert problem.rule == rule
    assert notes.agree(dead(), Who(2, "duty_officer")) is None


def test_contradictions_are_noticed() -> None:
    found, sought = note(1), note(2, status=Status.MISSING)
    assert notes.conflicts([found, sought], NOW)
    assert notes.conflicts([found, dead(agreed_by=2)], NOW)
    assert not notes.conflicts([found, note(3)], NOW)
    assert not notes.conflicts([found, note(2, status=Status.MISSING, hidden=Hidden.DESK)], NOW)


def test_links_in_a_circle_are_one_person_and_no_loop() -> None:
    a, b, c, d = (bytes([n]) for n in range(4))
    assert notes.same_person([(a, b), (b, c), (c, a), (a, a)]) == {a: a, b: a, c: a}
    assert notes.same_person([(c, d), (b, c)]) == {b: b, c: b, d: b}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_whoever_is_linked_somehow_has_the_same_stand_in(links: list[tuple[int, int]]) -> None:
    pairs = [(bytes([a]), bytes([b])) for a, b in links]
    stands = notes.same_person(pairs)
    circles = [{one} for one in {each for pair in pairs for each in pair}]
    for pair in pairs:  # a second, slower way
        touched = [circle for circle in circles if circle & set(pair)]
        circles = [circle for circle in circles if circle not in touched] + [set().union(*touched)]
    for circle in circles:
        assert {stands.get(one, one) for one in circle} == {min(circle)}
