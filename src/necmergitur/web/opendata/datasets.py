"""The datasets there are, and how each is counted from the read tables."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import msgspec
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from necmergitur.governance.disclosure import Happened
from necmergitur.web.facts.models import Incident, Mission, Zone

WITHHELD, NOISE = "withheld", "noise"
NOWHERE = "-"  # what happened in no zone, or in one that is no more
KINDS = ("sos", "medical", "fire", "violence")
OTHER = "other"
BANDS = ("night", "morning", "afternoon", "evening")  # six hours each, from midnight, on the city's clock
BAND_HOURS = 6
NOT_A_CALL = ("synthetic", "test")


class Dataset(msgspec.Struct, frozen=True):
    """A table published month by month: rows are zones. `method` is how it tells of nobody."""

    slug: str
    title: Any
    description: Any
    columns: tuple[str, ...]
    method: str
    read: Callable[[datetime, datetime], list[Happened]]


def zones() -> dict[str, str]:
    """Return the labels of today's zones by id, in order; what happened elsewhere comes last."""
    there = dict(Zone.objects.filter(retired_at=None).order_by("id").values_list("id", "label"))
    return there | {NOWHERE: ""}


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """Return when a month begins and ends on the city's clock."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    here = timezone.get_default_timezone()
    return datetime.combine(month, time(), here), datetime.combine(after, time(), here)


def _calls(start: datetime, end: datetime) -> list[tuple[str, str, datetime, str]]:
    rows = (
        Incident.objects.filter(opened_at__gte=start, opened_at__lt=end, test=False, exercise=False, merged_into=None)
        .exclude(kind__in=NOT_A_CALL)
        .values_list("zone_id", "kind", "opened_at", "personal_device")
    )
    return [(zone or NOWHERE, kind, at, person or "") for zone, kind, at, person in rows]


def calls(start: datetime, end: datetime) -> list[Happened]:
    """Return calls for help by zone and kind."""
    return [Happened(zone, kind if kind in KINDS else OTHER, person) for zone, kind, _at, person in _calls(start, end)]


def hours(start: datetime, end: datetime) -> list[Happened]:
    """Return calls for help by zone and part of the day."""
    return [
        Happened(zone, BANDS[timezone.localtime(at, timezone.get_default_timezone()).hour // BAND_HOURS], person)
        for zone, _kind, at, person in _calls(start, end)
    ]


def flights(start: datetime, end: datetime) -> list[Happened]:
    """Return flights by the zone of the call they answered."""
    rows = Mission.objects.filter(airborne_at__gte=start, airborne_at__lt=end, incident__exercise=False).values_list(
        "incident__zone_id", "incident__personal_device"
    )
    return [Happened(zone or NOWHERE, "flights", person or "") for zone, person in rows]


DATASETS = {
    each.slug: each
    for each in (
        Dataset(
            "calls",
            _("Calls for help by zone and kind"),
            _(
                "How many calls for help each zone had in a month, by kind. Counts that tell of fewer than ten people "
                "are withheld, and so are those from which they could be had by subtraction."
            ),
            (*KINDS, OTHER),
            WITHHELD,
            calls,
        ),
        Dataset(
            "flights",
            _("Flights of drones by zone"),
            _(
                "How many flights answered calls in each zone in a month. Counts that tell of fewer than ten people "
                "are withheld, and so are those from which they could be had by subtraction."
            ),
            ("flights",),
            WITHHELD,
            flights,
        ),
        Dataset(
            "hours",
            _("Calls for help by zone and part of the day"),
            _(
                "How many calls for help each zone had in a month, by part of the day. Each count has noise added, "
                "once, so that nobody can tell whether a given person called (differential privacy)."
            ),
            BANDS,
            NOISE,
            hours,
        ),
    )
}
