"""The frame of the programme's desk, and how a refusal is answered there."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.console.pages import show as console_show
from necmergitur.web.programme import rights, words

LEAF_ROWS = 50  # ours: what is read through before one would rather search


def leaf(request: HttpRequest, rows: Any, name: str = "page") -> Page[Any]:
    """Return the rows of the page that is asked for; `name` tells several lists of one page apart."""
    return Paginator(rows, LEAF_ROWS).get_page(request.GET.get(name))


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str = "", status: int = 200
) -> HttpResponse:
    """Render a page of the desk inside the console's frame. `tab` marks where we are."""
    frame = {"tab": tab, "may_run": rights.may_run(request.user)}
    if "bar" in context:  # the chain's; the console's own bar keeps its name
        context = {**context, "chain_bar": context["bar"]}
        del context["bar"]
    return console_show(request, template, frame | context, here="programme", status=status)


def refused(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """Say a refusal on a page of its own, with the way back."""
    context = {"why": words.sentence(refusal), "back": back}
    return show(request, "programme/refused.html", context, status=guards.status_of(refusal))
