"""Pages of jurors and mentors, behind their private links. A juror sees works, never whose they are."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from necmergitur.innovation import reviews
from necmergitur.innovation.editions import Act, may
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.hackathon import jury, pages, people, showing, words
from necmergitur.web.hackathon.forms import DeclareForm, MarksForm
from necmergitur.web.hackathon.models import Helper, Question, Review
from necmergitur.web.store import CLOCK

DIGITS_MAX = 12  # ours: no table has so many rows


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest, link: str) -> HttpResponse:
    """First whom one knows, then what there is to read."""
    juror = people.helper_of(link, Helper.Kind.JUROR)
    if juror is None:
        return pages.unknown(request)
    now = CLOCK.now()
    if request.method == "POST" and request.POST.get("do") == "erase":
        return _erased(request, juror, now)
    form = DeclareForm(request.POST or None, initial={"knows": juror.knows})
    if request.method == "POST" and form.is_valid():
        if jury.declare(juror, form.cleaned_data["knows"], now) is None:
            messages.success(request, _("Kept. Works of people you know go to others."))
        else:
            messages.warning(
                request, _("Kept. Nobody else may read one of the works of people you know: tell the organisers.")
            )
        return pages.private(redirect("hackathon:jury", link))
    asked = juror.reviews.select_related("submission__project")
    context = pages.told(juror.edition, now) | {"juror": juror, "link": link, "form": form, "rows": asked}
    return pages.show_private(request, "jury.html", context, 422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, link: str, pk: int) -> HttpResponse:
    """One work: its words first; once they are marked, what it shows."""
    juror = people.helper_of(link, Helper.Kind.JUROR)
    if juror is None:
        return pages.unknown(request)
    if juror.conflicts.filter(submission_id=pk).exists():
        return _refused(request, juror, link, Refusal(rule="review_conflict"))
    review = juror.reviews.filter(submission_id=pk).select_related("submission__project").first()
    if review is None:
        raise Http404
    now = CLOCK.now()
    refused = may(Act.REVIEW, juror.edition.dates, now)
    if refused is None and request.method == "POST" and request.POST.get("do") == "know":
        refused = jury.recognise(review, now)
        if refused is None:
            messages.success(request, _("Thank you. Somebody else reviews it."))
            return pages.private(redirect("hackathon:jury", link))
    if refused is not None:
        return _refused(request, juror, link, refused)
    return _marks(request, juror, link, review, now)


def _marks(request: HttpRequest, juror: Helper, link: str, review: Review, now: datetime) -> HttpResponse:
    step = reviews.SEEN if review.blind_at else reviews.BLIND
    form = MarksForm(request.POST or None, step=step)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        outcome = jury.mark(review.pk, {name: float(said[name]) for name in step}, said.get("remark", ""), now)
        if isinstance(outcome, Refusal):
            return _refused(request, juror, link, outcome)
        if outcome.done_at is None:
            return pages.private(redirect("hackathon:review", link, review.submission_id))
        return pages.private(redirect("hackathon:jury", link))
    return _page(request, juror, link, review, form)


def _page(request: HttpRequest, juror: Helper, link: str, review: Review, form: MarksForm) -> HttpResponse:
    context = pages.told(juror.edition, CLOCK.now()) | {
        "link": link,
        "review": review,
        "project": review.submission.project,
        "challenge": review.submission.project.team.challenge,
        "given": [(words.CRITERIA[name], value) for name, value in {**review.blind, **review.seen}.items()],
        "form": form,
    }
    return pages.show_private(request, "review.html", context, 422 if form.is_bound else 200)


def _erased(request: HttpRequest, helper: Helper, now: datetime) -> HttpResponse:
    slug = helper.edition.slug
    people.erase_helper(helper, now)
    messages.success(request, _("All you said is erased."))
    return redirect("hackathon:edition", slug)


def _refused(request: HttpRequest, juror: Helper, link: str, refusal: Refusal) -> HttpResponse:
    context: dict[str, Any] = {"why": words.sentence(refusal), "link": link, "edition": juror.edition}
    return pages.show_private(request, "refused.html", context, guards.status_of(refusal))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mentor(request: HttpRequest, link: str) -> HttpResponse:
    """What teams ask: taken by one mentor, then done."""
    found = people.helper_of(link, Helper.Kind.MENTOR)
    if found is None:
        return pages.unknown(request)
    now = CLOCK.now()
    if request.method == "POST" and request.POST.get("do") == "erase":
        return _erased(request, found, now)
    if request.method == "POST":
        number = request.POST.get("question", "")
        known = number.isascii() and number.isdigit() and len(number) < DIGITS_MAX
        rows = Question.objects.filter(entry__edition=found.edition, pk=int(number) if known else 0)
        if request.POST.get("do") == "take":
            # One statement: of two mentors who press at once, one has it.
            if not rows.filter(taken_at__isnull=True).update(taken_at=now, taken_by=found):
                messages.warning(request, _("Another mentor was faster."))
        else:
            rows.filter(taken_by=found, done_at__isnull=True).update(done_at=now)
        return pages.private(redirect("hackathon:mentor", link))
    context = pages.told(found.edition, now) | {
        "mentor": found,
        "rows": showing.questions(found.edition, waiting=False),
        "done": found.questions.filter(done_at__isnull=False).count(),
    }
    return pages.show_private(request, "mentor.html", context)
