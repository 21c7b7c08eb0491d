"""Calls of other makes' devices on their way to the record: known by their own name, ours looked up at the commit."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from necmergitur.adapters.alarms.call import Call
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.press_line import PressLine
from necmergitur.adapters.spool import Spool
from necmergitur.kernel.clock import Clock
from necmergitur.operations import intake
from necmergitur.operations.intake import Answer, Ground, Received


class ForeignCall(msgspec.Struct, frozen=True):
    """A call and when it reached us."""

    call: Call
    received_at: datetime

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes this call the same as another."""
        return (self.call.external_key, self.call.boot_id, self.call.seq)


def foreign_line(name: str, store: PostgresStore, clock: Clock, home: Path, ground: Ground) -> PressLine[ForeignCall]:
    """Return the line of one receiver, with a spool of its own in `home`."""

    def take(calls: Sequence[ForeignCall]) -> Sequence[Answer]:
        with store.cursor() as cursor:
            known = dict(
                cursor.execute(load("registry")["devices_by_external_key"], {"keys": [c.key[0] for c in calls]})
            )
        ours = [Received(c.call.press(known[c.key[0]]), c.received_at) for c in calls if c.key[0] in known]
        answers = iter(intake.take(store, ours, ground, clock.now()) if ours else [])
        return [next(answers) if c.key[0] in known else Answer.unlit(c.key, "unknown_device") for c in calls]

    spool = Spool(home / "spool" / f"{name}.jsonl", ForeignCall)
    return PressLine(name, store, clock, spool=spool, take=take, key_of=lambda item: item.key)


def device_of(store: PostgresStore, external_key: str) -> str | None:
    """Return which of our devices this is, None for one nobody enrolled. Raises Unreachable."""
    with store.cursor() as cursor:
        row = cursor.execute(load("registry")["devices_by_external_key"], {"keys": [external_key]}).fetchone()
    return None if row is None else str(row[1])
