"""The analysts' desk of experiments: a protocol written and fixed, a trial begun, noted, stopped, reported, left."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.innovation import protocol
from necmergitur.innovation.chain import ExperimentState, ProjectState
from necmergitur.innovation.protocol import TrialComplaint, TrialCost, TrialTruth
from necmergitur.innovation.trial import Trial as Told
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import trials
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import grades, making, pages, rights
from necmergitur.web.programme import showing as chain
from necmergitur.web.programme.models import Experiment, Project
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trials import kept, papering, showing, words
from necmergitur.web.trials.deploying import DeploymentForm
from necmergitur.web.trials.forms import (
    BeginForm,
    ComplaintForm,
    CostForm,
    ExitForm,
    ProtocolForm,
    StopForm,
    TruthForm,
    WithdrawForm,
    within,
)
from necmergitur.web.trials.models import Draft

LISTED_MAX = 200
NOTES = ("truth", "complaint", "cost", "withdraw")  # forms of what happened


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every experiment, and the projects that may have one."""
    rows = Experiment.objects.prefetch_related(*grades.behind("project"))[:LISTED_MAX]
    projects = (
        Project.objects.filter(state__in=(ProjectState.SELECTED, ProjectState.INCUBATED))
        .annotate(untried=~Exists(Experiment.objects.filter(project=OuterRef("pk"))))
        .order_by("-untried", "-created_at")[:LISTED_MAX]
    )
    context = {
        "rows": chain.experiments(rows),
        "projects": [
            {**one, "form": BeginForm(initial={"title": one["row"].title}, auto_id=f"id_{one['row'].pk}_%s")}
            for one in chain.projects(projects)
        ],
    }
    return pages.show(request, "trials/desk/home.html", context, tab="trials")


@require(rights.may_run)
@require_POST
def new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make an experiment of a project."""
    found, form = get_object_or_404(Project, pk=pk), BeginForm(request.POST)
    if not form.is_valid():
        return pages.refused(request, Refusal(rule="trial_title_missing"), "../../")
    made = making.make(found, CLOCK.now(), cast(User, request.user), once=True, **form.cleaned_data)
    if isinstance(made, Refusal):
        return pages.refused(request, made, "../../")
    return redirect("trials:desk-one", made.pk)


@require(rights.may_read)
@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One experiment as it stands, with what may be done now."""
    return _page(request, get_object_or_404(Experiment, pk=pk))


def _page(request: HttpRequest, row: Experiment, status: int = 200, **bound: Any) -> HttpResponse:
    found = Trial.objects.filter(id=row.pk).first()
    context: dict[str, Any] = {"one": row, "state": chain.told(row), "bar": chain.bar(row)}
    if found is None:
        draft = Draft.objects.filter(experiment=row).first()
        context["form"] = bound.get("form") or ProtocolForm(initial=draft.typed if draft else None)
        context["saved_at"] = draft.saved_at if draft else None
        context["demo"] = settings.DEMO
    else:
        context |= showing.whole(found, CLOCK.now(), request.GET.get("facts"))
        context["forms"] = _forms(found, context["notes"]) | bound
        missed = found.state == "frozen" and CLOCK.now() >= protocol.read(found.protocol).ends
        context["missed"] = missed
        context["papers"] = papering.told(found, CLOCK.now()) if found.state == "frozen" and not missed else []
        context["may_note"] = found.state in ("running", "stopped")
        context["is_noting"] = context["may_note"] or any(name in NOTES for name in bound)
    status = 422 if bound and status == 200 else status
    return pages.show(request, "trials/desk/one.html", context, tab="trials", status=status)


def _places(found: Trial) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    told = protocol.read(found.protocol)
    names = showing.zones(told)
    pairs = sorted({(source.use, source.zone_id) for source in told.sources})
    places = [(f"{use}@{zone}", f"{words.USES[use]} · {names.get(zone, zone)}") for use, zone in pairs]
    return places, [(zone, names.get(zone, zone)) for zone in told.sites]


def _forms(found: Trial, notes: list[tuple[str, str]]) -> dict[str, Any]:
    places, zones = _places(found)
    at = within(protocol.read(found.protocol), CLOCK.now())
    return {
        "truth": TruthForm(places=places, initial={"since": at, "until": at}),
        "complaint": ComplaintForm(zones=zones),
        "cost": CostForm(),
        "withdraw": WithdrawForm(notes=notes, auto_id="id_withdraw_%s"),
        "stop": StopForm(auto_id="id_stop_%s"),
        "exit": ExitForm(auto_id="id_exit_%s"),
        "deploy": DeploymentForm(auto_id="id_deploy_%s"),
    }


