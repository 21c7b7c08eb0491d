"""What platforms may show of a crisis: which services are open and where, official links, rounded counts.

One page that may stand in another site's frame, the same as JSON, and a feed; nothing of anybody. Counts are told from
five people on and in fives: the difference of two answers names nobody.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from necmergitur.operations.ports import Unreachable
from necmergitur.people.crises import SERVICES, Crisis
from necmergitur.web.population.doors import address_if_open
from necmergitur.web.population.portal import told
from necmergitur.web.population.state import town
from necmergitur.web.store import CLOCK, store

FORM = "necmergitur/status/1"
COUNT_STEP = 5  # ours, as for open data: fewer than five people are never counted aloud
COUNTED_S = 60.0  # ours: a crisis of four million rows takes a second to count
NUMBERS = ("112", "15", "17", "18", "114")
COUNTS = ("checkins", "safe", "need_help", "hurt")
AWAY_S = "10"
shared = cache_control(public=True, max_age=10)
_turn = threading.Lock()
_counted: dict[UUID, tuple[float, dict[str, int | None]]] = {}


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@shared
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The state of the services, for people; another site may show it in a frame (nothing can be done on it)."""
    of = town()
    counts = {} if of.crisis is None else _counts(of.crisis.id, _look_up)
    return render(request, "population/status.html", told(of) | {"counts": counts, "origin": settings.ORIGIN.url})


@shared
@require_safe
def as_json(_request: HttpRequest) -> JsonResponse:
    """The same for programs; codes and both languages, so that one answer serves everybody."""
    of = town()
    if not of.known:
        body = {"rule": "database_away", "detail": "Ask again."}
        return JsonResponse(body, status=503, headers={"Access-Control-Allow-Origin": "*", "Retry-After": AWAY_S})
    body = {
        "form": FORM,
        "at": CLOCK.now().isoformat(),
        "crisis": None if of.crisis is None else _crisis(of.crisis),
        "drill": None if of.drill is None else _crisis(of.drill),
        "notices": [
            {"id": one.id, "at": one.approved_at, "until": one.until, "text": {"fr": one.text_fr, "en": one.text_en}}
            for one in of.notices
        ],
        "emergency_numbers": NUMBERS,
        "links": {
            "page": _whole(reverse("population:status")),
            "feed": _whole(reverse("population:feed")),
            "first_page": _whole("/"),
        },
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@shared
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The open crisis and the notices, as Atom; drills are left out. In French unless asked."""
    of = town()
    language = "en" if request.GET.get("language") == "en" else "fr"
    if not of.known:
        return HttpResponse(status=503, headers={"Retry-After": AWAY_S})
    with override(language):
        made = Atom1Feed(
            title=_("What is happening in the city"),
            link=_whole("/"),
            feed_url=_whole(reverse("population:feed")),
            description="",
            language=language,
        )
        for title, text, name, at in sorted(_entries(of.crisis), key=lambda one: one[3], reverse=True):
            made.add_item(
                title=title, link=_whole("/"), description=text, unique_id=_whole(name), pubdate=at, updateddate=at
            )
    return HttpResponse(
        made.writeString("utf-8"),
        content_type="application/atom+xml; charset=utf-8",
        headers={"Access-Control-Allow-Origin": "*"},
    )


def _entries(crisis: Crisis | None) -> list[tuple[str, str, str, datetime]]:
    found = [(one["text"], one["text"], f"/notices/{one['id']}", one["at"]) for one in told(town())["notices"]]
    if crisis is not None and crisis.opened_at is not None:
        words = _("Crisis open: %(name)s") % {"name": crisis.name}
        found.append((words, ", ".join(_links(crisis).values()), f"/crises/{crisis.id}", crisis.opened_at))
    return found


def _crisis(crisis: Crisis) -> dict[str, Any]:
    links = _links(crisis)
    return {
        "id": str(crisis.id),
        "name": crisis.name,
        "drill": crisis.drill,
        "since": crisis.opened_at,
        "middle": {"lon": crisis.lon, "lat": crisis.lat},
        "radius_m": crisis.radius_m,
        "services": {name: {"open": name in links, "link": links.get(name)} for name in SERVICES},
        "counts": None if crisis.drill else _counts(crisis.id, _look_up),
    }


def _links(crisis: Crisis) -> dict[str, str]:
    prefix = "/drill" if crisis.drill else ""
    found = {name: address_if_open(f"{prefix}/{name}") for name in SERVICES if name in crisis.services}
    return {name: _whole(address) for name, address in found.items() if address}


def _counts(crisis_id: UUID, look_up: Callable[[UUID], dict[str, int]]) -> dict[str, int | None]:
    """Return rounded counts, None under five; one request a minute looks them up, the others read what was known."""
    held = _counted.get(crisis_id)
    if (held is not None and time.monotonic() - held[0] < COUNTED_S) or not _turn.acquire(blocking=held is None):
        return {} if held is None else held[1]
    try:
        held = _counted.get(crisis_id)
        if held is None or time.monotonic() - held[0] >= COUNTED_S:
            counts = look_up(crisis_id)
            _counted.clear()
            held = time.monotonic(), {name: rounded(counts.get(name, 0)) for name in COUNTS}
            _counted[crisis_id] = held
        return held[1]
    except Unreachable:
        return {} if held is None else held[1]
    finally:
        _turn.release()


def _look_up(crisis_id: UUID) -> dict[str, int]:
    with store().transaction() as tx:
        return dict(tx.crisis_counts(crisis_id))


def rounded(count: int) -> int | None:
    """Return a count as it is told: down to a multiple of five, nothing under five."""
    return count - count % COUNT_STEP if count >= COUNT_STEP else None


def forget() -> None:
    """Count again at the next question."""
    _counted.clear()


def _whole(address: str) -> str:
    return settings.ORIGIN.url + address
