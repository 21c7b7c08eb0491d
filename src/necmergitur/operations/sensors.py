"""Ports of sensors: what a transaction that knows them can do, and how a fact about one is written."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from necmergitur.governance import gate
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.passes import Pass
from necmergitur.governance.readings import Place
from necmergitur.governance.sensors import Sensor
from necmergitur.kernel.events import Fact
from necmergitur.operations.trust import TrustTransaction

ENGINE = "engine:sensors"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One reading to store. The store seals its payload under the key of its paper and day."""

    stream: str
    boot_id: int
    seq: int
    at: datetime
    bucket: datetime
    zone_id: str
    modality: str
    payload: str
    authorisation_id: UUID
    erase_at: datetime
    paper_ends: datetime


class Minute(msgspec.Struct, frozen=True):
    """A minute of one stream that has readings and no root yet."""

    stream: str
    bucket: datetime
    authorisation_id: UUID
    count: int


class Refused(msgspec.Struct, frozen=True):
    """How often one rule refused one stream in one minute."""

    stream: str
    rule: str
    minute: datetime
    count: int


class Gone(msgspec.Struct, frozen=True):
    """Keys of one paper that were destroyed: how many, and the hour of the last of them."""

    authorisation_id: UUID
    stream: str
    count: int
    died_at: datetime


class Row(msgspec.Struct, frozen=True):
    """One reading as read back. With its salt, whoever reads can compute its leaf and check it against its root."""

    stream: str
    boot_id: int
    seq: int
    at: datetime
    zone_id: str
    payload: str
    authorisation_id: UUID
    salt: bytes


class SensorTransaction(TrustTransaction, Protocol):
    """A transaction that knows sensors and what they said."""

    def sensors(self, ids: Sequence[str] | None = None) -> list[Sensor]:
        """Return sensors by id, or all that are not retired."""
        ...

    def put_sensor(self, sensor: Sensor, seq: int) -> None:
        """Store a sensor as a fact says it is."""
        ...

    def touch_sensors(self, ids: Sequence[str], now: datetime) -> None:
        """Note that sensors were heard."""
        ...

    def tell_sensor(self, sensor_id: str, *, run: bool, why: str, now: datetime) -> None:
        """Note what a sensor was told."""
        ...

    def last_reading(self, stream: str) -> Place | None:
        """Return where a stream stands."""
        ...

    def put_readings(self, kept: Sequence[Kept]) -> None:
        """Store readings. Raises StoreRefused when one is not lawful by the database's own judgement."""
        ...

    def put_refused(self, refused: Sequence[Refused]) -> None:
        """Add to the counts of what was refused."""
        ...

    def refused_before(self, minute: datetime) -> list[Refused]:
        """Return what was refused in minutes that are over and not yet published."""
        ...

    def mark_published(self, stream: str, minute: datetime, rules: Sequence[str], seq: int) -> None:
        """Note that what these rules refused in a minute is a fact."""
        ...

    def unrooted(self, before: datetime) -> list[Minute]:
        """Return the minutes before `before` that have readings and no root, oldest first."""
        ...

    def leaves(self, stream: str, bucket: datetime) -> list[bytes]:
        """Return the hashes of the readings of a minute, in order."""
        ...

    def mark_rooted(self, stream: str, bucket: datetime) -> None:
        """Let no reading enter a minute that has its root."""
        ...

    def erase_readings(self, now: datetime) -> Mapping[str, int]:
        """Delete what was kept long enough; return how many of each stream."""
        ...

    def log_stands(self) -> bool:
        """Return whether the public log cannot be written."""
        ...

    def destroy_reading_keys(self, now: datetime) -> list[Gone]:
        """Destroy the keys of readings whose hour has come; nothing opens what they sealed any more, wherever it is."""
        ...

    def papers_over(self, now: datetime) -> list[tuple[UUID, str, datetime]]:
        """Return (id, stream, end) of each paper that the clock ended and of which no fact says so yet."""
        ...

    def papers_gone(self, ended_before: datetime) -> list[tuple[UUID, str]]:
        """Return (id, stream) of each paper that ended, of which nothing can be read and no fact says so yet."""
        ...

    def mark_end(self, authorisation_id: UUID, *, closed_seq: int | None, unreadable_seq: int | None) -> None:
        """Note which facts say that a paper is over."""
        ...

    def papers_of(self, stream: str) -> list[Authorisation]:
        """Return every paper a stream ever had, the newest first."""
        ...

    def say_who(self, reader: str, purpose: str, glass: UUID | None) -> None:
        """Say who reads and for what; without it the store shows no reading."""
        ...

    def readings(
        self, stream: str, under: Pass, since: datetime, until: datetime, now: datetime, limit: int
    ) -> list[Row]:
        """Return what the store shows of a stream to whoever was said to read and what its keys open, oldest first."""
        ...

    def last_of(self, stream: str) -> tuple[int, datetime] | None:
        """Return a stream's last version, and when it was recorded."""
        ...


class SensorStore(Protocol):
    """Where such transactions come from."""

    def transaction(self) -> AbstractContextManager[SensorTransaction]:
        """Open a transaction. Raises Unreachable, VersionConflict, StoreRefused."""
        ...


def say(tx: SensorTransaction, stream: str, event: msgspec.Struct, actor: str, now: datetime) -> int:
    """Append one fact to a sensor's stream; return its sequence number."""
    return say_all(tx, [(stream, event)], actor, now)


def say_all(tx: SensorTransaction, told: Sequence[tuple[str, msgspec.Struct]], actor: str, now: datetime) -> int:
    """Append facts of several sensors at once; return the last one's sequence number.

    Versions are read before the record's lock is asked for, so that presses wait for one statement and no more.
    """
    versions: dict[str, int] = {}
    facts: list[Fact] = []
    for stream, event in told:
        last = None if stream in versions else tx.last_of(stream)
        versions[stream] = versions.get(stream, 0 if last is None else last[0]) + 1
        facts.append(Fact(stream=stream, version=versions[stream], event=event, actor=actor))
    return tx.append(gate.admit_record(facts, now))
