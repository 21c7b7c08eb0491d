"""What time does to streams: devices told to run or to stop, minutes rooted, refusals published, readings erased."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.governance import sensors
from necmergitur.governance.sensors import (
    Order,
    ReadingKeysDestroyed,
    ReadingsErased,
    ReadingsRefused,
    ReadingsRooted,
    Sensor,
    StreamClosed,
    StreamStarted,
    StreamStopped,
)
from necmergitur.ledger import tree
from necmergitur.operations.constants import MINUTES_AT_ONCE, READINGS_ROOT_WAIT
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.sensors import ENGINE, Gone, Refused, SensorStore, SensorTransaction, say, say_all
from necmergitur.operations.signed import SignedPapers

RETENTION = "worker:retention"


def orders(
    store: SensorStore, now: datetime, lease_s: float, signed: SignedPapers | None = None
) -> list[tuple[Sensor, Order]]:
    """Return what to tell every sensor now, beside what it was last told. Raises Unreachable."""
    with store.transaction() as tx:
        table = tx.gate_table(now)
        tables = sensors.by_stream(table) if signed is None else signed.by_stream(tx, table)
        return [(sensor, sensors.order(tables, sensor, now, lease_s)) for sensor in tx.sensors()]


def shut(given: Sequence[tuple[Sensor, Order]], why: str) -> list[tuple[Sensor, Order]]:
    """Return the orders with every device stopped, each for its own reason or for `why`."""
    return [
        (sensor, Order(sensor_id=sensor.id, run=False, for_s=0.0, why=why) if order.run else order)
        for sensor, order in given
    ]


def log_stands(store: SensorStore) -> bool:
    """Return whether the public log cannot be written: what nobody could check is not gathered. Raises Unreachable."""
    with store.transaction() as tx:
        return tx.log_stands()


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


def count_refused(store: SensorStore, refused: Sequence[Refused], now: datetime) -> None:
    """Add to the counts of what was refused, of known sensors. Raises Unreachable.

    What could not be written in its time is counted in the present minute: its own may be published already, and what
    is added to a published minute nobody would ever be told.
    """
    present = now.replace(second=0, microsecond=0)
    open_from = present - READINGS_ROOT_WAIT
    counts: Counter[tuple[str, str, datetime]] = Counter()
    for one in refused:
        counts[one.stream, one.rule, one.minute if one.minute >= open_from else present] += one.count
    with store.transaction() as tx:
        tx.put_refused([Refused(*place, count) for place, count in counts.items()])


def publish_refused(store: SensorStore, now: datetime) -> int:
    """Make a fact of what was refused in each minute that is over; return how many facts."""
    before = now.replace(second=0, microsecond=0) - READINGS_ROOT_WAIT

    def attempt(tx: SensorTransaction) -> int:
        by_minute: dict[tuple[str, datetime], dict[str, int]] = {}
        for one in tx.refused_before(before):
            by_minute.setdefault((one.stream, one.minute), {})[one.rule] = one.count
        some = list(by_minute.items())[:MINUTES_AT_ONCE]
        if some:
            told = [(stream, ReadingsRefused(minute, counts)) for (stream, minute), counts in some]
            first = say_all(tx, told, ENGINE, now) - len(told) + 1
            for seq, ((stream, minute), counts) in enumerate(some, first):
                tx.mark_published(stream, minute, list(counts), seq)
        return len(some)

    return _until_done(store, attempt)


def root_minutes(store: SensorStore, now: datetime) -> int:
    """Make a fact of the root of each minute that is over; return how many."""
    before = now.replace(second=0, microsecond=0) - READINGS_ROOT_WAIT

    def attempt(tx: SensorTransaction) -> int:
        minutes = tx.unrooted(before)[:MINUTES_AT_ONCE]
        told = []
        for one in minutes:
            leaves = tx.leaves(one.stream, one.bucket)
            root = root_of(leaves).hex()
            told.append((one.stream, ReadingsRooted(one.bucket, len(leaves), root, one.authorisation_id)))
            tx.mark_rooted(one.stream, one.bucket)
        if told:
            say_all(tx, told, ENGINE, now)
        return len(told)

    return _until_done(store, attempt)


def _until_done(store: SensorStore, attempt: Callable[[SensorTransaction], int]) -> int:
    """Carry out `attempt` until it finds nothing, in transactions of few facts: presses wait behind each."""
    done = 0
    while turn := on_conflict(store, attempt):
        done += turn
    return done


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over a minute's leaves."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        levels.append([tree.node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)])
    return tree.root(len(leaves), lambda level, index: levels[level][index])


def erase(store: SensorStore, now: datetime) -> Mapping[str, int]:
    """Close what time ended: delete what was kept as long as its paper allows, destroy its keys, and say so.

    Return how many readings of each stream went.
    """

    def attempt(tx: SensorTransaction) -> Mapping[str, int]:
        over = tx.papers_over(now)
        told: list[tuple[str, msgspec.Struct]] = [(stream, StreamClosed(paper, at)) for paper, stream, at in over]
        gone = tx.erase_readings(now)
        told += [(stream, ReadingsErased(count)) for stream, count in gone.items()]
        dead = {one.authorisation_id: one for one in tx.destroy_reading_keys(now)}
        ended = dict(tx.papers_gone(now - READINGS_ROOT_WAIT))
        shut = sorted(dead.keys() | ended.keys())
        told += [_keys_destroyed(paper, dead.get(paper), ended.get(paper)) for paper in shut]
        if told:
            first = say_all(tx, told, RETENTION, now) - len(told) + 1
            for place, (paper, *_) in enumerate(over, first):
                tx.mark_end(paper, closed_seq=place, unreadable_seq=None)
            for place, paper in enumerate(shut, first + len(told) - len(shut)):
                if paper in ended:
                    tx.mark_end(paper, closed_seq=None, unreadable_seq=place)
        return gone

    return on_conflict(store, attempt)


def _keys_destroyed(paper: UUID, dead: Gone | None, ended: str | None) -> tuple[str, msgspec.Struct]:
    """Return the stream and the fact of a paper whose keys died, or of which none lives any more."""
    stream = ended if dead is None else dead.stream
    assert stream is not None
    count, died_at = (0, None) if dead is None else (dead.count, dead.died_at)
    return stream, ReadingKeysDestroyed(paper, count, died_at, last=ended is not None)
