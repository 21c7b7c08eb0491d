"""A dialogue between a city and its people on one subject: what may be said, what is recorded, what the city owes.

Statements and votes are plain rows; its opening, its closing with a root hash of every vote, and each answer of the
city are facts. Nothing here can name a voter: a voter is a hash of a number their browser drew.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.governance.opinion import AGREE, DISAGREE, Ballot
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.tree import leaf_hash, node_hash, root

SUBJECTS = ("assessment", "experiment")

# Polis takes 140 characters, an old message's length; twice that leaves room for a reason in French.
STATEMENT_LENGTH_MAX = 280
STATEMENT_LENGTH_MIN = 15  # ours: shorter is "no!" or "good", which a vote says better
STATEMENTS_MAX = 500  # ours: of one dialogue; with more, most would be voted on by nobody
TITLE_LENGTH_MAX = 160
QUESTION_LENGTH_MAX = 1_000
ANSWER_LENGTH_MIN = 40  # ours: "noted" answers nothing
ANSWER_LENGTH_MAX = 4_000
REASON_LENGTH_MIN = 15
REASON_LENGTH_MAX = 400

# Why a statement may be turned away: a closed list, published with its counts. Disagreeing is not on it.
TURNED_AWAY = ("personal", "insult", "off_topic", "several", "repeated", "advertising")


class DialogueOpened(msgspec.Struct, frozen=True, tag=True):
    """A dialogue began, on this question, until then."""

    subject_kind: str
    subject_id: UUID
    title_fr: str
    title_en: str
    question: str
    closes_at: datetime


class DialogueAnswered(msgspec.Struct, frozen=True, tag=True):
    """The city answered a statement in writing. The texts are public elsewhere; their hashes hold them fast."""

    statement: int
    statement_hash: str
    answer_hash: str


class DialogueClosed(msgspec.Struct, frozen=True, tag=True):
    """A dialogue ended. `votes_root` is the tree hash over every vote; `early`, why it ended before its time."""

    votes_root: str
    votes: int
    voters: int
    consensus: tuple[int, ...]
    early: str = ""


def stream_of(dialogue_id: UUID) -> str:
    """Return the ledger stream of a dialogue."""
    return f"dialogue:{dialogue_id}"


def opened(asked: DialogueOpened, now: datetime) -> DialogueOpened | Refusal:
    """Check a dialogue about to begin."""
    if asked.subject_kind not in SUBJECTS:
        return Refusal(rule="dialogue_subject_unknown", detail=f"One of {', '.join(SUBJECTS)}.")
    for field, most in (
        ("title_fr", TITLE_LENGTH_MAX),
        ("title_en", TITLE_LENGTH_MAX),
        ("question", QUESTION_LENGTH_MAX),
    ):
        value = getattr(asked, field)
        if not value.strip():
            return Refusal(rule=f"dialogue_{field}_missing", detail="Say it in plain words.")
        if len(value) > most:
            return Refusal(rule=f"dialogue_{field}_too_long", detail=f"At most {most} characters.")
    if asked.closes_at <= now:
        return Refusal(rule="dialogue_closes_past", detail="It would already be over.")
    return asked


def may_say(text: str, said: Collection[str], how_many: int) -> Refusal | None:
    """Return why a statement cannot even be submitted; whether it is shown is for a person to decide."""
    length = len(text.strip())
    if length < STATEMENT_LENGTH_MIN:
        return Refusal(rule="statement_too_short", facts={"least": str(STATEMENT_LENGTH_MIN)})
    if length > STATEMENT_LENGTH_MAX:
        return Refusal(rule="statement_too_long", facts={"most": str(STATEMENT_LENGTH_MAX)})
    if how_many >= STATEMENTS_MAX:
        return Refusal(rule="statements_too_many", facts={"most": str(STATEMENTS_MAX)})
    if same_words(text) in {same_words(each) for each in said}:
        return Refusal(rule="statement_repeated")
    return None


def same_words(text: str) -> str:
    """Return a text without case, marks and spaces: what makes two statements the same."""
    return "".join(each for each in text.casefold() if each.isalnum())


def may_answer(text: str) -> Refusal | None:
    """Return why a text is no answer."""
    length = len(text.strip())
    if length < ANSWER_LENGTH_MIN:
        return Refusal(rule="answer_too_short", facts={"least": str(ANSWER_LENGTH_MIN)})
    if length > ANSWER_LENGTH_MAX:
        return Refusal(rule="answer_too_long", facts={"most": str(ANSWER_LENGTH_MAX)})
    return None


def may_close_early(reason: str, waiting: int) -> Refusal | None:
    """Return why a dialogue may not end before its time: what people said is read first, and they are owed a reason."""
    if waiting:
        return Refusal(rule="statements_waiting", owner="dpo", facts={"waiting": str(waiting)})
    if not REASON_LENGTH_MIN <= len(reason.strip()) <= REASON_LENGTH_MAX:
        return Refusal(rule="reason_missing", facts={"least": str(REASON_LENGTH_MIN), "most": str(REASON_LENGTH_MAX)})
    return None


def text_hash(text: str) -> str:
    """Return the hash that holds a public text fast."""
    return hashlib.sha256(text.encode()).hexdigest()


def voter_key(dialogue_id: UUID, token: str) -> str:
    """Return who a browser's number is in one dialogue: in another it is somebody else, and neither tells it."""
    return hashlib.sha256(b"necmergitur/voter/v1\x00" + dialogue_id.bytes + token.encode()).hexdigest()


def vote_leaf(dialogue_id: UUID, ballot: Ballot) -> bytes:
    """Return one vote's leaf in the tree of votes. Only whoever holds the voter's number can tell it from others."""
    assert DISAGREE <= ballot.choice <= AGREE
    said = f"{ballot.voter} {ballot.statement} {ballot.choice}"
    return leaf_hash(b"necmergitur/vote/v1\x00" + dialogue_id.bytes + said.encode())


def vote_leaves(dialogue_id: UUID, ballots: Iterable[Ballot]) -> list[bytes]:
    """Return every vote's leaf in the tree's order, which is the leaves' own: it tells nothing of who voted when."""
    return sorted(vote_leaf(dialogue_id, each) for each in ballots)


def votes_root(leaves: Sequence[bytes]) -> str:
    """Return the hash over every vote (RFC 6962), in hexadecimal."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return root(len(leaves), lambda level, index: levels[level][index]).hex()


def settled(
    closed_at: datetime | None, closes_at: datetime, consensus: Collection[int], answered: Collection[int]
) -> Refusal | None:
    """Return why nothing may be signed on what a dialogue was about: still open, or answers owed."""
    if closed_at is None:
        return Refusal(rule="dialogue_open", owner="dialogue", until=closes_at)
    owed = sorted(set(consensus) - set(answered))
    if owed:
        return Refusal(
            rule="dialogue_unanswered",
            owner="city",
            detail=f"{len(owed)} statements that every group agrees with have no written answer.",
            facts={"owed": str(len(owed)), "statements": ", ".join(map(str, owed))},
        )
    return None
