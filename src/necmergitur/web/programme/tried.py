"""What was tried, for everybody, failures too; and the grades of solutions with the evidence they rest on."""

from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.innovation.chain import Exit, ExperimentState, ProjectState
from necmergitur.innovation.grading import CLAIMED
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import grades, making, pages, rights, showing, words
from necmergitur.web.programme.forms import EvidenceForm
from necmergitur.web.programme.models import Deployment, Evidence, Experiment, Project
from necmergitur.web.store import CLOCK

LISTED_MAX = 200
DIGITS_MAX = 12  # ours: no table has so many rows


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Everything that was tried: what runs somewhere, what was measured, what was given up and why."""
    deployed = pages.leaf(
        request, Deployment.objects.prefetch_related(*grades.behind("experiment__project")), "deployed"
    )
    tried = pages.leaf(
        request,
        Experiment.objects.exclude(state=ExperimentState.DRAFT).prefetch_related(*grades.behind("project")),
        "tried",
    )
    begun = Q(Exists(Evidence.objects.filter(project=OuterRef("pk")))) | ~Q(state=ProjectState.SUBMITTED)
    graded = pages.leaf(request, Project.objects.filter(begun).prefetch_related(*grades.behind()), "graded")
    context = {
        "deployed": deployed,
        "deployments": [{**showing.told(one), "route": words.ROUTES.get(one.route, "")} for one in deployed],
        "tried": tried,
        "experiments": [{**one, "exit": words.EXITS.get(one["row"].exit, "")} for one in showing.experiments(tried)],
        "graded": graded,
        "projects": showing.projects(graded),
        "only_handed_in": Project.objects.exclude(begun).count(),
        "given_up": Project.objects.filter(state=ProjectState.ABANDONED)[:LISTED_MAX],
    }
    return render(request, "programme/wall.html", context)


@never_cache
@require_safe
def solution(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A solution's grade for everybody, and what it rests on."""
    found = get_object_or_404(Project, pk=pk)
    grade = grades.of(found, CLOCK.now())
    context = {
        "one": found,
        "bar": showing.bar(found, public=True),
        "grade": grade,
        "trials": showing.experiments(grade["trials"]),
        "rows": [(words.CRITERIA[each.criterion], each) for each in found.evidence.all()],
        "may_read": rights.may_read(request.user),
    }
    return render(request, "programme/solution.html", context)


def extended(of: Project) -> Experiment | None:
    """Return the project's last experiment when its exit was to extend it, and no other followed yet."""
    last = of.experiments.order_by("created_at").last()
    return last if last is not None and last.exit == Exit.EXTEND else None


@transaction.atomic
def _withdraw(of: Project, which: str, now: datetime, by: User) -> None:
    """Take evidence back, and keep who did; nothing for a number that is none of this project's."""
    known = which.isascii() and which.isdigit() and len(which) <= DIGITS_MAX
    if of.evidence.filter(pk=int(which) if known else 0, withdrawn_at=None).update(withdrawn_at=now):
        making.note(of, "evidence:withdrawn", by, now, evidence=which)


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def grade(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A project's grade, and the evidence it rests on; evidence is added and taken back here."""
    found, now, by = get_object_or_404(Project, pk=pk), CLOCK.now(), cast(User, request.user)
    form = EvidenceForm(request.POST or None)
    if request.method == "POST" and rights.may_run(request.user):
        if "withdraw" in request.POST:
            _withdraw(found, request.POST["withdraw"], now, by)
            return redirect("programme:grade", pk)
        if form.is_valid():
            with transaction.atomic():
                made = Evidence.objects.create(project=found, at=now, by_id=by.pk, **form.cleaned_data)
                making.note(found, "evidence", by, now, evidence=str(made.pk))
            return redirect("programme:grade", pk)
    graded = grades.of(found, now)
    context = {
        "one": found,
        "bar": showing.bar(found),
        "grade": graded,
        "trials": showing.experiments(graded["trials"]),
        "rows": [(words.CRITERIA[each.criterion], each) for each in found.evidence.all()],
        "form": form,
        "extended": extended(found),
        "claimed": CLAIMED,
    }
    return pages.show(request, "programme/desk/grade.html", context, tab="needs", status=422 if form.is_bound else 200)
