"""The supervisor's page and its downloads."""

import csv

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.accounts.rules import require
from necmergitur.web.console import rights, supervision
from necmergitur.web.console.pages import show
from necmergitur.web.console.ui_words import words
from necmergitur.web.store import CLOCK

PERIODS = (("day", _("24 hours")), ("week", _("7 days")), ("month", _("30 days")))


@require(rights.may_supervise)
@never_cache
@require_safe
def supervisor(request: HttpRequest) -> HttpResponse:
    """Distribution of response times against the target, load, staffing. Tables first; plots when scripts run."""
    period = _period(request)
    context = supervision.figures(period, CLOCK.now()) | {
        "period": period,
        "periods": PERIODS,
        "words": words("age", "alarm", "hold", "keys", "status", "supervisor"),
        "tab": "supervisor",
    }
    return show(request, "console/supervisor.html", context, here="supervisor")


@require(rights.may_supervise)
@never_cache
@require_safe
def download(request: HttpRequest, what: str) -> HttpResponse:
    """The same figures as CSV, one line per flight or per hour."""
    found = supervision.figures(_period(request), CLOCK.now())
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="nec-{what}.csv"'},
    )
    out = csv.writer(response)
    if what == "response":
        out.writerow(["on_scene_s"])
        out.writerows([[f"{one:.1f}"] for one in found["arrived_times"]])
    else:
        out.writerow(["hour", "incidents", "pilots_on_shift", "pilots_needed", "silent_buttons"])
        rows = zip(*(found["data"][name] for name in ("load", "pilots", "deaf")), strict=True)
        out.writerows([[*calls, *staffed[1:], silent[1]] for calls, staffed, silent in rows])
    return response


def _period(request: HttpRequest) -> str:
    wanted = request.GET.get("period", "day")
    return wanted if wanted in supervision.PERIODS_H else "day"
