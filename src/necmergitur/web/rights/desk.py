"""The desk of the data protection officer: who must be answered by when, and the answer."""

from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.shred_list import shred_list_of
from necmergitur.governance.rights import GROUNDS, KINDS, OUTCOMES, TWO_PEOPLE
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import erasure
from necmergitur.operations.population.helping import WEB
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, require
from necmergitur.web.console import guards, refusals
from necmergitur.web.facts.models import Device
from necmergitur.web.rights import programme, requests, words
from necmergitur.web.rights.constants import LISTED_MAX
from necmergitur.web.rights.models import RightRequest
from necmergitur.web.store import CLOCK, person, store


@require(is_dpo)
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every request that waits, the nearest deadline first; then the answered."""
    now = CLOCK.now()
    waiting = RightRequest.objects.filter(answered_at=None)[:LISTED_MAX]
    answered = RightRequest.objects.exclude(answered_at=None).order_by("-answered_at", "-id")[:LISTED_MAX]
    context = {
        "waiting": [_told(row, now) for row in waiting],
        "answered": [_told(row, now) for row in answered],
    }
    return render(request, "rights/desk.html", context)


@require(is_dpo)
@never_cache
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One request and what may be done with it."""
    return _page(request, get_object_or_404(RightRequest, pk=pk))


@require(is_dpo)
@require_POST
def prove(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep whether the person is who they say: a yes or a no, and the button it is about."""
    row = get_object_or_404(RightRequest, pk=pk)
    device = request.POST.get("device", "").strip()[:64]
    yes = request.POST.get("yes") == "yes"
    known = not device or Device.objects.filter(id=device, kind="personal").exclude(transport=WEB).exists()
    if not known:
        return _page(request, row, Refusal(rule="device_unknown"))
    email = request.POST.get("email", "").strip()[:254]
    people = programme.found_by(email) if email else []
    if email and not people:
        return _page(request, row, Refusal(rule="address_unknown"))

    def proven(by: Any, now: Any) -> Refusal | None:
        return requests.prove(row, by, now, yes=yes, device_id=device, people=people)

    return _after(request, row, guards.run(request, proven))


@require(is_dpo)
@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one month three, with the reason."""
    row, form = get_object_or_404(RightRequest, pk=pk), request.POST
    return _after(
        request,
        row,
        guards.run(request, lambda by, now: requests.extend(row, by, form.get("why", ""), form.get("words", ""), now)),
    )


@require(is_dpo)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer; a refusal without its article is not taken."""
    row, form = get_object_or_404(RightRequest, pk=pk), request.POST
    outcome, ground, said = form.get("outcome", ""), form.get("ground", ""), form.get("words", "")
    return _after(
        request, row, guards.run(request, lambda by, now: requests.answer(row, by, outcome, ground, said, now))
    )


@require(is_dpo)
@require_POST
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase the person for good, and answer with how many of each. Asked twice, it erases once."""
    row = get_object_or_404(RightRequest, pk=pk)
    said = request.POST.get("words", "")

    def carry_out(by: Any, now: Any) -> Refusal | None:
        if row.kind != "erase" or row.proven is not True or not (row.device_id or row.people):
            return Refusal(rule="right_not_proven", owner="gate")
        if not said.strip():
            return Refusal(rule="reason_missing")
        if row.answered_at is not None:
            return Refusal(rule="right_answered")
        if row.proven_by_id == by.id:
            return Refusal(rule="right_two_people", owner="gate")
        counts: Any = {}
        if row.device_id:
            counts = erasure.erase(store(), shred_list_of(settings.HOME), row.device_id, by, now)
        if isinstance(counts, Refusal):
            return counts
        with transaction.atomic():
            counts = {**counts, **programme.erase(row.people, now)}
            problem = requests.answer(row, by, "granted", "", said, now, counts)
            transaction.set_rollback(problem is not None)
            return problem

    return _after(request, row, guards.run(request, carry_out))


def _after(request: HttpRequest, row: RightRequest, outcome: Any) -> HttpResponse:
    if isinstance(outcome, Refusal):
        return _page(request, row, outcome)
    return redirect(reverse("rights:one", args=[row.pk]))


def _page(request: HttpRequest, row: RightRequest, refusal: Refusal | None = None) -> HttpResponse:
    now = CLOCK.now()
    context = _told(row, now) | {
        "refusal": None if refusal is None else refusals.explain(refusal),
        "grounds": [
            (name, words.GROUNDS[name], article) for name, (article, kinds) in GROUNDS.items() if row.kind in kinds
        ],
        "outcomes": [(name, words.OUTCOMES[name]) for name in OUTCOMES],
        "extensions": list(words.EXTENSIONS.items()),
        "people": [words.HELD_NAMES[kind] for kind, _pk in row.people],
        "alone": row.kind in TWO_PEOPLE and row.proven and row.proven_by_id == person(cast(User, request.user)).id,
        "article": KINDS.get(row.kind, ""),
        "words": request.POST.get("words", ""),
    }
    status = 200 if refusal is None else guards.status_of(refusal)
    return render(request, "rights/one.html", context, status=status)


def _told(row: RightRequest, now: Any) -> dict[str, Any]:
    return {
        "row": row,
        "kind": words.KINDS.get(row.kind, row.kind),
        "who": words.WHO.get(row.who, row.who),
        "outcome": words.OUTCOMES.get(row.outcome, row.outcome),
        "ground": words.GROUNDS.get(row.ground, ""),
        "late": row.answered_at is None and now >= row.due_at,
        "days": max((row.due_at - now).days, 0),
    }
