"""What operations need of the world. Adapters implement these protocols; tests run the same contract on each."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Incident, Link
from necmergitur.dispatch.missions import Mission
from necmergitur.dispatch.observations import ResponderTask
from necmergitur.dispatch.pilots import PilotFact
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import GateTable
from necmergitur.governance.passes import Pass
from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.kernel.ids import IdSource
from necmergitur.ledger.ports import Ledger
from necmergitur.ledger.ports import VersionConflict as VersionConflict  # noqa: PLC0414 -- who calls a store may meet it
from necmergitur.signals.press import Device, Signal
from necmergitur.territory.airspace import Airspace


class KnownSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A press already recorded, in its latest turn: the answer it got, and whether the same may still be a repeat.

    `over`: its incident is closed (a test's closes by itself, while its button may still repeat). `placed`: it stated
    a usable place, or needed none.
    """

    signal_id: UUID
    incident_id: UUID | None
    rung: str | None
    recorded_at: datetime
    turn: int = 0
    placed: bool = True
    cancelled: bool = False
    over: bool = False


class PlacedSignal(msgspec.Struct, frozen=True):
    """A signal whose place came after it."""

    signal_id: UUID
    position: Position
    accuracy_m: float
    zone_id: str | None
    flag: str


class StoredSignal(msgspec.Struct, frozen=True):
    """A signal about to be stored, with the incident it joined and what authorises it."""

    signal: Signal
    incident_id: UUID | None
    authorisation_id: UUID


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Two incidents that may be one. A human decides."""

    id: UUID
    incident_id: UUID
    other_id: UUID
    score: float
    reason: str
    proposed_at: datetime
    state: str = "open"
    decided_by: str | None = None
    decided_at: datetime | None = None


class DroneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A drone as installed. Endpoints are URLs; `signing_key` is 32 bytes or None."""

    id: str
    dock: Position
    zone_id: str
    link_url: str
    camera_url: str
    system_id: int
    signing_key: bytes | None
    speed_m_s: float
    enabled: bool
    disabled_reason: str
    camera_kind: str = "mjpeg"  # or "whep": how its picture is opened


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Words a person wrote on an incident. `kind`: note, call_back, hand_off, handover."""

    id: UUID
    incident_id: UUID
    kind: str
    author_name: str
    written_at: datetime
    body: str


class Notice(msgspec.Struct, frozen=True):
    """Air announced as another's (a helicopter): the square around `place`, until an instant."""

    place: Position
    radius_m: float
    until: datetime

    def crosses(self, start: Position, to: Position) -> bool:
        """Return whether the straight way from `start` to `to` meets the square (both may be the same place)."""
        plane = LocalPlane(self.place)
        x_m, y_m = plane.to_xy(start)
        to_x_m, to_y_m = plane.to_xy(to)
        first, last = 0.0, 1.0  # the part of the way still between the sides looked at
        for at_m, step_m in ((x_m, to_x_m - x_m), (y_m, to_y_m - y_m)):
            if step_m == 0.0:
                if abs(at_m) > self.radius_m:
                    return False
                continue
            entry, leave = sorted(((-self.radius_m - at_m) / step_m, (self.radius_m - at_m) / step_m))
            first, last = max(first, entry), min(last, leave)
        return first <= last


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do in the world after the commit. `dedupe` makes it happen once."""

    kind: str
    dedupe: str
    payload: Mapping[str, Any]
    due_at: datetime


class Around(msgspec.Struct, frozen=True):
    """Where a batch of presses may belong: around its devices, where installed, and the places it states."""

    devices: tuple[str, ...]
    places: tuple[Position, ...]
    since: datetime
    reach_m: float


class SignalStore(Protocol):
    """Presses and the devices that make them."""

    def expect_presses(self, keys: Sequence[tuple[str, int, int]], around: Around, now: datetime) -> None:
        """Announce the questions that follow for a batch of presses, so that one wait answers them all."""
        ...

    def known_signals(self, keys: Sequence[tuple[str, int, int]]) -> dict[tuple[str, int, int], KnownSignal]:
        """Return what was answered to presses already recorded, by (device, boot_id, seq)."""
        ...

    def devices(self, ids: Collection[str]) -> dict[str, Device]:
        """Return known devices by id."""
        ...

    def zones_under_test(self, now: datetime) -> frozenset[str] | None:
        """Return zones in a declared test window; None means the whole city."""
        ...

    def zone_at(self, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label) of the zone that holds `position`, None outside the territory."""
        ...

    def city_middle(self) -> Position | None:
        """Return the middle of the city as last imported, None before there is one."""
        ...

    def put_signals(self, signals: Sequence[StoredSignal], recorded_at: datetime, seq: int) -> None:
        """Store signals recorded at ledger sequence `seq`."""
        ...

    def place_signals(self, placed: Sequence[PlacedSignal]) -> None:
        """Complete signals that came without a place."""
        ...


