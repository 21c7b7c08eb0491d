"""Messages of the sensors: readings in, orders out. Apart from presses in everything, and closed whenever in doubt.

A flood of readings fills a queue of its own and is dropped, counted, beyond it. A database that is away or full takes
no reading: nothing is spooled, because what nobody may check may not be kept.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg
import structlog
from nats.aio.msg import Msg

from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.postgres.session import KEEP_ALIVE, SENSORS_HEARD, UTC_SESSION
from necmergitur.engine import metrics
from necmergitur.engine.hearing import Ear
from necmergitur.engine.parts import EngineParts
from necmergitur.engine.room import LOOK_S, Room
from necmergitur.governance.readings import Status, parse_status
from necmergitur.governance.sensors import Order, Sensor
from necmergitur.operations import sensing, streams
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.sensing import Heard, Memory
from necmergitur.operations.sensors import Refused
from necmergitur.operations.signed import SignedPapers
from necmergitur.signals.press import DEVICE_ID

log = structlog.get_logger(__name__)

SUBJECT_PARTS = 5  # nec.v1.sensor.<id>.reading
QUEUE_MAX = 2_000  # ours: two for every sensor of a large city; beyond, somebody floods
FOR_ONE_MAX = 64  # ours: one sensor's share of the queue, so that it cannot fill it for the others
BATCH_MAX = 64  # as presses are batched
GATHER_S = 0.02  # ours: nobody waits for a reading's commit
FLUSH_S = 1.0
ORDER_S = 0.5  # an authorisation that begins or ends by the clock is followed within this time
FOREIGN_MAX = 3  # ours: readings of another form, one after the other and no good one between: no accident any more
LEASE_S = 10.0  # ours: a device that hears nothing stops after this
RENEW_S = 3.0  # ours: three orders for one lease
CHANGES_MAX, CHANGES_WITHIN_S = 6, 600.0  # ours: one that is set up or repaired says less often that it is another
CLOSED_AFTER_S = 1.0  # architecture: a gate table older than this closes sensors
MINUTE_S = 5.0  # how often we look whether a minute is over
ALARM = "paper_forged"
READ_MAX_S = 10.0  # ours: a look at the gate that takes longer is given up, and streams stay closed


class SensorLine:
    """Everything between the broker and the store that concerns sensors."""

    def __init__(self, parts: EngineParts) -> None:
        """Nothing is heard yet."""
        self._parts = parts
        self._papers = SignedPapers(parts.verify)
        self._memory = Memory(self._papers)
        self._forged: set[UUID] | None = None  # an alarm of before may stand
        self._queue: deque[Heard] = deque()
        self._queued: Counter[str] = Counter()
        self._refused: Counter[tuple[str, str, datetime]] = Counter()
        self._spoke: Counter[tuple[str, datetime]] = Counter()
        self._foreign: Counter[str] = Counter()
        self._statuses: dict[str, Status] = {}
        self._changes: dict[str, deque[float]] = {}
        self._waits: dict[str, Status] = {}
        self._woken = asyncio.Event()
        self._order_now = asyncio.Event()
        self._known: dict[str, Sensor] = {}
        self._last: dict[str, tuple[tuple[bool, str], float]] = {}
        self._asked: set[str] = set()
        self._gate_read_s = time.monotonic()
        self._to_record: dict[str, Order] = {}
        self._recording = asyncio.Event()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="readings")
        self._gate = ThreadPoolExecutor(1, thread_name_prefix="orders")
        hear = {"nec.v1.sensor.*.reading": self._reading, "nec.v1.sensor.*.status": self._status}
        self._room = Room(parts, self._executor)
        self._ears = [Ear("sensors", shard, url, hear) for shard, url in enumerate(parts.nats_urls)]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        for ear in self._ears:
            ear.start()
        turns: list[tuple[str, Callable[[], Awaitable[None]], float]] = [
            ("readings", self._take, 0.0),
            ("sensor-counts", self._flush, FLUSH_S),
            ("sensor-orders", self._give_orders, 0.0),
            ("sensor-told", self._record, 0.0),
            ("sensor-minutes", self._minutes, MINUTE_S),
            ("gate-listener", self._listen, 0.0),
            ("room", self._room.look, LOOK_S),
        ]
        self._tasks = [
            asyncio.create_task(keep_going(name, turn, every_s=every), name=name) for name, turn, every in turns
        ]

    async def stop(self) -> None:
        """Stop. Devices stop by themselves when their leases end."""
        await end(*self._tasks)
        for ear in self._ears:
            await ear.stop()
        self._executor.shutdown(wait=True)
        self._gate.shutdown(wait=True)

    # --- heard ------------------------------------------------------------------------------------------

    async def _reading(self, message: Msg) -> None:
        """Queue one reading, or count it as dropped. Never waits."""
        names = message.subject.split(".")
        if len(names) != SUBJECT_PARTS or DEVICE_ID.fullmatch(names[3]) is None:
            return
        sensor_id, now = names[3], self._parts.clock.now()
        self._spoke[sensor_id, _minute(now)] += 1
        if len(self._queue) >= QUEUE_MAX or self._queued[sensor_id] >= FOR_ONE_MAX:
            self._count(sensor_id, "flood", now)
            return
        # More than can be read is not carried about; its length still tells that it is too long.
        self._queue.append(Heard(sensor_id, bytes(message.data[: sensing.HEARD_BYTES_MAX]), now))
        self._queued[sensor_id] += 1
        self._woken.set()

    async def _status(self, message: Msg) -> None:
        """Keep the newest of what a device says of itself until the next flush."""
        names = message.subject.split(".")
        if len(names) != SUBJECT_PARTS or DEVICE_ID.fullmatch(names[3]) is None:
            return
        said = parse_status(bytes(message.data))
        if isinstance(said, Status):
            if len(self._statuses) < QUEUE_MAX:
                self._statuses[names[3]] = said
                self._asked.add(names[3])  # answered at the next turn, within ORDER_S
        else:
            self._count(names[3], said.rule, self._parts.clock.now())

    def _count(self, sensor_id: str, rule: str, now: datetime, count: int = 1) -> None:
        metrics.READINGS.labels(rule or "taken").inc(count)
        if rule:
            self._refused[sensor_id, rule, _minute(now)] += count

    async def _take(self) -> None:
        """Write one batch in the readings' own thread. A database that is away drops it, and so does a full disk."""
        await self._woken.wait()
        await asyncio.sleep(GATHER_S)
        batch = [self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))]
        if not self._queue:
            self._woken.clear()
        if not batch:
            return
        now, why = self._parts.clock.now(), self._room.shut_why
        try:
            if why:
                counts = Counter((one.sensor_id, why) for one in batch)
            else:
                counts = await asyncio.get_running_loop().run_in_executor(
                    self._executor, sensing.take, self._parts.store, self._memory, batch, now
                )
        except Exception as failed:
            if not isinstance(failed, Unreachable):
                log.exception("readings_not_taken")
            counts = Counter((one.sensor_id, self._room.shut_why or "record_away") for one in batch)
        finally:
            for one in batch:
                self._queued[one.sensor_id] -= 1
        for (sensor_id, rule), count in counts.items():
            self._count(sensor_id, rule, now, count)
        self._look_at_forms(counts)

    def _look_at_forms(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add up readings of another form since the last good one, sensor by sensor."""
        for (sensor_id, rule), count in counts.items():
            if rule in sensing.OTHER_FORM and sensor_id in self._known:
                self._foreign[sensor_id] += count
        for sensor_id, rule in counts:
            if not rule:
                del self._foreign[sensor_id]

    async def _flush(self) -> None:
        """Report what devices say of themselves, and add up what was refused. Raises Unreachable."""
        loop, now = asyncio.get_running_loop(), self._parts.clock.now()
        await self._report(now)
        for sensor_id, count in list(self._foreign.items()):
            if count >= FOREIGN_MAX:
                await loop.run_in_executor(self._executor, sensing.report_form, self._parts.store, sensor_id, now)
                del self._foreign[sensor_id]
        refused, self._refused = self._refused, Counter()
        if refused:
            rows = [Refused(f"sensor:{who}", rule, minute, count) for (who, rule, minute), count in refused.items()]
            try:
                await loop.run_in_executor(self._executor, streams.count_refused, self._parts.store, rows, now)
            except Exception:
                self._refused.update(refused)  # at most one for each sensor, rule and minute of the outage
                raise
        for (sensor_id, minute), count in list(self._spoke.items()):
            if minute >= _minute(now):
                continue
            del self._spoke[sensor_id, minute]
            known = self._known.get(sensor_id)
            # One more than it says fits: its minute and ours do not begin together.
            if known is not None and count > known.rate_per_minute + 1:
                await loop.run_in_executor(
                    self._executor, sensing.report_rate, self._parts.store, sensor_id, count, now
                )

    async def _report(self, now: datetime) -> None:
        """Keep what devices say of themselves. Whatever one says, the others are heard. Raises Unreachable."""
        for sensor_id, said in list(self._statuses.items()):
            keep = sensing.report
            if not self._may_change(sensor_id, said):
                if self._waits.get(sensor_id) is said:
                    continue  # its newest words wait for its turn
                # Not kept yet, and held against what was assessed at once: talk hides no change that matters.
                self._waits[sensor_id], keep = said, sensing.observe
                self._count(sensor_id, "status_changes_exceeded", now)
            else:
                del self._statuses[sensor_id]
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._executor, keep, self._parts.store, sensor_id, said, now
                )
            except Unreachable:
                self._statuses.setdefault(sensor_id, said)
                raise
            except Exception:
                log.exception("status_not_kept", sensor=sensor_id)

    def _may_change(self, sensor_id: str, said: Status) -> bool:
        """Return whether a device may say so now: each change is a fact for good, and a device could make many."""
        known = self._known.get(sensor_id)
        if known is None or sensing.is_as_known(known, said):
            return True
        changes, now_s = self._changes.setdefault(sensor_id, deque(maxlen=CHANGES_MAX)), time.monotonic()
        if len(changes) == CHANGES_MAX and now_s - changes[0] < CHANGES_WITHIN_S:
            return False
        changes.append(now_s)
        return True

    async def _minutes(self) -> None:
        """Publish the minutes that are over. Raises Unreachable."""
        loop, now = asyncio.get_running_loop(), self._parts.clock.now()
        await loop.run_in_executor(self._executor, streams.root_minutes, self._parts.store, now)
        await loop.run_in_executor(self._executor, streams.publish_refused, self._parts.store, now)

    # --- told -------------------------------------------------------------------------------------------

    async def _give_orders(self) -> None:
        """Tell each sensor to run or to stop: at once when the gate changed, and again before its lease ends.

        Said first and recorded after: a stop waits for nobody's disk. Raises Unreachable.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._order_now.wait(), ORDER_S)
        self._order_now.clear()
        asked, self._asked = self._asked, set()
        loop = asyncio.get_running_loop()
        try:
            given = await asyncio.wait_for(loop.run_in_executor(self._gate, self._read_gate), READ_MAX_S)
        except Exception:
            self._asked |= asked
            if time.monotonic() - self._gate_read_s > CLOSED_AFTER_S:
                await self._close_all()
            raise
        self._gate_read_s = time.monotonic()
        self._known = {sensor.id: sensor for sensor, _ in given}
        for sensor, order in given:
            await self._tell(order, asked=sensor.id in asked)
            if sensor.told_run != order.run:
                self._to_record[sensor.id] = order
        if self._to_record:
            self._recording.set()
        await self._tell_of_forged()

    async def _tell_of_forged(self) -> None:
        """Say on every screen that a paper in the database is not signed: somebody wrote it who may not."""
        forged = dict(self._papers.forged)
        if self._forged == forged.keys():
            return
        if forged:
            log.error("paper_forged", papers={str(key): rule for key, rule in forged.items()})
        detail, now = " ".join(sorted(map(str, forged))), self._parts.clock.now()
        await asyncio.get_running_loop().run_in_executor(
            self._gate, set_alarm, self._parts.store, ALARM, bool(forged), detail, now
        )
        self._forged = set(forged)

    def _read_gate(self) -> list[tuple[Sensor, Order]]:
        """Return what to tell every sensor now: what its paper allows, and nothing that could not be written down."""
        given = streams.orders(self._parts.store, self._parts.clock.now(), LEASE_S, self._papers)
        self._room.read_log()
        why = self._room.shut_why
        return streams.shut(given, why) if why else given

    async def _record(self) -> None:
        """Record what sensors were told. Raises Unreachable."""
        await self._recording.wait()
        self._recording.clear()
        for sensor_id, order in list(self._to_record.items()):
            now = self._parts.clock.now()
            await asyncio.get_running_loop().run_in_executor(
                self._executor, streams.told, self._parts.store, sensor_id, order, now
            )
            if self._to_record.get(sensor_id) == order:
                del self._to_record[sensor_id]

    async def _tell(self, order: Order, *, asked: bool) -> None:
        said, at_s = self._last.get(order.sensor_id, (None, 0.0))
        now_s = time.monotonic()
        if said == (order.run, order.why) and not asked and not (order.run and now_s - at_s >= RENEW_S):
            return
        body = msgspec.json.encode({"run": order.run, "for_s": order.for_s, "why": order.why})
        for ear in self._ears:
            await ear.say(f"nec.v1.sensor.{order.sensor_id}.order", body)
        self._last[order.sensor_id] = ((order.run, order.why), now_s)

    async def _close_all(self) -> None:
        """The gate cannot be read: every sensor stops."""
        for sensor_id in self._known:
            order = Order(sensor_id=sensor_id, run=False, for_s=0.0, why="gate_table_stale")
            await self._tell(order, asked=False)

    async def _listen(self) -> None:
        """Look at the gate as soon as another process changed it."""
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._parts.database_url,
                autocommit=True,
                options=UTC_SESSION,
                application_name=SENSORS_HEARD,
                **KEEP_ALIVE,
            )
            async with connection:
                await connection.execute("LISTEN nec_gate")
                self._order_now.set()
                async for _ in connection.notifies():
                    self._order_now.set()
        except psycopg.OperationalError as lost:
            raise Unreachable(str(lost)) from lost


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
