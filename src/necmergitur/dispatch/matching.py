"""Is this signal part of an incident we already know? A score between 0 and 1, and a reason a human can read.

High attaches, middle proposes, low opens a new incident. One person's call is never attached to another's.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.dispatch.constants import (
    ATTACH_SCORE_MIN,
    MATCH_DISTANCE_FLOOR_M,
    MATCH_RADIUS_M,
    MATCH_TIME_SCALE,
    MATCH_WINDOW,
    PROPOSE_SCORE_MIN,
)
from necmergitur.dispatch.incidents import Incident
from necmergitur.kernel.geo import EARTH_RADIUS_M, distance_m
from necmergitur.signals.press import Signal

# How well two kinds describe the same event. A plain SOS says little, so it fits all; symmetric.
_AFFINITY: dict[frozenset[str], float] = {
    frozenset({"sos", "medical"}): 0.9,
    frozenset({"sos", "fire"}): 0.9,
    frozenset({"sos", "violence"}): 0.95,
    frozenset({"medical", "violence"}): 0.8,
    frozenset({"medical", "fire"}): 0.6,
    frozenset({"fire", "violence"}): 0.5,
}
_AFFINITY_UNKNOWN = 0.7


class Match(msgspec.Struct, frozen=True):
    """The verdict for one signal: what to do, with which incident, how sure and why."""

    verdict: Literal["attach", "propose", "new"]
    incident_id: UUID | None
    score: float
    reason: str


NEW = Match("new", None, 0.0, "nothing near")


def place(
    signal: Signal,
    candidates: Iterable[Incident],
    device_incident: UUID | None,
    now: datetime,
    *,
    exercise: bool = False,
) -> Match:
    """Choose among open incidents. `device_incident` is the open one this very device is already part of.

    A person's button is one person, whatever the time. Who presses a post after a quiet gap may be anybody: that
    is a new call, and a human says whether it belongs to the old one. Nothing joins across the edge of an exercise.
    """
    best, before = NEW, NEW
    here = signal.position
    # A difference of latitude alone is a distance: in a crisis it rules out nine in ten at a tenth of the cost.
    reach_deg = math.degrees((MATCH_RADIUS_M + signal.accuracy_m) / EARTH_RADIUS_M)
    for incident in candidates:
        if incident.state != "open" or incident.test != signal.test or incident.exercise != exercise:
            continue
        if device_incident is not None and incident.id == device_incident:
            quiet = now - incident.last_signal_at
            if signal.personal or quiet <= MATCH_WINDOW:
                return Match("attach", incident.id, 1.0, "same device")
            if not signal.test:
                minutes = quiet // timedelta(minutes=1)
                before = Match("propose", incident.id, PROPOSE_SCORE_MIN, f"same device, {minutes} min after")
            continue
        if here is not None and abs(incident.position.lat - here.lat) > reach_deg:
            continue
        found = _judge(signal, incident, now)
        if _rank(found) > _rank(best):
            best = found
    return before if best.verdict == "new" else best


def _rank(found: Match) -> tuple[bool, float, str]:
    """Order matches: what joins goes before what only asks, or one person nearby would keep two posts apart."""
    return found.verdict == "attach", found.score, str(found.incident_id)


def _judge(signal: Signal, incident: Incident, now: datetime) -> Match:
    """Score one pair: kind x time x distance over stated accuracy."""
    if signal.position is None or signal.test or not incident.placed:
        return NEW
    age = now - incident.last_signal_at
    gap_m = distance_m(signal.position, incident.position)
    if age > MATCH_WINDOW or gap_m > MATCH_RADIUS_M + signal.accuracy_m:
        return NEW
    spread_m = math.hypot(signal.accuracy_m, incident.accuracy_m, MATCH_DISTANCE_FLOOR_M)
    by_distance = math.exp(-0.5 * (gap_m / (2 * spread_m)) ** 2)
    by_time = math.exp(-max(0.0, age.total_seconds()) / MATCH_TIME_SCALE.total_seconds())
    score = affinity(signal.kind, incident.kind) * by_distance * by_time
    reason = f"{gap_m:.0f} m away, {max(0, int(age.total_seconds()))} s after, {signal.kind}/{incident.kind}"
    if signal.personal or incident.personal_device is not None:
        # Two people, or a person and a post: a human decides, however close they are.
        verdict: Literal["attach", "propose", "new"] = "propose" if score >= PROPOSE_SCORE_MIN else "new"
    elif score >= ATTACH_SCORE_MIN:
        verdict = "attach"
    else:
        verdict = "propose" if score >= PROPOSE_SCORE_MIN else "new"
    return Match(verdict, incident.id, score, reason) if verdict != "new" else NEW


def affinity(one: str, other: str) -> float:
    """Return how well two kinds fit one event, 1.0 for the same kind."""
    return 1.0 if one == other else _AFFINITY.get(frozenset({one, other}), _AFFINITY_UNKNOWN)
