"""The page behind a private link: what stands, what to answer, whom one meets. Whoever has the link is the person."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import doors, meeting
from necmergitur.operations.population.doors_pages import own
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.retry import VersionConflict
from necmergitur.people.shelter import Side
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.doors import words
from necmergitur.web.doors.forms import Message
from necmergitur.web.doors.views import TOOLS, private
from necmergitur.web.store import CLOCK, store

SIDES = {"host": Side.HOST, "guest": Side.GUEST}
ACTING = Limit(120)  # steps of one address in ten minutes
OPENING = Limit(60)  # wrong links of one address in ten minutes: a link has 128 bits, the limit is for our own peace


# The link in the address is the right to act; no cookie takes part, so no other site can.
@csrf_exempt
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, page: str, link: str) -> HttpResponse:
    """Show the page, or do what a button says and come back to it."""
    side = SIDES[page]
    if request.method == "POST":
        return _act(request, side, link)
    try:
        found = own(store(), TOOLS, side, link, CLOCK.now())
    except Unreachable:
        return private(render(request, "doors/unknown.html", {"away": True}, status=503))
    if found is None:
        status = 404 if OPENING.passed(address_of(request)) else 429
        return private(render(request, "doors/unknown.html", status=status))
    told = request.GET.get("told", "")
    context: dict[str, Any] = {
        "own": found,
        "crisis": found.crisis,
        "drill": found.crisis.drill,
        "prefix": "/drill" if found.crisis.drill else "",
        "host": side == Side.HOST,
        "state_words": words.STATES[page].get(found.state, ""),
        "problem": words.PROBLEMS.get(told, ""),
        "done": words.DONE.get(told, ""),
        "pairs": [{"one": one, "languages": _languages(one.languages)} for one in found.pairs],
        "message": Message(),
        "calls": settings.CALLS,
        "may_end": found.state not in ("withdrawn", "expired", "arrived"),
    }
    return private(render(request, "doors/mine.html", context))


def _act(request: HttpRequest, side: Side, link: str) -> HttpResponse:
    do = request.POST.get("do", "")
    if not ACTING.passed(address_of(request)):
        return private(render(request, "doors/unknown.html", {"many": True}, status=429))
    try:
        outcome, done = _done(request, side, link, do)
    except (Unreachable, VersionConflict):
        outcome, done = Refusal(rule="unreachable"), ""
    if do == "erase" and outcome is None:
        return private(render(request, "doors/erased.html"))
    told = outcome.rule if isinstance(outcome, Refusal) else done
    return private(HttpResponseRedirect(f"{request.path}?{urlencode({'told': told})}#main", status=303))


def _done(request: HttpRequest, side: Side, link: str, do: str) -> tuple[Refusal | None, str]:
    said, now, over = request.POST, CLOCK.now(), store()
    match = _match(said.get("match", ""))
    text = said.get("text", "")
    if do == "confirm":
        return doors.confirm(over, TOOLS, side, link, said.get("code", ""), now), "confirmed"
    if do == "again":
        return doors.send_again(over, TOOLS, side, link, now), "code_sent"
    if do == "withdraw":
        return doors.withdraw(over, TOOLS, side, link, now), "done"
    if do == "erase":
        return doors.erase(over, TOOLS, side, link, now), "done"
    pairs = {
        "yes": lambda: meeting.answer(over, TOOLS, side, link, match, yes=True, now=now),
        "no": lambda: meeting.answer(over, TOOLS, side, link, match, yes=False, now=now),
        "address": lambda: meeting.give_address(over, TOOLS, link, match, now),
        "there": lambda: meeting.there(over, TOOLS, link, match, now),
        "met": lambda: meeting.met(over, TOOLS, side, link, match, said.get("code", ""), now),
        "ring": lambda: meeting.ring(over, TOOLS, side, link, match, now) if settings.CALLS else _no_calls(),
        "say": lambda: meeting.say(over, TOOLS, side, link, match, text, now),
        "call_off": lambda: meeting.call_off(over, TOOLS, side, link, match, now),
        "report": lambda: meeting.report(over, TOOLS, side, link, match, text, now),
    }
    if do not in pairs:
        return Refusal(rule="match_over"), ""
    return pairs[do](), {"say": "said", "ring": "rings", "report": "reported"}.get(do, "done")


def _no_calls() -> Refusal:
    return Refusal(rule="match_over")


def _match(text: str) -> bytes:
    try:
        return bytes.fromhex(text[:32])
    except ValueError:
        return b""


def _languages(codes: tuple[str, ...]) -> str:
    return ", ".join(str(words.LANGUAGE_WORDS.get(code, code)) for code in codes)