@require(rights.may_run)
@require_POST
def write(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep a draft of the protocol, or fix it for good."""
    row, form = get_object_or_404(Experiment, pk=pk), ProtocolForm(request.POST)
    if "freeze" not in request.POST and row.state == ExperimentState.DRAFT:
        typed = {name: request.POST.getlist(name) if name == "sources" else request.POST[name] for name in request.POST}
        kept = {name: value for name, value in typed.items() if name in form.fields}
        Draft.objects.update_or_create(experiment=row, defaults={"typed": kept, "saved_at": CLOCK.now()})
        return redirect("trials:desk-one", pk)
    if not form.is_valid():
        return _page(request, row, form=form) if row.state == ExperimentState.DRAFT else redirect("trials:desk-one", pk)
    others = list(row.project.experiments.exclude(pk=pk).values_list("pk", flat=True))
    outcome = guards.run(request, lambda by, now: trials.freeze(store(), form.read(row), by, now, others))
    if isinstance(outcome, Told):
        Draft.objects.filter(experiment=row).delete()
        return redirect("trials:desk-one", pk)
    against = outcome if isinstance(outcome, list) else [outcome]
    if row.state != ExperimentState.DRAFT:
        return refused(request, against[0])
    for refusal in against:
        name = words.field_of(refusal.rule)
        place = "goal_precision" if name == "goals" else name if name in form.fields else None
        form.add_error(place, words.sentence(refusal))
    return _page(request, row, form=form)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Say a refusal on a page of its own, with the way back to the experiment."""
    context = {"why": words.sentence(refusal), "back": "../"}
    return pages.show(request, "programme/refused.html", context, tab="trials", status=guards.status_of(refusal))


@require(rights.may_run)
@require_POST
def papers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Draw up the paper of each key, for three parties to sign."""
    row = get_object_or_404(Experiment, pk=pk)
    return _after(request, pk, guards.run(request, lambda by, now: papering.draw_up(row, by, now)))


@require(rights.may_run)
@require_POST
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open the vendor's keys, if three parties signed for this protocol."""
    outcome = guards.run(request, lambda by, now: trials.begin(store(), pk, by, now))
    return _after(request, pk, outcome)


def _after(request: HttpRequest, pk: UUID, outcome: Any) -> HttpResponse:
    return refused(request, outcome) if isinstance(outcome, Refusal) else redirect("trials:desk-one", pk)


@require(rights.may_run)
@require_POST
def truth(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note what an observer saw."""
    row, found = get_object_or_404(Experiment, pk=pk), get_object_or_404(Trial, id=pk)
    form = TruthForm(request.POST, places=_places(found)[0])
    if not form.is_valid():
        return _page(request, row, truth=form)
    said = form.cleaned_data
    use, _at, zone = said["place"].partition("@")
    event = TrialTruth(use, zone, _utc(said["since"]), _utc(said["until"]), said["present"] == "yes", said["seen"])
    return _noted(request, row, event, truth=form)


@require(rights.may_run)
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back a note of what was seen, or a complaint, that was a mistake."""
    row, found = get_object_or_404(Experiment, pk=pk), get_object_or_404(Trial, id=pk)
    noted = kept.noted([one for _seq, one in kept.facts(pk)])
    notes = showing.notes(noted, protocol.read(found.protocol))
    form = WithdrawForm(request.POST, notes=notes, auto_id="id_withdraw_%s")
    if not form.is_valid():
        return _page(request, row, withdraw=form)
    version, reason = int(form.cleaned_data["note"]), form.cleaned_data["reason"]
    outcome = guards.run(request, lambda by, at: trials.withdraw(store(), pk, version, reason, by, at))
    return _said(request, row, outcome, _("Taken back."), withdraw=form)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _noted(
    request: HttpRequest, row: Experiment, event: TrialTruth | TrialComplaint | TrialCost, **forms: Form
) -> HttpResponse:
    """Note what a form says."""
    outcome = guards.run(request, lambda by, now: trials.note(store(), row.pk, event, by, now))
    return _said(request, row, outcome, _("Noted."), **forms)


def _said(request: HttpRequest, row: Experiment, outcome: Any, done: str, **forms: Form) -> HttpResponse:
    """Say that what a form says was kept, or what stands against it, in the form as it was typed."""
    if not isinstance(outcome, Refusal):
        messages.success(request, done)
        return redirect("trials:desk-one", row.pk)
    ((_name, form),) = forms.items()
    beside = words.NOTE_BESIDE.get(outcome.rule)
    is_beside = beside in form.fields
    form.add_error(beside if is_beside else None, words.sentence(outcome))
    return _page(request, row, 422 if is_beside else guards.status_of(outcome), **forms)


@require(rights.may_run)
@require_POST
def complaint(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note that somebody complained."""
    row, found = get_object_or_404(Experiment, pk=pk), get_object_or_404(Trial, id=pk)
    form = ComplaintForm(request.POST, zones=_places(found)[1])
    if not form.is_valid():
        return _page(request, row, complaint=form)
    event = TrialComplaint(form.cleaned_data["about"], form.cleaned_data["zone"], CLOCK.now())
    return _noted(request, row, event, complaint=form)


@require(rights.may_run)
@require_POST
def cost(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note what it cost."""
    row, form = get_object_or_404(Experiment, pk=pk), CostForm(request.POST)
    if not form.is_valid():
        return _page(request, row, cost=form)
    return _noted(request, row, TrialCost(form.cleaned_data["of"], int(form.cleaned_data["euros"] * 100)), cost=form)


@require(rights.may_run)
@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop by hand."""
    row, form = get_object_or_404(Experiment, pk=pk), StopForm(request.POST, auto_id="id_stop_%s")
    if not form.is_valid():
        return _page(request, row, stop=form)
    reason = form.cleaned_data["reason"]
    return _after(request, pk, guards.run(request, lambda by, now: trials.stop(store(), pk, reason, by, now)))


@require(rights.may_run)
@require_POST
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fix the report."""
    return _after(request, pk, guards.run(request, lambda by, now: trials.report(store(), pk, by, now)))


@require(rights.may_run)
@require_POST
def leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how it ends for the city."""
    row, form = get_object_or_404(Experiment, pk=pk), ExitForm(request.POST, auto_id="id_exit_%s")
    if not form.is_valid():
        return _page(request, row, exit=form)
    said = form.cleaned_data
    command = lambda by, now: trials.leave(store(), pk, said["how"], said["reason"], by, now)  # noqa: E731
    return _after(request, pk, guards.run(request, command))
