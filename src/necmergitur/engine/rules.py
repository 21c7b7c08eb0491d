"""The rules' clock: deadlines, offers, call-backs. Level-triggered, so a missed wake-up costs a quarter second."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import structlog

from necmergitur.adapters.postgres.session import UTC_SESSION
from necmergitur.dispatch.incidents import Incident
from necmergitur.engine import metrics
from necmergitur.engine.parts import EngineParts
from necmergitur.operations import dispatching, flying, timers
from necmergitur.operations.dispatching import FleetView
from necmergitur.operations.ports import Unreachable, VersionConflict

log = structlog.get_logger(__name__)

TICK_S = 0.25  # ours: deadlines are in seconds; a quarter is enough
RETRY_REFUSED_S = 5.0  # dispatch.constants.SEARCH_REST
CALL_BACK_S = 1.0  # an authorisation that ends calls its drones back within a second
LOST_PAUSE_S = 0.5


def _not_escalated(incident: Incident, error: Exception) -> None:
    log.error("escalation_failed", incident=str(incident.id), exc_info=error)


class RuleClock:
    """Runs the operations that time or a change calls for, one after the other, in one thread."""

    def __init__(self, parts: EngineParts, view: FleetView, missions_changed: Callable[[], None]) -> None:
        """`missions_changed` is called when flights may have something to do."""
        self._parts = parts
        self._view = view
        self._missions_changed = missions_changed
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="rules")
        self._task: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._retried_at = 0.0
        self._called_back_at = 0.0

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="rules")
        self._listener = asyncio.create_task(self._listen(), name="ledger-listener")

    async def stop(self) -> None:
        """Finish the round under way and stop."""
        for task in (self._task, self._listener):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._executor.shutdown(wait=True)

    def wake(self) -> None:
        """Run a round soon. Callable from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)
            self._wake.clear()
            try:
                changed = await self._loop.run_in_executor(self._executor, self._round)
            except (Unreachable, VersionConflict) as lost:
                metrics.DATABASE_UP.set(0 if isinstance(lost, Unreachable) else 1)
                await asyncio.sleep(LOST_PAUSE_S)
                continue
            except Exception:
                log.exception("rules_failed")
                await asyncio.sleep(LOST_PAUSE_S)
                continue
            metrics.DATABASE_UP.set(1)
            if changed:
                self._missions_changed()

    def _round(self) -> bool:
        """Run what is due, in the rules thread. Return whether missions may have changed."""
        store, now = self._parts.store, self._parts.clock.now()
        started = time.monotonic()
        timers.escalate_due(store, now, _not_escalated)
        changed = dispatching.pass_on_expired(store, now) > 0
        if started - self._called_back_at >= CALL_BACK_S:
            self._called_back_at = started
            changed |= flying.call_back_unfounded(store, now) > 0
        retry = started - self._retried_at >= RETRY_REFUSED_S
        if retry:
            self._retried_at = started
        done = dispatching.offer_pending(store, self._view, now, refused_too=retry)
        dispatching.rehearse(store, self._view, now)
        metrics.ROUND_SECONDS.observe(time.monotonic() - started)
        metrics.OFFERS.inc(len(done.offered))
        for _, rule in done.refused:
            metrics.REFUSALS.labels(rule).inc()
        return changed or bool(done.offered)

    async def _listen(self) -> None:
        """Wake on facts that other processes append (a pilot accepted, a lead revoked)."""
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self._parts.database_url, autocommit=True, options=UTC_SESSION
                )
                async with connection:
                    await connection.execute("LISTEN nec_ledger")
                    async for _ in connection.notifies():
                        self._wake.set()
                        self._missions_changed()
            except psycopg.Error:
                await asyncio.sleep(LOST_PAUSE_S)
