"""Everything a page says about one incident, in a constant number of queries."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.http import Http404

from necmergitur.adapters.postgres.queries import load
from necmergitur.dispatch.constants import MATCH_RADIUS_M
from necmergitur.dispatch.incidents import OUTCOMES as OUTCOME_NAMES
from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import picturing
from necmergitur.operations.population.helping import WEB, row_of
from necmergitur.territory.labels import names_zone
from necmergitur.web.console import queue, refusals, timeline
from necmergitur.web.console.reasons import in_words
from necmergitur.web.console.words import (
    BY_PAGE,
    DEVICE_KINDS,
    DRONE,
    FLAGS,
    KINDS,
    MISSION_STATES,
    OUTCOMES,
    PHASES,
    RESPONDER_STATES,
    RUNGS,
    SERVICES,
    say,
    unit_of,
)
from necmergitur.web.facts.models import (
    Device,
    Drone,
    Incident,
    IncidentNote,
    IncidentSignal,
    LedgerEvent,
    Mission,
    Observation,
    Proposal,
    ResponderTask,
    Still,
    Zone,
)
from necmergitur.web.store import CLOCK, store

EVENTS_MAX = 500  # ours: a flood adds one line per batch, the page stays readable
SIGNALS_SHOWN_MAX = 100  # ours: a flood is one incident plus a counter
NEIGHBOURS_MAX = 8
_NEAR_DEG = 4 * MATCH_RADIUS_M / 111_000  # a box around; exact distances follow


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One signal of an incident, as shown."""

    id: str
    kind: str
    device_id: str
    device: str
    device_kind: str
    received_at: datetime
    score_pct: int
    reason: str
    flags: tuple[str, ...]
    test: bool
    undone_at: datetime | None


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """Another open incident close enough to be the same."""

    id: str
    number: str
    label: str
    kind: str
    distance_m: int
    opened_at: datetime


