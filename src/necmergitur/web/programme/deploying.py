"""What was adopted: the desk deploys what an experiment showed, and everybody reads what was tried, failures too."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation.chain import DeploymentState, ProjectState
from necmergitur.innovation.grading import CLAIMED
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import grades, making, pages, rights, showing, words
from necmergitur.web.programme.forms import DeployForm, EffectForm, EvidenceForm, ReasonForm
from necmergitur.web.programme.models import Deployment, Evidence, Experiment, Project
from necmergitur.web.store import CLOCK

LISTED_MAX = 200


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Everything that was tried: what runs somewhere, what was measured, what was given up and why."""
    now = CLOCK.now()
    projects = Project.objects.prefetch_related("evidence", "experiments")[:LISTED_MAX]
    context = {
        "deployments": [{**showing.told(one), "route": words.ROUTES.get(one.route, "")} for one in _recent(Deployment)],
        "experiments": [{**showing.told(one), "exit": words.EXITS.get(one.exit, "")} for one in _recent(Experiment)],
        "projects": [{**showing.told(one), "grade": grades.of(one, now)} for one in projects],
        "given_up": [one for one in projects if one.state == ProjectState.ABANDONED],
    }
    return render(request, "programme/wall.html", context)


def _recent(model: Any) -> Any:
    return model.objects.all()[:LISTED_MAX]


@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One deployment: where, by whom, how it was bought, what it costs, what it did a year later."""
    found = get_object_or_404(Deployment, pk=pk)
    return render(request, "programme/deployment.html", _context(found) | {"may_run": rights.may_run(request.user)})


def _context(found: Deployment, **bound: Any) -> dict[str, Any]:
    forms = {"effect": EffectForm(instance=found), "reason": ReasonForm()} | bound
    return {
        "one": found,
        "told": showing.told(found),
        "bar": showing.bar(found, public=True),
        "route": words.ROUTES.get(found.route, ""),
        "forms": forms,
        "states": DeploymentState,
    }


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def deploy(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Deploy what an experiment showed."""
    experiment = get_object_or_404(Experiment, pk=pk)
    form = DeployForm(request.POST or None, initial={"title": experiment.title})
    if request.method == "POST" and form.is_valid():
        made = making.make(experiment, CLOCK.now(), cast(User, request.user), **form.cleaned_data)
        if isinstance(made, Refusal):
            return pages.refused(request, made, request.path)
        return redirect("programme:deployment", made.pk)
    context = {"form": form, "one": experiment, "bar": showing.bar(experiment)}
    status = 422 if form.is_bound else 200
    return pages.show(request, "programme/desk/deploy.html", context, tab="trials", status=status)


@require(rights.may_run)
@require_POST
def act(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Say that it runs, what it did, or that it ended and why."""
    found, by, now = get_object_or_404(Deployment, pk=pk), cast(User, request.user), CLOCK.now()
    bound: dict[str, Any] = {}
    if what == "run" and found.state == DeploymentState.PLANNED:
        making.move(found, DeploymentState.RUNNING, now, by)
    elif what == "effect":
        form = EffectForm(request.POST, instance=found)
        if form.is_valid():
            making.move(found, found.state, now, by, effect_at=now, **form.cleaned_data)
        else:
            bound["effect"] = form
    elif what == "end" and found.state != DeploymentState.ENDED:
        reason = ReasonForm(request.POST)
        if reason.is_valid():
            making.move(found, DeploymentState.ENDED, now, by, ended_reason=reason.cleaned_data["reason"])
        else:
            bound["reason"] = reason
    if bound:
        context = _context(Deployment.objects.get(pk=pk), **bound) | {"may_run": True}
        return render(request, "programme/deployment.html", context, status=422)
    return redirect("programme:deployment", pk)


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def grade(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A project's grade, and the evidence it rests on; evidence is added and taken back here."""
    found, now = get_object_or_404(Project, pk=pk), CLOCK.now()
    form = EvidenceForm(request.POST or None)
    if request.method == "POST" and rights.may_run(request.user):
        if "withdraw" in request.POST:
            which = request.POST["withdraw"]
            found.evidence.filter(pk=which if which.isdecimal() else 0, withdrawn_at=None).update(withdrawn_at=now)
            return redirect("programme:grade", pk)
        if form.is_valid():
            by = cast(User, request.user)
            Evidence.objects.create(project=found, at=now, by_id=by.pk, **form.cleaned_data)
            return redirect("programme:grade", pk)
    context = {
        "one": found,
        "bar": showing.bar(found),
        "grade": grades.of(found, now),
        "rows": [(words.CRITERIA[each.criterion], each) for each in found.evidence.all()],
        "form": form,
        "claimed": CLAIMED,
    }
    return pages.show(request, "programme/desk/grade.html", context, tab="needs", status=422 if form.is_bound else 200)
