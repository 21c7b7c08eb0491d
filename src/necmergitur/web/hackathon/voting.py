"""The public's vote: one for each browser that keeps a number, so many for each network. The jury stays apart."""

import hashlib
from datetime import datetime

from django.http import HttpRequest

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Act
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.hackathon.models import Edition, Submission, Voice
from necmergitur.web.programme.voting import NEWCOMERS_MAX, new_token, token_of

APPLICATIONS_MAX = 40  # ours: of one network in ten minutes; a school registers a class
QUESTIONS_MAX = 20  # ours: of one team's link in ten minutes

newcomers = Limit(NEWCOMERS_MAX)
applications = Limit(APPLICATIONS_MAX)
wrong_links = Limit(60)  # ours: as at open doors; a link has 256 bits, the limit is for our own peace


def vote(edition: Edition, submission: Submission, request: HttpRequest, address: str, now: datetime) -> str | Refusal:
    """Keep a browser's vote, its last one counts; return the number for the browser to keep."""
    refused = editions.may(Act.VOTE, edition.dates, now)
    if refused is not None:
        return refused
    token = token_of(request)
    if not token:
        if not newcomers.passed(address):
            return Refusal(rule="too_many")
        token = new_token()
    Voice.objects.update_or_create(
        edition=edition, voter=_voter(edition, token), defaults={"submission": submission, "at": now}
    )
    return token


def voted(edition: Edition, request: HttpRequest) -> int | None:
    """Return which submission this browser voted for."""
    token = token_of(request)
    held = Voice.objects.filter(edition=edition, voter=_voter(edition, token)).first() if token else None
    return held.submission_id if held else None


def _voter(edition: Edition, token: str) -> str:
    return hashlib.sha256(f"hackathon|{edition.pk}|{token}".encode()).hexdigest()
