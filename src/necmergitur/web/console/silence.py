"""Silent buttons over time, counted by the worker through `app`: what was silent yesterday is written nowhere else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from necmergitur.web.console.models import SilentHour
from necmergitur.web.facts.models import DeviceHealth

# A year: as far back as anybody compares; 8,800 small rows.
KEPT = timedelta(days=366)


def count(now: datetime | None = None) -> int:
    """Note how many street buttons are silent, keep the hour's worst, forget what is a year old; return the number."""
    at = (now or timezone.now()).astimezone(UTC)
    hour = at.replace(minute=0, second=0, microsecond=0)
    devices = DeviceHealth.objects.filter(deaf=True, device__kind="post", device__retired_at=None).count()
    _row, is_new = SilentHour.objects.get_or_create(hour=hour, defaults={"devices": devices})
    if is_new:
        SilentHour.objects.filter(hour__lt=at - KEPT).delete()
    else:
        SilentHour.objects.filter(hour=hour).update(devices=Greatest(F("devices"), devices))
    return devices


def by_hour(hours: Sequence[datetime]) -> list[tuple[datetime, int | None]]:
    """Return, for each hour, how many were silent at its worst; None when nobody counted (the worker was away)."""
    if not hours:
        return []
    found = dict(SilentHour.objects.filter(hour__gte=hours[0], hour__lte=hours[-1]).values_list("hour", "devices"))
    return [(hour, found.get(hour)) for hour in hours]
