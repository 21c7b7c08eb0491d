"""Opinion groups: planted ones are found, small ones are not shown, and nothing small is had by subtraction."""

import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.governance.opinion import (
    AGREE,
    DISAGREE,
    GROUP_MIN,
    PASS,
    Ballot,
    Opinions,
    matrix,
    opinions,
    project,
    silhouette,
    split,
)

STATEMENTS = list(range(1, 25))
# Statements 1 to 4 please everybody, 5 nobody; the rest divide three camps.
CAMPS = {
    name: {s: AGREE if s <= 4 else DISAGREE if s == 5 or s % 3 == turn else AGREE for s in STATEMENTS}
    for turn, name in enumerate(("red", "green", "blue"))
}


def planted(sizes: dict[str, int], *, noise: float = 0.08, unseen: float = 0.3, seed: int = 7) -> list[Ballot]:
    """Voters of known camps, who err, pass and skip as people do. A voter's key begins with the camp's name."""
    chance = random.Random(seed)
    cast = []
    for camp, size in sizes.items():
        for number in range(size):
            for statement, choice in CAMPS[camp].items():
                if chance.random() < unseen:
                    continue
                drawn = chance.choice([AGREE, PASS, DISAGREE]) if chance.random() < noise else choice
                cast.append(Ballot(f"{camp}-{number:03}", statement, drawn))
    return cast


def camps_found(ballots: list[Ballot]) -> list[Counter[str]]:
    voters, votes = matrix(ballots, STATEMENTS)
    labels, _ = split(project(votes))
    return [
        Counter(v.partition("-")[0] for v, of in zip(voters, labels, strict=True) if of == each) for each in set(labels)
    ]


def test_planted_groups_are_found() -> None:
    sizes = {"red": 60, "green": 40, "blue": 25}
    found = camps_found(planted(sizes))
    assert len(found) == 3
    assert {camps.most_common(1)[0][0] for camps in found} == set(sizes)
    wrong = sum(camps.total() - camps.most_common(1)[0][1] for camps in found)
    assert wrong <= 2  # of 125 people who err and skip
    shown = opinions(planted(sizes), STATEMENTS)
    assert [group.letter for group in shown.groups] == ["A", "B", "C"]
    assert [abs(g.size - size) <= 2 for g, size in zip(shown.groups, (60, 40, 25), strict=True)] == [True] * 3


def test_what_everybody_wants_is_consensus_and_what_divides_is_not() -> None:
    shown = opinions(planted({"red": 60, "green": 40, "blue": 25}), STATEMENTS)
    assert shown.consensus == (1, 2, 3, 4)
    assert [s.statement for s in shown.stands if s.consensus == DISAGREE] == [5]
    divisions = {stand.statement: stand.division for stand in shown.stands}
    assert all(divisions[s] > 0.5 for s in STATEMENTS if s > 5)
    assert all(divisions[s] < 0.3 for s in (1, 2, 3, 4, 5))
    # What tells a camp from the others is what it alone rejects.
    for group in shown.groups:
        (turn,) = {statement % 3 for statement, choice in group.typical if choice == DISAGREE}
        assert {statement for statement, _ in group.typical}.isdisjoint({1, 2, 3, 4, 5}), turn


def test_a_majority_that_one_group_does_not_share_is_no_consensus() -> None:
    ballots = planted({"red": 95, "green": 12}, noise=0, unseen=0)
    shown = opinions(ballots, STATEMENTS)
    assert [g.size for g in shown.groups] == [95, 12]
    stand = next(s for s in shown.stands if s.statement == 7)  # green rejects it, red likes it
    assert stand.overall is not None and stand.overall.agree / stand.overall.voters > 0.85
    assert stand.consensus == 0


def test_a_group_of_nine_is_never_shown() -> None:
    ballots = planted({"red": 60, "green": 9}, noise=0, unseen=0)
    shown = opinions(ballots, STATEMENTS)
    assert shown.groups == ()
    assert all(stand.by_group == () and stand.division is None for stand in shown.stands)
    # The planted breach: with a tenth member it is a group, and shown.
    assert [g.size for g in opinions(planted({"red": 60, "green": 10}, noise=0, unseen=0), STATEMENTS).groups] == [
        60,
        10,
    ]


def test_nine_among_larger_groups_are_neither_shown_nor_had_by_subtraction() -> None:
    shown = opinions(planted({"red": 40, "green": 30, "blue": 9}, noise=0, unseen=0), STATEMENTS)
    assert all(group.size >= GROUP_MIN for group in shown.groups)
    assert sum(group.size for group in shown.groups) == shown.placed == 79


