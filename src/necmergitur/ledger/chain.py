"""The hash link: each fact's hash covers its content and the hash before it.

First form of proof: SHA-256 over a length-prefixed encoding, so two different facts never share bytes.
"""

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from necmergitur.kernel.events import Recorded

GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DOMAIN = b"necmergitur/fact/v1\x00"


def _microseconds(instant: datetime) -> int:
    """Return microseconds since the epoch, exactly (float timestamps lose digits)."""
    # In UTC: two instants of one local zone are subtracted as wall clocks, an hour wrong across a change of time.
    delta = instant.astimezone(UTC) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def link(  # noqa: PLR0913 -- everything the hash covers
    prev_hash: bytes,
    *,
    seq: int,
    stream: str,
    version: int,
    kind: str,
    recorded_at: datetime,
    authorisation_id: str,
    actor: str,
    payload: bytes,
    personal: bytes | None,
) -> bytes:
    """Return the 32-byte hash of one fact, chained to `prev_hash`."""
    digest = hashlib.sha256(_DOMAIN)
    digest.update(struct.pack(">qqq", seq, version, _microseconds(recorded_at)))
    for part in (
        prev_hash,
        stream.encode(),
        kind.encode(),
        authorisation_id.encode(),
        actor.encode(),
        payload,
        b"" if personal is None else b"\x01" + personal,
    ):
        digest.update(struct.pack(">I", len(part)))
        digest.update(part)
    return digest.digest()


class Break(msgspec.Struct, frozen=True):
    """Where a chain stops holding: the first bad sequence number and what is wrong with it."""

    seq: int
    reason: str


def verify(facts: Iterable[Recorded], prev_hash: bytes = GENESIS, next_seq: int = 1) -> Break | tuple[int, bytes]:
    """Check facts in sequence order. Return the first Break, or (count, last hash)."""
    count = 0
    for fact in facts:
        if fact.seq != next_seq:
            return Break(next_seq, f"missing: the next fact is {fact.seq}")
        if fact.prev_hash != prev_hash:
            return Break(fact.seq, "does not follow the fact before it")
        expected = link(
            prev_hash,
            seq=fact.seq,
            stream=fact.stream,
            version=fact.version,
            kind=fact.kind,
            recorded_at=fact.recorded_at,
            authorisation_id=fact.authorisation_id,
            actor=fact.actor,
            payload=fact.payload,
            personal=fact.personal,
        )
        if expected != fact.hash:
            return Break(fact.seq, "content was changed")
        prev_hash, next_seq, count = fact.hash, next_seq + 1, count + 1
    return count, prev_hash
