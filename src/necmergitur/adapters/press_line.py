"""Presses of one process on their way to the record: batches while the database answers, a spool while it does not.

A press that the database will not take though it takes the others is set aside, with an alarm: those behind it go on.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import msgspec
import psycopg
import structlog

from necmergitur.adapters.group_commit import BATCH_MAX, GroupCommit, take_apart
from necmergitur.adapters.keeping import end, keep_going
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.spool import Spool
from necmergitur.kernel.clock import Clock
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.intake import Answer

log = structlog.get_logger(__name__)
Item = TypeVar("Item", bound=msgspec.Struct)
Key = tuple[Any, ...]  # the device first; items of one key are one press, and one of them is enough

REPLAY_S = 1.0
KEYS_KNOWN_MAX = 100_000  # five for every button of a city: beyond, a repeat is spooled again and costs only disk
FOR_ONE_DEVICE_MAX = 64  # ours: presses of one device in an outage; a person presses a few times, a thief for ever
ALARM = "press_set_aside"


class NotKept(Exception):
    """Not recorded yet: the lamp stays dark and the device repeats. `spooled`: it waits on disk meanwhile."""

    def __init__(self, spooled: bool) -> None:
        """Keep whether it waits."""
        super().__init__("spooled" if spooled else "lost unless repeated")
        self.spooled = spooled


class PressLine(Generic[Item]):
    """One intake thread, one queue, one spool."""

    def __init__(
        self,
        name: str,
        store: PostgresStore,
        clock: Clock,
        *,
        spool: Spool[Item],
        take: Callable[[Sequence[Item]], Sequence[Answer]],
        key_of: Callable[[Item], Key],
    ) -> None:
        """`take` writes one batch; `key_of` says which press an item is."""
        self._name = name
        self._store = store
        self._clock = clock
        self._spool = spool
        self._take = take
        self._key_of = key_of
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self.commits: GroupCommit[Item, Answer] = GroupCommit(take, self._executor)
        self._drain: asyncio.Task[None] | None = None
        self._known: set[Key] = set()
        self._by_device: dict[str, int] = {}
        self._told: bool | None = None

    def start(self) -> None:
        """Begin. What an earlier life set aside is tried again: a mended program may take it."""
        self.commits.start()
        self._drain = asyncio.create_task(keep_going(f"spool-{self._name}", self._turn, every_s=REPLAY_S))
        self._executor.submit(self._spool.take_back)

    async def stop(self) -> None:
        """Stop; the caller has seen to it that nobody waits any more."""
        if self._drain is not None:
            await end(self._drain)
        await self.commits.stop()
        self._executor.shutdown(wait=True)

    @property
    def spooled_bytes(self) -> int:
        """How much waits on disk."""
        return self._spool.size_bytes

    async def submit(self, item: Item) -> Answer:
        """Return the answer after the commit. Raises NotKept, once the press is on disk if it can be."""
        try:
            return await self.commits.submit(item)
        except Exception as why:
            log.warning("press_not_recorded", why=type(why).__name__)
            raise NotKept(await self.spool(item)) from why

    async def spool(self, item: Item) -> bool:
        """Put a press on disk, once however often it is repeated; False when it could not be."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._keep, item)

    def _keep(self, item: Item) -> bool:
        key = self._key_of(item)
        if key in self._known:
            return True
        if self._by_device.get(key[0], 0) >= FOR_ONE_DEVICE_MAX:
            return False
        kept = self._spool.keep([item])
        if kept and len(self._known) < KEYS_KNOWN_MAX:
            self._known.add(key)
            self._by_device[key[0]] = self._by_device.get(key[0], 0) + 1
        return kept

    async def _turn(self) -> None:
        """Replay what is spooled, one batch at a time, so that live presses pass between."""
        loop = asyncio.get_running_loop()
        count = 0
        while self._spool.size_bytes > 0:
            count += await loop.run_in_executor(self._executor, self._replay)
        if count:
            log.info("spool_replayed", presses=count)
        await loop.run_in_executor(self._executor, self._spool.hold_reserve)
        await loop.run_in_executor(None, self._tell)

    def _replay(self) -> int:
        """Write one batch of spooled presses; those already recorded are duplicates. Raises Unreachable."""
        batch, end = self._spool.peek(BATCH_MAX)
        outcomes = take_apart(self._take, batch) if batch else []
        failed = [(i, o) for i, o in zip(batch, outcomes, strict=True) if isinstance(o, Exception)]
        if failed and len(failed) == len(batch) and not all(_is_the_presses_fault(error) for _, error in failed):
            raise failed[0][1]  # the database or this program is at fault: they wait for it
        for item, error in failed:
            log.error("press_set_aside", why=type(error).__name__)
            if not self._spool.set_aside(item):
                raise error  # the disk is full: it stays where it is
        for rule in {o.refused for o in outcomes if isinstance(o, Answer) and not o.lit}:
            log.warning("spooled_press_refused", rule=rule)
        self._spool.forget(end)
        if not self._spool.size_bytes:
            self._known.clear()
            self._by_device.clear()
        return len(batch) - len(failed)

    def _tell(self) -> None:
        """Raise an alarm on every screen while a call waits aside that nobody has seen. Raises Unreachable."""
        aside = self._spool.aside_bytes > 0
        if aside == self._told:
            return
        detail = f"{self._name}: calls the database would not take, in spool/"
        set_alarm(self._store, f"{ALARM}_{self._name}", aside, detail, self._clock.now())
        self._told = aside


def _is_the_presses_fault(error: Exception) -> bool:
    """Return whether an error speaks of what was written, not of where."""
    if isinstance(error, psycopg.Error):
        return isinstance(error, psycopg.DataError | psycopg.IntegrityError)
    return isinstance(error, ValueError | TypeError | OverflowError)
