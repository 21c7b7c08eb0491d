"""A sensor: what it is, what of it is a fact, and under which paper it may speak now.

Each reading is no fact: a minute of readings is, by the root of their hashes. What was refused, what was read, what was
erased and what a device was told are facts of the stream `sensor:<id>`, which is also the name papers know it by.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.constants import CLOCK_BACK_MAX, LABEL_LENGTH_MAX
from necmergitur.governance.gate import GateTable, Request
from necmergitur.governance.modalities import MODALITIES
from necmergitur.kernel.refusal import Refusal


class Sensor(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor as it stands. Its zone is where the city put it, whatever it says itself."""

    id: str
    label: str
    modality: str
    payload_schema: str
    zone_id: str
    lon: float
    lat: float
    rate_per_minute: int
    firmware: str
    certificate_subject: str | None
    installed_at: datetime
    retired_at: datetime | None = None
    told_run: bool = False
    told_why: str = ""
    told_at: datetime | None = None
    answered_at: datetime | None = None
    rooted_until: datetime | None = None

    @property
    def stream(self) -> str:
        """Return its stream, as papers and facts name it."""
        return stream_of(self.id)


class SensorEnrolled(msgspec.Struct, frozen=True, tag=True):
    """A sensor is known from now on. It says nothing before a paper opens its stream."""

    id: str
    label: str
    modality: str
    payload_schema: str
    zone_id: str
    lon: float
    lat: float
    rate_per_minute: int
    firmware: str = ""


class SensorChanged(msgspec.Struct, frozen=True, tag=True):
    """A sensor says that it is no longer what it was."""

    id: str
    payload_schema: str
    rate_per_minute: int
    firmware: str


class SensorRetired(msgspec.Struct, frozen=True, tag=True):
    """A sensor's certificate opens nothing any more."""

    id: str


class StreamStarted(msgspec.Struct, frozen=True, tag=True):
    """The device was told to run, under this authorisation."""

    authorisation_id: UUID


class StreamStopped(msgspec.Struct, frozen=True, tag=True):
    """The device was told to stop; `why` is the rule that closed the gate."""

    why: str


class ReadingsRooted(msgspec.Struct, frozen=True, tag=True):
    """The readings of one minute: how many, and the root of the tree over their salted hashes (RFC 6962), hex."""

    minute: datetime
    count: int
    root: str
    authorisation_id: UUID


class ReadingsRefused(msgspec.Struct, frozen=True, tag=True):
    """How many readings or requests to read each rule refused in one minute."""

    minute: datetime
    counts: dict[str, int]


class ReadingsErased(msgspec.Struct, frozen=True, tag=True):
    """Readings kept as long as their paper allows are gone."""

    count: int


class StreamClosed(msgspec.Struct, frozen=True, tag=True):
    """The gate lets nothing more in under a paper: its time was over at `at`."""

    authorisation_id: UUID
    at: datetime


class ReadingKeysDestroyed(msgspec.Struct, frozen=True, tag=True):
    """The keys of a paper's readings whose hour had come are destroyed: no copy of those readings opens any more.

    `died_at`: the hour the last of them had; None when none was left. `last`: the paper is over and no key of it lives.
    """

    authorisation_id: UUID
    keys: int
    died_at: datetime | None
    last: bool


class ReadingsRead(msgspec.Struct, frozen=True, tag=True):
    """Somebody read what is not public: in which role, for which purpose, of which time, how many."""

    authorisation_id: UUID
    reader: str
    purpose: str
    since: datetime
    until: datetime
    count: int
    glass: UUID | None = None


_DAY = timedelta(days=1)


def key_dies_at(at: datetime, paper_ends: datetime, kept: timedelta) -> datetime:
    """Return when the key of what is read at `at` dies: its day's end, or the paper's if sooner, and the retention."""
    return min(datetime(at.year, at.month, at.day, tzinfo=UTC) + _DAY, paper_ends) + kept


def stream_of(sensor_id: str) -> str:
    """Return the stream of a sensor."""
    return f"sensor:{sensor_id}"


def enrol(asked: Sensor) -> SensorEnrolled | Refusal:
    """Make a sensor known. Only what has a closed type is a sensor."""
    if not asked.label.strip():
        return Refusal(rule="label_missing", detail="Say where it hangs.")
    if len(asked.label) > LABEL_LENGTH_MAX:
        return Refusal(rule="label_too_long", detail=f"At most {LABEL_LENGTH_MAX} characters.")
    modality = MODALITIES.get(asked.modality)
    if modality is None:
        return Refusal(rule="modality_without_type", owner="gate", facts={"modality": asked.modality[:40]})
    if asked.payload_schema != modality.payload_schema:
        return Refusal(rule="payload_schema_unknown", owner="gate", facts={"schema": asked.payload_schema[:40]})
    if asked.rate_per_minute < 1:
        return Refusal(rule="rate_missing", detail="Say how many readings a minute.")
    return SensorEnrolled(
        asked.id,
        asked.label.strip(),
        asked.modality,
        asked.payload_schema,
        asked.zone_id,
        asked.lon,
        asked.lat,
        asked.rate_per_minute,
        asked.firmware,
    )


