"""What the commons' pages share: the desk's frame with its four parts, private pages, audit facts, leafing."""

from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.registry import audit
from necmergitur.web.accounts.models import User
from necmergitur.web.commons import who, words
from necmergitur.web.commons.constants import PER_PAGE
from necmergitur.web.console import guards
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.portal.errors import too_many
from necmergitur.web.programme import pages as programme
from necmergitur.web.store import CLOCK, beside_rows, person, store

wrong_links = Limit(60)  # ours: as at hackathons; a link has 256 bits, the limit is for our own peace


def desk(request: HttpRequest, template: str, part: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page of the desk; `part` marks which of the four."""
    return programme.show(request, f"commons/desk/{template}", {"part": part} | context, tab="commons", status=status)


def refused(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """Say a refusal on a page of the desk, with the way back."""
    context = {"why": words.sentence(refusal), "back": back}
    return programme.show(request, "programme/refused.html", context, tab="commons", status=guards.status_of(refusal))


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page out of search engines, and its address out of others' logs."""
    # Not none at all: browsers then send forms with "Origin: null", which the guard against forged forms refuses.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def show_private(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page behind a private link."""
    return private(render(request, f"commons/{template}", context, status=status))


def holder(request: HttpRequest, token: str) -> who.Who | HttpResponse:
    """Return whose link it is, or the answer to whoever tries too many. Raises Http404 for a link of nobody."""
    found = who.of_link(token)
    if found is not None:
        return found
    if not wrong_links.passed(address_of(request)):
        return too_many(request)
    raise Http404


def note(request: HttpRequest, what: str, subject: object, **facts: str) -> None:
    """Append one audit fact of whoever asks, beside the rows, in their transaction."""
    fact(cast(User, request.user), what, subject, **facts)


def fact(by: User, what: str, subject: object, **facts: str) -> None:
    """Append one audit fact beside the rows, in their transaction."""
    with beside_rows() as tx:
        audit(store(), tx, f"commons:{what}", str(subject), person(by), CLOCK.now(), **facts)


def leaf(request: HttpRequest, rows: Any, per_page: int = PER_PAGE) -> Page[Any]:
    """Return the page of a list that was asked for; a wrong number is the nearest page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))
