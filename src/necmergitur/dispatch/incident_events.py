"""What can happen to an incident: one struct for each fact of its stream. `incidents.evolve` folds them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.kernel.geo import Position

Rung = Literal["received", "seen", "acknowledged", "acting"]
DroneStatus = Literal["none", "searching", "offered", "flying", "on_scene", "returning", "done", "refused"]


class Person(msgspec.Struct, frozen=True):
    """Who acts: an account's id and the name shown on screens."""

    id: int
    name: str


class Link(msgspec.Struct, frozen=True):
    """One signal held by an incident: why, how sure (0 to 1)."""

    signal_id: UUID
    device_id: str
    score: float
    reason: str


class IncidentOpened(msgspec.Struct, frozen=True, tag=True):
    """`position` is None when it is a person's: it then travels sealed beside the fact."""

    id: UUID
    number: str
    kind: str
    personal_device: str | None
    test: bool
    exercise: bool
    position: Position | None
    accuracy_m: float
    zone_id: str | None
    label: str
    at: datetime
    placed: bool = True


class SignalsAttached(msgspec.Struct, frozen=True, tag=True):
    """Signals joined the incident; `label` and `kind` follow the gravest."""

    links: tuple[Link, ...]
    at: datetime


class SignalsDetached(msgspec.Struct, frozen=True, tag=True):
    """Signals left for another incident (a split)."""

    signal_ids: tuple[UUID, ...]
    to: UUID
    by: Person
    at: datetime


class RungReached(msgspec.Struct, frozen=True, tag=True):
    """A person climbed the ladder: seen, acknowledged, acting."""

    rung: Rung
    by: Person
    at: datetime


class IncidentEscalated(msgspec.Struct, frozen=True, tag=True):
    """A deadline passed with no answer: the next level is told."""

    level: int
    missed: Rung
    at: datetime


class CallerCancelled(msgspec.Struct, frozen=True, tag=True):
    """The caller took the call back with their ordinary PIN. The incident stays open for a human."""

    device_id: str
    at: datetime


class CallRenewed(msgspec.Struct, frozen=True, tag=True):
    """The caller called again, after taking the call back or once somebody had seen it: nobody has seen this one."""

    device_id: str
    at: datetime


class CancelOverruled(msgspec.Struct, frozen=True, tag=True):
    """A person judged that help is needed although the caller took the call back."""

    by: Person
    at: datetime


class PlaceStated(msgspec.Struct, frozen=True, tag=True):
    """Where the call is became known, or better known: by its device, or `by` a person.

    `position` is None when it is a person's: it then travels sealed beside the fact.
    """

    position: Position | None
    accuracy_m: float
    zone_id: str | None
    label: str
    by: Person | None
    at: datetime


class CallWithdrawn(msgspec.Struct, frozen=True, tag=True):
    """One of several callers took their own call back; what the others asked for stands."""

    device_id: str
    at: datetime


class DuressReported(msgspec.Struct, frozen=True, tag=True):
    """The caller used the duress PIN: their screen says cancelled, ours says the opposite."""

    device_id: str
    at: datetime


class DroneStatusChanged(msgspec.Struct, frozen=True, tag=True):
    """The search for a drone moved on. `reason` is the one-line why shown on screen."""

    status: DroneStatus
    reason: str
    at: datetime


class IncidentMerged(msgspec.Struct, frozen=True, tag=True):
    """This incident is the same as another, which carries on."""

    into: UUID
    by: Person
    at: datetime


class IncidentAbsorbed(msgspec.Struct, frozen=True, tag=True):
    """Another incident was merged into this one: what both were together. Cancelled only when both were."""

    other: UUID
    kind: str
    duress: bool
    cancelled: bool
    by: Person
    at: datetime


class IncidentUnmerged(msgspec.Struct, frozen=True, tag=True):
    """A merge was undone."""

    by: Person
    at: datetime


class IncidentClosed(msgspec.Struct, frozen=True, tag=True):
    """It is over, and how."""

    outcome: str
    by: Person
    at: datetime


class IncidentReopened(msgspec.Struct, frozen=True, tag=True):
    """It was not over."""

    by: Person
    at: datetime


class HelpAsked(msgspec.Struct, frozen=True, tag=True):
    """A responder on the spot needs help: it rings again, even when the incident was thought to be over."""

    unit: str
    by: Person
    at: datetime


class ProposalMade(msgspec.Struct, frozen=True, tag=True):
    """This incident may be the same as another: a human is asked."""

    proposal_id: UUID
    other: UUID
    score: float
    reason: str
    at: datetime


class ProposalDecided(msgspec.Struct, frozen=True, tag=True):
    """A human said whether this incident is the same as another."""

    proposal_id: UUID
    other: UUID
    accepted: bool
    by: Person
    at: datetime


class NoteWritten(msgspec.Struct, frozen=True, tag=True):
    """A note, call-back or hand-off. Its words may name people: they travel sealed."""

    note_id: UUID
    kind: str
    by: Person
    at: datetime


IncidentEvent = (
    IncidentOpened
    | SignalsAttached
    | SignalsDetached
    | RungReached
    | IncidentEscalated
    | CallerCancelled
    | CallRenewed
    | CancelOverruled
    | CallWithdrawn
    | PlaceStated
    | DuressReported
    | DroneStatusChanged
    | IncidentMerged
    | IncidentAbsorbed
    | IncidentUnmerged
    | IncidentClosed
    | IncidentReopened
    | HelpAsked
    | ProposalMade
    | ProposalDecided
    | NoteWritten
)
