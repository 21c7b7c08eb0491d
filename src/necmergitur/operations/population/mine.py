"""One's own words again: whoever holds the private link reads them, changes them, takes them back, erases them.

A link opens one row of one crisis. Wrong, guessed and erased links are the same to whoever asks: nothing is found.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.governance.accesses import OWN_DATA, crisis_place
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger import tree
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import accessing
from necmergitur.operations.population.checkins import LINK_BYTES, Row, Sealer, opened, root_of
from necmergitur.people.checkins import Said, Status
from necmergitur.people.crises import Crisis

KeyOf = Callable[[UUID], Sealer | None]


class Held(msgspec.Struct, frozen=True):
    """A check-in as it stands, with what a change of it keeps."""

    row: Row
    at: datetime
    changed_at: datetime
    rev: int
    told_rev: int


class Mine(msgspec.Struct, frozen=True):
    """What one person said, opened by their link."""

    crisis: Crisis
    status: Status
    said: Said
    share: bytes
    at: datetime
    changed_at: datetime
    told: bool


class Shared(msgspec.Struct, frozen=True):
    """What the holder of a share link sees: a name, an answer, and when; no place, no number, no other words."""

    crisis: Crisis
    name: str
    status: Status
    changed_at: datetime
    language: str


class MineTransaction(Protocol):
    """A transaction that opens one row by its link."""

    def crises_now(self) -> list[Crisis]:
        """Return crises that were opened and are not erased: real ones before drills, newest first."""
        ...

    def own_checkin(self, crisis_id: UUID, row_id: bytes, *, change: bool) -> Held | None:
        """Return one check-in, held for a `change` until this transaction ends."""
        ...

    def erase_checkin(self, crisis_id: UUID, row_id: bytes) -> None:
        """Delete one person's row, and what waits to be sent about it."""
        ...


class MineStore(Protocol):
    """Where check-ins are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a MineTransaction."""
        ...


def find(store: MineStore, key_of: KeyOf, link: bytes, now: datetime, *, drill: bool) -> Mine | None:
    """Return what this link opens, while it is kept. Raises Unreachable."""
    with store.transaction() as tx:
        found = _held(tx, key_of, link, now, drill=drill)
    return None if found is None else _opened(*found)


def shared(store: MineStore, key_of: KeyOf, share: bytes, now: datetime, *, drill: bool) -> Shared | None:
    """Return what a share link shows. Raises Unreachable."""
    if len(share) != LINK_BYTES:
        return None
    with store.transaction() as tx:
        for crisis, key in kept(tx, key_of, now, drill=drill):
            held = tx.own_checkin(crisis.id, key.shared_row(share), change=False)
            mine = None if held is None else _opened(crisis, key, held)
            if mine is not None:
                return Shared(crisis, mine.said.name, mine.status, mine.changed_at, mine.said.language)
    return None


def change(
    store: MineStore, key_of: KeyOf, link: bytes, status: Status, salt: bytes, now: datetime, *, drill: bool
) -> Mine | Refusal | None:
    """Say something else of oneself, or take it back (WITHDRAWN, for good). None: the link opens nothing.

    After the crisis closed one may still take back, and nothing else. Raises Unreachable.
    """
    try:
        return _change(store, key_of, link, status, salt, now, drill=drill)
    except StoreRefused:  # PostgreSQL's clock says that its time is over
        return None


def erase(store: MineStore, key_of: KeyOf, link: bytes, now: datetime, *, drill: bool) -> bool:
    """Delete what this link opens, with the salt that made its key; return whether there was anything."""
    with store.transaction() as tx:
        found = _held(tx, key_of, link, now, drill=drill, change=True)
        if found is None:
            return False
        crisis, _key, held = found
        tx.erase_checkin(crisis.id, held.row.id)
    return True


def _change(
    store: MineStore, key_of: KeyOf, link: bytes, status: Status, salt: bytes, now: datetime, *, drill: bool
) -> Mine | Refusal | None:
    with store.transaction() as tx:
        found = _held(tx, key_of, link, now, drill=drill, change=True)
        mine = None if found is None else _opened(*found)
        if found is None or mine is None:
            return None
        crisis, key, held = found
        if status != Status.WITHDRAWN and not crisis.offers("safe", now):
            return Refusal(rule="crisis_closed", until=crisis.purge_at)
        if mine.status == Status.WITHDRAWN:
            return Refusal(rule="checkin_withdrawn")
        row = _resealed(key, held.row, mine.said, status, salt)
        tx.put_checkins(crisis.id, [row], root_of([tree.leaf_hash(row.id + row.said)]), now)
    return msgspec.structs.replace(mine, status=status, changed_at=now, told=False)


def kept(tx: MineTransaction, key_of: KeyOf, now: datetime, *, drill: bool) -> Iterator[tuple[Crisis, Sealer]]:
    """Yield the crises, or drills, whose words are still kept, with their keys."""
    for crisis in tx.crises_now():
        if crisis.drill != drill or not accessing.open_to(
            tx, "person", "words", OWN_DATA, crisis_place(crisis.id), now
        ):
            continue
        key = key_of(crisis.id)
        if key is not None:
            yield crisis, key


def _held(
    tx: MineTransaction, key_of: KeyOf, link: bytes, now: datetime, *, drill: bool, change: bool = False
) -> tuple[Crisis, Sealer, Held] | None:
    for crisis, key in kept(tx, key_of, now, drill=drill):
        held = tx.own_checkin(crisis.id, key.row_of(link), change=change)
        if held is not None:
            return crisis, key, held
    return None


def _opened(crisis: Crisis, key: Sealer, held: Held) -> Mine | None:
    said = opened(key, held.row.id, held.row.salt, held.row.sealed)
    if said is None:
        return None
    told = held.row.tells > 0 and held.told_rev >= held.rev
    return Mine(crisis, Status(held.row.status), said, key.shares_of(held.row.id), held.at, held.changed_at, told)


def _resealed(key: Sealer, row: Row, said: Said, status: Status, salt: bytes) -> Row:
    """Return the row under a new salt. Who took their words back is found by no number any more."""
    plain = msgspec.json.encode(said)
    return msgspec.structs.replace(
        row,
        salt=salt,
        sealed=key.seal(salt, plain, row.id),
        said=key.lookup("said", f"{status}|{hashlib.sha256(plain).hexdigest()}"),
        status=status,
        contact=None if status == Status.WITHDRAWN else row.contact,
    )
