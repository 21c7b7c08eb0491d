"""The receipt: what was recorded, behind a link that only its person has; and what the link to share shows."""

import os
from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import formats, timezone
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.adapters.crisis_keys import SALT_BYTES
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.intake import Ground
from necmergitur.operations.population import helping, looking
from necmergitur.operations.population import mine as operations
from necmergitur.operations.population.checkins import link_of, text_of
from necmergitur.operations.population.looking import Seen
from necmergitur.operations.population.mine import Mine
from necmergitur.operations.ports import Unreachable
from necmergitur.people.checkins import STATUSES, Status
from necmergitur.people.screening import screen
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.population import frame, phones, state
from necmergitur.web.population.safe import AGAIN_AFTER_S
from necmergitur.web.population.words import REFUSED, SAID, looked
from necmergitur.web.store import CLOCK, store

# Ours: a family that copies addresses by hand mistypes some; a machine that guesses 128 bits is slowed for nothing.
WRONG_MAX = 30
WRONG_WITHIN_S = 60.0
GROUND = Ground(Position(0.0, 0.0), exercise=settings.EXERCISE)  # a call without a place is shown in the city's middle
LOOKS_SHOWN_MAX = 20  # ours: the newest; the page stays small
_wrong = Limit(WRONG_MAX, seconds=WRONG_WITHIN_S)


@csrf_exempt  # the link is the credential; no cookie is read
@sensitive_variables("link", "text", "found")
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Show one's own check-in; change, take back or erase it."""
    is_drill, link = bool(drill), link_of(text)
    if link is None:
        return nothing(request, drill=is_drill)
    refused = ""
    try:
        if request.method == "POST":
            done = _do(request, link, drill=is_drill)
            if isinstance(done, HttpResponse):
                return done
            refused = done
        found = operations.find(store(), state.KEYS.of, link, CLOCK.now(), drill=is_drill)
        looks = (
            [] if found is None else looking.seen_by_person(store(), state.KEYS.of, link, CLOCK.now(), drill=is_drill)
        )
    except Unreachable:
        return _away(request, drill=is_drill)
    if found is None:
        return nothing(request, drill=is_drill)
    return _show(request, found, text, looks, drill=is_drill, refused=refused)


@require_safe
def shared(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Show a name, an answer and when, to whoever was given the link."""
    is_drill, link = bool(drill), link_of(text)
    try:
        found = None if link is None else operations.shared(store(), state.KEYS.of, link, CLOCK.now(), drill=is_drill)
    except Unreachable:
        return _away(request, drill=is_drill)
    if found is None:
        return nothing(request, drill=is_drill)
    language = frame.language_of(request)
    with override(language):
        context: dict[str, Any] = {
            "shared": msgspec.structs.replace(found, name=screen(found.name, settings.REGION).text),
            "word": str(SAID[found.status]),
            "when": _when(found.changed_at),
            **phones.offered(request, request.path.rstrip("/")),
        }
    return phones.allowed(
        frame.show(request, "population/shared.html", context, language=language, crisis=found.crisis, drill=is_drill)
    )


def _do(request: HttpRequest, link: bytes, *, drill: bool) -> HttpResponse | str:
    """Carry out what a button asked; return the page that follows, or the rule that refused."""
    asked, now = request.POST.get("do", ""), CLOCK.now()
    if asked == "erase":
        if not operations.erase(store(), state.KEYS.of, link, now, drill=drill):
            return nothing(request, drill=drill)
        return frame.show(request, "population/erased.html", {}, language=frame.language_of(request), drill=drill)
    status = Status.WITHDRAWN if asked == "withdraw" else STATUSES.get(request.POST.get("status", ""))
    if status is None:
        return HttpResponse(status=400)
    # First of all the call, whatever becomes of the rest: nobody who asks for help here is refused.
    helping.call_again(store(), state.KEYS.of, link, status, GROUND, now, drill=drill)
    outcome = operations.change(store(), state.KEYS.of, link, status, os.urandom(SALT_BYTES), now, drill=drill)
    if outcome is None:
        return nothing(request, drill=drill)
    if isinstance(outcome, Refusal):
        return outcome.rule
    # After a redirect, a page loaded again says nothing twice.
    response = HttpResponseRedirect(request.path + _kept_language(request), status=303)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _show(
    request: HttpRequest, found: Mine, text: str, looks: Sequence[Seen], *, drill: bool, refused: str
) -> HttpResponse:
    language = frame.language_of(request, found.said.language)
    now, prefix = CLOCK.now(), "/drill" if drill else ""
    is_open = found.crisis.offers("safe", now)
    with override(language):
        context: dict[str, Any] = {
            "mine": found,
            "word": str(SAID[found.status]),
            "when": _when(found.changed_at),
            "tells": len(found.said.tell),
            "own": f"{settings.ORIGIN.url}{prefix}/safe/{text}",
            "share": f"{settings.ORIGIN.url}{prefix}/safe/s/{text_of(found.share)}",
            "nobody": f"{prefix}/find/nobody/{text}/" if "find" in found.crisis.services else "",
            "action": f"{prefix}/safe/{text}{_kept_language(request)}",
            "open": is_open,
            "others_status": [
                (value, str(SAID[status]))
                for value, status in STATUSES.items()
                if is_open and found.status not in {status, Status.WITHDRAWN}
            ],
            "until": "" if found.crisis.purge_at is None else _when(found.crisis.purge_at),
            "refused": str(REFUSED[refused]) if refused else "",
            # Without a number or an address nobody is ever tied to a question: there would be nothing to tell.
            "asked_after": found.said.contact is not None
            and "find" in found.crisis.services
            and found.status != Status.WITHDRAWN,
            **phones.offered(request, request.path.rstrip("/")),
            "looks": [(_when(one.at), *looked(one.role, one.purpose)) for one in looks[-LOOKS_SHOWN_MAX:]],
        }
    status = 409 if refused else 200
    return phones.allowed(
        frame.show(
            request,
            "population/receipt.html",
            context,
            language=language,
            crisis=found.crisis,
            drill=drill,
            status=status,
        )
    )


def _kept_language(request: HttpRequest) -> str:
    wanted = request.GET.get("lang", "")
    return f"?lang={wanted}" if wanted in frame.languages() else ""


def _when(at: Any) -> str:
    return formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def nothing(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Answer a wrong link, a guessed one and an erased one, all the same; and slow down who tries many."""
    is_slow = not _wrong.passed(address_of(request))
    response = frame.show(
        request,
        "population/nothing.html",
        {},
        language=frame.language_of(request),
        drill=drill,
        status=429 if is_slow else 404,
    )
    if is_slow:
        response.headers["Retry-After"] = str(int(WRONG_WITHIN_S))
    return response


def _away(request: HttpRequest, *, drill: bool) -> HttpResponse:
    language = frame.language_of(request)
    response = frame.show(request, "population/away.html", {}, language=language, drill=drill, status=503)
    response.headers["Retry-After"] = AGAIN_AFTER_S
    return response
