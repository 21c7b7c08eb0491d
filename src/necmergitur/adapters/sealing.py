"""Personal data at rest: AES-256-GCM under a key per UTC day, kept in a schema of its own.

Destroying a day's key makes everything sealed that day unreadable, while hashes over the ciphertext still hold.
"""

import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Executes

_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonce
_KEYS_KEPT_MAX = 16  # days of keys held in memory


class KeyRing:
    """Day keys of one process, read on first use.

    A key read or made in a transaction is `fresh` until that transaction commits: one that was rolled back
    never existed for anybody else, and what it sealed could never be opened again.
    """

    def __init__(self) -> None:
        """Start with no key in memory."""
        self._keys: dict[str, bytes] = {}

    def seal(self, cursor: Executes, fresh: dict[str, bytes], plain: bytes, now: datetime) -> bytes:
        """Return key id, nonce and ciphertext in one string of bytes."""
        key_id = now.strftime("day:%Y-%m-%d")
        key = self._key(cursor, fresh, key_id, create=True)
        assert key is not None
        nonce = os.urandom(_NONCE_BYTES)
        name = key_id.encode()
        return bytes([len(name)]) + name + nonce + AESGCM(key).encrypt(nonce, plain, name)

    def unseal(self, cursor: Executes, fresh: dict[str, bytes], sealed: bytes) -> bytes | None:
        """Return the plain bytes; None when the key was destroyed or the bytes were altered."""
        end = 1 + sealed[0]
        name, nonce = sealed[1:end], sealed[end : end + _NONCE_BYTES]
        key = self._key(cursor, fresh, name.decode(), create=False)
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(nonce, sealed[end + _NONCE_BYTES :], name)
        except InvalidTag:
            return None

    def forget(self) -> None:
        """Drop keys from memory (after one was destroyed)."""
        self._keys.clear()

    def keep(self, fresh: dict[str, bytes]) -> None:
        """Hold on to keys whose transaction committed."""
        for key_id, key in fresh.items():
            while len(self._keys) >= _KEYS_KEPT_MAX:
                self._keys.pop(next(iter(self._keys)))
            self._keys[key_id] = key

    def _key(self, cursor: Executes, fresh: dict[str, bytes], key_id: str, *, create: bool) -> bytes | None:
        known = self._keys.get(key_id) or fresh.get(key_id)
        if known is not None:
            return known
        sql = load("ledger")
        if create:
            cursor.execute(sql["put_data_key"], {"key_id": key_id, "key": AESGCM.generate_key(256)})
        row = cursor.execute(sql["data_key"], {"key_id": key_id}).fetchone()
        if row is None:
            return None
        fresh[key_id] = bytes(row[0])
        return fresh[key_id]
