"""Votes for needs: one for each browser that keeps a number, so many for each network. No account, no address kept."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from necmergitur.web.dialogue import numbers
from necmergitur.web.dialogue.constants import COOKIE_AGE
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.programme.models import Need, Vote

COOKIE, PATH = "nec_programme", "/programme/"
# What one network may do in ten minutes: a class may vote, a program may not decide.
NEWCOMERS_MAX = 30  # ours: as in dialogues
NEEDS_MAX = 5  # ours: of people without account

newcomers = Limit(NEWCOMERS_MAX)
needs_stated = Limit(NEEDS_MAX)


def token_of(request: HttpRequest) -> str:
    """Return the number this browser keeps; empty when it has none."""
    return numbers.kept(COOKIE, request)


def new_token() -> str:
    """Draw a number."""
    return numbers.drawn(COOKIE)


def voted(need: Need, request: HttpRequest) -> bool:
    """Return whether this browser voted for a need."""
    token = token_of(request)
    return bool(token) and Vote.objects.filter(need=need, voter=_voter(token)).exists()


def vote(need: Need, request: HttpRequest, address: str, now: datetime, *, take_back: bool) -> str | None:
    """Keep a vote or take it back; return the number for the browser to keep, None when its network votes too much."""
    token = token_of(request)
    if not token:
        if not newcomers.passed(address):
            return None
        token = new_token()
    voter = _voter(token)
    if take_back:
        Vote.objects.filter(need=need, voter=voter).delete()
    else:
        Vote.objects.get_or_create(need=need, voter=voter, defaults={"at": now})
    return token


def keep(response: HttpResponse, token: str) -> None:
    """Have the browser keep its number."""
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_AGE, path=PATH, secure=settings.ORIGIN.secure, httponly=True, samesite="Lax"
    )


def _voter(token: str) -> str:
    """Return what is kept of a browser: the same for all needs, so that two merged into one count it once."""
    return hashlib.sha256(f"need|{token}".encode()).hexdigest()
