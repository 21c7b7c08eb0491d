"""Flights told a day after they ended, each to about 100 m, never nearer to a person than a street button stands.

A flight for a personal button, for a place somebody stated, or for a call that a person's device joined has no line
here at all: it is counted by month for the whole city. Its kind, hour or district could tell on a caller.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import F, Q
from django.utils import timezone

from necmergitur.web.console.words import END_REASONS, KINDS, OUTCOMES, say
from necmergitur.web.facts.models import Device, Dock, Drone, Incident, IncidentSignal, Mission
from necmergitur.web.register.constants import (
    FLIGHT_TOLD_AFTER,
    FLIGHTS_SHOWN_MAX,
    GRID_LAT_DEG,
    GRID_LON_DEG,
    TOLD_LEAST,
)
from necmergitur.web.register.places import Ground

STREET_TRANSPORTS = ("mqtt", "lorawan")  # an alarm panel (DC-09) hangs inside a building: its place is somebody's


class Flight(msgspec.Struct, frozen=True):
    """One flight as told. `day` and `hour` are the city's; the hour is the one it began in."""

    day: str
    hour: int
    drone: str
    zone: str
    reason: str
    exercise: bool
    minutes: int
    outcome: str
    over: tuple[str, ...]
    lon: float | None
    lat: float | None
    seq: int


class Told(msgspec.Struct, frozen=True):
    """Flights listed, and how many personal ones there were by month."""

    listed: tuple[Flight, ...]
    personal: tuple[tuple[str, str], ...]


def rounded(lon: float, lat: float) -> tuple[float, float]:
    """Return the middle of the cell of about 100 m that a place lies in."""
    return (
        round(round(lon / GRID_LON_DEG) * GRID_LON_DEG, 4),
        round(round(lat / GRID_LAT_DEG) * GRID_LAT_DEG, 3),
    )


def told(now: datetime, ground: Ground, drone: str = "", zone: str = "") -> Told:
    """Return the flights that ended a day ago and more."""
    asked = Mission.objects.filter(airborne_at__isnull=False, ended_at__lte=now - FLIGHT_TOLD_AFTER)
    if drone:
        asked = asked.filter(drone_id=drone)
    rows = list(
        asked.select_related("incident")
        .order_by(F("airborne_at").desc(), "id")
        .only(
            "drone_id", "last_seq", "airborne_at", "ended_at", "end_reason", "incident__id",
            "incident__personal_device",
            "incident__kind", "incident__zone_id", "incident__outcome", "incident__exercise", "incident__test",
        )[: FLIGHTS_SHOWN_MAX * 2]
    )  # fmt: skip
    posts = _posts({row.incident_id for row in rows})
    docks = _docks({row.drone_id for row in rows})
    listed: list[Flight] = []
    personal: Counter[str] = Counter()
    for row in rows:
        post = posts.get(row.incident_id)
        if row.incident.personal_device is not None or post is None:
            personal[timezone.localtime(row.airborne_at).strftime("%Y-%m")] += 1
        elif len(listed) < FLIGHTS_SHOWN_MAX and zone in ("", post.zone_id):
            listed.append(_flight(row, post, docks.get(row.drone_id), ground))
    return Told(tuple(listed), tuple((month, few(count)) for month, count in sorted(personal.items(), reverse=True)))


def few(count: int) -> str:
    """Return a count as it may be told: one or two calls in a month are somebody's."""
    return str(count) if count >= TOLD_LEAST else f"< {TOLD_LEAST}"


def _posts(incident_ids: Collection[Any]) -> dict[Any, Device]:
    """Return, by incident, the street button it began with; nothing for one that any other device has part in.

    What was merged with it counts too, either way and however far: one event, of which a person's call was a part.
    """
    kin = _kin(incident_ids)
    pairs = list(
        IncidentSignal.objects.filter(incident_id__in=list(kin))
        .order_by("attached_at")
        .values_list("incident_id", "signal__device_id")
    )
    personal = Incident.objects.filter(id__in=list(kin), personal_device__isnull=False)
    devices = Device.objects.in_bulk({device for _incident, device in pairs})
    found: dict[Any, Device] = {}
    mixed: set[Any] = set(personal.values_list("id", flat=True))
    for incident, name in pairs:
        device = devices.get(name)
        if device is None or not on_street(device):
            mixed.add(incident)
        else:
            found.setdefault(incident, device)
    return {one: found[one] for one in incident_ids if one in found and not kin[one] & mixed}


def _kin(incident_ids: Collection[Any]) -> dict[Any, set[Any]]:
    """Return each incident, and each it was ever merged with, with all of those."""
    known: set[Any] = set(incident_ids)
    new, pairs = known, set()
    while new:
        merged = Incident.objects.filter(state="merged", merged_into__isnull=False)
        rows = merged.filter(Q(merged_into_id__in=list(new)) | Q(id__in=list(new)))
        found = set(rows.values_list("id", "merged_into_id"))
        new = {one for pair in found for one in pair} - known
        known, pairs = known | new, pairs | found
    kin = {one: {one} for one in known}
    for one, other in pairs:
        joined = kin[one] | kin[other]
        kin.update(dict.fromkeys(joined, joined))
    return kin


def on_street(device: Device) -> bool:
    """Return whether a button stands in the street, where everybody can see it."""
    return device.kind == "post" and device.transport in STREET_TRANSPORTS and device.lon is not None


def _docks(drones: set[str]) -> dict[str, Dock]:
    rows = Drone.objects.filter(id__in=drones).select_related("dock").only("id", "dock__lon", "dock__lat")
    return {row.id: row.dock for row in rows}


def _flight(row: Mission, post: Device, dock: Dock | None, ground: Ground) -> Flight:
    began = timezone.localtime(row.airborne_at)
    lon, lat = rounded(post.lon, post.lat)
    over = ground.crossed((dock.lon, dock.lat), (lon, lat)) if dock is not None else []
    return Flight(
        day=began.date().isoformat(),
        hour=began.hour,
        drone=row.drone_id,
        zone=ground.labels.get(post.zone_id, ""),
        reason=say(KINDS, row.incident.kind),
        exercise=row.incident.exercise or row.incident.test,
        minutes=max(1, round((row.ended_at - row.airborne_at).total_seconds() / 60)),
        outcome=say(OUTCOMES, row.incident.outcome) if row.incident.outcome else say(END_REASONS, row.end_reason),
        over=tuple(over),
        lon=lon,
        lat=lat,
        seq=row.last_seq,
    )