def test_nine_voters_show_nothing() -> None:
    shown = opinions(planted({"red": 9}, unseen=0), STATEMENTS)
    assert shown.groups == () and shown.consensus == ()
    assert [stand.overall for stand in shown.stands] == [None] * len(STATEMENTS)


def test_a_statement_few_of_one_group_voted_on_shows_no_groups() -> None:
    ballots = planted({"red": 40, "green": 30}, noise=0, unseen=0)
    heard = [b for b in ballots if b.statement != 6 or b.voter.startswith("red") or b.voter < "green-009"]
    stand = next(s for s in opinions(heard, STATEMENTS).stands if s.statement == 6)
    assert stand.overall is not None and stand.overall.voters == 49
    assert stand.by_group == ()


def test_a_group_that_keeps_silent_on_a_statement_has_no_veto() -> None:
    ballots = planted({"red": 60, "green": 14}, noise=0, unseen=0)
    silent = [b for b in ballots if b.statement > 4 or b.voter.startswith("red")]
    shown = opinions(silent, STATEMENTS)
    assert [g.size for g in shown.groups] == [60, 14]
    assert set(shown.consensus) >= {1, 2, 3, 4}
    assert all(stand.by_group == () for stand in shown.stands if stand.statement <= 4)


def test_votes_of_people_in_no_group_cannot_be_had_from_the_total() -> None:
    ballots = planted({"red": 40, "green": 30}, noise=0, unseen=0)
    ballots += [Ballot(f"passer-by-{n}", 6, AGREE) for n in range(3)]  # one vote each: too few to be placed
    shown = opinions(ballots, STATEMENTS)
    assert (shown.voters, shown.placed) == (73, 70)
    for stand in shown.stands:
        assert stand.overall is not None
        assert stand.overall.voters == sum(tally.voters for tally in stand.by_group)


def test_people_who_all_think_alike_are_one_group() -> None:
    shown = opinions([Ballot(f"v{n}", s, AGREE) for n in range(50) for s in STATEMENTS], STATEMENTS)
    assert shown.groups == ()
    assert shown.consensus == tuple(STATEMENTS)


def test_the_order_of_votes_changes_nothing() -> None:
    ballots = planted({"red": 60, "green": 40, "blue": 25})
    shuffled = list(ballots)
    random.Random(1).shuffle(shuffled)
    assert opinions(shuffled, STATEMENTS) == opinions(ballots, STATEMENTS)


def test_who_is_left_out_leaves_no_trace() -> None:
    ballots = planted({"red": 60, "green": 40, "blue": 25})
    without = {b.voter for b in ballots if b.voter.startswith("blue")}
    assert opinions(ballots, STATEMENTS, without) == opinions(
        [b for b in ballots if b.voter not in without], STATEMENTS
    )


@pytest.mark.parametrize("statements", [[], STATEMENTS])
def test_nobody_yet_is_no_error(statements: list[int]) -> None:
    assert opinions([], statements) == Opinions(0, 0, (), opinions([], statements).stands)
    assert opinions([Ballot("a", 1, AGREE)], statements).groups == ()


def test_the_silhouette_is_the_published_formula() -> None:
    """Rousseeuw's own definition, written as he does, point by point."""
    chance = np.random.default_rng(3)
    points = np.concatenate([chance.normal(m, 1.0, (15, 2)) for m in (0, 4, 9)])
    labels = np.repeat([0, 1, 2], 15)

    def of(point: int) -> float:
        away = [
            np.mean([np.linalg.norm(points[point] - points[o]) for o in range(45) if labels[o] == g and o != point])
            for g in range(3)
        ]
        inside = away[labels[point]]
        nearest = min(d for g, d in enumerate(away) if g != labels[point])
        return (nearest - inside) / max(nearest, inside)

    assert silhouette(points, labels) == pytest.approx(np.mean([of(p) for p in range(45)]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from([AGREE, PASS, DISAGREE])), max_size=260)
)
def test_no_published_number_tells_of_fewer_than_ten(votes: list[tuple[int, int, int]]) -> None:
    statements = list(range(1, 10))
    shown = opinions([Ballot(f"v{voter}", statement, choice) for voter, statement, choice in votes], statements)
    assert all(group.size >= GROUP_MIN for group in shown.groups)
    for stand in shown.stands:
        tallies = [*([stand.overall] if stand.overall else []), *stand.by_group]
        assert all(tally.voters >= GROUP_MIN for tally in tallies)
        for some in range(len(stand.by_group)):
            for chosen in combinations(stand.by_group, some):
                assert stand.overall is not None
                left = stand.overall.voters - sum(t.voters for t in chosen)
                assert left == 0 or left >= GROUP_MIN
