"""A mission: one drone's work for one incident, under one pilot and one authorisation.

A drone lifts only on a pilot's acceptance: `flying` is reachable only through `accepted`.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.dispatch.constants import LIFT_WITHIN, OFFER_LASTS, OFFERS_MAX
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal

State = Literal["offered", "accepted", "flying", "ended"]
Order = Literal["fly", "hold", "descend", "return", "land"]
ORDERS: tuple[Order, ...] = ("fly", "hold", "descend", "return", "land")
HOMEWARD: tuple[Order, ...] = ("return", "land")
# Ends that say nothing against the drone (people, the law): it may be sent to the same incident again.
EXCUSED = (
    "no_pilot",
    "called_back",
    "never_lifted",
    "helicopter_in_area",
    "no_authorisation",
    "authorisation_revoked",
    "authorisation_expired",
    "authorisation_not_yet",
    "gate_table_stale",
)
# Ends after which a person looks at the drone before it flies again.
GROUNDING = ("landed_away",)


class Mission(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one mission. `eta_s` counts from the offer; `phase` follows the drone.

    `order_refused` is the last order that was not carried out and the rule it met ("land link_lost").
    """

    id: UUID
    incident_id: UUID
    authorisation_id: UUID
    drone_id: str
    pilot_id: int | None
    pilot_name: str
    state: State = "offered"
    phase: str = "offered"
    target: Position
    eta_s: float
    why: str
    offered_at: datetime
    offer_expires_at: datetime | None
    accepted_at: datetime | None = None
    airborne_at: datetime | None = None
    on_scene_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    tried_pilots: tuple[int, ...] = ()
    order: Order = "fly"
    order_seq: int = 0
    order_refused: str = ""
    version: int = 1


class MissionOffered(msgspec.Struct, frozen=True, tag=True):
    """A drone was chosen and a pilot asked. `target` is None when it is a person's place (sealed beside)."""

    id: UUID
    incident_id: UUID
    authorisation_id: UUID
    drone_id: str
    pilot: Person
    target: Position | None
    eta_s: float
    why: str
    expires_at: datetime
    at: datetime


class OfferPassedOn(msgspec.Struct, frozen=True, tag=True):
    """A pilot declined, or ten seconds went by: the next pilot is asked."""

    reason: Literal["declined", "expired"]
    pilot: Person
    expires_at: datetime
    at: datetime


class MissionAccepted(msgspec.Struct, frozen=True, tag=True):
    """A pilot took the mission."""

    by: Person
    at: datetime


class MissionLaunched(msgspec.Struct, frozen=True, tag=True):
    """The drone left its dock."""

    at: datetime


class PhaseReached(msgspec.Struct, frozen=True, tag=True):
    """The drone reached a phase: open_dock, climb, transit, on_scene, return, dock and the interrupts."""

    phase: str
    at: datetime


class MissionOrdered(msgspec.Struct, frozen=True, tag=True):
    """The pilot asked something of the drone."""

    order: Order
    by: Person
    at: datetime


class OrderRefused(msgspec.Struct, frozen=True, tag=True):
    """The drone did not carry out the order `seq`, and will not any more."""

    order: Order
    seq: int
    rule: str
    at: datetime


class MissionHandedOver(msgspec.Struct, frozen=True, tag=True):
    """Another pilot has the controls: took them, or was given them under way by who had them. The actor says which."""

    to: Person
    at: datetime


class CameraBreached(msgspec.Struct, frozen=True, tag=True):
    """The camera was not where the law wants it: not level in transit, or recording off scene."""

    kind: str
    value: float
    at: datetime


class MissionEnded(msgspec.Struct, frozen=True, tag=True):
    """The work is over: docked, cancelled, no pilot, refused by the vehicle, lost."""

    reason: str
    at: datetime


MissionEvent = (
    MissionOffered
    | OfferPassedOn
    | MissionAccepted
    | MissionLaunched
    | PhaseReached
    | MissionOrdered
    | OrderRefused
    | MissionHandedOver
    | CameraBreached
    | MissionEnded
)


def stream_of(mission_id: UUID) -> str:
    """Return the ledger stream of a mission."""
    return f"mission:{mission_id}"


def accept(state: Mission, by: Person, now: datetime) -> list[MissionEvent] | Refusal:
    """Take a mission offered to `by`, in time."""
    if state.state != "offered":
        return Refusal(rule="offer_gone", owner=state.pilot_name, facts={"state": state.state})
    if state.pilot_id != by.id:
        return Refusal(rule="offered_to_another", owner=state.pilot_name)
    if state.offer_expires_at is not None and now >= state.offer_expires_at:
        return Refusal(rule="offer_expired", until=state.offer_expires_at)
    return [MissionAccepted(by, now)]


def pass_on(
    state: Mission, reason: Literal["declined", "expired"], next_pilot: Person | None, now: datetime
) -> list[MissionEvent]:
    """Ask the next pilot, or end the mission when nobody is left."""
    if state.state != "offered":
        return []
    if next_pilot is None or len(state.tried_pilots) >= OFFERS_MAX:
        return [MissionEnded("no_pilot", now)]
    return [OfferPassedOn(reason, next_pilot, now + OFFER_LASTS, now)]


