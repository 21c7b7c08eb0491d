"""The frame of every page of the trust desk, and how a refusal is answered there."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import guards
from necmergitur.web.console.pages import show as console_show
from necmergitur.web.trust import reasons, rights


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str = "", status: int = 200
) -> HttpResponse:
    """Render a page of the desk inside the console's frame. `tab` marks where we are."""
    frame = {"tab": tab, "may_write": rights.may_write(request.user), "rooms": rooms()}
    return console_show(request, f"trust/{template}", frame | context, here="trust", status=status)


def rooms() -> dict[str, str]:
    """Return the addresses of rooms beside the desk that exist."""
    names = {
        "proposal_new": "trust:proposal-new",
        "glasses": "breakglass:glasses",
    }
    return {key: address for key, name in names.items() if (address := _address(name))}


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def refused(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """Say a refusal on a page of its own, in a layperson's words, with the way back."""
    context = {"why": reasons.sentence(refusal), "back": back}
    return show(request, "refused.html", context, status=guards.status_of(refusal))
