"""The breach register with its clock, and the list of processors."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust import keeping, pages, rights, views
from necmergitur.web.trust.models import Breach, Processor
from necmergitur.web.trust.register_forms import BreachForm, ProcessorForm

SHOWN_MAX = 200


@require(rights.may_read)
@never_cache
@require_safe
def breaches(request: HttpRequest) -> HttpResponse:
    """Every breach, the newest first."""
    now = CLOCK.now()
    rows = Breach.objects.order_by("-discovered_at")[:SHOWN_MAX]
    return pages.show(request, "breaches.html", {"rows": [views.clock(row, now) for row in rows]}, tab="breaches")


@require(rights.may_write)
@never_cache
def breach(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Write a breach down, or what was learnt of it since."""
    row = get_object_or_404(Breach, pk=pk) if pk else None
    now = CLOCK.now()
    form = BreachForm(request.POST or None, instance=row, now=now)
    if request.method == "POST" and form.is_valid():
        outcome = guards.run(request, lambda _by, _at: _save(form, cast(User, request.user), "breach", pk is None))
        return _after(request, outcome, "trust:breaches")
    context = {"form": form, "row": row, "clock": views.clock(row, now) if row else None}
    return pages.show(request, "breach_form.html", context, tab="breaches", status=422 if form.errors else 200)


@require(rights.may_write)
@require_POST
@transaction.atomic
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a breach. Its 72 hours are answered first: CNIL was told, or it is said why not."""
    row = get_object_or_404(Breach.objects.select_for_update(), pk=pk, closed_at=None)
    if row.notified_at is None and not row.not_notified_why:
        return pages.refused(request, Refusal(rule="not_notified_why_missing"), request.path.removesuffix("close/"))
    if row.risk == "high" and row.people_told_at is None and not row.people_not_told_why:
        return pages.refused(request, Refusal(rule="people_not_told_why_missing"), request.path.removesuffix("close/"))
    row.closed_at = CLOCK.now()
    row.save()
    keeping.record(cast(User, request.user), "trust:breach:close", str(pk), row.closed_at, number=str(row.number))
    return redirect("trust:breaches")


@require(rights.may_read)
@never_cache
@require_safe
def processors(request: HttpRequest) -> HttpResponse:
    """Every processor, those whose contract ends first at the top."""
    today = timezone.localdate()
    rows = Processor.objects.order_by("ended_at", "contract_until", "name")[:SHOWN_MAX]
    told = [{"row": row, "over": bool(row.contract_until and row.contract_until < today)} for row in rows]
    return pages.show(request, "processors.html", {"rows": told}, tab="processors")


@require(rights.may_write)
@never_cache
def processor(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Write a processor down, or change what is known of it."""
    row = get_object_or_404(Processor, pk=pk) if pk else None
    form = ProcessorForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        outcome = guards.run(request, lambda _by, _at: _save(form, cast(User, request.user), "processor", pk is None))
        return _after(request, outcome, "trust:processors")
    context = {"form": form, "row": row}
    return pages.show(request, "processor_form.html", context, tab="processors", status=422 if form.errors else 200)


@require(rights.may_write)
@require_POST
@transaction.atomic
def end_processor(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that a processor no longer works for the city. Its line stays."""
    row = get_object_or_404(Processor.objects.select_for_update(), pk=pk, ended_at=None)
    row.ended_at = CLOCK.now()
    row.save()
    keeping.record(cast(User, request.user), "trust:processor:end", str(pk), row.ended_at)
    return redirect("trust:processors")


def _save(form: Any, user: User, kind: str, new: bool) -> Any:
    now = CLOCK.now()
    with transaction.atomic():
        row = form.save(commit=False)
        if new:
            row.id, row.created_at = store().ids.new(), now
            if kind == "breach":
                row.number = keeping.next_number(Breach)
        row.updated_at, row.updated_by = now, user.display_name
        row.save(force_insert=new)
        keeping.record(user, f"trust:{kind}:save", str(row.id), now)
    return row


def _after(request: HttpRequest, outcome: Any, back: str) -> HttpResponse:
    return pages.refused(request, outcome, request.path) if isinstance(outcome, Refusal) else redirect(back)
