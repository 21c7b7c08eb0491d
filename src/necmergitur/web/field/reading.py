"""What a responder may read of an incident, in a constant number of queries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from necmergitur.dispatch.observations import ON_DUTY
from necmergitur.kernel.geo import Position, bearing_deg, distance_m
from necmergitur.territory.labels import names_zone
from necmergitur.web.accounts.models import User
from necmergitur.web.console import queue, rights, timeline
from necmergitur.web.console.dossier import picture_of
from necmergitur.web.console.words import DRONE, KINDS, RESPONDER_STATES, say, unit_of
from necmergitur.web.facts.models import Device, Incident, Mission, Observation, ResponderTask, Still, Zone
from necmergitur.web.store import CLOCK

SHOWN_MAX = 50
LANDMARKS = 2
_BOX_DEG = 0.004  # about 400 m: the nearest posts of a street
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def mine(user: User) -> list[dict[str, Any]]:
    """Return the open incidents this person or all on duty were told of; whoever answers calls sees all open ones."""
    tasks = ResponderTask.objects.filter(_theirs(user), incident__state="open").exclude(state="released")
    told = {task.incident_id: task for task in tasks if task.user_id == user.pk}
    rows = Incident.objects.filter(state="open")
    if not rights.may_answer(user):
        rows = rows.filter(id__in={task.incident_id for task in tasks})
    now = CLOCK.now()
    return [
        {
            "row": one,
            "kind": say(KINDS, one.kind),
            "tone": queue.tone_of(one, now),
            "word": _word(one, now),
            "task": say(RESPONDER_STATES, told[one.id].state) if one.id in told else "",
        }
        for one in queue.order(rows)[:SHOWN_MAX]
    ]


def _theirs(user: User) -> Q:
    """Select what this person was told, and what everybody on duty was because no drone can come."""
    return Q(user_id=user.pk) | Q(user_id=None, unit=ON_DUTY)


def _word(row: Incident, now: datetime) -> str:
    if row.duress:
        return _("Caution: call for police first")
    if row.state == "open" and row.drone == "refused":
        return _("No drone: go and look")
    return queue.word_of(row, now)


def one(user: User, incident_id: UUID) -> dict[str, Any]:
    """Return one incident for a responder. Raises Http404 for one they were not told of."""
    row = Incident.objects.filter(id=incident_id).first()
    tasks = list(ResponderTask.objects.filter(incident_id=incident_id).order_by("told_at", "id"))
    task = next((each for each in tasks if each.user_id == user.pk), None)
    on_duty = any(each.user_id is None and each.unit == ON_DUTY for each in tasks)
    told = on_duty if task is None else task.state != "released"
    if row is None or not (rights.may_answer(user) or told):
        raise Http404
    now = CLOCK.now()
    seen = list(Observation.objects.filter(incident_id=incident_id).order_by("-observed_at")[:SHOWN_MAX])
    mission = Mission.objects.filter(incident_id=incident_id).exclude(state="ended").order_by("-offered_at").first()
    return {
        "incident": row,
        "kind": say(KINDS, row.kind),
        "tone": queue.tone_of(row, now),
        "word": queue.word_of(row, now) if row.duress else _word(row, now),
        "drone": queue.drone_of(row, mission) or say(DRONE, row.drone),
        "task": task,
        "task_word": say(RESPONDER_STATES, task.state) if task else "",
        "others": [
            {"unit": unit_of(each.unit), "state": say(RESPONDER_STATES, each.state), "row": each}
            for each in tasks
            if each.user_id != user.pk
        ],
        "observations": [{"row": each, "text": timeline.observation_text(each)} for each in seen],
        "stills": list(
            Still.objects.filter(incident_id=incident_id, expires_at__gt=now).order_by("-taken_at")[:SHOWN_MAX]
        ),
        "way_in": way_in(row),
        "mission": mission,
        "picture": picture_of(mission),
        "now": now,
    }


def way_in(row: Incident) -> str:
    """Return how to find the place: its zone, and the nearest posts with distance and direction."""
    if not row.placed:
        return _("Nobody knows yet where this call is. Ask the control room.")
    parts = []
    zone = Zone.objects.filter(id=row.zone_id).values_list("label", flat=True).first() if row.zone_id else None
    if zone and not names_zone(row.label, zone):
        parts.append(f"{zone}.")
    here = Position(row.lon, row.lat)
    posts = Device.objects.filter(
        kind="post",
        retired_at=None,
        lat__range=(row.lat - _BOX_DEG, row.lat + _BOX_DEG),
        lon__range=(row.lon - _BOX_DEG, row.lon + _BOX_DEG),
    ).values_list("id", "label", "lon", "lat")
    near = sorted((distance_m(here, Position(lon, lat)), label, lon, lat) for _id, label, lon, lat in posts[:500])
    for metres, label, lon, lat in near[:LANDMARKS]:
        if metres < 1:
            parts.append(_("At the button “%(label)s”.") % {"label": label})
        else:
            said = {"metres": round(metres), "label": label, "way": compass(Position(lon, lat), here)}
            parts.append(_("%(metres)s m %(way)s of the button “%(label)s”.") % said)
    return " ".join(parts)


def compass(start: Position, end: Position) -> str:
    """Return one of eight directions, in the reader's language."""
    words = {
        "N": _("north"),
        "NE": _("north-east"),
        "E": _("east"),
        "SE": _("south-east"),
        "S": _("south"),
        "SW": _("south-west"),
        "W": _("west"),
        "NW": _("north-west"),
    }
    return words[COMPASS[round(bearing_deg(start, end) / 45) % 8]]
