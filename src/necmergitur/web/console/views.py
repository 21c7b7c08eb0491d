"""The board and the incident: the pages an operator lives in."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.accounts.rules import is_technician, require
from necmergitur.web.console import acting, queue, rights, state
from necmergitur.web.console.pages import show
from necmergitur.web.console.ui_words import words
from necmergitur.web.console.words import SERVICES
from necmergitur.web.facts.models import Incident
from necmergitur.web.store import CLOCK
from necmergitur.web.trials import advice


@require(rights.may_work_here)
@never_cache
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The queue first, then the map, then the chosen incident. Technicians and administrators start elsewhere."""
    if not rights.may_see(request.user):
        return redirect("console:devices" if is_technician(request.user) else "console:supervisor")
    now = CLOCK.now()
    seq = state.last_seq()
    incidents, missions = state.current_incidents(now), state.current_missions(now)
    open_ones = [one for one in incidents if one.state == "open"]
    over = sorted((one for one in incidents if one.state != "open"), key=lambda one: one.last_seq, reverse=True)
    proposals = state.open_proposals()
    initial = state.snapshot(seq, incidents, missions, proposals, now)
    selected = _known(request.GET.get("incident", ""))
    context: dict[str, Any] = {
        "rows": queue.rows(open_ones, queue.missions_by_incident(missions), now),
        "open_count": len(open_ones),
        "over": [{"row": one, "word": queue.word_of(one, now)} for one in over[:50]],
        "over_count": len(over),
        "proposals": proposals,
        "initial": initial,
        "words": words(),
        "selected": selected or "",
        "advice": advice.standing(request.user, now),
        "may_mark": rights.may_answer(request.user),
    }
    if selected is not None:
        context |= acting.panel_context(request, selected)
    return show(request, "console/board.html", context, here="queue")


@require(rights.may_see)
@never_cache
@require_safe
def incident(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One incident on a page of its own."""
    context = acting.panel_context(request, pk) | {"words": words()}
    return show(request, "console/incident.html", context, here="incident")


@require(rights.may_see)
@never_cache
@require_safe
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One incident as the board's panel."""
    response = acting.fragment(request, pk)
    patch_vary_headers(response, ["X-Fragment"])
    return response


@require(rights.may_answer)
@never_cache
@require_safe
def sheet(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The hand-off sheet to read over the telephone or to print."""
    context = acting.panel_context(request, pk)
    service = request.GET.get("for", "")
    context["service"] = str(SERVICES.get(service, ""))
    context["printed_at"] = timezone.now()
    return show(request, "console/sheet.html", context)


def _known(text: str) -> UUID | None:
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return wanted if Incident.objects.filter(id=wanted).exists() else None