class IncidentStore(Protocol):
    """Incidents and what holds them together."""

    def new_incident_numbers(self, now: datetime, count: int) -> list[str]:
        """Return the next `count` numbers, "year-serial", in order."""
        ...

    def incident(self, incident_id: UUID) -> Incident | None:
        """Return one incident as it stands."""
        ...

    def incidents_by_id(self, incident_ids: Collection[UUID]) -> dict[UUID, Incident]:
        """Return incidents as they stand, by id."""
        ...

    def open_incidents_near(self, around: Around) -> list[Incident]:
        """Return open incidents with a signal after `since`, about `reach_m` or nearer to what `around` says."""
        ...

    def open_incidents_of(self, devices: Collection[str]) -> dict[str, Incident]:
        """Return, by device, the newest open incident that holds one of its signals."""
        ...

    def incidents_due(self, now: datetime, limit: int) -> list[Incident]:
        """Return open incidents whose deadline has passed, oldest deadline first."""
        ...

    def incidents_seeking(self, limit: int, *, refused_too: bool) -> list[Incident]:
        """Return open incidents that want a drone: the refused after the others, the longest untried before, oldest."""
        ...

    def tried(self, incident_ids: Collection[UUID], now: datetime) -> None:
        """Remember that a drone was sought for these at `now`."""
        ...

    def incidents_rehearsing(self, limit: int) -> list[Incident]:
        """Return open test incidents whose decision is still to be rehearsed, oldest first."""
        ...

    def put_incidents(self, incidents: Collection[Incident], seq: int) -> None:
        """Store incidents as folded, at ledger sequence `seq`."""
        ...

    def put_links(self, links: Sequence[tuple[UUID, Link]], by: str, at: datetime) -> None:
        """Attach signals to incidents, by incident id."""
        ...

    def undo_links(self, incident_id: UUID, signal_ids: Sequence[UUID], at: datetime) -> list[Link]:
        """Detach signals (the rows stay); return the links undone."""
        ...

    def call_devices_of(self, incident_id: UUID) -> frozenset[str]:
        """Return the devices whose calls an incident holds, those of incidents merged into it too."""
        ...

    def signals_of(self, incident_id: UUID) -> list[Signal]:
        """Return the signals an incident holds now, oldest first."""
        ...

    def callers_of(self, incident_id: UUID) -> list[str]:
        """Return the personal buttons whose signals an incident holds, those of incidents merged into it included."""
        ...

    def proposal(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal."""
        ...

    def put_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Store proposals, new or decided."""
        ...

    def responder_tasks(self, incident_id: UUID) -> list[ResponderTask]:
        """Return who was told of an incident, earliest first."""
        ...

    def incidents_told(self, incident_ids: Collection[UUID], unit: str) -> set[UUID]:
        """Return which of these incidents `unit` was told of."""
        ...

    def put_responder_tasks(self, tasks: Sequence[ResponderTask], seq: int) -> None:
        """Store parts of responders, new or changed."""
        ...

    def touch_incidents(self, incident_ids: Collection[UUID], seq: int) -> None:
        """Say that something hanging on incidents changed at ledger sequence `seq`, so that screens read them again."""
        ...

    def put_note(self, note: Note, seq: int) -> None:
        """Store a note."""
        ...


class MissionStore(Protocol):
    """Missions, and the drones and pilots they need."""

    def mission(self, mission_id: UUID) -> Mission | None:
        """Return one mission as it stands."""
        ...

    def live_missions(self) -> list[Mission]:
        """Return missions that have not ended, oldest first."""
        ...

    def missions_launched_since(self, since: datetime) -> list[UUID]:
        """Return missions whose drone left its dock after `since`."""
        ...

    def missions_of(self, incident_id: UUID) -> list[Mission]:
        """Return an incident's missions, oldest first."""
        ...

    def failed_drones(self, incident_ids: Collection[UUID], since: datetime) -> dict[UUID, frozenset[str]]:
        """Return, by incident, the drones whose mission ended since then, before the scene, by their own fault."""
        ...

    def offers_expired(self, now: datetime, limit: int) -> list[Mission]:
        """Return offers whose ten seconds are over."""
        ...

    def put_missions(self, missions: Collection[Mission], seq: int) -> None:
        """Store missions as folded, at ledger sequence `seq`."""
        ...

    def expect_choice(self, now: datetime) -> None:
        """Announce that drones, live_missions, gate_table, airspace and notices follow."""
        ...

    def drones(self) -> list[DroneRecord]:
        """Return every drone that is installed."""
        ...

    def offer_unanswered(self, user_id: int, most: int, now: datetime) -> bool:
        """Count an offer a pilot on shift let pass; pause the shift at `most` in a row. Return whether it did."""
        ...

    def offer_answered(self, user_id: int) -> None:
        """Begin counting anew: the pilot is there."""
        ...

    def ground_drone(self, drone_id: str, reason: str) -> bool:
        """Take a drone out of service, `reason` a rule's name; return whether it was in service."""
        ...

    def pilots_on_shift(self, now: datetime) -> list[PilotFact]:
        """Return pilots whose shift covers `now`, with their load."""
        ...

    def airspace(self) -> Airspace | None:
        """Return the geozones last read, drawn around the city's docks; None when none ever were."""
        ...

    def notices(self, now: datetime) -> list[Notice]:
        """Return the notices in force."""
        ...


class GovernanceStore(Protocol):
    """Authorisations and the table compiled from them."""

    def gate_table(self, now: datetime) -> GateTable:
        """Return the compiled authorisations, fresh as of this transaction."""
        ...

    def authorisation(self, authorisation_id: UUID) -> Authorisation | None:
        """Return one authorisation."""
        ...

    def put_authorisation(self, authorisation: Authorisation, seq: int) -> None:
        """Store an authorisation and tell every gate to reload."""
        ...


class Transaction(Ledger, SignalStore, IncidentStore, MissionStore, GovernanceStore, Protocol):
    """One database transaction: all of it commits, or none."""

    def serialise(self) -> None:
        """Wait for every other writer's commit, so that what is read next stays true until ours."""
        ...

    def enqueue(self, effects: Sequence[Effect]) -> None:
        """Put effects in the outbox."""
        ...

    def seal(self, plain: bytes, subject: str = "") -> bytes:
        """Encrypt personal data under a key of its subject (operations.subjects), without one under today's key."""
        ...

    def unseal(self, sealed: bytes, under: Pass, *, vital: bool = False) -> bytes | None:
        """Decrypt; None when the key was destroyed, or may have been: then only what is `vital` to a call opens."""
        ...


class Store(Protocol):
    """Where facts live."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open a transaction; commit on leaving, roll back on an exception.

        Raises `Unreachable` when the database cannot be had.
        """
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


class Unreachable(Exception):
    """The database does not answer. Nothing was recorded; lamps stay dark."""
