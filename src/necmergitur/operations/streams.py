"""What time does to streams: devices told to run or to stop, minutes rooted, refusals published, readings erased."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from necmergitur.governance import sensors
from necmergitur.governance.sensors import (
    Order,
    ReadingsErased,
    ReadingsRefused,
    ReadingsRooted,
    Sensor,
    StreamStarted,
    StreamStopped,
)
from necmergitur.ledger import tree
from necmergitur.operations.constants import READINGS_ROOT_WAIT
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.sensors import ENGINE, Refused, SensorStore, SensorTransaction, say


def orders(store: SensorStore, now: datetime, lease_s: float) -> list[tuple[Sensor, Order]]:
    """Return what to tell every sensor now, beside what it was last told. Raises Unreachable."""
    with store.transaction() as tx:
        tables = sensors.by_stream(tx.gate_table(now))
        return [(sensor, sensors.order(tables, sensor, now, lease_s)) for sensor in tx.sensors()]


def told(store: SensorStore, sensor_id: str, order: Order, now: datetime) -> bool:
    """Record that a sensor was told something else than before; return whether it was."""

    def attempt(tx: SensorTransaction) -> bool:
        tx.serialise()
        found = tx.sensors([sensor_id])
        if not found or found[0].told_run == order.run:
            return False
        event: msgspec.Struct
        if order.run:
            assert order.authorisation_id is not None
            event = StreamStarted(order.authorisation_id)
        else:
            event = StreamStopped(order.why)
        say(tx, found[0].stream, event, ENGINE, now)
        tx.tell_sensor(sensor_id, run=order.run, why=order.why, now=now)
        return True

    return on_conflict(store, attempt)


def count_refused(store: SensorStore, refused: Sequence[Refused]) -> None:
    """Add to the counts of what was refused, of known sensors. Raises Unreachable."""
    with store.transaction() as tx:
        tx.put_refused(refused)


def publish_refused(store: SensorStore, now: datetime) -> int:
    """Make a fact of what was refused in each minute that is over; return how many facts."""
    before = now.replace(second=0, microsecond=0) - READINGS_ROOT_WAIT

    def attempt(tx: SensorTransaction) -> int:
        if not tx.refused_before(before):  # presses do not wait for a look
            return 0
        tx.serialise()
        by_minute: dict[tuple[str, datetime], dict[str, int]] = {}
        for one in tx.refused_before(before):
            by_minute.setdefault((one.stream, one.minute), {})[one.rule] = one.count
        for (stream, minute), counts in by_minute.items():
            tx.mark_published(stream, minute, say(tx, stream, ReadingsRefused(minute, counts), ENGINE, now))
        return len(by_minute)

    return on_conflict(store, attempt)


def root_minutes(store: SensorStore, now: datetime) -> int:
    """Make a fact of the root of each minute that is over; return how many."""
    before = now.replace(second=0, microsecond=0) - READINGS_ROOT_WAIT

    def attempt(tx: SensorTransaction) -> int:
        if not tx.unrooted(before):  # presses do not wait for a look
            return 0
        tx.serialise()
        minutes = tx.unrooted(before)
        for one in minutes:
            leaves = tx.leaves(one.stream, one.bucket)
            root = root_of(leaves)
            event = ReadingsRooted(one.bucket, len(leaves), root.hex(), one.authorisation_id)
            say(tx, one.stream, event, ENGINE, now)
            tx.mark_rooted(one.stream, one.bucket)
        return len(minutes)

    return on_conflict(store, attempt)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over a minute's leaves."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        levels.append([tree.node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)])
    return tree.root(len(leaves), lambda level, index: levels[level][index])


def erase(store: SensorStore, now: datetime) -> Mapping[str, int]:
    """Delete what was kept as long as its paper allows, and say so; return how many of each stream."""

    def attempt(tx: SensorTransaction) -> Mapping[str, int]:
        gone = tx.erase_readings(now)
        for stream, count in gone.items():
            say(tx, stream, ReadingsErased(count), "worker:retention", now)
        return gone

    return on_conflict(store, attempt)
