"""Personal data at rest: AES-256-GCM under a key per UTC day, kept in a schema of its own.

Destroying a day's key makes everything sealed that day unreadable, in every copy made before as well. Only the key in
use stays in a process's memory: one that is destroyed lives on in none.
"""

import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Executes

_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonce
_AGAIN_BYTES = 8  # tells two keys of one day apart


def key_of(now: datetime) -> str:
    """Return the name of the key of `now`'s day; names sort as days do."""
    return now.strftime("day:%Y-%m-%d")


class KeyRing:
    """The key of today, read or made on first use; older ones are read each time they are asked for.

    A key read or made in a transaction is `fresh` until that transaction commits: one that was rolled back
    never existed for anybody else, and what it sealed could never be opened again.
    """

    def __init__(self) -> None:
        """Start with no key in memory."""
        self._today: tuple[str, str, bytes] | None = None

    def seal(self, cursor: Executes, fresh: dict[str, bytes], plain: bytes, now: datetime) -> bytes:
        """Return key id, nonce and ciphertext in one string of bytes."""
        key_id, key = self._key_for_today(cursor, fresh, key_of(now))
        nonce = os.urandom(_NONCE_BYTES)
        name = key_id.encode()
        return bytes([len(name)]) + name + nonce + AESGCM(key).encrypt(nonce, plain, name)

    def unseal(self, cursor: Executes, fresh: dict[str, bytes], sealed: bytes) -> bytes | None:
        """Return the plain bytes; None when the key was destroyed or the bytes were altered."""
        end = 1 + sealed[0]
        name, nonce = sealed[1:end], sealed[end : end + _NONCE_BYTES]
        key = self._key(cursor, fresh, name.decode())
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(nonce, sealed[end + _NONCE_BYTES :], name)
        except InvalidTag:
            return None

    def keep(self, fresh: dict[str, bytes], now: datetime) -> None:
        """Hold on to today's key, once the transaction that read or made it committed; let go of yesterday's."""
        today = key_of(now)
        if self._today is not None and self._today[0] != today:
            self._today = None
        for key_id, key in fresh.items():
            if key_id.partition("#")[0] == today:
                self._today = (today, key_id, key)

    def _key_for_today(self, cursor: Executes, fresh: dict[str, bytes], day: str) -> tuple[str, bytes]:
        if self._today is not None and self._today[0] == day:
            return self._today[1:]
        key = self._key(cursor, fresh, day) or self._make(cursor, fresh, day)
        if key is not None:
            return day, key
        # Its key was destroyed: the clock went back. A call for help is sealed all the same, under another.
        again = f"{day}#{os.urandom(_AGAIN_BYTES).hex()}"
        key = self._make(cursor, fresh, again)
        assert key is not None
        return again, key

    def _make(self, cursor: Executes, fresh: dict[str, bytes], key_id: str) -> bytes | None:
        cursor.execute(load("ledger")["put_data_key"], {"key_id": key_id, "key": AESGCM.generate_key(256)})
        return self._key(cursor, fresh, key_id)

    def _key(self, cursor: Executes, fresh: dict[str, bytes], key_id: str) -> bytes | None:
        if key_id in fresh:
            return fresh[key_id]
        if self._today is not None and self._today[1] == key_id:
            return self._today[2]
        row = cursor.execute(load("ledger")["data_key"], {"key_id": key_id}).fetchone()
        if row is None:
            return None
        fresh[key_id] = bytes(row[0])
        return fresh[key_id]
