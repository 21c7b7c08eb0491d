"""Ports of what is kept as plain rows with one audit fact each: shifts, devices, observations, airspace, the city."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.observations import Observation
from necmergitur.governance import gate
from necmergitur.governance.passes import Pass
from necmergitur.kernel.events import Fact
from necmergitur.kernel.geo import Position
from necmergitur.kernel.ids import IdSource
from necmergitur.operations.ports import DroneRecord, Transaction
from necmergitur.signals.heartbeat import Heartbeat
from necmergitur.territory.geozones import GeozoneSet
from necmergitur.territory.inventory import Inventory, Reimport


class Audited(msgspec.Struct, frozen=True, tag=True):
    """A change to plain rows. `action` is `source:subject:action`; `facts` never hold personal data."""

    action: str
    subject: str
    facts: dict[str, str]


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A pilot's turn. `max_missions` drones at once, one unless a lead says otherwise.

    `unanswered` counts offers let pass in a row: at `dispatch.constants.UNANSWERED_MAX` the shift pauses by itself.
    """

    id: int
    user_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    max_missions: int
    paused: bool
    ended_at: datetime | None
    handover_note: str
    unanswered: int = 0


class NewDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device about to be known. Hashes are SHA-256 or HMAC digests; `place` is a post's."""

    id: str
    kind: str
    transport: str
    label: str
    zone_id: str | None = None
    place: Position | None = None
    external_key: str | None = None
    credential_hash: bytes | None = None
    cancel_hash: bytes | None = None
    duress_hash: bytes | None = None
    certificate_subject: str | None = None


class Still(msgspec.Struct, frozen=True, kw_only=True):
    """A still image. `sealed` is what is stored; read back, it is told to nobody but who opens it, and None."""

    id: UUID
    incident_id: UUID
    mission_id: UUID | None
    taken_at: datetime
    interior: bool
    expires_at: datetime
    sealed: bytes | None
    width_px: int
    height_px: int


class RegistryTransaction(Transaction, Protocol):
    """A transaction that can also write plain rows."""

    def put_shift(self, user_id: int, name: str, starts_at: datetime, ends_at: datetime, max_missions: int) -> int:
        """Store a shift; return its id."""
        ...

    def current_shift(self, user_id: int, now: datetime) -> Shift | None:
        """Return the shift a user is on."""
        ...

    def change_shift(self, shift: Shift) -> None:
        """Store a shift as changed."""
        ...

    def put_qualification(
        self, user_id: int, kind: str, valid_from: datetime, valid_until: datetime, recorded_by: str
    ) -> None:
        """Store or renew a qualification."""
        ...

    def put_observation(self, observation: Observation, seq: int) -> None:
        """Store an observation."""
        ...

    def put_still(self, still: Still) -> None:
        """Store a still image."""
        ...

    def still(self, still_id: UUID) -> Still | None:
        """Return a still image."""
        ...

    def open_still(self, still_id: UUID, incident_id: UUID, viewed_by: str, under: Pass, at: datetime) -> bytes | None:
        """Record that somebody looks, and return the sealed picture; None once it was erased."""
        ...

    def known_otherwise(self, devices: Sequence[NewDevice]) -> list[str]:
        """Return which known devices these would replace: of another kind or way in, or with the same external key."""
        ...

    def put_devices(self, devices: Sequence[NewDevice], now: datetime) -> None:
        """Store devices, new or renewed."""
        ...

    def set_certificates(self, subjects: Mapping[str, str]) -> None:
        """Bind certificate subjects to devices, by device id."""
        ...

    def retire_devices(self, ids: Sequence[str], now: datetime) -> None:
        """Mark devices as gone and forget who held them; their rows and past signals stay."""
        ...

    def put_test_window(
        self, zones: Sequence[str] | None, starts_at: datetime, ends_at: datetime, reason: str, declared_by: str
    ) -> int:
        """Store a test window; return its id."""
        ...

    def put_holder(self, device_id: str, sealed: bytes, now: datetime) -> None:
        """Store who holds a personal button, sealed."""
        ...

    def open_holder(
        self,
        device_id: str,
        incident_id: UUID,
        opened_by: str,
        reason: str,
        under: Pass,
        now: datetime,
    ) -> bytes | None:
        """Return the sealed holder of a device and log the opening."""
        ...

    def put_heartbeats(self, beats: Sequence[Heartbeat], at: datetime) -> None:
        """Store signs of life; unknown devices are passed over."""
        ...

    def mark_deaf(self, before: datetime) -> int:
        """Mark devices silent since `before`; return how many fell silent."""
        ...

    def put_airspace_notice(
        self,
        kind: str,
        place: Position,
        radius_m: float,
        starts_at: datetime,
        ends_at: datetime,
        by: str,
        reason: str,
    ) -> int:
        """Store a notice (a helicopter announced); return its id."""
        ...

    def end_airspace_notice(self, notice_id: int, now: datetime) -> None:
        """End a notice now."""
        ...

    def set_drone(self, drone_id: str, *, enabled: bool, reason: str) -> bool:
        """Enable or ground a drone; return whether it exists."""
        ...

    def inventory(self) -> Inventory:
        """Return the zones, docks and posts stored, the retired included."""
        ...

    def put_city(self, plan: Reimport, source: str, now: datetime) -> None:
        """Store the city of `plan`; retire what it left out."""
        ...

    def put_geozones(self, zones: GeozoneSet, now: datetime) -> None:
        """Store the geozones last read."""
        ...

    def put_drones(self, drones: Sequence[DroneRecord], docks: Sequence[str]) -> None:
        """Store drones, each with its dock's id."""
        ...

    def raise_alarm(self, name: str, detail: str, now: datetime) -> bool:
        """Raise a system alarm; return whether it is new."""
        ...

    def clear_alarm(self, name: str, now: datetime) -> bool:
        """Clear a system alarm; return whether it was raised."""
        ...


class Registry(Protocol):
    """Where plain rows live, beside the facts."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a RegistryTransaction."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def audit(
    registry: Registry, tx: RegistryTransaction, action: str, subject: str, by: Person, now: datetime, **facts: str
) -> int:
    """Append one audit fact in the caller's transaction; return its sequence number."""
    event = Audited(action, subject, facts)
    fact = Fact(stream=f"audit:{registry.ids.new()}", version=1, event=event, actor=f"user:{by.id}")
    return tx.append(gate.admit_record([fact], now))
