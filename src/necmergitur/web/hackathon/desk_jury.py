"""The desk's jury of an edition: who reads what, how far it is, what it says, prizes, experiments."""

from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.innovation.editions import Act, may
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.hackathon import jury as rules
from necmergitur.web.hackathon import pages, prizes, showing, words, writing
from necmergitur.web.hackathon.forms import AssignForm, AwardForm, TakeBackForm
from necmergitur.web.hackathon.models import Conflict, Edition, Prize, Submission
from necmergitur.web.programme import pages as frame
from necmergitur.web.programme import rights
from necmergitur.web.programme import showing as programme
from necmergitur.web.store import CLOCK


@require(rights.may_read)
@never_cache
@require_safe
def jury(request: HttpRequest, slug: str) -> HttpResponse:
    """The jury's progress; its marks once the time for them is over."""
    return _page(request, pages.edition_of(slug))


def _page(request: HttpRequest, found: Edition, status: int = 200, **bound: Any) -> HttpResponse:
    now = CLOCK.now()
    # Marks are nobody's to watch while others are still giving theirs.
    over = may(Act.AWARD, found.dates, now) is None
    conflicts = Conflict.objects.filter(submission__entry__edition=found).select_related("juror", "submission__project")
    context = pages.told(found, now) | {
        "over": over,
        "jurors": found.helpers.filter(kind=rules.JUROR).annotate(
            asked=Count("reviews", distinct=True),
            done=Count("reviews", filter=Q(reviews__done_at__isnull=False), distinct=True),
        ),
        "conflicts": [
            {"juror": one.juror, "project": one.submission.project, "why": words.WHY[one.why]} for one in conflicts
        ],
        "taken": found.prizes.filter(taken_at__isnull=False).select_related("submission__project"),
        "handed": Submission.objects.filter(entry__edition=found).count(),
        "forms": {"assign": AssignForm(), "award": AwardForm()} | bound,
        **(showing.results(found, rules.results(found)) if over else {}),
    }
    context["winnable"] = showing.winnable(context) if over else []
    for one in context["winnable"]:
        one["experiment"] = programme.told(one["submission"].experiment) if one["submission"].experiment else None
    context["page"] = frame.leaf(request, context.get("rows", []))
    return pages.desk(request, "jury.html", context, status)


@require(rights.may_run)
@require_POST
def assign(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask jurors to read."""
    found, form = pages.edition_of(slug), AssignForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, assign=form)
    made = rules.assign(found, form.cleaned_data["each"], CLOCK.now())
    if isinstance(made, Refusal):
        return pages.refused(request, made, _back(slug))
    messages.success(request, ngettext("%(n)s review asked for", "%(n)s reviews asked for", made) % {"n": made})
    return redirect(_back(slug))


@require(rights.may_run)
@require_POST
def award(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Give a prize."""
    found, form = pages.edition_of(slug), AwardForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, award=form)
    submission = get_object_or_404(Submission, entry__edition=found, pk=pk)
    said = form.cleaned_data
    made = prizes.award(submission, said["title"], said["why"], CLOCK.now(), cast(User, request.user))
    return pages.refused(request, made, _back(slug)) if isinstance(made, Refusal) else redirect(_back(slug))


@require(rights.may_run)
@require_POST
def take_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a prize back, with a reason, while nobody outside has read of it."""
    found, form = pages.edition_of(slug), TakeBackForm(request.POST)
    prize = get_object_or_404(Prize, edition=found, pk=pk)
    if not form.is_valid():
        return _page(request, found, 422, award=form)
    made = prizes.take_back(prize, form.cleaned_data["why"], CLOCK.now(), cast(User, request.user))
    return pages.refused(request, made, _back(slug)) if isinstance(made, Refusal) else redirect(_back(slug))


@require(rights.may_run)
@require_POST
def experiment(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make a draft experiment of a project with a prize, in one click."""
    submission = get_object_or_404(Submission, entry__edition=pages.edition_of(slug), pk=pk)
    made = prizes.draft_experiment(submission, CLOCK.now(), cast(User, request.user))
    if isinstance(made, Refusal):
        return pages.refused(request, made, _back(slug))
    return redirect(programme.address_of(made) or _back(slug))


@require(rights.may_run)
@require_POST
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish the results; once."""
    found, now = pages.edition_of(slug), CLOCK.now()
    refused = may(Act.AWARD, found.dates, now)
    if refused is not None:
        return pages.refused(request, refused, _back(slug))
    with transaction.atomic():
        if Edition.objects.filter(pk=found.pk, published_at__isnull=True).update(published_at=now):
            writing.tell_certificates(found, now)
    return redirect("hackathon:results", slug)


def _back(slug: str) -> str:
    return reverse("hackathon:desk-jury", args=[slug])
