"""What is shown of a dialogue's votes: computed when ten more people have voted, and a last time at its closing."""

import threading
from datetime import datetime

import msgspec
from django.db import transaction

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.coordination import Cast, Flagged, everybody, flagged, public_count
from necmergitur.governance.dialogue import DialogueClosed, vote_leaves, votes_root
from necmergitur.governance.opinion import Ballot, Opinions, opinions
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import dialogue
from necmergitur.operations.ports import Unreachable
from necmergitur.web.dialogue.constants import NEW_VOTERS_TO_SHOW, VOTERS_PER_NEW
from necmergitur.web.dialogue.models import Conversation, Statement, Vote
from necmergitur.web.store import store


class Flags(msgspec.Struct, frozen=True):
    """How many voters one kind of flag is about."""

    kind: str
    voters: int

    @property
    def told(self) -> int | None:
        """The count as the public sees it; None is fewer than ten."""
        return public_count(self.voters)


class Shown(msgspec.Struct, frozen=True):
    """Results with every vote, and without those flagged (None when nobody is, or too few to be told apart)."""

    all: Opinions
    without: Opinions | None
    flags: tuple[Flags, ...]
    flagged_voters: int
    votes: int

    @property
    def told_voters(self) -> int | None:
        """How many voters are flagged, as the public sees it; None is fewer than ten."""
        return public_count(self.flagged_voters)

    @property
    def consensus(self) -> tuple[int, ...]:
        """What the city owes an answer to: agreed by every group, with the flagged votes or without them."""
        both = set(self.all.consensus) | set(self.without.consensus if self.without else ())
        return tuple(sorted(both))


# One computation at a time: the same process shows every page, and others meanwhile see what was last computed.
_computing = threading.Lock()
NOTHING = Shown(Opinions(0, 0, (), ()), None, (), 0, 0)


def shown(conversation: Conversation, now: datetime) -> Shown:
    """Return what may be shown, computed anew when enough people voted since."""
    if conversation.closed_at is not None or not _due(conversation) or not _computing.acquire(blocking=False):
        return stored(conversation)
    try:
        computed, _ = compute(conversation)
        conversation.shown, conversation.shown_at = msgspec.to_builtins(computed), now
        Conversation.objects.filter(pk=conversation.pk, closed_at=None).update(
            shown=conversation.shown, shown_at=conversation.shown_at
        )
        return computed
    finally:
        _computing.release()


def stored(conversation: Conversation) -> Shown:
    """Return what was last computed."""
    return NOTHING if conversation.shown is None else msgspec.convert(conversation.shown, Shown)


def consensus_of(conversation: Conversation) -> tuple[int, ...]:
    """Return the statements every group agrees with, as last computed."""
    return stored(conversation).consensus


def _due(conversation: Conversation) -> bool:
    """Return whether ten people voted, or voted otherwise, since results were last computed: of very many, one in 20.

    So a dialogue that grows is computed a few times as it doubles, not once for every tenth voter.
    """
    enough = max(NEW_VOTERS_TO_SHOW, stored(conversation).all.voters // VOTERS_PER_NEW)
    since = Vote.objects.filter(statement__conversation=conversation)
    if conversation.shown_at is not None:
        since = since.filter(cast_at__gt=conversation.shown_at)
    return since.values("voter").distinct().count() >= enough


def compute(conversation: Conversation) -> tuple[Shown, list[Ballot]]:
    """Return results as of now, and the votes behind them."""
    casts = _casts(conversation)
    ballots = [Ballot(cast.voter, cast.statement, cast.choice) for cast in casts]
    statements = sorted(conversation.statements.filter(state=Statement.State.SHOWN).values_list("pk", flat=True))
    flags = flagged(casts)
    suspects = everybody(flags)
    without = opinions(ballots, statements, suspects) if public_count(len(suspects)) else None
    counts = tuple(Flags(each.kind, len(each.voters)) for each in flags)
    return Shown(opinions(ballots, statements), without, counts, len(suspects), len(ballots)), ballots


def ballots_of(conversation: Conversation) -> list[Ballot]:
    """Return the votes that count."""
    return [Ballot(cast.voter, cast.statement, cast.choice) for cast in _casts(conversation)]


def _casts(conversation: Conversation) -> list[Cast]:
    votes = Vote.objects.filter(statement__conversation=conversation, statement__state=Statement.State.SHOWN)
    rows = votes.values_list("voter", "statement_id", "choice", "cast_at")
    return [Cast(voter, statement, choice, at or conversation.opened_at) for voter, statement, choice, at in rows]


def flags_of(conversation: Conversation) -> tuple[Flagged, ...]:
    """Return who is flagged and why, for the moderator; nothing once the hours of votes are erased."""
    return () if conversation.closed_at else flagged(_casts(conversation))


def settle(conversation: Conversation, now: datetime, *, early: str = "", by: Person | None = None) -> Conversation:
    """Close a dialogue whose time has come (or before it, for a reason): last results, root of votes, one fact.

    Closing twice changes nothing. The hours of votes are erased: what they were kept for, the flags, is computed.
    Raises Unreachable; the dialogue is then as it was.
    """
    if conversation.closed_at is not None or (not early and now < conversation.closes_at):
        return conversation
    early = early if now < conversation.closes_at else ""  # past its time, it ended by itself
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if row.closed_at is not None:
            return row
        last, ballots = compute(row)
        root = votes_root(vote_leaves(row.pk, ballots))
        event = DialogueClosed(root, len(ballots), last.all.voters, last.consensus, early)
        closed = dialogue.close_dialogue(store(), row.pk, event, by, now)
        if isinstance(closed, Refusal):
            raise RuntimeError(f"dialogue {row.pk} is not in the record: {closed.rule}")  # noqa: TRY004 -- broken
        told, row.closed_at = closed
        row.votes_root, row.closed_early = told.votes_root, told.early
        row.shown, row.shown_at = msgspec.to_builtins(last), now
        row.save()
        Statement.objects.filter(conversation=row, state=Statement.State.WAITING).update(text="")
        Vote.objects.filter(statement__conversation=row).update(cast_at=None)
    return row


def settled_if_due(conversation: Conversation, now: datetime) -> Conversation:
    """Close a dialogue whose time has come, if the record can be reached; else at the next look."""
    try:
        return settle(conversation, now)
    except Unreachable:
        return conversation
