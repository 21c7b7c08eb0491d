"""Check-ins in: many people's words, one transaction, and an answer only after its commit."""

import binascii
import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger import tree
from necmergitur.ledger.ports import StoreRefused
from necmergitur.people.checkins import CheckIn, CheckInsRooted, Said, stream_of
from necmergitur.people.crises import Crisis

# What `take` raises when the crisis closed this very second.
ClosedMeanwhile = StoreRefused
ROOTED_MAX = 2_000  # ours: batches whose roots one fact gathers; four a second would need ten minutes to make them


# Base64 as it stands in an address, and back; what is of the other alphabet alone becomes what is of neither.
_TO_ADDRESS = bytes.maketrans(b"+/", b"-_")
_FROM_ADDRESS = bytes.maketrans(b"-_+/", b"+/!!")
ENCODER = msgspec.json.Encoder()
LINK_BYTES = 16
LINK_CHARS = 22  # they in base64url


class Sealer(Protocol):
    """A crisis's key, as `adapters.crisis_keys.CrisisKey` holds it."""

    def link_of(self, once: bytes) -> bytes:
        """Return the private link made of a form's number."""
        ...

    def row_of(self, link: bytes) -> bytes:
        """Return the name of the row a link opens."""
        ...

    def shares_of(self, row_ids: bytes) -> bytes:
        """Return the links to share of rows, 16 bytes each, one after the other."""
        ...

    def shared_row(self, share: bytes) -> bytes:
        """Return the name of the row a link to share opens."""
        ...

    def lookup(self, kind: str, written: str) -> bytes:
        """Return the keyed digest by which something normalised is found."""
        ...

    def digest(self, plain: bytes) -> bytes:
        """Return a keyed digest of bytes."""
        ...

    def seal(self, salt: bytes, plain: bytes, bound_to: bytes) -> bytes:
        """Seal under a person's key."""
        ...

    def seal_all(self, items: Sequence[tuple[bytes, bytes, bytes]]) -> list[bytes]:
        """Seal many, each given as to `seal`."""
        ...

    def unseal(self, salt: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
        """Open what was sealed; None when it cannot be."""
        ...


class Row(msgspec.Struct, frozen=True):
    """A check-in as stored. `said` is a keyed digest of its words: the same words again change nothing."""

    id: bytes
    salt: bytes
    sealed: bytes
    said: bytes
    contact: bytes | None
    status: int
    channel: int
    tells: int


class Registered(msgspec.Struct, frozen=True):
    """The answer to a check-in: the private link by which the person finds, changes and withdraws it."""

    link: bytes
    share: bytes


class Batch(msgspec.Struct, frozen=True):
    """What one transaction took."""

    id: int
    crisis_id: UUID
    leaves: int
    root: bytes


class CheckInTransaction(Protocol):
    """A transaction that takes check-ins."""

    def put_checkins(self, crisis_id: UUID, rows: Sequence[Row], root: bytes, now: datetime) -> None:
        """Store them and their batch in one statement; the same words again change nothing."""
        ...

    def unrooted_batches(self, limit: int) -> list[Batch]:
        """Return the oldest batches whose root is not in the record yet, held until this transaction ends."""
        ...

    def rooted(self, batches: Sequence[Batch], seq: int) -> None:
        """Say which fact holds their root."""
        ...


class CheckInStore(Protocol):
    """Where check-ins are kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a CheckInTransaction."""
        ...


def take(
    store: CheckInStore, crisis: Crisis, key: Sealer, batch: Sequence[tuple[CheckIn, bytes]], now: datetime
) -> list[Registered | Refusal]:
    """Record check-ins with a new salt each; all of them are committed when this returns. Raises Unreachable.

    Refused, all of them, when the crisis does not take any now; PostgreSQL refuses again by itself (ClosedMeanwhile).
    """
    if not crisis.offers("safe", now):
        return [Refusal(rule="crisis_closed")] * len(batch)
    rows = _sealed(key, batch)
    # The same form twice in one batch: the later words. In the order of their names, so that two transactions that meet
    # the same rows do not wait for each other.
    ordered = [row for _, row in sorted({row.id: row for _, row in rows}.items())]
    with store.transaction() as tx:
        tx.put_checkins(crisis.id, ordered, root_of([tree.leaf_hash(row.id + row.said) for row in ordered]), now)
    shares = key.shares_of(b"".join([row.id for _, row in rows]))
    return [
        Registered(link, shares[at : at + LINK_BYTES])
        for (link, _), at in zip(rows, range(0, len(shares), LINK_BYTES), strict=True)
    ]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaves' hashes (RFC 6962), level by level."""
    level = list(leaves)
    while len(level) > 1:
        paired = [tree.node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*paired, level[-1]] if len(level) % 2 else paired
    return level[0] if level else tree.EMPTY_ROOT


def _sealed(key: Sealer, batch: Sequence[tuple[CheckIn, bytes]]) -> list[tuple[bytes, Row]]:
    """Return each private link, and the row it opens."""
    links = [key.link_of(checkin.once) for checkin, _ in batch]
    names = [key.row_of(link) for link in links]
    plains = [ENCODER.encode(checkin.said) for checkin, _ in batch]
    sealed = key.seal_all([(salt, plain, name) for (_, salt), plain, name in zip(batch, plains, names, strict=True)])
    return [
        (link, _row(key, checkin, name, salt, plain, closed))
        for (checkin, salt), link, name, plain, closed in zip(batch, links, names, plains, sealed, strict=True)
    ]


def _row(key: Sealer, checkin: CheckIn, name: bytes, salt: bytes, plain: bytes, sealed: bytes) -> Row:
    contact = checkin.said.contact
    return Row(
        name,
        salt,
        sealed,
        key.digest(b"said%d|%b" % (checkin.status, plain)),
        None if contact is None else key.lookup(contact.kind, contact.written),
        checkin.status,
        checkin.channel,
        len(checkin.said.tell),
    )


def number_of(once: bytes, name: str) -> bytes:
    """Return the number a page's form is known by: its own, and of whoever wrote it.

    A telephone goes from hand to hand: going back and writing another name is another person, who takes nobody's place.
    """
    return hashlib.blake2b(once + name.encode(), digest_size=len(once)).digest()


def text_of(link: bytes) -> str:
    """Return a link as it stands in an address (RFC 4648, section 5, without padding)."""
    return wire_of(link).decode()


def wire_of(link: bytes) -> bytes:
    """Return the same as bytes."""
    return binascii.b2a_base64(link, newline=False).rstrip(b"=").translate(_TO_ADDRESS)


def link_of(text: str) -> bytes | None:
    """Read a link from an address; None when it is none."""
    if len(text) != LINK_CHARS or not text.isascii():
        return None
    try:
        return binascii.a2b_base64(text.encode().translate(_FROM_ADDRESS) + b"==", strict_mode=True)
    except binascii.Error:
        return None


def opened(key: Sealer, row_id: bytes, salt: bytes, sealed: bytes) -> Said | None:
    """Return what a row's person said; None when it cannot be opened."""
    plain = key.unseal(salt, sealed, row_id)
    return None if plain is None else msgspec.json.decode(plain, type=Said)


def put_roots(town: CheckInStore, now: datetime) -> int:
    """Put into the record the roots of batches that are not in it yet; return how many batches. Raises Unreachable."""
    with town.transaction() as tx:
        waiting: list[Batch] = tx.unrooted_batches(ROOTED_MAX)
        if not waiting:
            return 0
        tx.serialise()
        for crisis_id in dict.fromkeys(batch.crisis_id for batch in waiting):
            of = [batch for batch in waiting if batch.crisis_id == crisis_id]
            event = CheckInsRooted(
                crisis_id=crisis_id,
                first=of[0].id,
                last=of[-1].id,
                leaves=sum(batch.leaves for batch in of),
                root=root_of([batch.root for batch in of]).hex(),
                at=now,
            )
            stream = stream_of(crisis_id)
            last = tx.last_of(stream)
            fact = Fact(
                stream=stream, version=1 if last is None else last[0] + 1, event=event, actor="worker:population"
            )
            tx.rooted(of, tx.append(gate.admit_record([fact], now)))
    return len(waiting)
