"""Erase one person: destroy the keys of what is sealed about them, and what the tables hold of them in clear.

The names of destroyed keys go on a list that no backup brings back, before the keys die: a crash in between is made
good at the next start, and so is a restored backup, by `replay`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import retention, subjects
from necmergitur.operations.registry import Audited
from necmergitur.operations.retention import RetentionTransaction, Shredder

ACTION = "dpo:person:erase"
GIVEN_UP = "system:shred:give_up"
STREAM = "audit:erasure"
MARK = "who:"  # begins the names of erased subjects; others are names of keys


class ErasureTransaction(RetentionTransaction, Protocol):
    """A transaction that can erase one person."""

    def subject_keys(self, subjects: Sequence[str]) -> list[str]:
        """Return the names of every live key of `subjects`."""
        ...

    def subject_mark(self, subject: str) -> str:
        """Return the name under which an erased subject is listed."""
        ...

    def destroy_named(self, names: Sequence[str], now: datetime) -> int:
        """Destroy these keys; return how many were still alive."""
        ...

    def calls_now(self, device_id: str) -> bool:
        """Return whether an open incident holds a call of this button."""
        ...

    def incidents_about(self, device_id: str, before: datetime) -> list[UUID]:
        """Return the incidents about this button's holder that were opened by then."""
        ...

    def personal_devices(self) -> list[str]:
        """Return every personal button."""
        ...

    def erase_presses(self, device_id: str, before: datetime) -> int:
        """Erase where this button was pressed until then."""
        ...

    def erase_stills_of(self, incident_ids: Sequence[UUID]) -> int:
        """Erase the stills of incidents."""
        ...

    def erase_holder(self, device_id: str, before: datetime) -> int:
        """Erase who holds this button, as recorded until then."""
        ...

    def listed(self, streams: Sequence[str]) -> list[dict[str, str]]:
        """Return what these streams said of the list, oldest first, since it was last given up."""
        ...


class Keeper(Protocol):
    """Where what is kept lies."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open an ErasureTransaction."""
        ...


def erase(keeper: Keeper, shredder: Shredder, device_id: str, by: Person, now: datetime) -> dict[str, int] | Refusal:
    """Erase whoever holds this button; return how many of each. The fact counts, and names nobody.

    Refused while a call of theirs is open: it may be their life (GDPR art. 17(3)(b), art. 6(1)(d)). Raises Unreachable.
    """
    with keeper.transaction() as tx:
        tx.serialise()  # no press slips between the names and the end of their keys
        if tx.calls_now(device_id):
            return Refusal(rule="subject_in_open_incident", owner="gate")
        about = tx.incidents_about(device_id, now)
        names = tx.subject_keys([subjects.of_device(device_id), *map(subjects.of_incident, about)])
        listed = shredder.add([tx.subject_mark(subjects.of_device(device_id)), *names], now)
        counts = Counter({"keys": tx.destroy_named(names, now)})
        counts.update(_erase_rows(tx, device_id, about, now, now))
        said = {name: str(count) for name, count in sorted(counts.items()) if count}
        _say(tx, Audited(ACTION, "", said | listed.facts), f"user:{by.id}", now)
    return dict(counts)


def replay(keeper: Keeper, listed: Sequence[tuple[datetime, str]], now: datetime) -> dict[str, int]:
    """Destroy again what the list destroyed; return how many of each came back. Nothing else may read before."""
    counts: Counter[str] = Counter()
    erased = {name: at for at, name in listed if name.startswith(MARK)}
    with keeper.transaction() as tx:
        counts["keys"] += tx.destroy_named([name for _, name in listed if not name.startswith(MARK)], now)
        if erased:
            for device_id in tx.personal_devices():
                at = erased.get(tx.subject_mark(subjects.of_device(device_id)))
                if at is not None:
                    counts.update(_erase_rows(tx, device_id, tx.incidents_about(device_id, at), at, now))
    return {name: count for name, count in counts.items() if count}


def missing(keeper: Keeper, listed: Sequence[tuple[datetime, str]]) -> int:
    """Return how many names the list lacks, by what the record said of them when they were listed.

    Names that were put there together are held to their digest: as many others in their place are no better than none.
    """
    together: dict[str, set[str]] = defaultdict(set)
    for at, name in listed:
        together[at.isoformat()].add(name)
    with keeper.transaction() as tx:
        said = tx.listed([STREAM, retention.STREAM])
    # An older version said how many names the list held in all, and not which.
    lacking = max([int(one["listed"]) for one in said if "list_digest" not in one], default=0) - len(listed)
    torn = [
        int(one["listed"])
        for one in said
        if "list_digest" in one and retention.digest_of(together[one["listed_at"]]) != one["list_digest"]
    ]
    return max(lacking, 0) + sum(torn)


def give_up(keeper: Keeper, lacking: int, now: datetime) -> None:
    """Record that what the list lacks is lost for good: from here on it is held to what it says after."""
    with keeper.transaction() as tx:
        tx.serialise()
        _say(tx, Audited(GIVEN_UP, "", {"lacking": str(lacking)}), "system:restore", now)


def _say(tx: ErasureTransaction, event: Audited, actor: str, now: datetime) -> None:
    last = tx.last_of(STREAM)
    fact = Fact(stream=STREAM, version=1 if last is None else last[0] + 1, event=event, actor=actor)
    tx.append(gate.admit_record([fact], now))


def _erase_rows(
    tx: ErasureTransaction, device_id: str, about: Sequence[UUID], before: datetime, now: datetime
) -> Mapping[str, int]:
    """Erase what the tables hold in clear, and what was sealed before subjects had keys of their own."""
    counts: Counter[str] = Counter()
    counts["places"] += tx.erase_presses(device_id, before)
    if about:
        counts["places"] += sum(tx.erase_places(about, now).values())
        counts["texts"] += sum(tx.erase_texts(about, now).values())
        counts["stills"] += tx.erase_stills_of(about)
    counts["holders"] += tx.erase_holder(device_id, before)
    return counts
