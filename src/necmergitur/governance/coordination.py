"""Votes that look arranged: the same long list from many at once, one answer to everything, a crowd in minutes.

A flag is a reason to look, never a reason to drop: a vote that is flagged still counts, and results are shown with and
without it. Real people may all agree, and a class may vote together. (Polis has no such guard: its issues 976, on
coordinated spoiling, and 2025, on voters who agree to all.)
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from necmergitur.governance.opinion import GROUP_MIN

SAME_LIST, ONE_ANSWER, BURST, HURRIED = "same_list", "one_answer", "burst", "hurried"
KINDS = (SAME_LIST, ONE_ANSWER, BURST, HURRIED)

# Ours: eight votes of three kinds agree by chance once in 6,561 between two people who vote at random.
LIST_LEAST = 8
SAME_LEAST = 5  # ours: a household may vote alike; five identical lists within minutes are not one
SAME_WITHIN = timedelta(minutes=10)  # ours: as long as a person needs for some dozens of statements
ONE_ANSWER_LEAST = 10  # ours: statements contradict one another; ten agreed in a row were hardly read
BURST_LEAST = 20  # ours: a class is thirty; below twenty newcomers, nothing to see
BURST_WITHIN = timedelta(minutes=2)
BURST_TIMES = 5  # ours: so many times the conversation's usual newcomers
# Brysbaert, "How many words do we read per minute?", 2019: 238 words a minute, so the shortest statement takes 2 s.
HURRIED_WITHIN = timedelta(seconds=1)
HURRIED_LEAST = 10  # ours: votes in a row, each within a second of the one before


class Cast(msgspec.Struct, frozen=True):
    """One vote and when it was cast."""

    voter: str
    statement: int
    choice: int
    at: datetime


class Flagged(msgspec.Struct, frozen=True):
    """The voters one kind of flag is about, in order."""

    kind: str
    voters: tuple[str, ...]


def flagged(casts: Iterable[Cast]) -> tuple[Flagged, ...]:
    """Return who is flagged, by kind, of `KINDS` those that found somebody."""
    by_voter: dict[str, list[Cast]] = defaultdict(list)
    for cast in casts:
        by_voter[cast.voter].append(cast)
    for votes in by_voter.values():
        votes.sort(key=lambda cast: (cast.at, cast.statement))
    found = {
        SAME_LIST: _same_list(by_voter),
        ONE_ANSWER: {voter for voter, votes in by_voter.items() if _one_answer(votes)},
        BURST: _burst(by_voter),
        HURRIED: {voter for voter, votes in by_voter.items() if _hurried(votes)},
    }
    return tuple(Flagged(kind, tuple(sorted(found[kind]))) for kind in KINDS if found[kind])


def everybody(flags: Sequence[Flagged]) -> tuple[str, ...]:
    """Return everybody flagged, once each, in order."""
    return tuple(sorted({voter for each in flags for voter in each.voters}))


def public_count(count: int) -> int | None:
    """Return a count of flagged people as the public may see it: None stands for "fewer than ten"."""
    return count if count == 0 or count >= GROUP_MIN else None


def _same_list(by_voter: dict[str, list[Cast]]) -> set[str]:
    """Return those who cast one long list of votes, the same to the last, within minutes of one another."""
    alike: dict[frozenset[tuple[int, int]], list[tuple[datetime, str]]] = defaultdict(list)
    for voter, votes in by_voter.items():
        if len(votes) >= LIST_LEAST:
            alike[frozenset((cast.statement, cast.choice) for cast in votes)].append((votes[-1].at, voter))
    found: set[str] = set()
    for ended in alike.values():
        ended.sort()
        for start, (first, _) in enumerate(ended):
            near = [voter for at, voter in ended[start:] if at - first <= SAME_WITHIN]
            if len(near) >= SAME_LEAST:
                found.update(near)
    return found


def _one_answer(votes: Sequence[Cast]) -> bool:
    """Return whether somebody agreed, or disagreed, with everything; passing on everything sways nothing."""
    return len(votes) >= ONE_ANSWER_LEAST and len({cast.choice for cast in votes}) == 1 and votes[0].choice != 0


def _burst(by_voter: dict[str, list[Cast]]) -> set[str]:
    """Return those who came in a rush: far more newcomers within minutes than this conversation usually has."""
    came = sorted((votes[0].at, voter) for voter, votes in by_voter.items())
    if len(came) < BURST_LEAST:
        return set()
    lasted = max((came[-1][0] - came[0][0]) / BURST_WITHIN, 1.0)
    least = max(BURST_LEAST, BURST_TIMES * len(came) / lasted)
    found: set[str] = set()
    start = 0
    for end, (at, _) in enumerate(came):
        while at - came[start][0] > BURST_WITHIN:
            start += 1
        if end - start + 1 >= least:
            found.update(voter for _, voter in came[start : end + 1])
    return found


def _hurried(votes: Sequence[Cast]) -> bool:
    """Return whether somebody voted faster than anybody reads, many times in a row."""
    run = 0
    for before, after in pairwise(votes):
        run = run + 1 if after.at - before.at <= HURRIED_WITHIN else 0
        if run >= HURRIED_LEAST:
            return True
    return False
