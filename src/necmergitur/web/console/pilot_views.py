"""The pilot's own screen: shift, offer, flight, what is seen."""

import json
from datetime import datetime, timedelta
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.dispatch.constants import PILOT_QUALIFICATION
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import shifts
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_pilot, require
from necmergitur.web.console import dossier, guards, state
from necmergitur.web.console.pages import show
from necmergitur.web.console.ui_words import words
from necmergitur.web.facts.models import Mission, PilotShift, Qualification
from necmergitur.web.store import CLOCK, store

SHIFT_CHOICES_H = (4, 6, 8, 10, 12)


@require(is_pilot)
@never_cache
@require_safe
def pilot(request: HttpRequest) -> HttpResponse:
    """One offer at a time, one flight at a time. The server's forms work alone; the island replaces them."""
    user, now = cast(User, request.user), CLOCK.now()
    seq = state.last_seq()
    incidents, missions = state.current_incidents(now), state.current_missions(now)
    initial = state.snapshot(seq, incidents, missions, state.open_proposals(), now)
    context: dict[str, Any] = _desk(user, now) | {
        "initial": initial,
        "words": words(),
        "missions": mine(user),
        "flown": current(user),
        "back": reverse("console:pilot"),
    }
    return show(request, "console/pilot.html", context, here="pilot")


def mine(user: User) -> list[dict[str, Any]]:
    """Return the pilot's missions that go on, offers last."""
    rows = Mission.objects.exclude(state="ended").filter(pilot_id=user.pk).select_related("incident")
    found = [dossier.mission_context(row, row.incident) for row in rows]
    return sorted(found, key=lambda one: (one["row"].state == "offered", one["row"].offered_at))


def current(user: User) -> dict[str, Any] | None:
    """Return the mission in the pilot's hands, None while there is only an offer or nothing."""
    return next((one for one in mine(user) if one["row"].state != "offered"), None)


@require(is_pilot)
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The shift bar and the colleagues alone, read again by the island whenever they may have changed."""
    return render(request, "console/parts/pilot_desk.html", _desk(cast(User, request.user), CLOCK.now()))


@require(is_pilot)
@never_cache
@require_safe
def observe(request: HttpRequest) -> HttpResponse:
    """The observation form of the flight in hand. 204 while it is the one already shown, so typing is kept."""
    flown = current(cast(User, request.user))
    shown = str(flown["row"].id) if flown else ""
    if request.GET.get("shown", "") == shown:
        return HttpResponse(status=204)
    return render(request, "console/parts/pilot_observe.html", {"flown": flown, "back": reverse("console:pilot")})


@require(is_pilot)
@require_POST
def shift(request: HttpRequest, action: str) -> HttpResponse:
    """Start, pause, resume or end one's own shift."""
    form = request.POST

    def carry_out(by: Any, now: datetime) -> Any:
        if action == "start":
            hours, drones = form.get("hours", ""), form.get("max_missions", "1")
            if not hours.isdigit() or not drones.isdigit():
                return Refusal(rule="shift_length")
            return shifts.start_shift(store(), by, timedelta(hours=int(hours[:3])), now, int(drones[:3]))
        if action == "end":
            return shifts.end_shift(store(), by, form.get("handover_note", ""), now)
        return shifts.pause_shift(store(), by, action == "pause", now)

    return guards.answer(request, guards.run(request, carry_out), reverse("console:pilot"))


def _desk(user: User, now: datetime) -> dict[str, Any]:
    """Return the pilot's own shift and qualification, and who a flight could be handed to (two queries)."""
    on_shift = list(PilotShift.objects.filter(ended_at=None, starts_at__lte=now, ends_at__gt=now).order_by("name"))
    colleagues = [{"id": one.user_id, "name": one.name} for one in on_shift if one.user_id != user.pk]
    return {
        "shift": next((one for one in on_shift if one.user_id == user.pk), None),
        "qualified_until": _qualified_until(user, now),
        "colleagues": colleagues,
        "colleagues_json": json.dumps(colleagues),
        "hours": SHIFT_CHOICES_H,
    }


def _qualified_until(user: User, now: datetime) -> datetime | None:
    return (
        Qualification.objects.filter(
            user_id=user.pk, kind=PILOT_QUALIFICATION, valid_from__lte=now, valid_until__gt=now
        )
        .values_list("valid_until", flat=True)
        .first()
    )
