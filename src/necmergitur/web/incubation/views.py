"""What everybody reads of the incubation; how a company applies; and its own page behind its link."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.innovation.phases import Phase, Year, years
from necmergitur.innovation.phases import Step as Walked
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.dialogue.limits import address_of as network_of
from necmergitur.web.incubation import keeping, words
from necmergitur.web.incubation.forms import ApplyForm
from necmergitur.web.incubation.models import Application, Call, Step
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.portal.errors import too_many
from necmergitur.web.programme import showing
from necmergitur.web.programme.links import digest
from necmergitur.web.store import CLOCK

LISTED_MAX = 100
APPLICATIONS_MAX = 10  # ours: of one network in ten minutes
applications = Limit(APPLICATIONS_MAX)


def is_open(call: Call, now: datetime) -> bool:
    """Return whether a call takes applications."""
    return call.opens_at <= now < call.closes_at


def indicators() -> list[Year]:
    """Return what each year of the city came to, newest first, from dated steps alone."""
    rows = Step.objects.values_list("project_id", "phase", "at")
    return years(
        [Walked(str(project), Phase(phase), at) for project, phase, at in rows], timezone.get_default_timezone()
    )[::-1]


def told(year: Year) -> dict[str, object]:
    """Return a year as a table's row: per phase how many entered, and the middle days of those who left it."""
    cells = [
        {"word": word, "entered": year.entered.get(phase, 0), "days": year.days.get(phase)}
        for phase, (_tone, word) in words.PHASES.items()
    ]
    return {"year": year.year, "cells": cells, "under_way": year.under_way}


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """Calls, the open ones first, and what came of those before."""
    now = CLOCK.now()
    rows = [{"one": one, "open": is_open(one, now)} for one in Call.objects.select_related("challenge")[:LISTED_MAX]]
    context = {
        "rows": sorted(rows, key=lambda each: not each["open"]),
        "years": [told(each) for each in indicators()],
        "heads": [word for _tone, word in words.PHASES.values()],
    }
    return render(request, "incubation/calls.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: str) -> HttpResponse:
    """One call, and its form while it is open."""
    found, now = get_object_or_404(Call, pk=pk), CLOCK.now()
    form = ApplyForm(request.POST or None) if is_open(found, now) else None
    if request.method == "POST" and form is not None and form.is_valid():
        if not applications.passed(network_of(request)):
            return too_many(request)
        token = keeping.apply(found, form.cleaned_data, now)
        if not isinstance(token, Refusal):
            return redirect("incubation:mine", token)
        if token.rule != "application_not_blind":
            context = {"one": found, "why": words.sentence(token)}
            return render(request, "incubation/known.html", context, status=409)
        form.add_error(None, words.sentence(token))
    context = {
        "one": found,
        "form": form,
        "early": now < found.opens_at,
        "challenge": found.challenge,
        "bar": showing.bar(found.challenge, public=True),
    }
    return render(request, "incubation/call.html", context, status=422 if form is not None and form.is_bound else 200)


@never_cache
@require_safe
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """What became of an application."""
    found = Application.objects.select_related("call", "project").filter(link_hash=digest(token)).first()
    if found is None:
        raise Http404
    steps = [] if found.project is None else [(words.PHASES[each.phase], each) for each in found.project.steps.all()]
    remarks = found.reviews.exclude(remark="").filter(done_at__isnull=False) if found.accepted is not None else []
    context = {
        "one": found,
        "steps": steps,
        "remarks": [each.remark for each in remarks],
        "mail": mail_leaves(),
        "bar": showing.bar(found.project or found.call.challenge, public=True),
    }
    response = render(request, "incubation/mine.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
