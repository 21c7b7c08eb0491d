"""The control room's panel of advice: what a solution on trial in live mode says, and whether it was of use.

Shown to the roles that the signed papers name among their readers, and to nobody else. A mark is a note of what was
seen, like an observer's: it is a fact, and the rule that stops the trial counts it.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.innovation import live, protocol
from necmergitur.innovation.constants import SOURCES_MAX
from necmergitur.innovation.protocol import (
    HEARD,
    Heard,
    Protocol,
    TrialAdvised,
    TrialBegun,
    TrialCounted,
    TrialTruth,
    TrialTruthWithdrawn,
    level_of,
)
from necmergitur.innovation.trial import Trial as Told
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import trials
from necmergitur.web.accounts.rules import require, roles_of
from necmergitur.web.console import guards, rights
from necmergitur.web.facts.models import LedgerEvent, Trial
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trials import showing, words

NEWEST = 10 * SOURCES_MAX  # ours: facts looked at for the newest of each key, which speaks about once a minute
ROOM = "control_room"
MINUTE_S = 60


def standing(user: Any, now: datetime) -> list[dict[str, Any]]:
    """Return what the panel shows to somebody, the highest level first."""
    rows = []
    for row in Trial.objects.filter(state="running").order_by("begun_at"):
        told = protocol.read(row.protocol)
        if live.may_be_seen(_told(row), told, now) and _is_reader(row, user, now):
            rows += _of(row, told, now)
    return sorted(rows, key=lambda one: (one["old"], -one["level"]))


def _told(row: Trial) -> Told:
    return Told(id=row.id, protocol=row.protocol, digest=row.digest, state=row.state, frozen_at=row.frozen_at)


def _is_reader(row: Trial, user: Any, now: datetime) -> bool:
    """Return whether every paper of a trial is in force and names one of somebody's roles."""
    (begun,) = _facts(row.id, TrialBegun, 1)
    with store().transaction() as tx:
        papers = [tx.authorisation(one) for one in begun.authorisations]
    mine = {str(role) for role in roles_of(user)}
    return bool(papers) and all(
        paper is not None and paper.paper is not None and paper.current(now) and mine & set(paper.paper.terms.readers)
        for paper in papers
    )


def _facts(pk: UUID, kind: type, most: int) -> list[Any]:
    found = LedgerEvent.objects.filter(stream=protocol.stream_of(pk), kind=kind.__name__).order_by("-version")[:most]
    return [protocol.event_of(msgspec.json.encode(one.payload)) for one in found]


def _of(row: Trial, told: Protocol, now: datetime) -> list[dict[str, Any]]:
    names = showing.zones(told)
    marked = {(one.use, one.zone_id, one.since): one.present for one in _marks(row.id)}
    experiment = Experiment.objects.filter(pk=row.id).first()
    return [
        {
            "trial": row.id,
            "experiment": experiment,
            "sensor": one.source.sensor_id,
            "seq": one.advised.seq,
            "site": names.get(one.source.zone_id, one.source.zone_id),
            "use": words.USES[one.source.use],
            "level": level_of(one.source, one.advised),
            "word": words.LEVELS[level_of(one.source, one.advised)],
            "is_alarm": level_of(one.source, one.advised) >= told.alarm_level,
            "count": one.advised.count if isinstance(one.advised, TrialCounted) else None,
            "full": one.source.full,
            "minute": datetime.fromtimestamp(one.advised.minute * MINUTE_S, UTC),
            "confidence": one.advised.confidence if isinstance(one.advised, TrialAdvised) else None,
            "old": one.old,
            "mark": marked.get((one.source.use, one.source.zone_id, one.advised.at)),
        }
        for one in live.standing(told, _heard(row.id), now)
    ]


def _heard(pk: UUID) -> list[Heard]:
    return [one for kind in HEARD for one in _facts(pk, kind, NEWEST)]


def _marks(pk: UUID) -> list[TrialTruth]:
    """Return the newest marks that stand: of an advice whose mark was taken back it may be said again."""
    gone = {one.version for one in _facts(pk, TrialTruthWithdrawn, NEWEST)}
    rows = LedgerEvent.objects.filter(stream=protocol.stream_of(pk), kind=TrialTruth.__name__).exclude(version__in=gone)
    events = [protocol.event_of(msgspec.json.encode(one.payload)) for one in rows.order_by("-version")[:NEWEST]]
    return [one for one in events if isinstance(one, TrialTruth) and one.seen == ROOM]


@require(rights.may_see)
@never_cache
@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """What the board's panel shows now."""
    return _panel(request)


def _panel(request: HttpRequest, refusal: Refusal | None = None, noted: TrialTruth | None = None) -> HttpResponse:
    context = {
        "advice": standing(request.user, CLOCK.now()),
        "may_mark": rights.may_answer(request.user),
        "refused": "" if refusal is None else words.sentence(refusal),
        "noted": noted,
    }
    status = 200 if refusal is None else guards.status_of(refusal)
    return render(request, "trials/advice/rows.html", context, status=status)


@require(rights.may_answer)
@require_POST
def mark(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep whether an alarm was of use, also where the next word of its key replaced it just now.

    Raises Http404 for a trial that is not shown to whoever asks.
    """
    row, now = get_object_or_404(Trial, id=pk), CLOCK.now()
    told = protocol.read(row.protocol)
    if not live.may_be_seen(_told(row), told, now) or not _is_reader(row, request.user, now):
        raise Http404
    wanted = (request.POST.get("sensor", ""), request.POST.get("seq", ""))
    heard = next((one for one in _heard(pk) if (one.sensor_id, str(one.seq)) == wanted), None)
    source = next((one for one in told.sources if one.sensor_id == wanted[0]), None)
    event, refusal = None, live.against_mark(told, source, heard, now)
    if refusal is None and heard is not None and source is not None:
        event = TrialTruth(source.use, source.zone_id, heard.at, heard.at, "useful" in request.POST, ROOM)
        known = {(one.use, one.zone_id, one.since): one for one in _marks(pk)}.get((*_what(event), event.since))
        outcome: Any = known or guards.run(request, lambda by, at: trials.note(store(), pk, event, by, at))
        event, refusal = (known or event), (outcome if isinstance(outcome, Refusal) else None)
    if request.headers.get("X-Fragment"):
        return _panel(request, refusal, None if refusal is not None else event)
    return redirect("console:board")


def _what(event: TrialTruth) -> tuple[str, str]:
    return event.use, event.zone_id
