"""What the control room sees of open doors: counts, never a list of people; one person at a time, with a reason."""

import os
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.governance.accesses import crisis_place
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing
from necmergitur.operations.population import shelters
from necmergitur.operations.population.doors_ports import Shelter, Tools
from necmergitur.operations.ports import Unreachable
from necmergitur.people.constants import LOOK_REASON_MAX
from necmergitur.people.crises import Crisis
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require, roles_of
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.console.pages import show
from necmergitur.web.doors import words
from necmergitur.web.doors.desk.forms import CloseForm, LevelForm, ShelterForm, VerifyForm
from necmergitur.web.store import CLOCK, store

ANSWER = ("operator", "lead", "duty_officer")


@require(rights.may_answer)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every open crisis and drill: shelters, closed areas, cases, guests whom a person looks after."""
    return _page(request)


@require(rights.may_answer)
@never_cache
@require_POST
def shelter(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Enter an official shelter."""
    form = ShelterForm(request.POST, auto_id=_ids(crisis_id))
    if not form.is_valid():
        return _page(request, crisis_id, {"shelter_form": form})
    said, at = form.cleaned_data, form.place()
    entered = Shelter(
        crisis_id=_open(crisis_id).id,
        id=store().ids.new(),
        name=said["name"],
        kind=said["kind"],
        address=said["address"],
        lon=at.lon,
        lat=at.lat,
        places=said["places"],
        taken=0,
        animals=said["animals"],
        wheelchair=said["wheelchair"],
        open=True,
        by=0,
        at=CLOCK.now(),
    )
    return _answered(request, guards.run(request, lambda by, now: shelters.put(store(), entered, by, now)))


