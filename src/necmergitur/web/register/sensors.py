"""What is known of streams' devices: where they stand, when they were last heard, what of them was refused.

Readings themselves are not asked for here: the database shows them only to whoever says a purpose and a role.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.apps import apps
from django.db.models import Sum
from django.db.models.functions import TruncWeek

PREFIX = "sensor:"


class Seen(msgspec.Struct, frozen=True):
    """A device as installed; `heard_at` is its last sign of life, `reading_at` the last minute of it on record."""

    zone_id: str | None = None
    lon: float | None = None
    lat: float | None = None
    heard_at: datetime | None = None
    reading_at: datetime | None = None
    label: str = ""
    firmware: str = ""


def seen(names: Iterable[str]) -> dict[str, Seen]:
    """Return what is known of the devices of streams, by stream."""
    model = _model("Sensor")
    if model is None:
        return {}
    ids = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
    return {
        PREFIX + row.id: Seen(row.zone_id, row.lon, row.lat, row.answered_at, row.rooted_until, row.label, row.firmware)
        for row in model.objects.filter(id__in=ids)
    }


def refused(since: datetime) -> list[tuple[datetime, str, int]]:
    """Return (Monday, rule, how often) of what devices and readers were refused."""
    model = _model("ReadingRefusal")
    if model is None:
        return []
    rows = model.objects.filter(minute__gte=since).annotate(week=TruncWeek("minute"))
    return [
        (row["week"], row["rule"], row["times"]) for row in rows.values("week", "rule").annotate(times=Sum("count"))
    ]


def _model(name: str) -> Any:
    """Return a table's model, None where sensors are not built in."""
    try:
        return apps.get_model("facts", name)
    except LookupError:
        return None
