"""The incident log, which prints when screens die, and search."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.accounts.rules import require
from necmergitur.web.console import queue, rights, timeline
from necmergitur.web.console.pages import show
from necmergitur.web.console.words import KINDS, OUTCOMES, say
from necmergitur.web.facts.models import (
    Incident,
    IncidentNote,
    LedgerEvent,
    Mission,
    Observation,
    ResponderTask,
    Signal,
    Still,
)
from necmergitur.web.store import CLOCK

HOURS = (1, 4, 12, 24)
LINES_MAX = 3_000  # ours: about sixty printed pages
FOUND_PER_PAGE = 50


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log: which incident, and what happened."""

    number: str
    label: str
    incident_id: str
    line: timeline.Line


@require(rights.may_see)
@never_cache
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Everything that happened to incidents in some hours, oldest first (constant queries)."""
    since, until, chosen = _period(request, CLOCK.now())
    context: dict[str, Any] = {
        "entries": entries(since, until),
        "since": since,
        "until": until,
        "hours": HOURS,
        "chosen": chosen,
        "day": request.GET.get("day", ""),
        "still_open": [
            {"row": one, "word": queue.word_of(one, until)}
            for one in queue.order(Incident.objects.filter(state="open"))
        ],
        "printed_at": timezone.now(),
        "tab": "log",
    }
    if request.GET.get("as") == "text":
        return HttpResponse(render_to_string("console/log.txt", context), content_type="text/plain; charset=utf-8")
    return show(request, "console/log.html", context, here="log")


def _period(request: HttpRequest, now: datetime) -> tuple[datetime, datetime, str]:
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    if day is not None:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- made aware at once
        start = timezone.make_aware(midnight).astimezone(UTC)
        return start, min(now, start + timedelta(days=1)), "day"
    text = request.GET.get("hours", "")
    wanted = int(text) if text.isdigit() and int(text) in HOURS else 12
    return now - timedelta(hours=wanted), now, str(wanted)


def entries(since: datetime, until: datetime) -> list[Entry]:
    """Return the log between two instants, at most LINES_MAX lines (the newest are kept)."""
    stories = Q(stream__startswith="incident:") | Q(stream__startswith="mission:")
    events = list(
        LedgerEvent.objects.filter(stories, recorded_at__gte=since, recorded_at__lt=until).order_by("-seq")[:LINES_MAX]
    )
    notes = list(IncidentNote.objects.filter(written_at__gte=since, written_at__lt=until)[:LINES_MAX])
    seen = list(Observation.objects.filter(observed_at__gte=since, observed_at__lt=until)[:LINES_MAX])
    stills = list(Still.objects.filter(taken_at__gte=since, taken_at__lt=until)[:LINES_MAX])
    tasks = list(ResponderTask.objects.filter(changed_at__gte=since, changed_at__lt=until)[:LINES_MAX])
    flights = {
        str(one): str(incident)
        for one, incident in Mission.objects.filter(
            id__in={event.stream.removeprefix("mission:") for event in events if event.stream.startswith("mission:")}
        ).values_list("id", "incident_id")
    }

    def incident_of(event: LedgerEvent) -> str:
        kind, _colon, name = event.stream.partition(":")
        return name if kind == "incident" else flights.get(name, "")

    grouped: dict[str, tuple[list[Any], ...]] = {}
    for place, rows, owner in (
        (0, events, incident_of),
        (1, notes, lambda row: str(row.incident_id)),
        (2, seen, lambda row: str(row.incident_id)),
        (3, stills, lambda row: str(row.incident_id)),
        (4, tasks, lambda row: str(row.incident_id)),
    ):
        for row in rows:
            grouped.setdefault(owner(row), ([], [], [], [], []))[place].append(row)
    known = Incident.objects.in_bulk([UUID(name) for name in grouped if name])
    names = {str(key): one.number for key, one in known.items()}
    found = [
        Entry(number=one.number, label=one.label, incident_id=str(one.id), line=line)
        for key, one in known.items()
        for line in timeline.lines(*grouped[str(key)], names)
    ]
    return sorted(found, key=lambda entry: (entry.line.at, entry.number, entry.line.key))[-LINES_MAX:]


@require(rights.may_see)
@never_cache
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Find incidents by number, place, device or words of a note."""
    text = request.GET.get("q", "").strip()[:80]
    now = CLOCK.now()
    rows = Incident.objects.order_by("-opened_at", "-id")
    if text:
        by_device = Signal.objects.filter(device_id__iexact=text).values("incident_id")
        by_note = IncidentNote.objects.filter(body__icontains=text).values("incident_id")
        rows = rows.filter(
            Q(number__icontains=text)
            | Q(label__icontains=text)
            | Q(zone_id=text)
            | Q(id__in=by_device)
            | Q(id__in=by_note)
        )
    page = Paginator(rows, FOUND_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "q": text,
        "rows": [
            {
                "row": one,
                "kind": say(KINDS, one.kind),
                "word": queue.word_of(one, now),
                "tone": queue.tone_of(one, now),
                "outcome": say(OUTCOMES, one.outcome) if one.outcome else "",
            }
            for one in page
        ],
        "tab": "search",
    }
    return show(request, "console/search.html", context, here="log")