def read(incident_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the template context of one incident. Raises Http404."""
    incident = Incident.objects.select_related("merged_into").filter(id=incident_id).first()
    if incident is None:
        raise Http404
    missions = list(Mission.objects.filter(incident_id=incident_id).order_by("-offered_at", "-id"))
    notes = list(IncidentNote.objects.filter(incident_id=incident_id))
    observations = list(Observation.objects.filter(incident_id=incident_id).order_by("-observed_at"))
    stills = list(Still.objects.filter(incident_id=incident_id).order_by("-taken_at"))
    tasks = list(ResponderTask.objects.filter(incident_id=incident_id).order_by("told_at", "id"))
    merged_here = list(Incident.objects.filter(merged_into_id=incident_id).order_by("number"))
    proposals = _proposals(incident_id)
    live = [one for one in missions if one.state != "ended"]
    streams = [f"incident:{incident_id}", *(f"mission:{one.id}" for one in missions)]
    events = list(LedgerEvent.objects.filter(stream__in=streams).order_by("-seq")[:EVENTS_MAX])
    names = _numbers(events)
    refused = refusals.from_reason(incident.drone_reason) if incident.drone in ("refused", "none") else None
    evidence = _evidence(incident_id)
    heard = _heard(incident)
    return {
        "incident": incident,
        "kind": say(KINDS, incident.kind),
        "tone": queue.tone_of(incident, now),
        "word": queue.word_of(incident, now),
        "rung": say(RUNGS, incident.rung),
        "outcome": say(OUTCOMES, incident.outcome) if incident.outcome else "",
        "zone": _zone(incident),
        "next_action": next_action(incident),
        "drone_word": say(DRONE, incident.drone),
        "drone_why": "" if refused else in_words(incident.drone_reason),
        "refused": refused,
        "can_seek": incident.state == "open" and not incident.test and incident.drone in ("none", "done", "refused"),
        "can_stand_down": incident.state == "open" and incident.drone not in ("none", "done"),
        "evidence": evidence,
        "evidence_held": [one for one in evidence if one.undone_at is None],
        "missions": [mission_context(one, incident) for one in missions],
        "live_missions": [mission_context(one, incident) for one in live],
        "observations": [{"row": one, "text": timeline.observation_text(one)} for one in observations],
        "stills": [{"row": one, "gone": one.expires_at <= now} for one in stills],
        "tasks": [{"row": one, "unit": unit_of(one.unit), "state": say(RESPONDER_STATES, one.state)} for one in tasks],
        "proposals": proposals,
        "merged_here": merged_here,
        "callers": [device for device in heard if row_of(device) is None],
        "callers_by_page": [device for device in heard if row_of(device) is not None],
        "neighbours": _neighbours(incident),
        "timeline": timeline.lines(events, notes, observations, stills, tasks, names),
        "outcomes": [(name, say(OUTCOMES, name)) for name in OUTCOME_NAMES],
        "services": [(name, str(word)) for name, word in SERVICES.items()],
        "now": now,
    }


def _zone(incident: Incident) -> str:
    """Return the zone's name, where the incident's own does not already say it."""
    label = Zone.objects.filter(id=incident.zone_id).values_list("label", flat=True).first() if incident.zone_id else ""
    return "" if label is None or names_zone(incident.label, label) else label


def _numbers(events: Iterable[LedgerEvent]) -> dict[str, str]:
    """Return the numbers of the other incidents these facts speak of, by id."""
    said = {one.payload.get(field) for one in events for field in ("into", "other") if one.stream[:9] == "incident:"}
    found = Incident.objects.filter(id__in=said - {None}).values_list("id", "number")
    return {str(one): number for one, number in found}


def callers(incident: Incident) -> list[str]:
    """Return the personal buttons an incident heard, itself or through those merged into it: the way to a holder."""
    return [device for device in _heard(incident) if row_of(device) is None]


def callers_by_page(incident: Incident) -> list[str]:
    """Return who called for help on the page "I'm safe": the way to what they wrote."""
    return [device for device in _heard(incident) if row_of(device) is not None]


def _heard(incident: Incident) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(load("incidents")["callers"], {"id": incident.id})
        heard = {row[0] for row in cursor.fetchall()}
    return sorted(heard | ({incident.personal_device} if incident.personal_device else set()))


def next_action(incident: Incident) -> str:
    """Return the one next action's name, empty when none is due."""
    if incident.state != "open":
        return ""
    if queue.unanswered(incident):
        return "acknowledge"
    return "act" if incident.rung == "acknowledged" else ""


def mission_context(one: Mission, incident: Incident) -> dict[str, Any]:
    """Return what a mission strip shows."""
    refused = refusals.from_reason(one.end_reason) if one.end_reason in refusals.RULES else None
    return {
        "row": one,
        "incident": incident,
        "picture": picture_of(one),
        "state": say(MISSION_STATES, one.state),
        "phase": say(PHASES, one.phase),
        "why": in_words(one.why),
        "ended": (refused.what if refused else in_words(one.end_reason)) if one.state == "ended" else "",
        "on_scene_s": None
        if one.on_scene_at is None
        else round((one.on_scene_at - incident.opened_at).total_seconds()),
    }


def picture_of(one: Mission | None) -> dict[str, Any]:
    """Return how a mission's picture may be shown now ("": not), and why not where that must be said."""
    if one is None or one.state == "ended" or one.phase != "on_scene":
        return {"shown": "", "refusal": ""}
    found = picturing.shows(store(), one.id, CLOCK.now())
    if isinstance(found, Refusal):
        return {"shown": "", "refusal": refusals.sentence(found)}
    kind = Drone.objects.filter(id=one.drone_id).values_list("camera_kind", flat=True).first()
    return {"shown": kind or "", "refusal": ""}


def _evidence(incident_id: UUID) -> list[Evidence]:
    links = list(
        IncidentSignal.objects.filter(incident_id=incident_id)
        .select_related("signal")
        .order_by("-attached_at", "signal_id")[:SIGNALS_SHOWN_MAX]
    )
    devices = Device.objects.in_bulk([link.signal.device_id for link in links])
    found = []
    for link in links:
        signal = link.signal
        device = devices.get(signal.device_id)
        found.append(
            Evidence(
                id=str(signal.id),
                kind=say(KINDS, signal.kind),
                device_id=signal.device_id,
                device=device.label if device else signal.device_id,
                device_kind=_kind(device),
                received_at=signal.received_at,
                score_pct=round(link.score * 100),
                reason=in_words(link.reason),
                flags=tuple(say(FLAGS, flag) for flag in signal.flags),
                test=signal.test,
                undone_at=link.undone_at,
            )
        )
    return sorted(found, key=lambda one: one.received_at)


def _kind(device: Device | None) -> str:
    if device is None:
        return ""
    return str(BY_PAGE) if device.transport == WEB else say(DEVICE_KINDS, device.kind)


def _proposals(incident_id: UUID) -> list[dict[str, Any]]:
    either = Proposal.objects.filter(incident_id=incident_id) | Proposal.objects.filter(other_id=incident_id)
    rows = (
        either.filter(state="open", incident__state="open", other__state="open")
        .select_related("incident", "other")
        .order_by("-score")
    )
    return [
        {
            "row": row,
            "other": row.other if row.incident_id == incident_id else row.incident,
            "reason": in_words(row.reason),
            "score_pct": round(row.score * 100),
        }
        for row in rows
    ]


def _neighbours(incident: Incident) -> list[Neighbour]:
    """Return open incidents nearby, nearest first: what a person may merge by hand."""
    if incident.state != "open" or not incident.placed:
        return []
    width = _NEAR_DEG / max(0.1, math.cos(math.radians(incident.lat)))
    box = Incident.objects.filter(
        state="open",
        test=incident.test,
        placed=True,
        lat__range=(incident.lat - _NEAR_DEG, incident.lat + _NEAR_DEG),
        lon__range=(incident.lon - width, incident.lon + width),
    ).exclude(id=incident.id)
    here = Position(incident.lon, incident.lat)
    found = [
        Neighbour(
            id=str(one.id),
            number=one.number,
            label=one.label,
            kind=say(KINDS, one.kind),
            distance_m=round(distance_m(here, Position(one.lon, one.lat))),
            opened_at=one.opened_at,
        )
        for one in box[:100]
    ]
    return sorted(found, key=lambda one: (one.distance_m, one.id))[:NEIGHBOURS_MAX]
