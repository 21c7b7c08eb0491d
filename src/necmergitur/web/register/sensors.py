"""What is known of streams' devices: where they stand, when they were last heard, what of them was refused.

Readings themselves are not asked for here: the database shows them only to whoever says a purpose and a role.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db.models import Sum
from django.db.models.functions import TruncWeek

from necmergitur.web.facts.models import ReadingRefusal, Sensor
from necmergitur.web.register.constants import PAPERS_MAX

PREFIX = "sensor:"


class Seen(msgspec.Struct, frozen=True):
    """A device as installed; `heard_at` is its last sign of life, `reading_at` the last minute of it on record."""

    name: str
    label: str
    modality: str
    zone_id: str
    lon: float
    lat: float
    heard_at: datetime | None
    reading_at: datetime | None
    retired: bool


def seen(names: Iterable[str]) -> dict[str, Seen]:
    """Return what is known of the devices of streams, by stream."""
    ids = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
    return {PREFIX + row.id: _seen(row) for row in Sensor.objects.filter(id__in=ids)}


def without_paper(papered: Iterable[str]) -> list[Seen]:
    """Return the devices that stand in the city although no paper ever named their streams."""
    ids = [name.removeprefix(PREFIX) for name in papered]
    rows = Sensor.objects.filter(retired_at=None).exclude(id__in=ids).order_by("id")[:PAPERS_MAX]
    return [_seen(row) for row in rows]


def refused(since: datetime, name: str = "", until: datetime | None = None) -> list[tuple[datetime, str, int]]:
    """Return (Monday, rule, how often) of what devices and readers were refused, of one stream or of all."""
    rows = ReadingRefusal.objects.filter(minute__gte=since).annotate(week=TruncWeek("minute"))
    if name:
        rows = rows.filter(stream=name)
    if until is not None:
        rows = rows.filter(minute__lt=until)
    return [
        (row["week"], row["rule"], row["times"]) for row in rows.values("week", "rule").annotate(times=Sum("count"))
    ]


def _seen(row: Sensor) -> Seen:
    return Seen(
        PREFIX + row.id,
        row.label,
        row.modality,
        row.zone_id,
        row.lon,
        row.lat,
        row.answered_at,
        row.rooted_until,
        row.retired_at is not None,
    )
