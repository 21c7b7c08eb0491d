"""Benchmarks: solutions compared by criteria, each mark with its evidence; edited on the desk, read by everybody."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation.chain import LeadState
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.incubation.mentors import number
from necmergitur.web.programme import pages, rights
from necmergitur.web.programme.models import Lead
from necmergitur.web.store import CLOCK, store
from necmergitur.web.watch.constants import CRITERIA_MAX, SOLUTIONS_MAX
from necmergitur.web.watch.forms import BenchmarkForm, CellForm, CriterionForm, SolutionForm
from necmergitur.web.watch.models import Benchmark, Criterion, Evidence, Solution

SHOWN = 200
TONES = {"yes": "resolved", "partly": "attention", "no": "serious", "": "neutral"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_read)
def all_benchmarks(request: HttpRequest) -> HttpResponse:
    """Every benchmark; a new one."""
    form = BenchmarkForm(request.POST or None)
    if request.method == "POST" and rights.may_run(request.user) and form.is_valid():
        made = form.save(commit=False)
        made.id, made.created_at, made.changed_at = store().ids.new(), CLOCK.now(), CLOCK.now()
        made.created_by_id = cast(User, request.user).pk
        made.save()
        # Leads that were put in a benchmark are its first solutions.
        for lead in Lead.objects.filter(need=made.need, state=LeadState.BENCHMARK)[:SOLUTIONS_MAX]:
            _from_lead(made, lead)
        return redirect("watch:benchmark", made.pk)
    context = {"rows": Benchmark.objects.select_related("need")[:SHOWN], "form": form, "part": "benchmarks"}
    return pages.show(request, "watch/benchmarks.html", context, tab="watch", status=422 if form.is_bound else 200)


def _from_lead(benchmark: Benchmark, lead: Lead) -> Solution:
    return Solution.objects.create(
        benchmark=benchmark,
        lead=lead,
        name=lead.title,
        organisation=lead.organisation,
        country=lead.country,
        url=lead.url,
    )


@never_cache
@require_safe
@require(rights.may_read)
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The grid on the desk, with the forms that make it."""
    return _edit_page(request, get_object_or_404(Benchmark.objects.select_related("need"), pk=pk))


def _edit_page(request: HttpRequest, found: Benchmark, **bound: Any) -> HttpResponse:
    taken = found.solutions.exclude(lead=None).values("lead")
    forms = {
        "criterion": CriterionForm(auto_id="criterion_%s"),
        "solution": SolutionForm(auto_id="solution_%s"),
    } | bound
    context = grid(found) | {
        "forms": forms,
        "part": "benchmarks",
        "leads": Lead.objects.filter(need=found.need).exclude(state=LeadState.REJECTED).exclude(pk__in=taken)[:SHOWN],
    }
    return pages.show(request, "watch/benchmark.html", context, tab="watch", status=422 if bound else 200)


def grid(found: Benchmark) -> dict[str, Any]:
    """Return a benchmark as a table: a row for each criterion, a column for each solution."""
    solutions, criteria = list(found.solutions.all()), list(found.criteria.all())
    known = {(e.solution_id, e.criterion_id): e for e in Evidence.objects.filter(solution__benchmark=found)}
    rows = [
        {
            "criterion": criterion,
            "cells": [_cell(solution, known.get((solution.pk, criterion.pk))) for solution in solutions],
        }
        for criterion in criteria
    ]
    return {"one": found, "solutions": solutions, "criteria": criteria, "rows": rows}


def _cell(solution: Solution, evidence: Evidence | None) -> dict[str, Any]:
    mark = evidence or Evidence(mark="")
    return {"solution": solution, "evidence": evidence, "tone": TONES[mark.mark], "word": mark.get_mark_display()}


