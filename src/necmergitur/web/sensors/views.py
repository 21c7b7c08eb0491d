"""The list of sensors, and one with its readings: shown on request, for a purpose, and recorded."""

import os
from datetime import timedelta
from typing import Any, cast

import msgspec
import urllib3
from django.conf import settings
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import readings
from necmergitur.operations.readings import Asked
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_dpo, require, roles_of
from necmergitur.web.console import guards, rights
from necmergitur.web.console.pages import show
from necmergitur.web.environment import Origin
from necmergitur.web.facts.models import Authorisation, ReadingRefusal, Sensor
from necmergitur.web.sensors import words
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust import reasons

may_see = rights.may_read_devices | is_dpo
DAY = timedelta(days=1)
PERIODS_H = {"1": 1, "6": 6, "24": 24}
SHOWN_MAX = 120  # ours: two hours of minutes as a table; the plot shows all
PLOT_W, PLOT_H = 600, 120
RATES = (1, 10, 60)
TIMEOUT_S = 5.0


@require(may_see)
@never_cache
@require_safe
def sensors(request: HttpRequest) -> HttpResponse:
    """Show every sensor: what it is, whether it runs and why not, what was refused (constant queries)."""
    since = CLOCK.now() - DAY
    refused = dict(
        ReadingRefusal.objects.filter(minute__gte=since).values_list("stream").annotate(Sum("count")).order_by("stream")
    )
    rows = Sensor.objects.filter(retired_at=None).select_related("zone").order_by("id")
    context = {
        "rows": [
            {
                "row": row,
                "kind": words.MODALITIES.get(row.modality, row.modality),
                "why": words.rule(row.told_why),
                "refused": refused.get(row.stream, 0),
            }
            for row in rows
        ],
        "tab": "sensors",
    }
    return show(request, "sensors/list.html", context, here="devices")


@require(may_see)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, sensor_id: str) -> HttpResponse:
    """Show one sensor; after the form, its readings, if its paper allows this purpose in one of the reader's roles."""
    row = get_object_or_404(Sensor.objects.select_related("zone"), id=sensor_id)
    papers = list(
        Authorisation.objects.filter(kind="stream", streams__contains=[row.stream]).order_by("-granted_at")[:20]
    )
    purpose = request.POST.get("purpose") or next((paper.purpose for paper in papers), "crowd_safety")
    hours = request.POST.get("hours", "1") if request.POST.get("hours") in PERIODS_H else "1"
    context: dict[str, Any] = {
        "row": row,
        "kind": words.MODALITIES.get(row.modality, row.modality),
        "why": words.rule(row.told_why),
        "papers": [
            {"row": paper, "why": reasons.drift(paper.suspended_reason) if paper.suspended_at else ""}
            for paper in papers
        ],
        "purposes": [(name, word) for name, word in words.PURPOSES.items()],
        "purpose": purpose,
        "hours": hours,
        "periods": PERIODS_H,
        "refused": [
            (words.rule(name), count)
            for name, count in ReadingRefusal.objects.filter(stream=row.stream, minute__gte=CLOCK.now() - DAY)
            .values_list("rule")
            .annotate(Sum("count"))
            .order_by("rule")
        ],
        "rates": RATES if _control() else (),
        "tab": "sensors",
    }
    status = 200
    if request.method == "POST":
        outcome = _read(request, row, papers, purpose, PERIODS_H[hours])
        if isinstance(outcome, Refusal):
            context["refusal"] = words.rule(outcome.rule)
            status = guards.status_of(outcome)
        else:
            context |= _shown(outcome)
    return show(request, "sensors/one.html", context, here="devices", status=status)


def _read(request: HttpRequest, row: Sensor, papers: list[Authorisation], purpose: str, hours: int) -> Any:
    held = sorted(role.value for role in roles_of(cast(User, request.user)))
    allowed = {reader for paper in papers if paper.purpose == purpose for reader in paper.paper["terms"]["readers"]}
    role = next((name for name in held if name in allowed), held[0] if held else "")

    def command(by: Any, now: Any) -> Any:
        asked = Asked(
            stream=row.stream, role=role, purpose=purpose, since=now - timedelta(hours=hours), until=now, by=by
        )
        return readings.read(store(), asked, now)

    return guards.run(request, command)


def _shown(found: Any) -> dict[str, Any]:
    """Return readings as a table, newest first, and as a line."""
    points = [(each.at, msgspec.json.decode(each.payload).get("count", 0)) for each in found]
    most = max((count for _, count in points), default=0)
    line = ""
    if len(points) > 1:
        first, span_s = points[0][0], max((points[-1][0] - points[0][0]).total_seconds(), 1.0)
        line = " ".join(
            f"{(at - first).total_seconds() / span_s * PLOT_W:.1f},{PLOT_H - count / max(most, 1) * PLOT_H:.1f}"
            for at, count in points
        )
    return {"read": True, "points": points[::-1][:SHOWN_MAX], "line": line, "most": most, "total": len(points)}


@require(may_see)
@require_POST
def rate(request: HttpRequest, sensor_id: str) -> HttpResponse:
    """Have a simulated sensor speak more often than assessed, as whoever tampers with it would."""
    wanted = request.POST.get("rate", "")
    control = _control()
    if not control or wanted not in {str(each) for each in RATES}:
        raise Http404
    row = get_object_or_404(Sensor, id=sensor_id, retired_at=None)
    try:
        urllib3.request(
            "POST",
            f"{control.rstrip('/')}/sensor/{row.id}?rate={wanted}",
            timeout=TIMEOUT_S,
            retries=False,
            redirect=False,
        )
    except (urllib3.exceptions.HTTPError, OSError):
        return guards.answer(request, Refusal(rule="simulation_silent", detail="The simulation does not answer."), "")
    return redirect("sensors:one", sensor_id=row.id)


def _control() -> str:
    """Return where the simulation listens, in a demonstration on this machine; "" elsewhere."""
    control = os.environ.get("NEC_SIM_DEVICES_URL", "")
    return control if settings.DEMO and control and Origin(control).loopback else ""
