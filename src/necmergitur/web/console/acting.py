"""What a person does to an incident, one POST each: climb, note, hand off, merge, split, close, and so on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import incidents, responding
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import RoleRefused, Rule, is_pilot, require
from necmergitur.web.console import dossier, guards, places, refusals, rights
from necmergitur.web.console.words import SERVICES
from necmergitur.web.store import CLOCK, store

Action = Callable[[UUID, QueryDict, Person, datetime], Any]
SPLIT_MAX = 200  # ours: more boxes than a page shows


def uuid_or_none(text: Any) -> UUID | None:
    """Read an identifier from a form; None when it is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _climb(rung: Any) -> Action:
    return lambda pk, form, by, now: incidents.climb(store(), pk, rung, by, now)


def _write(kind: str) -> Action:
    return lambda pk, form, by, now: incidents.write_note(store(), pk, kind, form.get("body", ""), by, now)


def _hand_off(pk: UUID, form: QueryDict, by: Person, now: datetime) -> Any:
    service = form.get("service", "")
    if service not in SERVICES:
        return Refusal(rule="service_unknown")
    words = form.get("body", "").strip()
    return incidents.write_note(store(), pk, "hand_off", f"{service}: {words}" if words else service, by, now)


def _merge(pk: UUID, form: QueryDict, by: Person, now: datetime) -> Any:
    into = uuid_or_none(form.get("into"))
    return Refusal(rule="incident_unknown") if into is None else incidents.merge(store(), pk, into, by, now)


def _split(pk: UUID, form: QueryDict, by: Person, now: datetime) -> Any:
    chosen = [found for text in form.getlist("signal")[:SPLIT_MAX] if (found := uuid_or_none(text))]
    return incidents.split(store(), pk, chosen, by, now)


def _place(pk: UUID, form: QueryDict, by: Person, now: datetime) -> Any:
    found = places.read(form.get("where", ""))
    if isinstance(found, Refusal):
        return found
    position, accuracy_m = found
    return incidents.state_place(store(), pk, position, accuracy_m, by, now)


def _tell(pk: UUID, form: QueryDict, by: Person, now: datetime) -> Any:
    chosen = form.get("responder", "")
    user = User.objects.filter(pk=int(chosen), grants__role="responder").first() if chosen.isdigit() else None
    unit = form.get("unit", "").strip() or (user.display_name if user else "")
    return responding.tell(store(), pk, unit, user.pk if user else None, by, now)


# action: (who may, what it does). The name is the last part of the address and the form's data-action.
ACTIONS: dict[str, tuple[Rule, Action]] = {
    "see": (rights.may_answer, _climb("seen")),
    "acknowledge": (rights.may_answer, _climb("acknowledged")),
    "act": (rights.may_answer, _climb("acting")),
    "note": (rights.may_see, _write("note")),
    "call_back": (rights.may_answer, _write("call_back")),
    "hand_off": (rights.may_answer, _hand_off),
    "seek": (rights.may_answer, lambda pk, form, by, now: incidents.seek_drone(store(), pk, by, now)),
    "stand_down": (rights.may_answer, lambda pk, form, by, now: incidents.stand_down(store(), pk, by, now)),
    "close": (
        rights.may_answer,
        lambda pk, form, by, now: incidents.close(store(), pk, form.get("outcome", ""), by, now),
    ),
    "reopen": (rights.may_answer, lambda pk, form, by, now: incidents.reopen(store(), pk, by, now)),
    "merge": (rights.may_answer, _merge),
    "unmerge": (rights.may_answer, lambda pk, form, by, now: incidents.unmerge(store(), pk, by, now)),
    "split": (rights.may_answer, _split),
    "place": (rights.may_answer, _place),
    "tell": (rights.may_answer, _tell),
}


@require(rights.may_see)
@require_POST
def act(request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
    """Carry out one action and show the incident again: as a fragment for the board, or back where the form was."""
    allowed, command = ACTIONS[action]
    if not allowed(cast(User, request.user)):
        raise RoleRefused(allowed.roles)
    outcome = guards.run(request, lambda by, now: command(pk, request.POST, by, now))
    if request.headers.get("X-Fragment") == "panel" and not _unreachable(outcome):
        return fragment(request, pk, outcome)
    return guards.answer(request, outcome, reverse("console:incident", args=[pk]))


@require(rights.may_answer)
@require_POST
def decide(request: HttpRequest, pk: UUID, decision: str) -> HttpResponse:
    """Accept or decline a proposal to merge."""
    outcome = guards.run(request, lambda by, now: incidents.decide_proposal(store(), pk, decision == "accept", by, now))
    shown = uuid_or_none(request.POST.get("incident"))
    if request.headers.get("X-Fragment") == "panel" and shown and not _unreachable(outcome):
        return fragment(request, shown, outcome)
    return guards.answer(request, outcome, reverse("console:board"))


def fragment(request: HttpRequest, pk: UUID, outcome: Any = None) -> HttpResponse:
    """Return the incident's panel, with the refusal at its top when there is one."""
    refusal = outcome if isinstance(outcome, Refusal) else None
    context = panel_context(request, pk)
    # A refusal is falsy: it is compared, never tested.
    context["refusal"] = None if refusal is None else refusals.explain(refusal)
    return render(
        request, "console/parts/incident.html", context, status=200 if refusal is None else guards.status_of(refusal)
    )


def panel_context(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Return the context of the panel: the incident, what this person may do, and where forms lead back."""
    user = cast(User, request.user)
    in_panel = request.headers.get("X-Fragment") == "panel" or "/panel/" in request.path
    back = f"{reverse('console:board')}?incident={pk}"
    context = dossier.read(pk, CLOCK.now())
    context |= {
        "may": {name: rule(user) for name, (rule, _action) in ACTIONS.items()},
        "may_answer": rights.may_answer(user),
        "may_open_crisis": rights.may_open_crisis(user),
        "is_pilot": is_pilot(user),
        "responders": list(
            User.objects.filter(grants__role="responder", is_active=True).order_by("display_name")[:100]
        ),
        "back": back if in_panel else request.get_full_path(),
        "me": user.pk,
    }
    return context


def _unreachable(outcome: Any) -> bool:
    return isinstance(outcome, Refusal) and outcome.rule == "unreachable"
