"""Look for somebody for a stated reason, open one record, ask for more looks, lend them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.finder import FinderClient
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import desk as operations
from necmergitur.operations.population import tending
from necmergitur.people.constants import NAME_MAX
from necmergitur.people.findable import Wanted
from necmergitur.people.texts import one_line
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.facts.models import SystemAlarm
from necmergitur.web.people_desk import desk, words
from necmergitur.web.people_desk.tending import DONE, STATES
from necmergitur.web.store import CLOCK, store

PURPOSES = ("family", "identify", "abuse", "duplicate", "import")
AGE_MAX = 120  # years


@require(rights.may_tend_people)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The search, one's quota, and what waits for a second person."""
    return _page(request, {})


@require(rights.may_tend_people)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Show who may be meant. The search, its purpose and its reason are written down first."""
    room = desk.room_of(request)
    if room is None:
        return _page(request, {}, 409)
    typed = {name: request.POST.get(name, "") for name in ("name", "age", "sex", "place", "words", "reason", "purpose")}
    wanted = _wanted(typed)
    purpose = typed["purpose"]
    outcome: Any = Refusal(rule="malformed")
    if purpose in PURPOSES:
        by, finder = desk.who(request), FinderClient(settings.HOME)
        outcome = guards.run(
            request,
            lambda _by, now: operations.search(
                store(),
                finder,
                room.key,
                room.crisis,
                wanted,
                purpose,
                typed["reason"],
                by,
                desk.salt(),
                now,  # type: ignore[arg-type]
            ),
        )
    if isinstance(outcome, Refusal):
        refused = {"typed": typed, "refusal": refusals.explain(outcome)}
        return _page(request, refused, guards.status_of(outcome))
    candidates = [
        {
            "row": one,
            "id": one.id.hex(),
            "said": None if one.status is None else words.STATUSES[one.status],
            "why": [words.WHY[name] for name in one.why if name in words.WHY],
            "minor": "minor" in one.flags,
            "do_not_find": "do_not_find" in one.flags,
            "hidden": "hidden" in one.flags,
            "percent": round(one.score * 100),
        }
        for one in outcome
    ]
    return _page(request, {"typed": typed, "candidates": candidates})


@require(rights.may_tend_people)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def record(request: HttpRequest) -> HttpResponse:
    """Open one record: shown once, written down, and visible to the person."""
    room, row_id = desk.room_of(request), desk.row_of(request.POST.get("id", ""))
    kind, purpose = request.POST.get("kind", ""), request.POST.get("purpose", "")
    if room is None or row_id is None or kind not in ("checkin", "person") or purpose not in PURPOSES:
        return _page(request, {"refusal": refusals.explain(Refusal(rule="malformed"))}, 422)
    by, reason = desk.who(request), request.POST.get("reason", "")
    outcome = guards.run(
        request,
        lambda _by, now: operations.open_record(
            store(),
            room.key,
            room.crisis,
            kind,
            row_id,
            purpose,
            reason,
            by,
            desk.salt(),
            now,  # type: ignore[arg-type]
        ),
    )
    if isinstance(outcome, Refusal):
        return _page(request, {"refusal": refusals.explain(outcome)}, guards.status_of(outcome))
    said = None if outcome.call is None else words.STATUSES[outcome.call.status]
    now = CLOCK.now()
    context = {"record": outcome, "said": said, "id": row_id.hex(), "notes": words.notes_of(outcome.seen, now)}
    if outcome.seen is not None:
        context["linked"] = [
            words.record_of(one, now)
            for one in tending.circle(store(), room.crisis, room.key, row_id, now)
            if one.row.id != row_id
        ]
        context["closed"] = outcome.seen.row.expires_at is not None and outcome.seen.row.expires_at <= now
        context["states"] = [(name, words.NOTE_STATUSES[name]) for name in STATES]
    return desk.page(request, "people_desk/record.html", context, tab="search", room=room)


@require(rights.may_tend_people)
@require_POST
def more(request: HttpRequest) -> HttpResponse:
    """Ask a second person for more looks within the hour."""
    room, by = desk.room_of(request), desk.who(request)
    outcome: Any = Refusal(rule="crisis_none")
    if room is not None:
        outcome = guards.run(
            request,
            lambda _by, now: operations.ask_more(
                store(), room.key, room.crisis, request.POST.get("reason", ""), by, desk.salt(), now
            ),
        )
    return guards.answer(request, outcome, reverse("people_desk:home"))


@require(rights.may_open_crisis)
@require_POST
def allow(request: HttpRequest, number: int) -> HttpResponse:
    """Lend somebody more looks for an hour."""
    room, by = desk.room_of(request), desk.who(request)
    outcome: Any = Refusal(rule="crisis_none")
    if room is not None:
        outcome = guards.run(request, lambda _by, now: operations.agree_more(store(), room.crisis, number, by, now))
    return guards.answer(request, outcome, reverse("people_desk:home"))


@require(rights.may_open_crisis)
@require_POST
def canary(request: HttpRequest) -> HttpResponse:
    """Say that one asked whoever opened somebody who does not exist."""
    by = desk.who(request)
    outcome = guards.run(request, lambda _by, now: operations.clear_canary(store(), by, now))
    return guards.answer(request, outcome, reverse("people_desk:home"))


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    room, by, now = desk.room_of(request), desk.who(request), CLOCK.now()
    watched = (operations.ALARM_CANARY, operations.ALARM_REPEATED)
    alarm = SystemAlarm.objects.filter(name__in=watched, cleared_at=None).order_by("raised_at").first()
    frame: dict[str, Any] = {
        "typed": {},
        "purposes": [(name, words.PURPOSES[name]) for name in PURPOSES],
        "name_max": NAME_MAX,
        "me": by.id,
        "may_allow": rights.may_open_crisis(request.user),
        "canary": None if alarm is None else _who_opened(alarm.detail),
        "done": DONE.get(request.GET.get("done", ""), ""),
        "reopened": alarm is not None and alarm.name == operations.ALARM_REPEATED,
    }
    if room is not None:
        frame["searches"], frame["opens"], frame["an_hour"] = operations.used(store(), room.crisis, by, now)
        asked = operations.asked_for(store(), room.key, room.crisis, by, now)
        names = dict(User.objects.filter(pk__in={one.asked_by for one, _ in asked}).values_list("pk", "display_name"))
        frame["asked"] = [
            {"row": one, "reason": reason, "by": names.get(one.asked_by, one.asked_role)} for one, reason in asked
        ]
    return desk.page(request, "people_desk/home.html", frame | context, tab="search", room=room, status=status)


def _who_opened(detail: str) -> str:
    number = detail.rpartition(" ")[2]
    found = User.objects.filter(pk=int(number)).first() if number.isdigit() else None
    return detail if found is None else found.display_name


def _wanted(typed: dict[str, str]) -> Wanted:
    age = int(typed["age"]) if typed["age"].isdigit() and int(typed["age"]) <= AGE_MAX else None
    sex = typed["sex"] if typed["sex"] in ("f", "m") else ""
    name = one_line(typed["name"])[:NAME_MAX]
    return Wanted(
        names=(name,) if name else (),
        age=age,
        sex=sex,  # type: ignore[arg-type]
        place=one_line(typed["place"])[:NAME_MAX],
        words=one_line(typed["words"])[:NAME_MAX],
    )
