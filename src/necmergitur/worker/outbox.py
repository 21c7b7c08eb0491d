"""The outbox: effects committed with the facts that cause them, done after, each with a lease and a bound."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.kernel.clock import Clock

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)  # a worker that dies holds an effect this long at most
LEASED_MAX = 32
ATTEMPTS_MAX = 18  # with the pauses below: a day
RETRY_FIRST = timedelta(seconds=5)
RETRY_MAX = timedelta(hours=4)

KEPT = timedelta(days=14)  # done effects, as long as the deliveries they became

# Kind, payload, and the name that is the same if the effect is carried out twice.
Handler = Callable[[str, Mapping[str, Any], str], None]


class Outbox:
    """Delivers effects through `handlers`, by kind. A kind nobody handles is done at once: nobody asked for it."""

    def __init__(self, store: PostgresStore, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        """A handler raises to be tried again later."""
        self._store = store
        self._clock = clock
        self._handlers = dict(handlers)

    def deliver_due(self) -> int:
        """Deliver what is due; return how many effects were looked at. Raises Unreachable."""
        sql = load("ledger")
        now = self._clock.now()
        with self._store.cursor() as cursor:
            leased = cursor.execute(sql["lease"], {"now": now, "lease": LEASE, "limit": LEASED_MAX}).fetchall()
        done: list[int] = []
        for effect_id, kind, payload, attempts, dedupe in leased:
            handler = self._handlers.get(kind)
            try:
                if handler is not None:
                    handler(kind, msgspec.json.decode(payload), dedupe)
            except Exception as error:  # noqa: BLE001 -- whatever went wrong, it is tried again
                log.warning("effect_failed", kind=kind, attempts=attempts, why=type(error).__name__)
                pause = min(RETRY_FIRST * 2 ** (attempts - 1), RETRY_MAX)
                self._mark(
                    "effect_failed",
                    id=effect_id,
                    error=type(error).__name__,
                    due_at=now + pause,
                    give_up=attempts >= ATTEMPTS_MAX,
                    now=now,
                )
                continue
            done.append(effect_id)
        if done:  # at once: each commit of its own would stand between a press and its lamp
            self._mark("effects_done", ids=done, now=self._clock.now())
        return len(leased)

    def forget_old(self) -> int:
        """Drop effects done long ago; return how many. Raises Unreachable."""
        with self._store.cursor() as cursor:
            return cursor.execute(load("ledger")["forget_effects"], {"before": self._clock.now() - KEPT}).rowcount

    def _mark(self, query: str, **parts: Any) -> None:
        with self._store.cursor() as cursor:
            cursor.execute(load("ledger")[query], parts)
