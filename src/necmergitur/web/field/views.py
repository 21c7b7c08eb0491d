"""The responder's page and what its telephone sends."""

import json
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import incidents, responding
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, rights
from necmergitur.web.console.ui_words import words
from necmergitur.web.field import reading
from necmergitur.web.field.models import FieldAction
from necmergitur.web.store import store
from necmergitur.web.workers import service_worker

BODY_BYTES_MAX = 8_192  # ours: an action is under 1 kB, its text at most 2,000 characters
STATES = {"acknowledge": "acknowledged", "arrive": "arrived", "need_help": "need_help"}
TRANSIENT = frozenset({"too_late", "unreachable"})  # a race or a database lost: the same action may pass in a moment


@require(rights.may_go)
@never_cache
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Open incidents told to this person. `?fragment=list` is the list alone, for the page's own refresh."""
    if _is_of_another(request):
        return HttpResponse(status=409)
    context = {"rows": reading.mine(cast(User, request.user)), **_frame()}
    fragment = request.GET.get("fragment") == "list"
    return _named(request, render(request, "field/parts/list.html" if fragment else "field/list.html", context))


@require(rights.may_go)
@never_cache
@require_safe
def incident(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One incident: the place, the way in, what the drone saw, three answers. `?fragment=incident` refreshes it."""
    if _is_of_another(request):
        return HttpResponse(status=409)
    context = reading.one(cast(User, request.user), pk) | _frame()
    fragment = request.GET.get("fragment") == "incident"
    return _named(request, render(request, "field/parts/incident.html" if fragment else "field/incident.html", context))


def _named(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say whose page this is: the telephone keeps it for that person alone."""
    response["X-Person"] = str(request.user.pk)
    return response


def _is_of_another(request: HttpRequest) -> bool:
    """Return whether a page still open for one person asks with the session of another, who signed in since."""
    return request.headers.get("X-Me", str(request.user.pk)) != str(request.user.pk)


@require(rights.may_go)
@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer by a plain form."""
    form = request.POST
    action = next((name for name in STATES if name == form.get("action")), "")
    outcome = guards.run(request, lambda by, now: _do(request, pk, action, form.get("text", ""), by, now))
    if isinstance(outcome, Refusal):
        context = reading.one(cast(User, request.user), pk) | _frame()
        context["refusal"] = guards.refusals.explain(outcome)
        return render(request, "field/incident.html", context, status=guards.status_of(outcome))
    return guards.answer(request, outcome, reverse("field:incident", args=[pk]))


@require(rights.may_go)
@require_POST
def actions(request: HttpRequest) -> JsonResponse:
    """Answer by the telephone's own outbox: the same key twice gets the same answer, and is done once.

    What one person did is never done as another who signed in since (401), and a lost race is not an answer (503):
    the telephone keeps both and sends them again.
    """
    said = _read(request)
    if said is None:
        return JsonResponse({"rule": "malformed", "detail": ""}, status=422)
    user = cast(User, request.user)
    if said["user"] != str(user.pk):
        return JsonResponse({"rule": "somebody_else", "detail": ""}, status=401)
    before = FieldAction.objects.filter(key=said["key"]).first()
    if before is None:
        outcome = guards.run(
            request, lambda by, now: _do(request, said["incident_id"], said["action"], said["text"], by, now)
        )
        response = guards.answer_json(outcome)
        if isinstance(outcome, Refusal) and outcome.rule in TRANSIENT:
            response.status_code = 503
            return response
        before = _keep(said, user, response)
    if before.user_id != user.pk:
        return JsonResponse({"rule": "malformed", "detail": ""}, status=409)
    return JsonResponse(before.answer, status=before.status)


def _keep(said: dict[str, Any], user: User, response: JsonResponse) -> FieldAction:
    row = FieldAction(
        key=said["key"],
        user_id=user.pk,
        incident_id=said["incident_id"],
        action=said["action"],
        claimed_at=said["at"],
        status=response.status_code,
        answer=json.loads(response.content),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the same action arrived twice at once: both did the same, one is kept
        return FieldAction.objects.get(key=said["key"])
    return row


def _do(request: HttpRequest, pk: UUID, action: str, text: str, by: Any, now: datetime) -> Any:
    if action not in STATES:
        return Refusal(rule="responder_state_unknown")
    reading.one(cast(User, request.user), pk)  # only what one was told of can be answered
    outcome = responding.change(store(), pk, STATES[action], by, now)
    if not isinstance(outcome, Refusal) and text.strip():
        written = incidents.write_note(store(), pk, "note", text, by, now)
        return written if isinstance(written, Refusal) else outcome
    return outcome


def _read(request: HttpRequest) -> dict[str, Any] | None:
    """Read an action, or None when it is not one. Times are the telephone's, kept as claimed."""
    if len(request.body) > BODY_BYTES_MAX:
        return None
    try:
        said = json.loads(request.body)
        key, incident_id, user = UUID(said["key"]), UUID(said["incident_id"]), str(said["user"])
        action, text, at = str(said["action"]), str(said.get("text") or ""), str(said.get("at") or "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    try:
        claimed = parse_datetime(at)
    except ValueError:
        claimed = None
    if claimed is not None and claimed.tzinfo is None:
        claimed = claimed.replace(tzinfo=UTC)
    return {"key": key, "incident_id": incident_id, "user": user, "action": action[:20], "text": text, "at": claimed}


@never_cache
@require_safe
def csrf(request: HttpRequest) -> JsonResponse:
    """A fresh token for actions that waited longer than the page's."""
    return JsonResponse({"token": get_token(request)})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that keeps these pages."""
    return service_worker("field-sw.js")


def _frame() -> dict[str, Any]:
    return {"words": words("field", "age", "kind", "rung", "state", "drone"), "time_zone": settings.TIME_ZONE}
