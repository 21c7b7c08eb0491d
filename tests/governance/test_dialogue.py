"""What may be said in a dialogue, what the city owes, and that every vote is under the root."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.governance import dialogue
from necmergitur.governance.opinion import AGREE, DISAGREE, Ballot
from necmergitur.kernel.refusal import Refusal

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HERE = UUID(int=9)
SAID = ["The counter is switched off at night."]


def rule(outcome: Refusal | None) -> str | None:
    return None if outcome is None else outcome.rule


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("No to all this", "statement_too_short"),
        ("x" * 281, "statement_too_long"),
        ("  the COUNTER is switched off, at night ", "statement_repeated"),
        ("The counter stays on at night.", None),
    ],
)
def test_a_statement_is_neither_a_word_nor_a_speech_nor_said_already(text: str, why: str | None) -> None:
    assert rule(dialogue.may_say(text, SAID, 1)) == why


def test_a_dialogue_holds_only_so_many_statements() -> None:
    text = "The counter stays on at night."
    assert rule(dialogue.may_say(text, SAID, 499)) is None
    assert rule(dialogue.may_say(text, SAID, 500)) == "statements_too_many"


def test_nothing_is_signed_while_people_may_still_speak() -> None:
    refused = dialogue.settled(None, NOW, (), ())
    assert refused is not None and (refused.rule, refused.until) == ("dialogue_open", NOW)


def test_nothing_is_signed_while_an_answer_is_owed() -> None:
    refused = dialogue.settled(NOW, NOW, (3, 8, 5), (8,))
    assert refused is not None
    assert (refused.rule, refused.owner) == ("dialogue_unanswered", "city")
    assert refused.facts == {"owed": "2", "statements": "3, 5"}


def test_once_closed_and_answered_the_dialogue_stands_in_nobodys_way() -> None:
    assert dialogue.settled(NOW, NOW + timedelta(days=3), (3, 8), (8, 3, 11)) is None
    assert dialogue.settled(NOW, NOW, (), ()) is None


def test_a_browser_is_another_voter_in_another_dialogue() -> None:
    keys = {dialogue.voter_key(UUID(int=n), "a number") for n in range(5)}
    assert len(keys) == 5 and all(len(key) == 64 and "a number" not in key for key in keys)


def rfc_6962(leaves: list[bytes]) -> bytes:
    """The RFC's own definition, recursive, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + rfc_6962(leaves[:k]) + rfc_6962(leaves[k:])).digest()


@given(st.integers(0, 70))
def test_the_root_of_votes_is_the_rfcs(count: int) -> None:
    leaves = dialogue.vote_leaves(HERE, [Ballot(f"v{n}", n % 7, AGREE) for n in range(count)])
    assert dialogue.votes_root(leaves) == rfc_6962(leaves).hex()


def test_one_vote_turned_dropped_or_added_is_another_root() -> None:
    votes = [Ballot(f"v{n}", n % 7, AGREE) for n in range(20)]

    def root(ballots: list[Ballot], where: UUID = HERE) -> str:
        return dialogue.votes_root(dialogue.vote_leaves(where, ballots))

    turned = [Ballot("v0", 0, DISAGREE), *votes[1:]]
    others = [turned, votes[1:], [*votes, Ballot("w", 1, AGREE)]]
    assert root(list(reversed(votes))) == root(votes)
    assert len({root(votes), *map(root, others), root(votes, UUID(int=10))}) == 5