@require(rights.may_run)
@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add or take away a criterion or a solution; publish, or take back."""
    found = get_object_or_404(Benchmark, pk=pk)
    what, row = request.POST.get("what", ""), number(request.POST.get("number", ""))
    wrong = _add(found, what, request)
    if wrong is not None:
        return _edit_page(request, found, **wrong)
    against = _change(found, what, row)
    if against:
        return _edit_page(request, found, against=against)
    return redirect("watch:benchmark", pk)


@transaction.atomic
def _change(found: Benchmark, what: str, row: int | None) -> list[str]:
    """Do it, or say why not: nobody publishes a grid that compares nothing, or empties one that everybody reads."""
    held = Benchmark.objects.select_for_update().get(pk=found.pk)
    was_whole = not missing(held)
    if what == "publish":
        held.published_at = held.published_at or CLOCK.now()
    elif what == "withdraw":
        held.published_at = None
    elif what == "drop-criterion":
        held.criteria.filter(pk=row).delete()
    elif what == "drop-solution":
        held.solutions.filter(pk=row).delete()
    lacks = missing(held) if held.published_at else []
    if lacks and (what == "publish" or was_whole):
        transaction.set_rollback(True)
        return [_("It is not published."), *lacks] if what == "publish" else [emptied()]
    held.changed_at = CLOCK.now()
    held.save(update_fields=["published_at", "changed_at"])
    return []


def missing(found: Benchmark) -> list[str]:
    """Return in words what a grid lacks before it compares anything."""
    lacks = []
    if not found.solutions.exists():
        lacks.append(_("It compares no solution."))
    if not found.criteria.exists():
        lacks.append(_("It has no criterion."))
    if not lacks and not Evidence.objects.filter(solution__benchmark=found).exclude(mark="").exists():
        lacks.append(_("No solution has a mark."))
    return lacks


def emptied() -> str:
    """Return why something stays in a grid that everybody reads."""
    return _("Not done: everybody reads this comparison, and it would compare nothing. Take it back first.")


def _add(found: Benchmark, what: str, request: HttpRequest) -> dict[str, Any] | None:
    """Add what a form says; return the form when something is to mend."""
    if what == "criterion":
        form: Any = CriterionForm(request.POST, auto_id="criterion_%s")
        full = found.criteria.count() >= CRITERIA_MAX
    elif what == "solution":
        form = SolutionForm(request.POST, auto_id="solution_%s")
        full = found.solutions.count() >= SOLUTIONS_MAX
    elif what == "lead":
        lead = next((one for one in found.need.leads.all() if str(one.pk) == request.POST.get("lead")), None)
        if lead is not None and found.solutions.count() < SOLUTIONS_MAX:
            _from_lead(found, lead)
        return None
    else:
        return None
    if full or not form.is_valid():
        return {what: form}
    made = form.save(commit=False)
    made.benchmark = found
    made.save()
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_run)
def cells(request: HttpRequest, pk: UUID, solution: int) -> HttpResponse:
    """One solution's marks: a small form for each criterion, saved together."""
    found = get_object_or_404(Solution.objects.select_related("benchmark__need"), pk=solution, benchmark=pk)
    criteria = list(found.benchmark.criteria.all())
    known = {one.criterion_id: one for one in found.evidence.all()}
    data = request.POST if request.method == "POST" else None
    forms = [(each, CellForm(data, instance=known.get(each.pk), prefix=f"c{each.pk}")) for each in criteria]
    against = ""
    if data is not None and all(form.is_valid() for _criterion, form in forms):
        against = _keep_cells(found, forms)
        if not against:
            return redirect("watch:benchmark", pk)
    context = {"one": found.benchmark, "solution": found, "forms": forms, "part": "benchmarks", "against": against}
    status = 422 if data is not None else 200
    return pages.show(request, "watch/cells.html", context, tab="watch", status=status)


@transaction.atomic
def _keep_cells(solution: Solution, forms: list[tuple[Criterion, CellForm]]) -> str:
    """Keep one solution's marks; return why not, when no mark would be left in what everybody reads."""
    held = Benchmark.objects.select_for_update().get(pk=solution.benchmark_id)
    was_whole = not missing(held)
    for criterion, form in forms:
        _keep_cell(solution, criterion, form)
    if held.published_at and was_whole and missing(held):
        transaction.set_rollback(True)
        return emptied()
    held.changed_at = CLOCK.now()
    held.save(update_fields=["changed_at"])
    return ""


def _keep_cell(solution: Solution, criterion: Criterion, form: CellForm) -> None:
    made = form.save(commit=False)
    made.solution, made.criterion = solution, criterion
    made.save()


@require_safe
def public_list(request: HttpRequest) -> HttpResponse:
    """Published benchmarks."""
    rows = Benchmark.objects.exclude(published_at=None).select_related("need")[:SHOWN]
    return render(request, "watch/comparisons.html", {"rows": rows})


@require_safe
def public(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One published benchmark, for reading, sharing and printing."""
    found = get_object_or_404(Benchmark.objects.exclude(published_at=None).select_related("need"), pk=pk)
    return render(request, "watch/comparison.html", grid(found))
