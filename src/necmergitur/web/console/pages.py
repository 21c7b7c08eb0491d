"""The frame of every console page: the bar, and who sees which of its doors."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext

from necmergitur.web.accounts.rules import is_analyst
from necmergitur.web.console import rights, state
from necmergitur.web.console.ui_words import WORDS, words
from necmergitur.web.facts.models import Incident, SystemAlarm
from necmergitur.web.store import CLOCK


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, here: str = "", status: int = 200
) -> HttpResponse:
    """Render a console page inside its frame. `here` marks the door we came through."""
    frame = {
        "bar": _bar(context.get("initial")),
        "time_zone": settings.TIME_ZONE,
        "here": here,
        "is_told": rights.may_hear(request.user) or rights.may_go(request.user),
        "may_see_room": rights.may_see(request.user),
        "may_supervise": rights.may_supervise(request.user),
        "may_read_devices": rights.may_read_devices(request.user),
        "may_trust": rights.may_trust(request.user),
        "may_innovate": is_analyst(request.user),
        "may_tend_people": rights.may_tend_people(request.user),
        "words": words("age", "alarm", "hold", "keys", "status"),
        "ages": {
            "now": CLOCK.now().isoformat(),
            "seconds": pgettext("age", "%(count)d s ago") % {"count": 0},
            "minutes": pgettext("age", "%(count)d min ago") % {"count": 0},
        },
    }
    return render(request, template, frame | context, status=status)


def _bar(initial: dict[str, Any] | None) -> dict[str, Any]:
    """Return the bar's figures, from the live state when the page already read it (three queries otherwise)."""
    if initial is None:
        return {
            "city": state.city_name(),
            "now": CLOCK.now(),
            "open": Incident.objects.filter(state="open").count(),
            "alarms": [
                _alarm(one.name, one.detail)
                for one in SystemAlarm.objects.filter(cleared_at=None).order_by("raised_at")
            ],
        }
    return {
        "city": initial["city"]["name"],
        "now": CLOCK.now(),
        "pilots": initial["pilots"],
        "deaf": initial["deaf"]["devices"],
        "open": sum(1 for one in initial["incidents"] if one["state"] == "open"),
        "alarms": [_alarm(one["name"], one["detail"]) for one in initial["alarms"]],
    }


def _alarm(name: str, detail: str) -> dict[str, str]:
    """Return an alarm in words. A crisis has a page to go to; a drill is no alarm, and looks like none."""
    of_crisis = name.startswith(("crisis_", "drill_"))
    return {
        "word": str(WORDS.get(f"alarm.{name}", name)),
        "detail": detail,
        "tone": "demo" if name.startswith("drill_") else "critical",
        "address": reverse("crises:home") if of_crisis else "",
    }
