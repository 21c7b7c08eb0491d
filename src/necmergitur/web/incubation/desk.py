"""The analysts' desk of the incubation."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation import intake
from necmergitur.innovation.phases import FOLLOWS, Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.incubation import keeping, taking, views, words
from necmergitur.web.incubation import showing as told
from necmergitur.web.incubation.forms import (
    CallForm,
    DecideForm,
    GrantForm,
    MilestoneForm,
    PhaseForm,
)
from necmergitur.web.incubation.mentors import number
from necmergitur.web.incubation.models import Application, Grant, Milestone
from necmergitur.web.programme import making, pages, rights, showing
from necmergitur.web.programme.models import Project
from necmergitur.web.store import CLOCK, store

TAB = "incubation"
LISTED_MAX = 200
UNDECIDABLE = frozenset({"application_decided", "reviews_under_way", "reviewers_wait"})  # its page has no form then
CALL_LASTS = timedelta(days=30)  # ours: what the form suggests; long enough for a small company to write


def refused(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """Say a refusal with the way back."""
    context = {"why": words.sentence(refusal), "back": back}
    return pages.show(request, "programme/refused.html", context, tab=TAB, status=guards.status_of(refusal))


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Calls, projects under way, grants, years."""
    projects = Project.objects.filter(steps__isnull=False).distinct().prefetch_related("steps")[:LISTED_MAX]
    context = {
        "calls": [taking.told(one, CLOCK.now()) for one in taking.calls()[:LISTED_MAX]],
        "projects": [{"one": one, "phase": words.PHASES[list(one.steps.all())[-1].phase]} for one in projects],
        "grants": [{"one": one, "now": keeping.standing(one)} for one in Grant.objects.all()[:LISTED_MAX]],
        "years": [views.told(each) for each in views.indicators()],
        "heads": [word for _tone, word in words.PHASES.values()],
    }
    return pages.show(request, "incubation/desk/home.html", context, tab=TAB)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, what: str) -> HttpResponse:
    """Write a call or a grant."""
    form: Any = (CallForm if what == "call" else GrantForm)(request.POST or None, initial=_asked(request))
    if request.method == "POST" and form.is_valid():
        made = form.save(commit=False)
        if what == "call":
            made.id = store().ids.new()
        by, now = cast(User, request.user), CLOCK.now()
        with transaction.atomic():
            made.save()
            if what == "call":
                making.note(made.challenge, "call", by, now)
            else:
                making.record("grant:made", str(made.pk), by, now, cents=str(made.cents))
        return redirect("incubation:desk-call", made.pk) if what == "call" else redirect("incubation:grant", made.pk)
    status = 422 if form.is_bound else 200
    return pages.show(request, "incubation/desk/write.html", {"form": form, "what": what}, tab=TAB, status=status)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what a new call begins with: the challenge its address names, from now on for a month."""
    now = timezone.localtime(CLOCK.now()).replace(second=0, microsecond=0)
    begins = {"opens_at": now, "closes_at": now + CALL_LASTS, "places": 1}
    return begins | ({"challenge": request.GET["challenge"]} if "challenge" in request.GET else {})


@require(rights.may_read)
@never_cache
@require_safe
def call(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One call with its applications."""
    found = get_object_or_404(taking.calls().select_related("challenge"), pk=pk)
    context = taking.told(found, CLOCK.now()) | {
        "rows": found.applications.all(),
        "bar": showing.bar(found.challenge),
    }
    return pages.show(request, "incubation/desk/call.html", context, tab=TAB)


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One application; decided here."""
    found = get_object_or_404(Application.objects.select_related("call__challenge", "project"), pk=pk)
    form = DecideForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and rights.may_run(request.user) and form.is_valid():
        accepted, by = request.POST.get("to") == "accept", cast(User, request.user)
        made = keeping.decide(found, form.cleaned_data["reason"], CLOCK.now(), by, accepted=accepted)
        if isinstance(made, Refusal):
            if made.rule in UNDECIDABLE:
                return refused(request, made, request.path)
            form.add_error(None, words.sentence(made, at_desk=True))
            status = guards.status_of(made)
        else:
            return redirect("incubation:desk-call", found.call_id)
    context = {
        "one": found,
        "form": form,
        "full": intake.is_full(found.call.places, taking.given(found.call)),
        "bar": showing.bar(found.project or found.call.challenge),
    } | told.of(found)
    return pages.show(request, "incubation/desk/application.html", context, tab=TAB, status=status)


@require(rights.may_read)
@never_cache
@require_safe
def project(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One project: its phases, milestones and money."""
    return _project_page(request, get_object_or_404(Project, pk=pk))


def _project_page(request: HttpRequest, found: Project, status: int = 422, **bound: Any) -> HttpResponse:
    steps = list(found.steps.all())
    following = FOLLOWS.get(Phase(steps[-1].phase), frozenset()) if steps else frozenset()
    context = {
        "one": found,
        "told": showing.told(found),
        "bar": showing.bar(found),
        "steps": [(words.PHASES[each.phase], each) for each in steps],
        "following": [(one.value, words.PHASES[one][1]) for one in Phase if one in following],
        "milestones": found.milestones.all(),
        "lines": found.lines.select_related("grant"),
        "hours": found.hours.select_related("slot__mentor"),
        "forms": {"phase": PhaseForm(), "milestone": MilestoneForm()} | bound,
    }
    return pages.show(request, "incubation/desk/project.html", context, tab=TAB, status=status if bound else 200)


def _no_phase(request: HttpRequest, found: Project, form: PhaseForm, refusal: Refusal) -> HttpResponse:
    if keeping.is_over(found):  # its page has no form any more
        return refused(request, refusal, request.path.removesuffix("do/phase/"))
    form.add_error("reason" if refusal.rule == "reason_missing" else None, words.sentence(refusal))
    return _project_page(request, found, status=guards.status_of(refusal), phase=form)


@require(rights.may_run)
@require_POST
@transaction.atomic
def project_act(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Enter a phase; add, reach or drop a milestone. Raises Http404 for anything else."""
    found, now, by = get_object_or_404(Project, pk=pk), CLOCK.now(), cast(User, request.user)
    if what == "phase":
        form, to = PhaseForm(request.POST), request.POST.get("to", "")
        if not form.is_valid() or to not in set(Phase):
            return _project_page(request, found, phase=form)
        made = keeping.enter(found, Phase(to), form.cleaned_data["reason"], now, by)
        if isinstance(made, Refusal):
            return _no_phase(request, found, form, made)
    elif what == "milestone":
        aim = MilestoneForm(request.POST, instance=Milestone(project=found))
        if not aim.is_valid():
            return _project_page(request, found, milestone=aim)
        if keeping.is_over(found):
            return refused(request, Refusal(rule="project_over"), request.path.removesuffix("do/milestone/"))
        made_aim = aim.save()
        making.note(found, "milestone", by, now, milestone=str(made_aim.pk))
    elif what in ("reached", "dropped"):
        pk_of = number(request.POST.get("id", ""))
        said: dict[str, Any] = {"done_at": now}
        if what == "dropped":
            said = {"dropped_at": now, "dropped_why": request.POST.get("why", "")[:400]}
        if found.milestones.filter(pk=pk_of, done_at=None, dropped_at=None).update(**said):
            making.note(found, f"milestone:{what}", by, now, milestone=str(pk_of))
    else:
        raise Http404
    return redirect("incubation:project", pk)