def order(state: Mission, asked: Order, by: Person, now: datetime) -> list[MissionEvent] | Refusal:
    """Ask something of the drone. Only the mission's pilot may.

    Before the lift-off there is one thing to ask, that it stay: the mission ends. A drone called home is not held,
    sent lower or sent on any more.
    """
    if state.state not in ("accepted", "flying") or (state.state == "accepted" and asked not in HOMEWARD):
        return Refusal(rule="not_flying", facts={"state": state.state})
    if by.id != state.pilot_id:
        return Refusal(rule="not_your_mission", owner=state.pilot_name)
    if state.state == "accepted":
        return [MissionOrdered(asked, by, now), MissionEnded("called_back", now)]
    if state.order in HOMEWARD and asked not in HOMEWARD:
        return Refusal(rule="coming_home", owner=state.pilot_name)
    return [MissionOrdered(asked, by, now)]


def refuse_order(state: Mission, seq: int, rule: str, now: datetime) -> list[MissionEvent]:
    """Record that order `seq` was not carried out; nothing when another was given since."""
    if state.state != "flying" or state.order_seq != seq:
        return []
    return [OrderRefused(state.order, seq, rule, now)]


def call_back(state: Mission, by: Person, now: datetime) -> list[MissionEvent]:
    """Bring the drone home, or withdraw the offer: the incident closed, the caller cancelled, the law ended."""
    if state.state in ("offered", "accepted"):
        return [MissionOrdered("return", by, now), MissionEnded("called_back", now)]
    if state.state == "flying" and state.order not in HOMEWARD:
        return [MissionOrdered("return", by, now)]
    return []


def hand_over(state: Mission, to: Person, by: Person, now: datetime) -> list[MissionEvent] | Refusal:
    """Give the controls to another pilot, or take them. Before the lift-off they are only taken: a yes is one's own."""
    if state.state not in ("accepted", "flying"):
        return Refusal(rule="not_flying", facts={"state": state.state})
    if to.id == state.pilot_id:
        return Refusal(rule="already_yours")
    if by.id not in (state.pilot_id, to.id):
        return Refusal(rule="not_your_mission", owner=state.pilot_name)
    if state.state == "accepted" and by.id != to.id:
        return Refusal(rule="not_lifted_yet", owner=to.name)
    return [MissionHandedOver(to, now)]


def launch(state: Mission, now: datetime) -> list[MissionEvent] | Refusal:
    """Record the lift-off; refused unless a pilot accepted, just now. Two engines that race meet here."""
    if state.state == "flying":
        return []
    if state.state != "accepted":
        return Refusal(rule="not_accepted", facts={"state": state.state})
    if state.order in HOMEWARD:
        return Refusal(rule="called_back")
    if overdue(state, now):
        return Refusal(rule="never_lifted")
    return [MissionLaunched(now)]


def overdue(state: Mission, now: datetime) -> bool:
    """Return whether an accepted mission should have lifted long ago: its pilot looks elsewhere by now."""
    return state.state == "accepted" and state.accepted_at is not None and now - state.accepted_at > LIFT_WITHIN


def reach(state: Mission, phase: str, now: datetime) -> list[MissionEvent]:
    """Record a phase, once."""
    if state.state == "ended" or state.phase == phase:
        return []
    return [PhaseReached(phase, now)]


def end(state: Mission, reason: str, now: datetime) -> list[MissionEvent]:
    """End the mission, once."""
    return [] if state.state == "ended" else [MissionEnded(reason, now)]


def evolve(state: Mission | None, event: MissionEvent) -> Mission:
    """Fold one event. Raises ValueError when the story does not start with MissionOffered."""
    if isinstance(event, MissionOffered):
        return Mission(
            id=event.id,
            incident_id=event.incident_id,
            authorisation_id=event.authorisation_id,
            drone_id=event.drone_id,
            pilot_id=event.pilot.id,
            pilot_name=event.pilot.name,
            target=event.target or Position(0.0, 0.0),
            eta_s=event.eta_s,
            why=event.why,
            offered_at=event.at,
            offer_expires_at=event.expires_at,
            tried_pilots=(event.pilot.id,),
        )
    if state is None:
        raise ValueError(f"{type(event).__name__} before MissionOffered")
    return msgspec.structs.replace(state, version=state.version + 1, **_changes(state, event))


def _changes(state: Mission, event: MissionEvent) -> dict[str, object]:
    match event:
        case OfferPassedOn(_, pilot, expires_at):
            return {
                "pilot_id": pilot.id,
                "pilot_name": pilot.name,
                "offer_expires_at": expires_at,
                "tried_pilots": (*state.tried_pilots, pilot.id),
            }
        case MissionAccepted(by, at):
            return {
                "state": "accepted",
                "pilot_id": by.id,
                "pilot_name": by.name,
                "accepted_at": at,
                "offer_expires_at": None,
            }
        case MissionLaunched(at):
            return {"state": "flying", "airborne_at": at}
        case PhaseReached(phase, at):
            first = phase == "on_scene" and state.on_scene_at is None
            return {"phase": phase, "on_scene_at": at if first else state.on_scene_at}
        case MissionOrdered() | OrderRefused():
            return _order_changes(state, event)
        case MissionHandedOver(to):
            return {"pilot_id": to.id, "pilot_name": to.name}
        case MissionEnded(reason, at):
            return {"state": "ended", "phase": "ended", "ended_at": at, "end_reason": reason, "offer_expires_at": None}
        case _:
            return {}


def _order_changes(state: Mission, event: MissionOrdered | OrderRefused) -> dict[str, object]:
    if isinstance(event, MissionOrdered):
        return {"order": event.order, "order_seq": state.order_seq + 1, "order_refused": ""}
    refused = f"{event.order} {event.rule}"
    if event.order in HOMEWARD:
        # It was to come down and did not: coming home is what stays asked of it.
        return {"order": "return", "order_seq": state.order_seq + 1, "order_refused": refused}
    return {"order": "fly", "order_refused": refused}
