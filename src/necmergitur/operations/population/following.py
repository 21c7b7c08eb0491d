"""Telephones that are told by themselves: of somebody's next word, of a question about their owner, of an answer.

Whoever holds the share link may have their telephone told of a change; whoever holds their own link, that somebody asks
after them, or answered them. What a browser gave for it is sealed, and goes with the row it is about.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population.checkins import LINK_BYTES, Sealer
from necmergitur.operations.population.mine import kept
from necmergitur.people import subscriptions
from necmergitur.people.checkins import Status
from necmergitur.people.constants import FOLLOWERS_MAX
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis

NO_STATUS = 0  # of a question, or a notice
KeyOf = Callable[[UUID], Sealer | None]


class Why(IntEnum):
    """What a telephone is told of. Numbers are stored: never change one."""

    CHANGES = 1  # of whoever shared their link
    QUESTIONS = 2  # about its owner
    ANSWERS = 3  # to a question of its owner, or on somebody they look for


class Phone(msgspec.Struct, frozen=True):
    """A telephone as stored. `endpoint`: a keyed digest, by which the same one is known again."""

    about: bytes
    why: int
    endpoint: bytes
    salt: bytes
    sealed: bytes


class Told(msgspec.Struct, frozen=True):
    """A telephone to write to. `language`: its reader's."""

    to: Contact
    language: str


class PhoneTransaction(Protocol):
    """A transaction that knows of telephones."""

    def crises_now(self) -> list[Crisis]:
        """Return crises that were opened and are not erased: real ones before drills, newest first."""
        ...

    def checkin_status(self, crisis_id: UUID, row_id: bytes) -> int | None:
        """Return the status of a check-in, held until this transaction ends."""
        ...

    def is_asked(self, crisis_id: UUID, row_id: bytes) -> bool:
        """Return whether this is a question, or a notice of somebody looked for; held until this transaction ends."""
        ...

    def phones(self, crisis_id: UUID, abouts: list[bytes], why: int) -> list[Phone]:
        """Return the telephones that are told of these rows."""
        ...

    def put_phone(self, crisis_id: UUID, phone: Phone, now: datetime) -> None:
        """Keep a telephone, once."""
        ...

    def drop_phone(self, crisis_id: UUID, endpoint: bytes, about: bytes | None, why: int | None) -> int:
        """Forget a telephone, of one row or of all; return how many there were."""
        ...


class PhoneStore(Protocol):
    """Where telephones are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a PhoneTransaction."""
        ...


def follow(
    store: PhoneStore,
    key_of: KeyOf,
    link: bytes,
    why: Why,
    to: Told,
    salt: bytes,
    now: datetime,
    *,
    drill: bool,
) -> bool | Refusal:
    """Have a telephone told; False when the link opens nothing. At most FOLLOWERS_MAX for one row."""
    try:
        with store.transaction() as tx:
            found = _opened(tx, key_of, link, why, now, drill=drill)
            if found is None:
                return False
            crisis, key, about, status = found
            if status == Status.WITHDRAWN:
                return Refusal(rule="checkin_withdrawn")
            endpoint = _digest(key, to.to)
            others = {one.endpoint for one in tx.phones(crisis.id, [about], why)} - {endpoint}
            if len(others) >= FOLLOWERS_MAX:
                return Refusal(rule="followers_too_many")
            sealed = key.seal(salt, msgspec.json.encode(to), about + endpoint)
            tx.put_phone(crisis.id, Phone(about, why, endpoint, salt, sealed), now)
            return True
    except StoreRefused:  # PostgreSQL's clock says that its time is over
        return False


def leave(store: PhoneStore, key_of: KeyOf, link: bytes, why: Why, to: Contact, now: datetime, *, drill: bool) -> bool:
    """Tell a telephone no more; False when the link opens nothing."""
    with store.transaction() as tx:
        found = _opened(tx, key_of, link, why, now, drill=drill)
        if found is None:
            return False
        crisis, key, about, _status = found
        tx.drop_phone(crisis.id, _digest(key, to), about, why)
        return True


def told_of(
    tx: PhoneTransaction, crisis_id: UUID, key: Sealer, abouts: list[bytes], why: Why
) -> dict[bytes, list[Told]]:
    """Return the telephones to write to, by what they are told of."""
    found: dict[bytes, list[Told]] = {}
    for one in tx.phones(crisis_id, abouts, why) if abouts else ():
        plain = key.unseal(one.salt, one.sealed, one.about + one.endpoint)
        if plain is not None:
            found.setdefault(one.about, []).append(msgspec.json.decode(plain, type=Told))
    return found


def gone(tx: PhoneTransaction, crisis_id: UUID, key: Sealer, to: Contact) -> None:
    """Forget a telephone whose push service knows it no more."""
    tx.drop_phone(crisis_id, _digest(key, to), None, None)


def _digest(key: Sealer, to: Contact) -> bytes:
    return key.lookup("push", subscriptions.of(to).endpoint)


def _opened(
    tx: Any, key_of: KeyOf, link: bytes, why: Why, now: datetime, *, drill: bool
) -> tuple[Crisis, Sealer, bytes, int] | None:
    if len(link) != LINK_BYTES:
        return None
    for crisis, key in kept(tx, key_of, now, drill=drill):
        row_id = key.shared_row(link) if why == Why.CHANGES else key.row_of(link)
        if why == Why.ANSWERS:
            status = NO_STATUS if tx.is_asked(crisis.id, row_id) else None
        else:
            status = tx.checkin_status(crisis.id, row_id)
        if status is not None:
            return crisis, key, row_id, status
    return None
