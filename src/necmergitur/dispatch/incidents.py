"""An incident: what we believe is happening. State, events, and the rules that make one from the other.

Commands take the present state and an aware UTC instant and return events, or a Refusal.
Nothing here is ever deleted: merge and split are facts that other facts can undo.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.dispatch.constants import ACTING_DEADLINE, LEVEL_DEADLINES, REPEAT_DEADLINE
from necmergitur.dispatch.incident_events import (
    CallerCancelled,
    CallRenewed,
    CallWithdrawn,
    CancelOverruled,
    DroneStatus,
    DroneStatusChanged,
    DuressReported,
    HelpAsked,
    IncidentAbsorbed,
    IncidentClosed,
    IncidentEscalated,
    IncidentEvent,
    IncidentMerged,
    IncidentOpened,
    IncidentReopened,
    IncidentUnmerged,
    Link,
    NoteWritten,
    Person,
    PlaceStated,
    ProposalDecided,
    ProposalMade,
    Rung,
    RungReached,
    SignalsAttached,
    SignalsDetached,
)
from necmergitur.dispatch.places import PLACE_UNKNOWN
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal

# The events are part of this story, told in a file of their own; callers say `incidents.CallRenewed`.
__all__ = [
    "OUTCOMES",
    "RUNGS",
    "SEEKS_DRONE",
    "CallRenewed",
    "CallWithdrawn",
    "CallerCancelled",
    "CancelOverruled",
    "DroneStatus",
    "DroneStatusChanged",
    "DuressReported",
    "HelpAsked",
    "Incident",
    "IncidentAbsorbed",
    "IncidentClosed",
    "IncidentEscalated",
    "IncidentEvent",
    "IncidentMerged",
    "IncidentOpened",
    "IncidentReopened",
    "IncidentUnmerged",
    "Link",
    "NoteWritten",
    "Person",
    "PlaceStated",
    "ProposalDecided",
    "ProposalMade",
    "Rung",
    "RungReached",
    "SignalsAttached",
    "SignalsDetached",
    "absorb",
    "ask_help",
    "change_drone",
    "climb",
    "close",
    "escalate",
    "evolve",
    "merge",
    "not_open",
    "reopen",
    "seek",
    "seek_drone",
    "stream_of",
    "unmerge",
]

RUNGS: tuple[Rung, ...] = ("received", "seen", "acknowledged", "acting")
# A drone is sought at once for these; for the rest a human decides (an unreadable press is checked first).
SEEKS_DRONE: frozenset[str] = frozenset({"sos", "medical", "fire", "violence"})
# Ours, the least grave first: what two merged incidents are together is the gravest of both.
_GRAVITY = ("test", "possible_press", "sos", "medical", "fire", "violence")
_WANTED: frozenset[DroneStatus] = frozenset({"searching", "refused", "offered", "flying"})


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one incident. `escalation` indexes constants.LEVELS; times are aware UTC.

    Until it is `placed` nobody knows where it is: `position` is only where a map may show it.
    """

    id: UUID
    number: str
    state: Literal["open", "closed", "merged"] = "open"
    rung: Rung = "received"
    kind: str
    personal_device: str | None
    test: bool
    exercise: bool
    duress: bool = False
    cancelled: bool = False
    placed: bool = True
    position: Position
    accuracy_m: float
    zone_id: str | None
    label: str
    opened_at: datetime
    last_signal_at: datetime
    signal_count: int = 0
    escalation: int = 0
    due_at: datetime | None
    owner_id: int | None = None
    owner_name: str = ""
    drone: DroneStatus = "none"
    drone_reason: str = ""
    outcome: str = ""
    closed_at: datetime | None = None
    merged_into: UUID | None = None
    version: int = 0


OUTCOMES = ("helped", "handed_over", "false_alarm", "not_found", "test", "duplicate", "cancelled_by_caller")


def stream_of(incident_id: UUID) -> str:
    """Return the ledger stream of an incident."""
    return f"incident:{incident_id}"


def seek(state: Incident, reason: str, now: datetime) -> list[IncidentEvent]:
    """Begin the search for a drone; while nobody knows where to send one, say so instead."""
    if state.placed:
        return change_drone(state, "searching", reason, now)
    return change_drone(state, "refused", PLACE_UNKNOWN, now)


def climb(state: Incident, rung: Rung, by: Person, now: datetime) -> list[IncidentEvent] | Refusal:
    """Record that `by` saw, acknowledged or acts. Climbing twice to the same rung changes nothing."""
    if state.state != "open":
        return not_open(state)
    if RUNGS.index(rung) <= RUNGS.index(state.rung):
        if rung == state.rung and state.owner_id == by.id:
            return []
        return Refusal(rule="already_climbed", owner=state.owner_name, facts={"rung": state.rung})
    return [RungReached(rung, by, now)]


