"""Sensors made known, held against what was assessed, and heard under their paper."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import budget, readings, sensors
from necmergitur.governance.assessments import Observed
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.budget import Allowance
from necmergitur.governance.constants import RATE_SAID_MAX, READING_BYTES_MAX
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.readings import Place, Status
from necmergitur.governance.sensors import Sensor, SensorChanged, SensorRetired
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations import assessing
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.sensors import Kept, SensorStore, SensorTransaction, say
from necmergitur.operations.signed import SignedPapers


def enrol(store: SensorStore, asked: Sensor, by: Person, now: datetime) -> Sensor | Refusal:
    """Make a sensor known, or renew what is known of it (a new place, a new certificate)."""

    def attempt(tx: SensorTransaction) -> Sensor | Refusal:
        tx.serialise()
        event = sensors.enrol(asked)
        if isinstance(event, Refusal):
            return event
        tx.put_sensor(asked, say(tx, asked.stream, event, f"user:{by.id}", now))
        return asked

    return on_conflict(store, attempt)


def retire(store: SensorStore, sensor_id: str, by: Person, now: datetime) -> Sensor | Refusal:
    """Take a sensor out of service: nothing it says is taken any more."""

    def attempt(tx: SensorTransaction) -> Sensor | Refusal:
        tx.serialise()
        found = tx.sensors([sensor_id])
        if not found or found[0].retired_at is not None:
            return Refusal(rule="sensor_unknown")
        after = msgspec.structs.replace(found[0], retired_at=now)
        tx.put_sensor(after, say(tx, after.stream, SensorRetired(sensor_id), f"user:{by.id}", now))
        return after

    return on_conflict(store, attempt)


def is_as_known(known: Sensor, said: Status) -> bool:
    """Return whether a device says of itself what is known already."""
    after = _as_said(known, said)
    return (after.payload_schema, after.rate_per_minute, after.firmware) == (
        known.payload_schema,
        known.rate_per_minute,
        known.firmware,
    )


def _as_said(known: Sensor, said: Status) -> Sensor:
    return msgspec.structs.replace(
        known,
        payload_schema=said.payload_schema,
        rate_per_minute=min(max(said.rate_per_minute, 1), RATE_SAID_MAX),
        firmware=said.firmware,
    )


def report(store: SensorStore, sensor_id: str, said: Status, now: datetime) -> bool:
    """Keep what a device says of itself, and hold it against what was assessed. Return whether a stream closed."""

    def attempt(tx: SensorTransaction) -> Sensor | None:
        found = tx.sensors([sensor_id])
        if not found or found[0].retired_at is not None:
            return None
        known = found[0]
        after = msgspec.structs.replace(_as_said(known, said), answered_at=now)
        if is_as_known(known, said):
            tx.touch_sensors([sensor_id], now)
            return after
        tx.serialise()
        event = SensorChanged(after.id, after.payload_schema, after.rate_per_minute, after.firmware)
        tx.put_sensor(after, say(tx, after.stream, event, f"device:{sensor_id}", now))
        return after

    sensor = on_conflict(store, attempt)
    if sensor is None:
        return False
    zone_id = said.zone_id if said.zone_id is not None else sensor.zone_id
    return _observe(store, sensor, zone_id, sensor.rate_per_minute, now)


def observe(store: SensorStore, sensor_id: str, said: Status, now: datetime) -> bool:
    """Hold what a device says of itself against what was assessed, and keep none of it."""
    with store.transaction() as tx:
        found = tx.sensors([sensor_id])
    if not found or found[0].retired_at is not None:
        return False
    after = _as_said(found[0], said)
    return _observe(store, after, said.zone_id or after.zone_id, after.rate_per_minute, now)


def report_rate(store: SensorStore, sensor_id: str, heard_per_minute: int, now: datetime) -> bool:
    """Hold how often a device really spoke against what was assessed, whatever it says of itself."""
    with store.transaction() as tx:
        found = tx.sensors([sensor_id])
    return bool(found) and _observe(store, found[0], found[0].zone_id, heard_per_minute, now)


def report_form(store: SensorStore, sensor_id: str, now: datetime) -> bool:
    """Hold a device that says something of another form, again and again, against what was assessed."""
    with store.transaction() as tx:
        found = tx.sensors([sensor_id])
    if not found:
        return False
    other = msgspec.structs.replace(found[0], payload_schema=ANOTHER_FORM)
    return _observe(store, other, other.zone_id, other.rate_per_minute, now)


def _observe(store: SensorStore, sensor: Sensor, zone_id: str, rate_per_minute: int, now: datetime) -> bool:
    seen = Observed(
        stream=sensor.stream,
        payload_schema=sensor.payload_schema,
        zone_id=zone_id,
        rate_per_minute=rate_per_minute,
        firmware=sensor.firmware,
    )
    return bool(assessing.report(store, seen, now))  # type: ignore[arg-type]  # its `ids` are not asked for


# What a device is said to send once its readings are of no type we know, whatever it says of itself.
ANOTHER_FORM = "another"
# The rules that refuse what is no reading of its type: a field more or less, another kind of value, no JSON at all.
OTHER_FORM = frozenset({"reading_not_of_its_type", "reading_unreadable", "reading_too_large"})
_CANONICAL = msgspec.json.Encoder(order="sorted")
_DAY = timedelta(days=1)
HEARD_BYTES_MAX = READING_BYTES_MAX + 1  # enough to see that there was more


class Heard(msgspec.Struct, frozen=True):
    """One message of a sensor as it came."""

    sensor_id: str
    body: bytes
    at: datetime


class Memory:
    """What one engine remembers of the streams it hears: where each stands, what is left to each, whose paper holds."""

    def __init__(self, papers: SignedPapers | None = None) -> None:
        """Remember nothing: the database knows where each stream stands. Without `papers` no signature is checked."""
        self.papers = papers
        self.places: dict[str, Place | None] = {}
        self.left: dict[str, tuple[UUID, Allowance]] = {}


def take(store: SensorStore, memory: Memory, heard: Sequence[Heard], now: datetime) -> Counter[tuple[str, str]]:
    """Record the readings that may enter; return how many each rule refused, by (sensor, rule); "" counts the taken.

    Raises Unreachable: nothing is kept then, and nothing is waited for.
    """
    places, left = dict(memory.places), dict(memory.left)
    try:
        counts = _take(store, memory.papers, places, left, heard, now)
    except (StoreRefused, VersionConflict) as refused:
        if len(heard) == 1:
            memory.places.pop(heard[0].sensor_id, None)  # read again: another may have written
            rule = "refused_by_the_database" if isinstance(refused, StoreRefused) else "reading_replayed"
            return Counter({(heard[0].sensor_id, rule): 1})
        total: Counter[tuple[str, str]] = Counter()
        for one in heard:
            total.update(take(store, memory, [one], now))
        return total
    memory.places, memory.left = places, left
    return counts


def _take(
    store: SensorStore,
    signed: SignedPapers | None,
    places: dict[str, Place | None],
    left: dict[str, tuple[UUID, Allowance]],
    heard: Sequence[Heard],
    now: datetime,
) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    with store.transaction() as tx:
        table = tx.gate_table(now)
        tables = sensors.by_stream(table) if signed is None else signed.by_stream(tx, table)
        known = {sensor.id: sensor for sensor in tx.sensors(sorted({one.sensor_id for one in heard}))}
        papers = {sensor.id: sensors.speaks_under(tables, sensor, now) for sensor in known.values()}
        for sensor_id in known.keys() - places.keys():
            places[sensor_id] = tx.last_reading(known[sensor_id].stream)
        kept: list[Kept] = []
        for one in heard:
            sensor = known.get(one.sensor_id)
            if sensor is None:
                counts[one.sensor_id, "sensor_unknown"] += 1
                continue
            paper = papers[sensor.id]
            outcome = paper if isinstance(paper, Refusal) else admit(sensor, paper, places, left, one)
            if isinstance(outcome, Refusal):
                counts[sensor.id, outcome.rule] += 1
            else:
                counts[sensor.id, ""] += 1
                kept.append(outcome)
        if kept:
            tx.put_readings(kept)
    return counts


def admit(
    sensor: Sensor,
    paper: Authorisation,
    places: dict[str, Place | None],
    left: dict[str, tuple[UUID, Allowance]],
    heard: Heard,
) -> Kept | Refusal:
    """Return a reading that may enter under `paper`, or why not."""
    assert paper.paper is not None
    terms = paper.paper.terms
    held = left.get(sensor.id)
    allowance = held[1] if held is not None and held[0] == paper.id else budget.full(terms.rate_per_minute, heard.at)
    spent = budget.spend(allowance, MODALITIES[sensor.modality], heard.at)
    if isinstance(spent, Refusal):
        left[sensor.id] = (paper.id, allowance)
        return spent
    reading = readings.parse(sensor.modality, heard.body)
    if isinstance(reading, Refusal):
        return reading
    payload = _CANONICAL.encode(reading.payload)
    if len(payload) > terms.bytes_max:
        return Refusal(rule="payload_too_large", owner="gate", facts={"bytes": str(terms.bytes_max)})
    against = readings.follows(places.get(sensor.id), reading, heard.at)
    if against is not None:
        return against
    left[sensor.id] = (paper.id, spent)
    places[sensor.id] = readings.place_of(reading)
    at = heard.at
    return Kept(
        stream=terms.stream,
        boot_id=reading.boot_id,
        seq=reading.seq,
        at=at,
        bucket=at.replace(second=0, microsecond=0),
        zone_id=sensor.zone_id,
        modality=sensor.modality,
        payload=payload.decode(),
        authorisation_id=paper.id,
        erase_at=at + terms.retention_days * _DAY,
        paper_ends=terms.valid_until,
    )
