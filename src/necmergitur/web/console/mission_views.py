"""What a pilot does to a mission, and what the drone saw."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.law import rules
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.stills import StillCleaner, fetch_still
from necmergitur.dispatch.observations import STILL_BYTES_MAX, ObservationFacts
from necmergitur.governance import law
from necmergitur.governance.assessments import DRONE_CAMERA
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import dispatching, flying, observing, picturing
from necmergitur.operations.picturing import Viewer
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_pilot, is_responder, require, roles_of
from necmergitur.web.console import acting, dossier, guards, refusals, rights
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Mission
from necmergitur.web.store import person, store

# What the screen calls an order -> what the mission records. "resume" is flying on.
ORDERS = {"hold": "hold", "resume": "fly", "descend": "descend", "return": "return", "land": "land"}


@require(is_pilot)
@require_POST
def command(request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
    """Accept, decline, hold, resume, descend, return, land, hand over. The drone's engine carries orders out."""

    def carry_out(by: Any, now: Any) -> Any:
        if action == "accept":
            return flying.accept(store(), pk, by, now)
        if action == "decline":
            return dispatching.decline(store(), pk, by, now)
        if action == "hand_over":
            return _hand_over(request.POST, pk, by, now)
        return flying.order(store(), pk, ORDERS[action], by, now)

    outcome = guards.run(request, carry_out)
    return guards.answer(request, outcome, reverse("console:pilot"))


def _hand_over(form: QueryDict, pk: UUID, by: Any, now: Any) -> Any:
    chosen = form.get("pilot_id", "")
    other = (
        User.objects.filter(pk=int(chosen), is_active=True, grants__role="pilot").first() if chosen.isdigit() else None
    )
    if other is None:
        return Refusal(rule="pilot_unknown")
    return flying.hand_over(store(), pk, person(other), by, now)


@require(rights.may_see)
@never_cache
@require_safe
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The mission's strip alone."""
    row = get_object_or_404(Mission.objects.select_related("incident"), id=pk)
    context = {"mission": dossier.mission_context(row, row.incident), "incident": row.incident, "back": request.path}
    return render(request, "console/parts/mission.html", context)


@require(rights.may_see)
@require_POST
def observe(request: HttpRequest, pk: UUID) -> HttpResponse:
    """File what was seen; responders read it at once."""
    facts = _facts(request.POST)
    mission = acting.uuid_or_none(request.POST.get("mission"))

    def file(by: Any, now: Any) -> Any:
        if isinstance(facts, Refusal):
            return facts
        return observing.file_observation(store(), pk, mission, facts, request.POST.get("note", ""), by, now)

    return _show_again(request, pk, guards.run(request, file))


def _facts(form: QueryDict) -> ObservationFacts | Refusal:
    counts: dict[str, int | None] = {}
    for name in ("people_down", "crowd_size"):
        text = form.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            return Refusal(rule="count_out_of_range")
        counts[name] = int(text) if text else None
    boxes = {name: name in form for name in ("fire", "smoke", "weapon_seen", "access_blocked", "nothing_seen")}
    return ObservationFacts(**counts, **boxes)


def _kept(now: datetime) -> law.Kept:
    return law.kept(rules(), DRONE_CAMERA, now)


@require(rights.may_see)
@require_POST
def file_still(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Attach a picture from a file."""
    picture = request.FILES.get("picture")
    mission = acting.uuid_or_none(request.POST.get("mission"))
    interior = "interior" in request.POST

    def file(by: Any, now: Any) -> Any:
        if picture is None:
            return Refusal(rule="still_unreadable")
        if (picture.size or 0) > STILL_BYTES_MAX:
            return Refusal(rule="still_too_large")
        return observing.file_still(
            store(),
            StillCleaner(),
            pk,
            mission,
            picture.read(),
            interior=interior,
            kept=_kept(now),
            by=by,
            now=now,
        )

    return _show_again(request, pk, guards.run(request, file))


@require(rights.may_see)
@require_POST
def take_still(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the picture the drone shows now. Only on scene is there one to keep."""
    row = get_object_or_404(Mission, id=pk)
    interior = "interior" in request.POST
    viewer = Viewer(request.user.pk, tuple(role.value for role in roles_of(cast(User, request.user))))

    def file(by: Any, now: Any) -> Any:
        shown = picturing.may_show(store(), row.id, now, viewer)
        if isinstance(shown, Refusal):
            return shown
        raw = _frame(row.id, viewer, now)
        if isinstance(raw, Refusal):
            return raw
        return observing.file_still(
            store(),
            StillCleaner(),
            row.incident_id,
            row.id,
            raw,
            interior=interior,
            kept=_kept(now),
            by=by,
            now=now,
        )

    return _show_again(request, row.incident_id, guards.run(request, file))


@require(rights.may_see | is_responder)
@never_cache
@require_safe
def still(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a picture, to responders those of their own calls. Who looked is logged before the first byte leaves."""
    roles = tuple(role.value for role in roles_of(cast(User, request.user)))
    outcome = guards.run(request, lambda by, now: observing.view_still(store(), pk, by, roles, now))
    if isinstance(outcome, Refusal):
        if outcome.rule == "still_unknown":
            raise Http404
        context = {"refusal": refusals.explain(outcome), "back": reverse("portal:home")}
        return show(request, "console/refused.html", context, status=403 if outcome.rule == "not_told" else 410)
    return HttpResponse(outcome, content_type="image/jpeg", headers={"Content-Disposition": "inline"})


def _show_again(request: HttpRequest, incident_id: UUID, outcome: Any) -> HttpResponse:
    if request.headers.get("X-Fragment") == "panel":
        return acting.fragment(request, incident_id, outcome)
    return guards.answer(request, outcome, reverse("console:incident", args=[incident_id]))


def _frame(mission_id: UUID, viewer: Viewer, now: datetime) -> bytes | Refusal:
    with store().cursor() as cursor:
        found = cursor.execute(load("live")["picture"], {"id": mission_id, **viewer.parts(now)}).fetchone()
    return fetch_still(found[1]) if found else Refusal(rule="picture_off_scene")