def escalate(state: Incident, now: datetime) -> list[IncidentEvent]:
    """Escalate when the deadline has passed; nothing otherwise."""
    if state.state != "open" or state.due_at is None or state.due_at > now:
        return []
    return [IncidentEscalated(min(state.escalation + 1, len(LEVEL_DEADLINES)), state.rung, now)]


def close(state: Incident, outcome: str, by: Person, now: datetime) -> list[IncidentEvent] | Refusal:
    """Close with an outcome from OUTCOMES."""
    if state.state != "open":
        return not_open(state)
    if outcome not in OUTCOMES:
        return Refusal(rule="outcome_unknown", detail=f"One of {', '.join(OUTCOMES)}.")
    return [IncidentClosed(outcome, by, now)]


def reopen(state: Incident, by: Person, now: datetime) -> list[IncidentEvent] | Refusal:
    """Undo a closing."""
    if state.state != "closed":
        return Refusal(rule="not_closed", detail=f"Incident {state.number} is {state.state}.")
    return [IncidentReopened(by, now)]


def merge(
    state: Incident,
    into: Incident,
    by: Person,
    now: datetime,
    *,
    callers: Collection[str] = (),
    callers_into: Collection[str] = (),
) -> list[IncidentEvent] | Refusal:
    """Merge `state` into `into`. A person's call never disappears into another person's.

    `callers` are the personal buttons whose signals each side holds, those of incidents merged into it included.
    """
    for one in (state, into):
        if one.state != "open":
            return not_open(one)
    if state.id == into.id:
        return Refusal(rule="same_incident")
    mine = {*callers, state.personal_device} - {None}
    theirs = {*callers_into, into.personal_device} - {None}
    if mine and theirs and mine != theirs:
        return Refusal(rule="two_people", detail="Two people called: each keeps an incident.")
    if state.test != into.test or state.exercise != into.exercise:
        return Refusal(rule="test_and_real", detail="A test never mixes with a real call.")
    return [IncidentMerged(into.id, by, now)]


def absorb(into: Incident, other: Incident, by: Person, now: datetime, *, coming: bool) -> list[IncidentEvent]:
    """Say on the incident that carries on what both are together. `coming`: a drone is on its way to it."""
    events: list[IncidentEvent] = [
        IncidentAbsorbed(
            other=other.id,
            kind=max(into.kind, other.kind, key=_gravity),
            duress=into.duress or other.duress,
            cancelled=into.cancelled and other.cancelled,
            by=by,
            at=now,
        )
    ]
    if other.drone in _WANTED and not coming and into.drone not in ("searching", "refused") and not into.test:
        events += seek(into, "", now)
    return events


def _gravity(kind: str) -> int:
    return _GRAVITY.index(kind) if kind in _GRAVITY else 0


def seek_drone(state: Incident, by: Person, now: datetime) -> list[IncidentEvent] | Refusal:
    """Ask for a drone (again, or for an incident that did not seek one by itself), whatever the caller took back."""
    if state.state != "open":
        return not_open(state)
    if state.test:
        return Refusal(rule="test_never_flies", detail="A test runs to the decision, never to a flight.")
    if not state.placed:
        return Refusal(rule=PLACE_UNKNOWN, detail="Say where the call is first.")
    overruled: list[IncidentEvent] = [CancelOverruled(by, now)] if state.cancelled and not state.duress else []
    if state.drone in ("offered", "flying", "on_scene"):
        # One about to be called back because the caller cancelled goes on instead.
        return overruled or Refusal(rule="drone_already", facts={"status": state.drone})
    return overruled + change_drone(state, "searching", f"asked by {by.name}", now)


def ask_help(state: Incident, unit: str, by: Person, now: datetime, *, again: bool = False) -> list[IncidentEvent]:
    """Ring for a responder in need. Asked `again` by the same one, it need not when it rings still, unseen."""
    rings = state.state == "open" and state.rung == "received" and state.escalation > 0 and state.due_at is not None
    return [] if again and rings else [HelpAsked(unit, by, now)]


def unmerge(state: Incident, by: Person, now: datetime) -> list[IncidentEvent] | Refusal:
    """Undo a merge: the incident is open again, where it was on the ladder."""
    if state.state != "merged":
        return Refusal(rule="not_merged", detail=f"Incident {state.number} is {state.state}.")
    return [IncidentUnmerged(by, now)]


def not_open(state: Incident) -> Refusal:
    """Say that an incident is over, and where it went."""
    return Refusal(
        rule="incident_not_open",
        detail=f"Incident {state.number} is {state.state}.",
        facts={"number": state.number, "state": state.state},
    )


def change_drone(state: Incident, status: DroneStatus, reason: str, now: datetime) -> list[IncidentEvent]:
    """Record where the search for a drone stands, when that changed."""
    if state.drone == status and state.drone_reason == reason:
        return []
    return [DroneStatusChanged(status, reason, now)]


