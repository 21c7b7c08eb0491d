"""Erase what was kept long enough: who held a button, where a person pressed, what people wrote, the keys.

Each run is a fact of counts alone. The facts themselves stay, and every hash holds: their sealed parts go.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from necmergitur.governance import gate
from necmergitur.governance.law import Kept
from necmergitur.kernel.events import Fact
from necmergitur.operations.constants import (
    EVIDENCE_EVERY,
    INCIDENTS_AT_ONCE,
    KEY_KEPT_LEAST,
    PLACES_KEPT,
    REFUSALS_KEPT,
    TEXTS_KEPT,
)
from necmergitur.operations.ports import Transaction
from necmergitur.operations.registry import Audited

STREAM = "audit:retention"
ACTION = "system:retention:erase"
PICTURES = "audit:pictures"
PICTURES_ACTION = "system:retention:pictures"


class RetentionTransaction(Transaction, Protocol):
    """A transaction that can erase."""

    def places_due(self, closed_before: datetime, limit: int) -> list[UUID]:
        """Return ended incidents whose people's places are still kept."""
        ...

    def erase_places(self, incident_ids: Sequence[UUID], now: datetime) -> Mapping[str, int]:
        """Erase where people pressed, in the tables and beside the facts; return how many of each."""
        ...

    def erase_stray_places(self, before: datetime) -> int:
        """Erase the places of presses that never belonged to an incident."""
        ...

    def texts_due(self, closed_before: datetime, limit: int) -> list[UUID]:
        """Return ended incidents whose texts are still kept."""
        ...

    def erase_texts(self, incident_ids: Sequence[UUID], now: datetime) -> Mapping[str, int]:
        """Erase what people wrote about incidents; return how many of each."""
        ...

    def erase_handovers(self, ended_before: datetime) -> int:
        """Erase the notes of shifts that ended before; return how many."""
        ...

    def forget_refusals(self, before: datetime) -> int:
        """Delete counts of what sensors were refused in minutes before, where a fact holds them; return how many."""
        ...

    def erase_holders_of_retired(self) -> int:
        """Erase who held buttons that are retired; return how many."""
        ...

    def destroy_keys(self, made_before: datetime, old: datetime, now: datetime) -> list[str]:
        """Destroy the keys of days before `made_before` under which nothing is left; return their names.

        Facts of form 1, whose sealed part cannot be erased, count as nothing once recorded before `old`.
        """
        ...

    def erase_pictures(self, now: datetime, pictures_before: datetime, interiors_before: datetime) -> tuple[int, int]:
        """Erase stills whose hour came, or taken before these; return how many, and of these of insides of homes."""
        ...

    def erase_views(self, before: datetime) -> int:
        """Forget who looked at stills before; return how many looks."""
        ...

    def last_of(self, stream: str) -> tuple[int, datetime] | None:
        """Return a stream's last version, and when it was recorded."""
        ...


class Listed(msgspec.Struct, frozen=True):
    """Names that were put on the list together, so that the record can say later whether they are still there."""

    at: datetime
    names: int
    digest: str

    @property
    def facts(self) -> dict[str, str]:
        """What the record says of them. The names themselves stay on the list."""
        return {"listed": str(self.names), "listed_at": self.at.isoformat(), "list_digest": self.digest}


def digest_of(names: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of names, whatever their order."""
    return hashlib.sha256("\n".join(sorted(set(names))).encode()).hexdigest()


class Shredder(Protocol):
    """Where the names of destroyed keys are kept, out of the reach of any backup."""

    def add(self, names: Sequence[str], now: datetime) -> Listed:
        """Keep names for good, before their keys die, under an instant that no others are kept under."""
        ...


class Keeper(Protocol):
    """Where what is kept lies."""

    def transaction(self) -> AbstractContextManager[RetentionTransaction]:
        """Open a RetentionTransaction."""
        ...


def erase(keeper: Keeper, now: datetime, shredder: Shredder | None = None) -> dict[str, int]:
    """Erase everything past its time; return how many of each. Raises Unreachable; run again, it goes on.

    Without a `shredder`, a restored backup brings the destroyed keys back until the next run.
    """
    counts: Counter[str] = Counter()
    while True:  # until nothing is due: each turn marks what it erased
        with keeper.transaction() as tx:
            due = tx.places_due(now - PLACES_KEPT, INCIDENTS_AT_ONCE)
            counts.update(tx.erase_places(due, now) if due else {})
        if not due:
            break
    while True:  # as above
        with keeper.transaction() as tx:
            due = tx.texts_due(now - TEXTS_KEPT, INCIDENTS_AT_ONCE)
            counts.update(tx.erase_texts(due, now) if due else {})
        if not due:
            break
    with keeper.transaction() as tx:
        counts["signals"] += tx.erase_stray_places(now - PLACES_KEPT)
        counts["handovers"] += tx.erase_handovers(now - TEXTS_KEPT)
        counts["refusals"] += tx.forget_refusals(now - REFUSALS_KEPT)
        counts["holders"] += tx.erase_holders_of_retired()
        names = tx.destroy_keys(now - KEY_KEPT_LEAST, now - TEXTS_KEPT - PLACES_KEPT, now)
        counts["keys"] += len(names)
        listed = shredder.add(names, now).facts if names and shredder else {}
        erased = {name: count for name, count in sorted(counts.items()) if count}
        last = tx.last_of(STREAM)
        if erased or last is None or now - last[1] >= EVIDENCE_EVERY:
            event = Audited(ACTION, "", {name: str(count) for name, count in erased.items()} | listed)
            version = 1 if last is None else last[0] + 1
            fact = Fact(stream=STREAM, version=version, event=event, actor="worker:retention")
            tx.append(gate.admit_record([fact], now))
    return erased


def erase_pictures(keeper: Keeper, kept: Kept, now: datetime) -> dict[str, int]:
    """Erase pictures whose time is over and the journal of who looked, as the law is now; publish how many of each.

    A rule that became stricter takes what was kept under the older one along. Raises Unreachable, VersionConflict.
    """
    with keeper.transaction() as tx:
        stills, interiors = tx.erase_pictures(now, now - kept.pictures, now - kept.interiors)
        counts = {"stills": stills, "interiors": interiors, "views": tx.erase_views(now - kept.journal)}
        erased = {name: count for name, count in counts.items() if count}
        if erased:
            last = tx.last_of(PICTURES)
            said = {name: str(count) for name, count in erased.items()}
            rule = {"hours": _hours(kept.pictures), "inside": _hours(kept.interiors)}
            event = Audited(PICTURES_ACTION, "", said | rule)
            version = 1 if last is None else last[0] + 1
            fact = Fact(stream=PICTURES, version=version, event=event, actor="worker:retention")
            tx.append(gate.admit_record([fact], now))
    return erased


def _hours(lasts: timedelta) -> str:
    return str(lasts // timedelta(hours=1))
