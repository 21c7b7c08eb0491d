"""What everybody reads of the incubation; how a company applies; and its own page behind its link."""

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.innovation import intake
from necmergitur.innovation.phases import Phase, Year, years
from necmergitur.innovation.phases import Step as Walked
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.dialogue.limits import address_of as network_of
from necmergitur.web.incubation import keeping, reviewing, taking, words
from necmergitur.web.incubation.forms import ApplyForm
from necmergitur.web.incubation.models import Application, Call, Step
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.programme import showing
from necmergitur.web.programme.links import digest
from necmergitur.web.store import CLOCK

LISTED_MAX = 100
APPLICATIONS_MAX = 10  # ours: of one network in ten minutes
applications = Limit(APPLICATIONS_MAX)
SHUT = frozenset(words.CALLS)  # why a call takes no application at all
STATUSES = {"application_not_blind": 422, "applications_many": 429}
BESIDE: dict[str, str | None] = {"address_known": "contact_email", "application_known": "title"}


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
    rows = [taking.told(one, now) for one in taking.calls().select_related("challenge")[:LISTED_MAX]]
    context = {
        "rows": sorted(rows, key=lambda each: not each["open"]),
        "years": [told(each) for each in indicators()],
        "heads": [word for _tone, word in words.PHASES.values()],
    }
    return render(request, "incubation/calls.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: str) -> HttpResponse:
    """One call, and its form while it takes applications. Nothing that was typed is lost to a refusal."""
    found, now = get_object_or_404(taking.calls().select_related("challenge"), pk=pk), CLOCK.now()
    shut, status = taking.refused(found, now), 200
    form = ApplyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        status = 422 if shut is None else 409
        if shut is None and form.is_valid():
            token = _send(request, found, form, now)
            if not isinstance(token, Refusal):
                return redirect("incubation:mine", token)
            if token.rule in SHUT:
                shut = token  # meanwhile
            else:
                _say_beside(form, token)
            status = STATUSES.get(token.rule, 409)
    context = taking.told(found, now) | {
        "form": form if shut is None else None,
        "typed": form if shut is not None and form.is_bound else None,
        "shut": "" if shut is None else words.sentence(shut),
        "challenge": found.challenge,
        "bar": showing.bar(found.challenge, public=True),
    }
    response = render(request, "incubation/call.html", context, status=status)
    if status == STATUSES["applications_many"]:
        response.headers["Retry-After"] = str(applications.again_in(network_of(request)))
    return response


def _send(request: HttpRequest, call: Call, form: ApplyForm, now: datetime) -> str | Refusal:
    """Keep an application. Refused ones are counted too: their answers tell whose address applied."""
    network = network_of(request)
    if not applications.passed(network):
        at = timezone.localtime(now + timedelta(seconds=applications.again_in(network)))
        return Refusal(rule="applications_many", facts={"at": f"{at:%H:%M}"})
    return keeping.apply(call, form.cleaned_data, now)


def _say_beside(form: ApplyForm, refusal: Refusal) -> None:
    """Say a refusal beside what it is about: the text that names somebody, the address that is known."""
    said, sentence = form.cleaned_data.copy(), words.sentence(refusal)
    names: list[str | None] = [BESIDE[refusal.rule]] if refusal.rule in BESIDE else [None]
    if refusal.rule == "application_not_blind":
        blank = {"title": "", "summary": ""}
        told = [(name, reviewing.told_by(said | blank | {name: said[name]})) for name in blank]
        names = [*(name for name, found in told if found)] or [None]
    for name in names:
        form.add_error(name, sentence)


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
        "full": found.accepted is None and intake.is_full(found.call.places, taking.given(found.call)),
        "steps": steps,
        "is_alone": found.accepted is not None and not found.reviews.exists(),
        "remarks": [each.remark for each in remarks],
        "mail": mail_leaves(),
        "bar": showing.bar(found.project or found.call.challenge, public=True),
    }
    response = render(request, "incubation/mine.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
