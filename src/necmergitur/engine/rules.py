"""The rules' clock: deadlines, offers, call-backs. Level-triggered, so a missed wake-up costs a quarter second."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import psycopg
import structlog

from necmergitur.adapters.keeping import FAILURES, TRACES_EVERY, end, keep_going
from necmergitur.adapters.postgres.session import KEEP_ALIVE, UTC_SESSION
from necmergitur.dispatch.incidents import Incident
from necmergitur.engine import metrics
from necmergitur.engine.parts import EngineParts
from necmergitur.operations import dispatching, flying, timers
from necmergitur.operations.dispatching import FleetView
from necmergitur.operations.ports import Unreachable, VersionConflict

log = structlog.get_logger(__name__)

TICK_S = 0.25  # ours: deadlines are in seconds; a quarter is enough
# Measured: a burst of calls woke a round for each commit, and reading the fleet a hundred times a second for it took
# the processor from the lamps. A few calls decided together lose nothing anybody sees.
ROUND_EVERY_S = 0.04
RETRY_REFUSED_S = 1.25  # ours: RETRIED_MAX at a time, which are as many in 5 s as one round would take
CALL_BACK_S = 1.0  # an authorisation that ends calls its drones back within a second


def _not_escalated(incident: Incident, error: Exception) -> None:
    log.error("escalation_failed", incident=str(incident.id), exc_info=error)


class RuleClock:
    """Runs the operations that time or a change calls for: rounds of choice in one thread, the clock's in another.

    A call that comes waits for a round to end, and for nothing else: measured, the clock's own work would hold the one
    in ten that met it by 35 ms, and one in a hundred by 90.
    """

    def __init__(self, parts: EngineParts, view: FleetView, missions_changed: Callable[[], None]) -> None:
        """`missions_changed` is called when flights may have something to do."""
        self._parts = parts
        self._view = view
        self._missions_changed = missions_changed
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._choosing = ThreadPoolExecutor(1, thread_name_prefix="rules")
        self._timing = ThreadPoolExecutor(1, thread_name_prefix="rules-clock")
        self._tasks: list[asyncio.Task[None]] = []
        self._began_at = self._retried_at = self._called_back_at = 0.0
        self._failed: dict[str, int] = {}

    def start(self) -> None:
        """Begin."""
        turns = {"rules": self._turn, "rules-clock": self._tick, "ledger-listener": self._listen}
        self._tasks = [asyncio.create_task(keep_going(name, turn), name=name) for name, turn in turns.items()]

    async def stop(self) -> None:
        """Finish what is under way and stop."""
        await end(*self._tasks)
        for executor in (self._choosing, self._timing):
            executor.shutdown(wait=True)

    def wake(self) -> None:
        """Run a round soon. Callable from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    async def _turn(self) -> None:
        """Run a round when woken, or when the quarter second is over. Raises Unreachable."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), TICK_S)
        if (early_s := self._began_at + ROUND_EVERY_S - time.monotonic()) > 0:
            await asyncio.sleep(early_s)
        self._wake.clear()
        self._began_at = time.monotonic()
        await self._run(self._choosing, self._round)

    async def _tick(self) -> None:
        """Run what time calls for, then wait for the next quarter second. Raises Unreachable."""
        await self._run(self._timing, self._timed)
        await asyncio.sleep(TICK_S)

    async def _run(self, executor: ThreadPoolExecutor, work: Callable[[], bool]) -> None:
        """Run `work` in its thread; it returns whether missions may have changed. Raises Unreachable."""
        try:
            changed = await self._loop.run_in_executor(executor, work)
        except Unreachable:
            metrics.DATABASE_UP.set(0)
            raise
        metrics.DATABASE_UP.set(1)
        if changed:
            self._missions_changed()

    def _round(self) -> bool:
        """Choose for whoever waits. Return whether missions may have changed. Raises Unreachable."""
        started, now = time.monotonic(), self._parts.clock.now()
        retry = started - self._retried_at >= RETRY_REFUSED_S
        if retry:
            self._retried_at = started
        changed = self._step("offers", lambda: self._offer(now, retry))
        metrics.ROUND_SECONDS.observe(time.monotonic() - started)
        return changed

    def _timed(self) -> bool:
        """Run what is due by the clock. Return whether missions may have changed. Raises Unreachable.

        Each step stands alone: one that fails is logged and the next runs. Calling back comes first.
        """
        store, now = self._parts.store, self._parts.clock.now()
        changed = False
        if time.monotonic() - self._called_back_at >= CALL_BACK_S:
            self._called_back_at = time.monotonic()
            changed |= self._step("call-back", lambda: flying.call_back_unfounded(store, now) > 0)
        self._step("rehearsals", lambda: bool(dispatching.rehearse(store, self._view, now)))
        self._step("deadlines", lambda: timers.escalate_due(store, now, _not_escalated) > 0)
        changed |= self._step("offers-expired", lambda: dispatching.pass_on_expired(store, now) > 0)
        return self._step("never-lifted", lambda: flying.end_unlifted(store, now) > 0) or changed

    def _step(self, name: str, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except Unreachable:
            raise
        except VersionConflict:
            log.info("rule_lost_a_race", rule=name)  # decided again in a quarter second
        except Exception:
            FAILURES.labels(f"rules-{name}").inc()
            count = self._failed[name] = self._failed.get(name, 0) + 1
            log.exception("rule_failed", rule=name, exc_info=count % TRACES_EVERY == 1)
        return False

    def _offer(self, now: datetime, retry: bool) -> bool:
        done = dispatching.offer_pending(self._parts.store, self._view, now, refused_too=retry)
        metrics.OFFERS.inc(len(done.offered))
        for _, rule in done.refused:
            metrics.REFUSALS.labels(rule).inc()
        return bool(done.offered)

    async def _listen(self) -> None:
        """Wake on facts that other processes append (a pilot accepted, a lead revoked)."""
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._parts.database_url,
                autocommit=True,
                options=UTC_SESSION,
                **KEEP_ALIVE,
            )
            async with connection:
                await connection.execute("LISTEN nec_ledger")
                async for _ in connection.notifies():
                    self._wake.set()
                    self._missions_changed()
        except psycopg.OperationalError as lost:
            raise Unreachable(str(lost)) from lost
