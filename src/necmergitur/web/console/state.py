"""What the board shows before its event stream is open: the same object as `/live/state`, from the read tables."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from necmergitur.dispatch.constants import PILOT_QUALIFICATION
from necmergitur.web.facts.models import (
    City,
    DeviceHealth,
    DroneState,
    Incident,
    LedgerEvent,
    Mission,
    PilotShift,
    Proposal,
    Qualification,
    SystemAlarm,
)

KEEP_CLOSED = timedelta(minutes=10)  # contract of the live state
DEAF_PLACES_MAX = 500  # contract of the live state
INCIDENTS_MAX = 2_000  # ours: a closed page never grows without bound
INCIDENT_FIELDS = (
    "id",
    "number",
    "state",
    "rung",
    "kind",
    "test",
    "exercise",
    "duress",
    "cancelled",
    "placed",
    "lon",
    "lat",
    "accuracy_m",
    "zone_id",
    "label",
    "opened_at",
    "last_signal_at",
    "signal_count",
    "escalation",
    "due_at",
    "owner_id",
    "owner_name",
    "drone",
    "drone_reason",
    "outcome",
    "closed_at",
    "merged_into",
    "version",
    "last_seq",
)
MISSION_FIELDS = (
    "id",
    "incident_id",
    "drone_id",
    "pilot_id",
    "pilot_name",
    "state",
    "phase",
    "lon",
    "lat",
    "eta_s",
    "why",
    "offered_at",
    "offer_expires_at",
    "accepted_at",
    "airborne_at",
    "on_scene_at",
    "ended_at",
    "end_reason",
    "order_name",
    "version",
    "last_seq",
)


def current_incidents(now: datetime) -> list[Incident]:
    """Return open incidents, and those over for less than ten minutes."""
    recent = Q(state="open") | Q(closed_at__gt=now - KEEP_CLOSED)
    # Real calls before tests, open ("open" sorts last) before closed: a drill of the city pushes no call off the board.
    return list(Incident.objects.filter(recent).order_by("test", "-state", "-last_seq")[:INCIDENTS_MAX])


def current_missions(now: datetime) -> list[Mission]:
    """Return missions that go on, and those over for less than ten minutes."""
    recent = ~Q(state="ended") | Q(ended_at__gt=now - KEEP_CLOSED)
    return list(Mission.objects.filter(recent).order_by("-last_seq")[:INCIDENTS_MAX])


def incident_json(one: Incident) -> dict[str, Any]:
    """Return an incident as the live process sends it."""
    return _plain(one, INCIDENT_FIELDS)


def mission_json(one: Mission) -> dict[str, Any]:
    """Return a mission as the live process sends it."""
    return _plain(one, MISSION_FIELDS)


def _plain(row: Any, names: Iterable[str]) -> dict[str, Any]:
    fields = {}
    for name in names:
        value = row.merged_into_id if name == "merged_into" else getattr(row, name)
        if isinstance(value, datetime):
            value = value.isoformat().replace("+00:00", "Z")
        elif hasattr(value, "hex") and not isinstance(value, (float, bytes)):
            value = str(value)
        fields[name] = value
    return fields


def snapshot(
    seq: int, incidents: list[Incident], missions: list[Mission], proposals: list[Proposal], now: datetime
) -> dict[str, Any]:
    """Return the whole state. `seq` is read before the rows: a replay may repeat, never skip."""
    return {
        "seq": seq,
        "now": now.isoformat().replace("+00:00", "Z"),
        "city": {"name": city_name()},
        "incidents": [incident_json(one) for one in incidents],
        "missions": [mission_json(one) for one in missions],
        "proposals": [
            {
                "id": str(one.id),
                "incident_id": str(one.incident_id),
                "other_id": str(one.other_id),
                "score": one.score,
                "reason": one.reason,
                "proposed_at": one.proposed_at.isoformat().replace("+00:00", "Z"),
                "state": one.state,
            }
            for one in proposals
        ],
        "fleet": fleet(),
        "deaf": deaf(),
        "pilots": pilots(now),
        "alarms": [
            {
                "name": one.name,
                "raised_at": one.raised_at.isoformat().replace("+00:00", "Z"),
                "detail": one.detail,
            }
            for one in SystemAlarm.objects.filter(cleared_at=None).order_by("raised_at")
        ],
    }


def last_seq() -> int:
    """Return the sequence number of the newest fact."""
    return LedgerEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def city_name() -> str:
    """Return the city's name, empty before one is installed."""
    return City.objects.values_list("name", flat=True).first() or ""


def open_proposals() -> list[Proposal]:
    """Return proposals nobody has decided, the likeliest first."""
    return list(
        Proposal.objects.filter(state="open", incident__state="open", other__state="open")
        .select_related("incident", "other")
        .order_by("-score", "id")[:100]
    )


def fleet() -> dict[str, Any] | None:
    """Return drones as last heard; None when nothing was."""
    heard = list(DroneState.objects.order_by("drone_id"))
    if not heard:
        return None
    return {
        "t": int(max(one.at for one in heard).timestamp() * 1000),
        "d": [
            [
                one.drone_id,
                one.lon or 0.0,
                one.lat or 0.0,
                round(one.altitude_m or 0.0, 1),
                round(one.heading_deg or 0.0, 1),
                round(one.ground_speed_m_s or 0.0, 1),
                round(one.battery_pct or 0.0, 1),
                one.phase,
                round(one.link_pct or 0.0),
                int(one.linked),
            ]
            for one in heard
            if one.lon is not None
        ],
    }


def deaf() -> dict[str, Any]:
    """Return silent street buttons: how many, in which zones, where."""
    silent = list(
        DeviceHealth.objects.filter(deaf=True, device__kind="post", device__retired_at=None)
        .order_by("device_id")
        .values_list("device__lon", "device__lat", "device_id", "device__zone_id")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT zone_id, count(*) FROM device WHERE kind = 'post' AND retired_at IS NULL AND zone_id = ANY(%s)"
            " GROUP BY zone_id ORDER BY zone_id",
            [sorted({row[3] for row in silent if row[3]})],
        )
        totals = cursor.fetchall()
    count: dict[str, int] = {}
    for row in silent:
        count[row[3]] = count.get(row[3], 0) + 1
    return {
        "devices": len(silent),
        "zones": [[zone, count[zone], total] for zone, total in totals],
        "places": [[lon, lat, device] for lon, lat, device, _zone in silent[:DEAF_PLACES_MAX]],
    }


def pilots(now: datetime) -> dict[str, int]:
    """Return how many pilots are on shift, and how many could take an offer now."""
    on_shift = list(PilotShift.objects.filter(ended_at=None, starts_at__lte=now, ends_at__gt=now))
    qualified = set(
        Qualification.objects.filter(kind=PILOT_QUALIFICATION, valid_from__lte=now, valid_until__gt=now).values_list(
            "user_id", flat=True
        )
    )
    load: dict[int, int] = {}
    for pilot in Mission.objects.exclude(state="ended").values_list("pilot_id", flat=True):
        if pilot is not None:
            load[pilot] = load.get(pilot, 0) + 1
    free = [
        one
        for one in on_shift
        if not one.paused and one.user_id in qualified and load.get(one.user_id, 0) < one.max_missions
    ]
    return {"on_shift": len(on_shift), "free": len(free)}
