"""Check-ins in: many people's words, one transaction, and an answer only after its commit."""

import base64
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


LINK_CHARS = 22  # 16 bytes in base64url


class Sealer(Protocol):
    """A crisis's key, as `adapters.crisis_keys.CrisisKey` holds it."""

    def link_of(self, once: bytes) -> bytes:
        """Return the private link made of a form's number."""
        ...

    def row_of(self, link: bytes) -> bytes:
        """Return the name of the row a link opens."""
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
    share: bytes
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
    answers: list[Registered | Refusal] = []
    rows: dict[bytes, Row] = {}
    for checkin, salt in batch:
        answer, row = _sealed(key, checkin, salt)
        answers.append(answer)
        rows[row.id] = row  # the same form twice in one batch: the later words
    leaves = [tree.leaf_hash(row.id + row.said) for row in rows.values()]
    with store.transaction() as tx:
        tx.put_checkins(crisis.id, list(rows.values()), root_of(leaves), now)
    return answers


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaves' hashes (RFC 6962), level by level."""
    level = list(leaves)
    while len(level) > 1:
        paired = [tree.node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*paired, level[-1]] if len(level) % 2 else paired
    return level[0] if level else tree.EMPTY_ROOT


def _sealed(key: Sealer, checkin: CheckIn, salt: bytes) -> tuple[Registered, Row]:
    link = key.link_of(checkin.once)
    row_id = key.row_of(link)
    share = key.link_of(b"share" + checkin.once)
    plain = msgspec.json.encode(msgspec.structs.replace(checkin.said, share=text_of(share)))
    contact = checkin.said.contact
    row = Row(
        id=row_id,
        salt=salt,
        sealed=key.seal(salt, plain, row_id),
        said=key.digest(b"said%d|%b" % (checkin.status, plain)),
        contact=None if contact is None else key.lookup(contact.kind, contact.written),
        share=key.row_of(share),
        status=checkin.status,
        channel=checkin.channel,
        tells=len(checkin.said.tell),
    )
    return Registered(link, share), row


def number_of(once: bytes, name: str) -> bytes:
    """Return the number a page's form is known by: its own, and of whoever wrote it.

    A telephone goes from hand to hand: going back and writing another name is another person, who takes nobody's place.
    """
    return hashlib.blake2b(once + name.encode(), digest_size=len(once)).digest()


def text_of(link: bytes) -> str:
    """Return a link as it stands in an address (RFC 4648, section 5, without padding)."""
    return base64.urlsafe_b64encode(link).decode().rstrip("=")


def link_of(text: str) -> bytes | None:
    """Read a link from an address; None when it is none."""
    if len(text) != LINK_CHARS or not text.isascii():
        return None
    try:
        return base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except ValueError:
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