def evolve(state: Incident | None, event: IncidentEvent) -> Incident:
    """Fold one event. Raises ValueError when the story does not start with IncidentOpened."""
    if isinstance(event, IncidentOpened):
        return _opened(event)
    if state is None:
        raise ValueError(f"{type(event).__name__} before IncidentOpened")
    return msgspec.structs.replace(state, version=state.version + 1, **_changes(state, event))


def _opened(event: IncidentOpened) -> Incident:
    return Incident(
        id=event.id,
        number=event.number,
        kind=event.kind,
        personal_device=event.personal_device,
        test=event.test,
        exercise=event.exercise,
        position=event.position or Position(0.0, 0.0),
        accuracy_m=event.accuracy_m,
        zone_id=event.zone_id,
        label=event.label,
        placed=event.placed,
        opened_at=event.at,
        last_signal_at=event.at,
        due_at=None if event.test else event.at + LEVEL_DEADLINES[0],
        version=1,
    )


def _changes(  # noqa: C901, PLR0911, PLR0912 -- one line per event is the story
    state: Incident, event: IncidentEvent
) -> dict[str, object]:
    """Return the fields one event changes."""
    match event:
        case SignalsAttached(links, at):
            return {"signal_count": state.signal_count + len(links), "last_signal_at": max(state.last_signal_at, at)}
        case SignalsDetached(signal_ids=gone):
            return {"signal_count": max(0, state.signal_count - len(gone))}
        case RungReached(rung, by, at):
            due = None if rung == "acting" else at + (ACTING_DEADLINE if rung == "acknowledged" else _level(state))
            return {"rung": rung, "owner_id": by.id, "owner_name": by.name, "due_at": due}
        case IncidentEscalated(level, _, at):
            pause = LEVEL_DEADLINES[level] if level < len(LEVEL_DEADLINES) else REPEAT_DEADLINE
            return {"escalation": level, "due_at": at + pause}
        case CallerCancelled():
            given_up = state.drone in ("searching", "refused") and not (state.duress or state.test)
            return {"cancelled": True, **({"drone": "none", "drone_reason": ""} if given_up else {})}
        case CallRenewed(at=at):
            return {"cancelled": False, **_rung_again(at)}
        case CancelOverruled():
            return {"cancelled": False}
        case PlaceStated(position, accuracy_m, zone_id, label):
            where = {"placed": True, "position": position or state.position, "accuracy_m": accuracy_m}
            return {**where, "zone_id": zone_id, "label": label}
        case DuressReported(at=at):
            # News that changes everything: whoever acted on the call must look again, or it would ring for ever.
            return {"duress": True, "escalation": max(1, state.escalation), **_rung_again(at)}
        case DroneStatusChanged(status, reason):
            return {"drone": status, "drone_reason": reason}
        case IncidentMerged(into):
            return {"state": "merged", "merged_into": into, "due_at": None, "drone": _without_drone(state, "searching")}
        case IncidentAbsorbed():
            return _absorbed(state, event)
        case IncidentUnmerged(at=at):
            return {"state": "open", "merged_into": None, "due_at": _due_again(state, at)}
        case IncidentClosed(outcome, _, at):
            ending = {"state": "closed", "outcome": outcome, "closed_at": at, "due_at": None}
            return {**ending, "drone": _without_drone(state, "none")}
        case IncidentReopened(at=at):
            return {"state": "open", "outcome": "", "closed_at": None, "due_at": _due_again(state, at)}
        case HelpAsked(at=at):
            back = {"state": "open", "outcome": "", "closed_at": None}
            return {**back, "escalation": max(1, state.escalation), **_rung_again(at)}
        case _:
            return {}


def _absorbed(state: Incident, event: IncidentAbsorbed) -> dict[str, object]:
    """Take over the gravest of both. Duress, or a call taken back that is one again, is news: it rings."""
    changed: dict[str, object] = {"kind": event.kind, "duress": event.duress, "cancelled": event.cancelled}
    if event.duress and not state.duress:
        return {**changed, "escalation": max(1, state.escalation), **_rung_again(event.at)}
    return {**changed, **(_rung_again(event.at) if state.cancelled and not event.cancelled else {})}


def _rung_again(at: datetime) -> dict[str, object]:
    """Return to the foot of the ladder, with a deadline."""
    return {"rung": "received", "due_at": at + LEVEL_DEADLINES[0]}


def _without_drone(state: Incident, offered: DroneStatus) -> DroneStatus:
    """Return where the search stands once the drones were called back; `offered` when none had left."""
    if state.drone in ("flying", "on_scene", "returning"):
        return "done"
    if state.drone == "offered":
        return offered
    return "none" if offered == "none" and state.drone in ("searching", "refused") else state.drone


def _level(state: Incident) -> timedelta:
    return LEVEL_DEADLINES[min(state.escalation, len(LEVEL_DEADLINES) - 1)]


def _due_again(state: Incident, at: datetime) -> datetime | None:
    """Restart the clock of an incident that came back, unless somebody already acts or it is a test."""
    return None if state.rung == "acting" or state.test else at + _level(state)
