"""Crises as anybody may see them: which services, where, until when, who decided by role, how many, and the erasure."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from necmergitur.people.crises import stream_of
from necmergitur.web.crises.words import SHORT, STEPS, counted
from necmergitur.web.facts.models import Crisis, LedgerEvent
from necmergitur.web.register import history, words
from necmergitur.web.register.constants import CACHE_S, CRISES_SHOWN_MAX

STATES = {
    "waiting": ("neutral", _("Asked for; nothing opened")),
    "open": ("serious", _("Open now")),
    "closed": ("attention", _("Closed, erased later")),
    "erased": ("resolved", _("Erased")),
}


@cache_control(private=True, max_age=CACHE_S)
@require_safe
def crises(request: HttpRequest) -> HttpResponse:
    """Return every crisis and drill with its facts. Who asked is a role; the reason stays inside."""
    rows = list(Crisis.objects.order_by("-asked_at", "id")[:CRISES_SHOWN_MAX])
    facts: dict[str, list[LedgerEvent]] = {}
    for fact in LedgerEvent.objects.filter(stream__in=[stream_of(row.id) for row in rows]).order_by("seq"):
        facts.setdefault(fact.stream, []).append(fact)
    told = [_told(row, facts.get(stream_of(row.id), [])) for row in rows]
    context = {"crises": told, "checkpoint": history.checkpoint()}
    return render(request, "register/crises.html", context)


def _told(row: Crisis, facts: list[LedgerEvent]) -> dict[str, Any]:
    shape, word = STATES[_state(row)]
    report = next((one.payload["counts"] for one in facts if one.kind == "CrisisClosed"), None)
    return {
        "row": row,
        "shape": shape,
        "word": word,
        "services": [SHORT.get(name, name) for name in row.services],
        "radius_km": row.radius_m / 1000,
        "kept_days": round(row.kept_s / 86_400),
        "by": [words.reader(role) for role in (row.asked_role, row.confirmed_role) if role],
        "steps": [{"seq": one.seq, "at": one.recorded_at, "word": STEPS.get(one.kind, one.kind)} for one in facts],
        "report": None if report is None else counted(report),
    }


def _state(row: Crisis) -> str:
    if row.erased_at is not None:
        return "erased"
    if row.closed_at is not None:
        return "closed"
    return "waiting" if row.opened_at is None else "open"
