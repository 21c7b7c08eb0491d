"""A reviewer's pages, behind their private link. They see what an application says, never whose it is."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from necmergitur.innovation import selection
from necmergitur.innovation.reviews import APPLIED
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.hackathon.words import CRITERIA
from necmergitur.web.incubation import reviewing, words
from necmergitur.web.incubation.forms import KnowsForm, MarksForm
from necmergitur.web.incubation.models import Helper, Review
from necmergitur.web.store import CLOCK


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page out of search engines, and its address out of others' logs."""
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def reviewer_of(token: str) -> Helper:
    """Return whose link it is. Raises Http404."""
    found = reviewing.helper_of(token, Helper.Kind.REVIEWER)
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest, token: str) -> HttpResponse:
    """First whom one knows, then what there is to read; erased from here too."""
    found = reviewer_of(token)
    if request.method == "POST" and request.POST.get("do") == "erase":
        reviewing.erase(found, CLOCK.now())
        messages.success(request, _("All you said is erased; the marks you gave stay, without your name."))
        return private(redirect("incubation:calls"))
    form = KnowsForm(request.POST or None, initial={"knows": found.knows})
    if request.method == "POST" and form.is_valid():
        reviewing.declare(found, form.cleaned_data["knows"], CLOCK.now())
        messages.success(request, _("Kept. Applications of people you know go to others."))
        return private(redirect("incubation:reviewer", token))
    rows = found.reviews.select_related("application__call__challenge")
    context = {"one": found, "token": token, "form": form, "rows": [_told(each) for each in rows]}
    return private(render(request, "incubation/reviewer.html", context, status=422 if form.is_bound else 200))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """One application: its words, a mark for each line, and what the company should hear."""
    reader = reviewer_of(token)
    found = reader.reviews.filter(pk=pk).select_related("application__call__challenge").first()
    if found is None:
        raise Http404
    form = MarksForm(request.POST or None)
    if request.method == "POST":
        now, outcome = CLOCK.now(), None
        if request.POST.get("do") == "know":
            outcome = reviewing.recognise(found, now)
            if outcome is None:
                messages.success(request, _("Thank you. Somebody else reads it."))
                return private(redirect("incubation:reviewer", token))
        elif form.is_valid():
            given = {name: float(form.cleaned_data[name]) for name in APPLIED}
            made = reviewing.mark(found.pk, given, form.cleaned_data["remark"], now)
            if not isinstance(made, Refusal):
                return private(redirect("incubation:reviewer", token))
            outcome = made
        if outcome is not None:
            context = {"why": words.sentence(outcome), "token": token}
            return private(render(request, "incubation/refused.html", context, status=guards.status_of(outcome)))
    over = selection.may_read(reviewing.reading_of(reader.call), CLOCK.now(), decided=False) is not None
    context = _told(found) | {
        "token": token,
        "form": None if found.done_at or over or found.application.accepted is not None else form,
        "given": [(CRITERIA[name], value) for name, value in found.marks.items()],
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return private(render(request, "incubation/review.html", context, status=status))


def _told(row: Review) -> dict[str, Any]:
    """Return a review as its reader may see it: until the decision, no name of whoever applied leaves this line."""
    applied = row.application
    decided = applied.accepted is not None
    return {
        "review": row,
        "title": applied.title,
        "summary": applied.summary,
        "challenge": applied.call.challenge,
        "decided": decided,
        "accepted": applied.accepted,
        "organisation": applied.organisation if decided else "",
    }
