"""The hash link: each fact's hash covers its content and the hash before it.

SHA-256 over a length-prefixed encoding, so two different facts never share bytes. Of the sealed personal part only a
commitment is covered: the part itself may be erased later, and every hash still holds.
"""

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from necmergitur.kernel.events import Recorded
from necmergitur.ledger.admitted import Admitted

GENESIS = bytes(32)
# Facts of form 1 covered the sealed bytes themselves: theirs can be made unreadable (the key), never erased.
FORM = 2
# Writers take turns but read their clocks before their turn: PostgreSQL's lock_timeout is 8 s, and machines differ.
BACKWARDS_MAX = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DOMAINS = {1: b"necmergitur/fact/v1\x00", 2: b"necmergitur/fact/v2\x00"}
_SEALED = b"necmergitur/sealed/v2\x00"


def _microseconds(instant: datetime) -> int:
    """Return microseconds since the epoch, exactly (float timestamps lose digits)."""
    # In UTC: two instants of one local zone are subtracted as wall clocks, an hour wrong across a change of time.
    delta = instant.astimezone(UTC) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def commit(personal: bytes | None) -> bytes | None:
    """Return what stands for a sealed part in the hash: it tells nothing, and holds once the part is erased."""
    return None if personal is None else hashlib.sha256(_SEALED + personal).digest()


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
    form: int = FORM,
) -> bytes:
    """Return the 32-byte hash of one fact, chained to `prev_hash`.

    `personal` is the commitment to the sealed part; the sealed part itself in form 1.
    """
    digest = hashlib.sha256(_DOMAINS[form])
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


def record(batch: Iterable[Admitted], seq: int, prev_hash: bytes) -> list[Recorded]:
    """Return the facts of `batch` as they follow fact number `seq`, whose hash is `prev_hash`."""
    facts: list[Recorded] = []
    for item in batch:
        seq += 1
        fact = Recorded(
            seq=seq,
            stream=item.fact.stream,
            version=item.fact.version,
            kind=item.fact.kind,
            recorded_at=item.at,
            authorisation_id=str(item.authorisation_id),
            actor=item.fact.actor,
            payload=item.fact.payload(),
            personal=item.fact.personal,
            personal_hash=commit(item.fact.personal),
            form=FORM,
            prev_hash=prev_hash,
            hash=b"",
        )
        facts.append(msgspec.structs.replace(fact, hash=hash_of(fact)))
        prev_hash = facts[-1].hash
    return facts


def hash_of(fact: Recorded) -> bytes:
    """Return the hash `fact` should have, from its content and the hash before it."""
    return link(
        fact.prev_hash,
        seq=fact.seq,
        stream=fact.stream,
        version=fact.version,
        kind=fact.kind,
        recorded_at=fact.recorded_at,
        authorisation_id=fact.authorisation_id,
        actor=fact.actor,
        payload=fact.payload,
        personal=fact.personal if fact.form == 1 else fact.personal_hash,
        form=fact.form,
    )


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
        if fact.form not in _DOMAINS:
            return Break(fact.seq, f"is of an unknown form, {fact.form}")
        sealed_otherwise = fact.personal is not None and commit(fact.personal) != fact.personal_hash
        if hash_of(fact) != fact.hash or (fact.form != 1 and sealed_otherwise):
            return Break(fact.seq, "content was changed")
        prev_hash, next_seq, count = fact.hash, next_seq + 1, count + 1
    return count, prev_hash


def backwards(facts: Iterable[Recorded], latest: datetime | None = None) -> tuple[list[int], datetime | None]:
    """Return the facts recorded well before an earlier one, and the latest instant seen.

    No break: a clock set right does that. Whoever reads the record should know.
    """
    found: list[int] = []
    for fact in facts:
        if latest is not None and fact.recorded_at < latest - BACKWARDS_MAX:
            found.append(fact.seq)
        latest = fact.recorded_at if latest is None else max(latest, fact.recorded_at)
    return found, latest