@require(rights.may_answer)
@never_cache
@require_POST
def count(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Say how many places are taken now."""
    taken = request.POST.get("taken", "")
    number = int(taken) if taken.isascii() and taken.isdigit() and len(taken) < 6 else -1
    which = _uuid(request.POST.get("shelter", ""))
    return _answered(
        request, guards.run(request, lambda by, now: shelters.count(store(), crisis_id, which, number, by, now))
    )


@require(rights.may_open_crisis)
@never_cache
@require_POST
def close(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Close an area."""
    form = CloseForm(request.POST, auto_id=_ids(crisis_id))
    if not form.is_valid():
        return _page(request, crisis_id, {"close_form": form})
    said = form.cleaned_data
    crisis = _open(crisis_id)
    call = crisis.incident_id if said["with_call"] else None
    return _answered(
        request,
        guards.run(
            request,
            lambda by, now: shelters.close_area(
                store(), crisis.id, said["kind"], form.place(), said["radius_m"], by, now, call
            ),
        ),
    )


@require(rights.may_open_crisis)
@never_cache
@require_POST
def reopen(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Open an area again."""
    which = _uuid(request.POST.get("area", ""))
    return _answered(
        request, guards.run(request, lambda by, now: shelters.open_area(store(), crisis_id, which, by, now))
    )


@require(rights.may_open_crisis)
@never_cache
@require_POST
def level(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Set how far a host must be known."""
    form = LevelForm(request.POST, auto_id=_ids(crisis_id))
    if not form.is_valid():
        return _page(request, crisis_id, {"level_form": form})
    wanted = int(form.cleaned_data["level"])
    crisis = _open(crisis_id)
    return _answered(
        request, guards.run(request, lambda by, now: shelters.set_level(store(), crisis.id, wanted, by, now))
    )


@require(rights.may_answer)
@never_cache
@require_POST
def verify(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Raise how far a host is known, after a call."""
    form = VerifyForm(request.POST, auto_id=_ids(crisis_id))
    if not form.is_valid():
        return _page(request, crisis_id, {"verify_form": form})
    said = form.cleaned_data
    return _answered(
        request,
        guards.run(
            request,
            lambda by, now: shelters.verify_host(
                store(), crisis_id, said["reference"].lower(), int(said["level"]), by, now
            ),
        ),
    )


@require(rights.may_open_crisis)
@never_cache
@sensitive_variables()
def case(request: HttpRequest, crisis_id: UUID, match: str) -> HttpResponse:
    """Ask why, then show both people of a case on this answer only."""
    return _looked(
        request,
        crisis_id,
        match,
        lambda reason, by, now: shelters.open_case(store(), _tools(), crisis_id, _hex(match), reason, by, now),
        "case",
    )


@require(rights.may_open_crisis)
@never_cache
@require_POST
def end_case(request: HttpRequest, crisis_id: UUID, match: str) -> HttpResponse:
    """Say what came of a case."""
    outcome = request.POST.get("outcome", "")
    return _answered(
        request,
        guards.run(request, lambda by, now: shelters.close_case(store(), crisis_id, _hex(match), outcome, by, now)),
    )


@require(rights.may_answer)
@never_cache
@sensitive_variables()
def guest(request: HttpRequest, crisis_id: UUID, reference: str) -> HttpResponse:
    """Ask why, then show one guest whom a person looks after."""
    return _looked(
        request,
        crisis_id,
        reference,
        lambda reason, by, now: shelters.open_request(store(), _tools(), crisis_id, reference, reason, by, now),
        "guest",
    )


@sensitive_variables()
def _looked(request: HttpRequest, crisis_id: UUID, which: str, look: Any, kind: str) -> HttpResponse:
    context: dict[str, Any] = {"crisis_id": crisis_id, "which": which, "kind": kind, "reason_max": LOOK_REASON_MAX}
    status = 200
    if request.method == "POST":
        reason = request.POST.get("reason", "")[: LOOK_REASON_MAX + 1]
        by = _who(request)
        found = guards.run(request, lambda _by, now: look(reason, by, now))
        if isinstance(found, Refusal):
            context["refusal"] = refusals.explain(found)
            status = guards.status_of(found)
        else:
            context["found"] = found
    response = show(request, "doors/desk/look.html", context, status=status, here="supervisor")
    response["Cache-Control"] = "no-store, private"
    return response


def _page(request: HttpRequest, wrong: UUID | None = None, forms: dict[str, Any] | None = None) -> HttpResponse:
    """Show the page; `forms`: what must be mended, of the crisis `wrong`."""
    now, status = CLOCK.now(), 422 if forms else 200
    shown: list[dict[str, Any]] = []
    try:
        with store().transaction() as tx:
            reader, states = _who(request).role, [one for one in tx.crises_now() if one.offers("doors", now)]
            states = [
                one for one in states if accessing.open_to(tx, reader, "case", "queue", crisis_place(one.id), now)
            ]
            parts = {one.id: (tx.shelters(one.id), tx.closed_areas(one.id), tx.doors_level(one.id)) for one in states}
        for crisis in states:
            halls, areas, level_now = parts[crisis.id]
            shown.append(
                {
                    "crisis": crisis,
                    "shelters": [{"row": one, "kind": words.SHELTERS[one.kind]} for one in halls],
                    "closed": [{"row": one, "words": words.CLOSED[one.kind]} for one in areas],
                    "level_form": LevelForm(initial={"level": level_now}, auto_id=_ids(crisis.id)),
                    "shelter_form": ShelterForm(auto_id=_ids(crisis.id)),
                    "close_form": CloseForm(auto_id=_ids(crisis.id)),
                    "verify_form": VerifyForm(auto_id=_ids(crisis.id)),
                    "cases": shelters.cases(store(), crisis.id),
                    "guests": [
                        {"reference": ref, "people": people, "at": at, "minors": minors}
                        for ref, people, at, minors in shelters.waiting(store(), _tools(), crisis.id, now)
                    ],
                }
                | (forms or {} if crisis.id == wrong else {})
            )
    except Unreachable:
        status = 503
    context = {
        "crises": shown,
        "may_decide": rights.may_open_crisis(cast(User, request.user)),
        "tab": "doors",
    }
    return show(request, "doors/desk/home.html", context, status=status, here="supervisor")


def _ids(crisis_id: UUID) -> str:
    """A crisis and a drill may stand on one page: each field has a name of its own."""
    return f"id-{crisis_id}-%s"


def _answered(request: HttpRequest, outcome: Any) -> HttpResponse:
    if isinstance(outcome, Refusal):
        context = {"refusal": refusals.explain(outcome), "back": "/console/doors/"}
        return show(request, "console/refused.html", context, status=guards.status_of(outcome))
    return redirect("doors_desk:home")


def _open(crisis_id: UUID) -> Crisis:
    with store().transaction() as tx:
        crisis = tx.crisis(crisis_id)
    if crisis is None or not crisis.offers("doors", CLOCK.now()):
        raise Http404
    return crisis


def _tools() -> Tools:
    return Tools(KeyFiles(settings.HOME).of, os.urandom, settings.ORIGIN.url.rstrip("/"), settings.REGION)


def _who(request: HttpRequest) -> Who:
    held = {role.value for role in roles_of(cast(User, request.user))}
    return Who(cast(User, request.user).pk, next((role for role in ANSWER if role in held), ""))


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text[:32])
    except ValueError:
        return b""


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
