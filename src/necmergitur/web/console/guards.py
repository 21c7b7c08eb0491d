"""Who may do what in the control room, and how a command's outcome becomes an answer."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme

from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.retry import VersionConflict
from necmergitur.web.accounts.models import User
from necmergitur.web.console import refusals
from necmergitur.web.console.pages import show
from necmergitur.web.store import CLOCK, person

Command = Callable[[Person, datetime], Any]


def run(request: HttpRequest, command: Command) -> Any:
    """Carry out a command as the signed-in person, now. A lost race or database comes back as a Refusal."""
    try:
        return command(person(cast(User, request.user)), CLOCK.now())
    except VersionConflict:
        return Refusal(rule="too_late")
    except Unreachable:
        return Refusal(rule="unreachable")


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal: 409 for a state that changed, 422 for a wrong form, 503 for no database."""
    if refusal.rule == "unreachable":
        return 503
    wrong_form = ("_missing", "_empty", "_too_long", "_length", "_unknown", "_out_of_range", "malformed")
    return 422 if refusal.rule.endswith(wrong_form) else 409


def wants_json(request: HttpRequest) -> bool:
    """Return whether an island asked (it says Accept: application/json)."""
    return "application/json" in request.headers.get("Accept", "")


def answer_json(outcome: Any) -> JsonResponse:
    """Return {"ok": true}, or the refusal as an island shows it."""
    if not isinstance(outcome, Refusal):
        return JsonResponse({"ok": True})
    said = refusals.explain(outcome)
    body = {"rule": outcome.rule, "detail": said.what, "what_now": said.what_now}
    if said.detail:
        body["detail"] = f"{said.what} ({said.detail})"
    if outcome.until is not None:
        body["until"] = outcome.until.isoformat()
    return JsonResponse(body, status=status_of(outcome))


def answer(request: HttpRequest, outcome: Any, back: str) -> HttpResponse:
    """Answer a form: back to the page it came from (303), or the refusal on a page of its own."""
    if wants_json(request):
        return answer_json(outcome)
    target = came_from(request, back)
    if isinstance(outcome, Refusal):
        context = {"refusal": refusals.explain(outcome), "back": target}
        return show(request, "console/refused.html", context, status=status_of(outcome))
    return HttpResponseRedirect(target, status=303)


def came_from(request: HttpRequest, otherwise: str) -> str:
    """Return the page a form names in `next`, when it is one of ours."""
    wanted = str(request.POST.get("next", ""))
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return otherwise
