"""The queue of abuse: reports between hosts and guests, whoever is blocked or asks too often, and who is kept out."""

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import abuse as operations
from necmergitur.operations.population import shelters
from necmergitur.operations.population.doors_ports import Tools
from necmergitur.people.constants import ABUSE_WORDS_MAX, LOOK_REASON_MAX
from necmergitur.people.shelter import Side
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.people_desk import desk
from necmergitur.web.people_desk.desk import Room
from necmergitur.web.store import CLOCK, store

BACK = "people_desk:abuse"


@require(rights.may_tend_people)
@never_cache
@sensitive_variables()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What was reported, who is blocked, who is kept out: counts and instants, no name before a reason."""
    room = desk.room_of(request)
    context: dict[str, Any] = {"reports": [], "askers": [], "bans": [], "words_max": ABUSE_WORDS_MAX}
    if room is not None:
        desk.must_open(request, room.crisis, "record", "abuse")
        found = shelters.cases(store(), room.crisis.id)
        context["reports"] = [one for one in found if one.reported]
        context["askers"] = [
            {"row": one, "id": one.contact.hex()} for one in operations.askers(store(), room.crisis.id)
        ]
        context["bans"] = [
            {"row": one, "short": one.contact.hex()[:8], "why": why}
            for one, why in operations.kept_out(store(), room.key, room.crisis.id)
        ]
    context["may_lift"] = desk.who(request).role in operations.MAY_LIFT
    return desk.page(request, "people_desk/abuse.html", context, tab="abuse", room=room)


@require(rights.may_tend_people)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, match: str) -> HttpResponse:
    """Ask why, then show both people of a report, on this answer only."""
    row_id = desk.row_of(match) or b""

    def look(room: Room, reason: str) -> Any:
        return shelters.open_case(store(), _tools(), room.crisis.id, row_id, reason, desk.who(request), CLOCK.now())

    return _looked(request, look, {"kind": "report", "which": match})


@require(rights.may_tend_people)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def asker(request: HttpRequest, contact: str) -> HttpResponse:
    """Ask why, then show how somebody asks after others, on this answer only."""
    digest = desk.row_of(contact) or b""

    def look(room: Room, reason: str) -> Any:
        return operations.open_asker(
            store(), room.key, room.crisis, digest, reason, desk.who(request), desk.salt(), CLOCK.now()
        )

    return _looked(request, look, {"kind": "asker", "which": contact})


@require(rights.may_tend_people)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Close a report, hold its host, keep a number out or let it in again, or write a note."""
    what, words = request.POST.get("what", ""), request.POST.get("words", "")[: ABUSE_WORDS_MAX + 1]
    which = desk.row_of(request.POST.get("id", "")) or b""
    number = request.POST.get("number", "")

    def step(room: Room, by: Any, now: Any) -> Any:
        crisis_id, who = room.crisis.id, desk.who(request)
        if what in ("cleared", "kept_out"):
            return shelters.close_case(store(), crisis_id, which, what, by, now)
        if what in ("ban_host", "ban_guest", "note"):
            desk.must_open(request, room.crisis, "case", "abuse")
        if what in ("ban_host", "ban_guest"):
            side = Side.HOST if what == "ban_host" else Side.GUEST
            return operations.ban_side(store(), _tools(), crisis_id, which, side, words, who, now)
        if what == "ban":
            return operations.ban(store(), _tools(), crisis_id, which, words, who, now)
        if what == "note":
            return operations.note(store(), _tools(), crisis_id, which, words, who, now)
        if what == "lift" and number.isascii() and number.isdigit() and len(number) < 10:
            return operations.lift(store(), crisis_id, int(number), who, now)
        return Refusal(rule="malformed")

    room = desk.room_of(request)
    outcome: Any = Refusal(rule="crisis_none")
    if room is not None:
        outcome = guards.run(request, lambda by, now: step(room, by, now))
    return guards.answer(request, outcome, reverse(BACK))


def _tools() -> Tools:
    return Tools(KeyFiles(settings.HOME).of, os.urandom, settings.ORIGIN.url.rstrip("/"), settings.REGION)


def _looked(request: HttpRequest, look: Callable[[Room, str], Any], context: dict[str, Any]) -> HttpResponse:
    room, status = desk.room_of(request), 200
    context |= {"reason_max": LOOK_REASON_MAX, "words_max": ABUSE_WORDS_MAX}
    if request.method == "POST":
        found: Any = Refusal(rule="crisis_none")
        if room is not None:
            reason = request.POST.get("reason", "")[: LOOK_REASON_MAX + 1]
            found = guards.run(request, lambda _by, _now: look(room, reason))
        if isinstance(found, Refusal):
            context["refusal"], status = refusals.explain(found), guards.status_of(found)
        else:
            context["found"] = found
    return desk.page(request, "people_desk/report.html", context, tab="abuse", room=room, status=status)
