"""People into teams: no two would rather have each other, whatever people wish for."""

import time

from hypothesis import given
from hypothesis import strategies as st

from necmergitur.innovation.teams import Person, Team, blocking, fit, place

SKILLS = "abcdef"


@st.composite
def halls(draw: st.DrawFn) -> tuple[list[Person], list[Team]]:
    teams = [
        Team(f"t{n}", draw(st.dictionaries(st.sampled_from(SKILLS), st.floats(0, 3))), draw(st.integers(0, 4)))
        for n in range(draw(st.integers(0, 6)))
    ]
    wishes = st.lists(st.sampled_from([*(team.id for team in teams), "gone"]), max_size=4).map(tuple)
    people = [
        Person(f"p{n}", draw(st.frozensets(st.sampled_from(SKILLS))), draw(wishes))
        for n in range(draw(st.integers(0, 20)))
    ]
    return people, teams


@given(halls())
def test_nobody_and_no_team_would_both_rather_have_each_other(hall: tuple[list[Person], list[Team]]) -> None:
    people, teams = hall
    placed = place(people, teams)
    assert blocking(people, teams, placed) == []
    for team in teams:
        assert sum(found == team.id for found in placed.values()) <= team.most
    room = sum(team.most for team in teams)
    assert len(placed) == min(room, len(people))


def test_a_placing_that_somebody_would_leave_is_told() -> None:
    people = [Person("ann", frozenset("a"), ("red",)), Person("bob", frozenset(), ("red",))]
    teams = [Team("red", {"a": 1}, 1), Team("blue", {}, 1)]
    assert place(people, teams) == {"ann": "red", "bob": "blue"}
    assert blocking(people, teams, {"ann": "blue", "bob": "red"}) == [("ann", "red")]
    assert blocking(people, teams, {"bob": "blue"}) == [("ann", "red"), ("bob", "red")]


def test_a_team_prefers_who_brings_what_it_wants() -> None:
    team = Team("red", {"radio": 2, "maps": 1}, 1)
    assert fit(Person("ann", frozenset({"radio", "maps"})), team) == 3
    assert fit(Person("bob", frozenset({"cooking"})), team) == 0


def test_four_hundred_people_are_in_eighty_teams_in_less_than_two_seconds() -> None:
    people = [
        Person(f"p{n:03}", frozenset(SKILLS[(n + k) % 6] for k in range(n % 3)), (f"t{n * 7 % 80}", f"t{n % 3}"))
        for n in range(400)
    ]
    teams = [Team(f"t{n}", {SKILLS[n % 6]: 1.0, SKILLS[n % 5]: 0.5}, 5) for n in range(80)]
    begun = time.process_time()
    placed = place(people, teams)
    assert time.process_time() - begun < 2
    assert len(placed) == 400 and blocking(people, teams, placed) == []
