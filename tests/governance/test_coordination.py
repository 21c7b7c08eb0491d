"""Arranged votes are flagged; people who only happen to agree are not."""

import random
from datetime import UTC, datetime, timedelta

from necmergitur.governance.coordination import (
    BURST,
    HURRIED,
    ONE_ANSWER,
    SAME_LIST,
    Cast,
    everybody,
    flagged,
    public_count,
)
from necmergitur.governance.opinion import AGREE, DISAGREE, PASS

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATEMENTS = range(1, 21)


def people(count: int = 80, seed: int = 5) -> list[Cast]:
    """People who come over ten days, vote on some statements, some seconds each."""
    chance = random.Random(seed)
    cast = []
    for number in range(count):
        at = DAY + timedelta(minutes=chance.randrange(10 * 24 * 60))
        for statement in chance.sample(STATEMENTS, chance.randrange(4, 20)):
            at += timedelta(seconds=chance.randrange(3, 40))
            cast.append(Cast(f"p{number:03}", statement, chance.choice([AGREE, AGREE, DISAGREE, PASS]), at))
    return cast


def block(count: int, apart: timedelta, votes: int = 12) -> list[Cast]:
    """The same list of votes from `count` voters, one after the other."""
    return [
        Cast(f"block{n:02}", s, AGREE if s % 3 else DISAGREE, DAY + n * apart + timedelta(seconds=8 * s))
        for n in range(count)
        for s in list(STATEMENTS)[:votes]
    ]


def kinds(casts: list[Cast]) -> dict[str, tuple[str, ...]]:
    return {each.kind: each.voters for each in flagged(casts)}


def test_people_who_come_and_go_are_not_flagged() -> None:
    assert kinds(people()) == {}


def test_a_block_of_identical_lists_within_minutes_is_flagged() -> None:
    found = kinds(people() + block(6, timedelta(minutes=1)))
    assert found == {SAME_LIST: tuple(f"block{n:02}" for n in range(6))}


def test_identical_lists_are_not_flagged_when_few_or_short_or_far_apart() -> None:
    assert kinds(people() + block(4, timedelta(minutes=1))) == {}
    assert kinds(people() + block(6, timedelta(minutes=1), votes=7)) == {}
    assert kinds(people() + block(6, timedelta(hours=5))) == {}


def test_one_answer_to_everything_is_flagged_whichever_it_is() -> None:
    for choice in (AGREE, DISAGREE):
        casts = [Cast("fan", s, choice, DAY + timedelta(seconds=9 * s)) for s in range(1, 11)]
        assert kinds(people() + casts) == {ONE_ANSWER: ("fan",)}
        assert kinds(people() + casts[:9]) == {}
    passing = [Cast("shy", s, PASS, DAY + timedelta(seconds=9 * s)) for s in range(1, 11)]
    assert kinds(people() + passing) == {}


def test_a_crowd_within_two_minutes_is_flagged() -> None:
    late = DAY + timedelta(days=4)
    crowd = [
        Cast(f"rush{n:02}", 1 + n % 5, AGREE if n % 2 else DISAGREE, late + timedelta(seconds=4 * n)) for n in range(25)
    ]
    assert kinds(people() + crowd)[BURST] == tuple(f"rush{n:02}" for n in range(25))
    assert BURST not in kinds(people() + crowd[:15])


def test_a_conversation_that_is_all_one_crowd_has_no_usual_rate_to_exceed() -> None:
    hall = [Cast(f"hall{n:02}", 1, AGREE, DAY + timedelta(seconds=n)) for n in range(60)]
    assert kinds(hall) == {}


def test_votes_faster_than_reading_are_flagged() -> None:
    def robot(votes: int, gap_s: float) -> list[Cast]:
        return [
            Cast("robot", s, AGREE if s % 2 else PASS, DAY + timedelta(seconds=gap_s * s)) for s in range(1, votes + 1)
        ]

    assert kinds(people() + robot(11, 0.4)) == {HURRIED: ("robot",)}
    assert kinds(people() + robot(10, 0.4)) == {}
    assert kinds(people() + robot(19, 3)) == {}


def test_flagged_people_are_counted_once_and_a_few_of_them_are_not_told() -> None:
    found = flagged(people() + block(12, timedelta(seconds=40)) + [
        Cast("block00", 20, AGREE, DAY + timedelta(hours=2)),
        *[Cast("fan", s, AGREE, DAY + timedelta(seconds=9 * s)) for s in range(1, 11)],
    ])  # fmt: skip
    assert everybody(found) == (*(f"block{n:02}" for n in range(1, 12)), "fan")
    assert [public_count(n) for n in (0, 1, 9, 10, 45)] == [0, None, None, 10, 45]