# What changes what a sensor is; the other facts of its stream tell what it did.
SensorEvent = SensorEnrolled | SensorChanged | SensorRetired


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What its facts tell of a sensor: all of it but what it was last told, and when it was heard."""

    id: str
    label: str
    modality: str
    payload_schema: str
    zone_id: str
    lon: float
    lat: float
    rate_per_minute: int
    firmware: str
    retired: bool = False


def told_of(sensor: Sensor) -> Told:
    """Return what facts must have told of a sensor as it stands."""
    fields = {name: getattr(sensor, name) for name in Told.__struct_fields__ if name != "retired"}
    return Told(**fields, retired=sensor.retired_at is not None)


def evolve(state: Told | None, event: SensorEvent) -> Told:
    """Fold one event. Raises ValueError when what changes was never enrolled."""
    if isinstance(event, SensorEnrolled):
        return Told(**msgspec.structs.asdict(event))
    if state is None:
        raise ValueError("changed before enrolled")
    if isinstance(event, SensorRetired):
        return msgspec.structs.replace(state, retired=True)
    return msgspec.structs.replace(state, **msgspec.structs.asdict(event))


def by_stream(table: GateTable) -> dict[str, GateTable]:
    """Return the gate's table cut into one for each stream that has a paper: many sensors are asked about at once."""
    papers: dict[str, list[Authorisation]] = {}
    for items in table.by_modality.values():
        for item in items:
            if item.paper is not None:
                papers.setdefault(item.paper.terms.stream, []).append(item)
    return {
        stream: GateTable({found[0].modality: tuple(found)}, table.loaded_at, table.version)
        for stream, found in papers.items()
    }


def speaks_under(tables: Mapping[str, GateTable], sensor: Sensor, now: datetime) -> Authorisation | Refusal:
    """Return the paper a sensor may speak under at `now`, or why it may not.

    One in force wins over one that ended: a stream renewed in time never pauses.
    """
    if sensor.retired_at is not None:
        return Refusal(rule="sensor_retired", owner="gate")
    if went_back(sensor, now):
        return Refusal(rule="clock_went_back", owner="gate", until=sensor.told_at)
    table = tables.get(sensor.stream)
    nearest: Refusal | None = None
    papers = () if table is None else table.by_modality.get(sensor.modality, ())
    for purpose in sorted({paper.purpose for paper in papers}):
        assert table is not None
        found = table.find_all(_request(sensor, purpose), now)
        if isinstance(found, Refusal):
            nearest = found if nearest is None else nearest
            continue
        for paper in found:
            if paper.paper is not None and paper.paper.terms.payload_schema == sensor.payload_schema:
                return paper
        nearest = Refusal(rule="payload_schema_not_authorised", owner="gate", facts={"schema": sensor.payload_schema})
    if nearest is not None:
        return nearest
    return Refusal(rule="no_authorisation", owner="gate", facts={"stream": sensor.stream})


def went_back(sensor: Sensor, now: datetime) -> bool:
    """Return whether `now` lies before what this sensor was already told: a clock set back reopens no paper."""
    return sensor.told_at is not None and now < sensor.told_at - CLOCK_BACK_MAX


def _request(sensor: Sensor, purpose: str) -> Request:
    return Request(modality=sensor.modality, purpose=purpose, stream=sensor.stream, zone_id=sensor.zone_id)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor is told: run for so long from now and then stop by itself, or stop.

    A lease and no switch: a device that hears nothing more stops, whatever broke, and never later than its paper.
    """

    sensor_id: str
    run: bool
    for_s: float
    why: str
    authorisation_id: UUID | None = None


def order(tables: Mapping[str, GateTable], sensor: Sensor, now: datetime, lease_s: float) -> Order:
    """Return what to tell a sensor at `now`."""
    found = speaks_under(tables, sensor, now)
    if isinstance(found, Refusal):
        return Order(sensor_id=sensor.id, run=False, for_s=0.0, why=found.rule)
    left_s = lease_s if found.valid_until is None else (found.valid_until - now).total_seconds()
    return Order(sensor_id=sensor.id, run=True, for_s=round(min(lease_s, left_s), 3), why="", authorisation_id=found.id)
