"""What the page of results says, from what was computed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count, Prefetch

from necmergitur.governance.opinion import AGREE, DISAGREE, Group, Opinions, Stand, Tally
from necmergitur.web.dialogue import results
from necmergitur.web.dialogue.constants import DIVIDING_SHOWN
from necmergitur.web.dialogue.models import Answer, Conversation, Statement
from necmergitur.web.dialogue.plot import plot

DIVIDING_MIN = 0.3  # ours: shares that differ by less are one opinion with shades


class Share(msgspec.Struct, frozen=True):
    """A count of votes as people read it, in whole percents; `letter` names the group it is of."""

    voters: int
    agree_pct: int
    disagree_pct: int
    letter: str = ""

    @property
    def passed_pct(self) -> int:
        """Who saw it and chose neither."""
        return 100 - self.agree_pct - self.disagree_pct

    @property
    def disagree_from(self) -> int:
        """Where the bar of those who disagree begins."""
        return 100 - self.disagree_pct


class Line(msgspec.Struct, frozen=True):
    """A statement with how it stands and what the city answered."""

    id: int
    text: str
    language: str
    by_city: bool
    overall: Share | None
    by_group: tuple[Share, ...]
    division: float
    consensus: int
    answers: tuple[Answer, ...]

    @property
    def answer(self) -> Answer | None:
        """The last answer."""
        return self.answers[0] if self.answers else None

    @property
    def earlier(self) -> tuple[Answer, ...]:
        """Answers it replaced."""
        return self.answers[1:]


def page(conversation: Conversation, now: datetime, *, without: bool) -> dict[str, Any]:
    """Return everything the page shows; `without` leaves out the votes that are flagged, where that is possible."""
    shown = results.shown(conversation, now)
    without = without and shown.without is not None
    of = shown.without if without and shown.without is not None else shown.all
    lines = lines_of(conversation, of)
    by_id = {line.id: line for line in lines}
    owed = [by_id[each] for each in shown.consensus if each in by_id]
    return {
        "conversation": conversation,
        "open": conversation.open(now),
        "shown": shown,
        "of": of,
        "without": without,
        # The city owes an answer to what was agreed, with or without the flagged votes.
        "consensus": sorted(owed, key=lambda line: (line.answer is not None, line.id)),
        "against": [line for line in lines if line.consensus == DISAGREE],
        "groups": [_group(group, by_id) for group in of.groups],
        "plot": plot(of.groups) if of.groups else "",
        "dividing": sorted((each for each in lines if each.division >= DIVIDING_MIN), key=lambda each: -each.division)[
            :DIVIDING_SHOWN
        ],
        "lines": lines,
        "turned_away": turned_away(conversation),
        "waiting": conversation.statements.filter(state=Statement.State.WAITING).count(),
    }


def lines_of(conversation: Conversation, of: Opinions) -> list[Line]:
    """Return every statement shown, with how it stands in `of`."""
    stands = {stand.statement: stand for stand in of.stands}
    rows = conversation.statements.filter(state=Statement.State.SHOWN).prefetch_related(
        Prefetch("answers", queryset=Answer.objects.order_by("-answered_at", "-pk"))
    )
    return [_line(row, stands.get(row.pk) or Stand(row.pk, None), of.groups) for row in rows]


def _line(row: Statement, stand: Stand, groups: Sequence[Group]) -> Line:
    return Line(
        id=row.pk,
        text=row.text,
        language=row.language,
        by_city=row.by_city,
        overall=None if stand.overall is None else share(stand.overall),
        by_group=tuple(
            share(tally, group.letter) for tally, group in zip(stand.by_group, groups, strict=bool(stand.by_group))
        ),
        division=stand.division or 0.0,
        consensus=stand.consensus,
        answers=tuple(row.answers.all()),
    )


def share(tally: Tally, letter: str = "") -> Share:
    """Return a count in whole percents that add up to a hundred."""
    agree = round(100 * tally.agree / tally.voters)
    disagree = min(round(100 * tally.disagree / tally.voters), 100 - agree)
    return Share(tally.voters, agree, disagree, letter)


def _group(group: Group, by_id: dict[int, Line]) -> dict[str, Any]:
    typical = [(by_id[statement], choice) for statement, choice in group.typical if statement in by_id]
    return {
        "letter": group.letter,
        "size": group.size,
        "agrees": [line for line, choice in typical if choice == AGREE],
        "disagrees": [line for line, choice in typical if choice == DISAGREE],
    }


def turned_away(conversation: Conversation) -> list[tuple[str, int]]:
    """Return how many statements were turned away, by reason."""
    found = (
        conversation.statements.filter(state=Statement.State.REFUSED)
        .values_list("reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [(str(Statement.TurnedAway(reason).label), count) for reason, count in found]
