"""The queue as first painted by the server: the same rows, order and words as the live island (ui/src/board).

Pure over incidents and a time; tests hold it against the island's own cases.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from necmergitur.web.console.words import DRONE, ESCALATED, KINDS, RUNGS, say
from necmergitur.web.facts.models import Incident, Mission

ROWS_MAX = 40  # one screen and its overscan; the island draws the rest


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the queue, ready to print. `due_at` None: no deadline runs, `since` is shown instead."""

    id: str
    number: str
    tone: str
    due_text: str
    since: datetime
    has_deadline: bool
    label: str
    kind: str
    word: str
    owner: str
    drone: str
    position: int


def unanswered(incident: Incident) -> bool:
    """Return whether nobody has acknowledged yet."""
    return incident.rung in ("received", "seen")


def tone_of(incident: Incident, now: datetime) -> str:
    """Return the state's name: what colour, shape and word it gets."""
    if incident.state != "open":
        return "resolved"
    if incident.duress:
        return "critical"
    if incident.test:
        return "attention"
    if unanswered(incident):
        late = incident.due_at is not None and incident.due_at <= now
        return "critical" if late or incident.escalation > 0 else "serious"
    if incident.cancelled or incident.kind == "possible_press" or incident.drone == "refused":
        return "attention"
    return "ours"


def word_of(incident: Incident, now: datetime) -> str:
    """Return where the incident stands, in a word or two."""
    if incident.state == "merged":
        return _("Merged")
    if incident.state == "closed":
        return _("Resolved")
    if incident.duress:
        return _("Duress")
    if incident.cancelled:
        return _("Cancelled by caller")
    if unanswered(incident) and incident.due_at is not None and incident.due_at <= now:
        return _("Deadline missed")
    if unanswered(incident) and incident.escalation > 0:
        return str(ESCALATED[min(incident.escalation, len(ESCALATED) - 1)])
    return say(RUNGS, incident.rung)


def drone_of(incident: Incident, mission: Mission | None) -> str:
    """Return where the drone is: "ETA 38 s", "drone on scene"; nothing when none was wanted."""
    if incident.state != "open" or incident.drone == "none":
        return ""
    if incident.drone == "flying" and mission is not None:
        return _("ETA %(seconds)s s") % {"seconds": round(mission.eta_s)}
    return say(DRONE, incident.drone)


def order(incidents: Iterable[Incident]) -> list[Incident]:
    """Escalated and unanswered first, then by deadline, then by age; ties by id, so two screens always agree."""

    def urgency(one: Incident) -> tuple[Any, ...]:
        level = 1 + min(one.escalation, 3) if unanswered(one) else 0
        return (-level, one.due_at is None, one.due_at or one.opened_at, one.opened_at, str(one.id))

    return sorted(incidents, key=urgency)


def missions_by_incident(missions: Iterable[Mission]) -> dict[UUID, Mission]:
    """Return the mission to show for each incident: the one still on, else the last."""
    chosen: dict[UUID, Mission] = {}
    for mission in missions:
        held = chosen.get(mission.incident_id)
        if held is None or (mission.state != "ended", mission.last_seq) > (held.state != "ended", held.last_seq):
            chosen[mission.incident_id] = mission
    return chosen


def countdown(seconds: float) -> str:
    """Return "00:07" before a deadline and "+00:12" after it."""
    whole = int(-seconds if seconds < 0 else -(-seconds // 1))
    sign = "+" if seconds < 0 else ""
    return f"{sign}{whole // 60:02d}:{whole % 60:02d}"


def rows(incidents: Iterable[Incident], missions: Mapping[UUID, Mission], now: datetime) -> list[Row]:
    """Return the first ROWS_MAX rows of the queue."""
    return [
        Row(
            id=str(one.id),
            number=one.number,
            tone=tone_of(one, now),
            due_text=countdown((one.due_at - now).total_seconds()) if one.due_at else "",
            since=one.opened_at,
            has_deadline=one.due_at is not None,
            label=one.label,
            kind=f"{say(KINDS, one.kind)} ×{one.signal_count}" if one.signal_count > 1 else say(KINDS, one.kind),
            word=word_of(one, now),
            owner=one.owner_name,
            drone=drone_of(one, missions.get(one.id)),
            position=position,
        )
        for position, one in enumerate(order(incidents)[:ROWS_MAX], start=1)
    ]
