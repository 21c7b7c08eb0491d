"""The figures of trials that have ended, kept for a moment: they change no more, whoever reads them.

What is kept is the same in every language. It is computed anew each minute, so that a record that was altered is seen.
"""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast

from necmergitur.innovation import judging, metrics, protocol
from necmergitur.innovation.judging import Told
from necmergitur.innovation.metrics import Figures
from necmergitur.innovation.protocol import (
    HEARD,
    Protocol,
    TrialComplaint,
    TrialMidterm,
    TrialReported,
    TrialTruth,
)
from necmergitur.web.facts.models import LedgerEvent, Trial
from necmergitur.web.trials.plot import POINTS_MAX

TRIALS_KEPT = 16  # ours: each is two reports and the dots of two drawings, two megabytes at most
KEPT = timedelta(minutes=1)  # ours: an altered record is told of within it, and a thousand readers cost one reading


Note = TrialTruth | TrialComplaint


class Made(msgspec.Struct, frozen=True):
    """A report in no language: its figures, what is drawn of them, and, once it was fixed, where it is on record."""

    figures: Figures
    digest: str
    drawn: tuple[Told, ...]
    at: datetime
    seq: int | None = None
    recorded: str = ""


class Both(msgspec.Struct, frozen=True):
    """The report of a trial, its mid-term one where that was made, and the notes that stand with their versions."""

    report: Made
    midterm: Made | None
    noted: tuple[tuple[int, Note], ...]


_known: dict[UUID, tuple[int, datetime, Both]] = {}
_turn = threading.Lock()


def facts(pk: UUID) -> list[tuple[int, Told]]:
    """Return the facts of a trial's stream with their numbers, in order."""
    return read(rows(pk).order_by("version"))


def rows(pk: UUID) -> Any:
    """Return the rows of a trial's facts: number, moment, and what is said, as text."""
    found = LedgerEvent.objects.filter(stream=protocol.stream_of(pk))
    return found.values_list("seq", "recorded_at", Cast("payload", TextField()))


def read(of: Iterable[tuple[int, datetime, str]]) -> list[tuple[int, Told]]:
    """Return facts with their numbers, of their rows."""
    return [(seq, Told(at, protocol.event_of(said.encode()))) for seq, at, said in of]


def versions(pk: UUID, wanted: Sequence[int]) -> dict[int, Told]:
    """Return single facts by their place in the stream."""
    found = rows(pk).filter(version__in=wanted).order_by("version")
    return dict(zip(sorted(set(wanted)), (one for _seq, one in read(found)), strict=True))


def both(row: Trial, told: Protocol, now: datetime) -> Both:
    """Return the reports of a trial: those of one that has ended are computed once, for all who ask meanwhile."""
    if row.state not in ("stopped", "reported"):
        return made(told, facts(row.id), now)
    with _turn:
        known = _known.get(row.id)
        if known is None or known[0] != row.last_seq or not timedelta() <= now - known[1] < KEPT:
            _known.pop(row.id, None)
            known = row.last_seq, now, made(told, facts(row.id), now)
            _known[row.id] = known
            while len(_known) > TRIALS_KEPT:
                del _known[next(iter(_known))]
    return known[2]


def made(told: Protocol, found: Sequence[tuple[int, Told]], now: datetime) -> Both:
    """Compute the reports: as they were fixed, from the facts they were made from, or the one so far.

    What is said later changes none of a report's figures.
    """
    events = [one for _seq, one in found]
    report, midterm = None, None
    for seq, one in found:
        if isinstance(one.event, TrialReported) and report is None:
            report = _made(told, events[: one.event.version], now, one.at, seq, one.event.digest)
        elif isinstance(one.event, TrialMidterm) and midterm is None:
            facts = events[: one.event.version]
            midterm = _made(told, facts, one.event.until, one.at, seq, one.event.digest)
    return Both(report or _made(told, events, now, now), midterm, noted(events))


def noted(events: Sequence[Told]) -> tuple[tuple[int, Note], ...]:
    """Return what was seen and complained of and not taken back, each with its version in the stream, in order."""
    found: list[tuple[int, Note]] = [*judging.standing(events), *judging.complaints(events)]
    return tuple((place + 1, note) for place, note in sorted(found, key=lambda one: one[0]))


def _made(
    told: Protocol, events: Sequence[Told], until: datetime, at: datetime, seq: int | None = None, recorded: str = ""
) -> Made:
    figures = metrics.figures(told, events, until)
    of = {source.sensor_id for source in told.sources}
    heard = [one for one in events if isinstance(one.event, HEARD) and one.event.sensor_id in of]
    seen = {place for place, _note in judging.standing(events)}
    drawn = [one for place, one in enumerate(events) if place in seen] + heard[-POINTS_MAX:]
    return Made(figures, metrics.digest_of(figures), tuple(drawn), at, seq, recorded)


def forget() -> None:
    """Keep nothing."""
    with _turn:
        _known.clear()
