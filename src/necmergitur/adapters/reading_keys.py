"""Keys of what sensors say: one for each paper and day, in a table no dump takes along, dead when their paper says.

A key of today stays in memory between batches, so that a reading costs no question to the database. Older ones are read
each time they are asked for, and no process holds one that was destroyed.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Executes
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.sensors import Row

SQL = load("sensors")
_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonce
_SALT_BYTES = 16  # 128 bits: no count can be guessed from its hash
Day = tuple[UUID, datetime]  # a paper, and when the key of one of its days dies


class Said(NamedTuple):
    """Which reading something sealed belongs to: moved to another row, it opens no more."""

    stream: str
    boot_id: int
    seq: int
    at: datetime


class DayKey:
    """One key."""

    def __init__(self, key_id: UUID, key: bytes) -> None:
        """Hold it."""
        self.id = key_id
        self._name = key_id.bytes
        self._cipher = AESGCM(key)

    def seal(self, said: Said, payload: bytes) -> tuple[bytes, bytes]:
        """Return a new salt, and nonce and ciphertext of salt and payload in one string of bytes."""
        chance = os.urandom(_SALT_BYTES + _NONCE_BYTES)
        salt, nonce = chance[:_SALT_BYTES], chance[_SALT_BYTES:]
        return salt, nonce + self._cipher.encrypt(nonce, salt + payload, self._bound_to(said))

    def unseal(self, said: Said, sealed: bytes) -> tuple[bytes, bytes] | None:
        """Return salt and payload; None when these bytes were altered or belong elsewhere."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._bound_to(said))
        except (InvalidTag, ValueError):
            return None
        return plain[:_SALT_BYTES], plain[_SALT_BYTES:]

    def _bound_to(self, said: Said) -> bytes:
        return self._name + f"{said.stream}|{said.boot_id}|{said.seq}|{_microseconds(said.at)}".encode()


class ReadingKeys:
    """Keys of one process."""

    def __init__(self) -> None:
        """Hold none."""
        self._held: Mapping[Day, tuple[datetime, DayKey]] = {}

    def of(self, cursor: Executes, fresh: MutableMapping[Day, DayKey], days: Iterable[Day]) -> Mapping[Day, DayKey]:
        """Return the keys of days, read or made on first use; those are `fresh` until this transaction commits."""
        found: dict[Day, DayKey] = {}
        for day in days:
            held = self._held.get(day)
            found[day] = held[1] if held is not None else fresh.get(day) or self._make(cursor, fresh, day)
        return found

    def by_id(self, cursor: Executes, key_ids: Iterable[UUID]) -> Mapping[UUID, DayKey]:
        """Return those of these keys that live."""
        asked = list(key_ids)
        rows = cursor.execute(SQL["keys_by_id"], {"ids": asked}) if asked else ()
        return {key_id: DayKey(key_id, bytes(key)) for key_id, key in rows}

    def keep(self, fresh: Mapping[Day, DayKey], now: datetime) -> None:
        """Hold on to what a transaction that committed read or made; let go of every other day's."""
        today = now.date()
        if fresh or any(held[0].date() != today for held in self._held.values()):
            kept = {day: held for day, held in self._held.items() if held[0].date() == today}
            self._held = kept | {day: (now, key) for day, key in fresh.items()}

    def _make(self, cursor: Executes, fresh: MutableMapping[Day, DayKey], day: Day) -> DayKey:
        parts = {"paper": day[0], "dies_at": day[1]}
        cursor.execute(SQL["make_key"], {**parts, "key": AESGCM.generate_key(256)})
        row = cursor.execute(SQL["key_of_day"], parts).fetchone()
        if row is None:
            raise StoreRefused("NM010", "reading: the key of its day is destroyed")
        fresh[day] = DayKey(row[0], bytes(row[1]))
        return fresh[day]


def leaf_of(row: Row) -> bytes:
    """Return RFC 6962's hash of a reading, as the database made it when it saw it in clear."""
    said = (row.stream, row.boot_id, row.seq, _microseconds(row.at), row.zone_id, row.payload)
    return hashlib.sha256(b"\x00" + row.salt + "\n".join(map(str, said)).encode()).digest()


def _microseconds(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
