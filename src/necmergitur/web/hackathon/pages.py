"""What several pages of hackathons share: the frame of the desk, private pages, an edition with its phase."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Act, Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.dialogue.limits import address_of
from necmergitur.web.hackathon import voting, words
from necmergitur.web.hackathon.models import Edition
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.programme import pages as programme


def edition_of(slug: str) -> Edition:
    """Return an edition. Raises Http404."""
    return get_object_or_404(Edition, slug=slug)


def told(edition: Edition, now: datetime) -> dict[str, Any]:
    """Return an edition as pages show it: its phase, what may be done, its dates."""
    phase = edition.phase(now)
    return {
        "edition": edition,
        "phase": words.phase(phase),
        "mail": mail_leaves(),
        "ends_at": editions.ends_at(edition.dates, phase),
        "may": {act.value: editions.may(act, edition.dates, now) is None for act in Act},
        "steps": [
            {**words.phase(one), "at": at, "here": one is phase}
            for one, at in (
                (Phase.REGISTRATION, edition.registration_at),
                (Phase.TEAMS, edition.teams_at),
                (Phase.WORK, edition.work_at),
                (Phase.SUBMISSION, edition.submission_at),
                (Phase.REVIEW, edition.review_at),
                (Phase.RESULTS, edition.results_at),
            )
        ],
    }


def desk(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page of the desk."""
    return programme.show(request, f"hackathon/desk/{template}", context, tab="hackathon", status=status)


def refused(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """Say a refusal on a page of the desk, with the way back."""
    context = {"why": words.sentence(refusal), "back": back}
    return programme.show(request, "programme/refused.html", context, tab="hackathon", status=guards.status_of(refusal))


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page out of search engines, and its address out of others' logs."""
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def unknown(request: HttpRequest) -> HttpResponse:
    """Answer a link that is nobody's."""
    status = 404 if voting.wrong_links.passed(address_of(request)) else 429
    return private(render(request, "hackathon/unknown.html", status=status))


def show_private(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page behind a private link."""
    return private(render(request, f"hackathon/{template}", context, status=status))
