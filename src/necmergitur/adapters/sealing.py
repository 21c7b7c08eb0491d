"""Personal data at rest: AES-256-GCM, keys in a schema of their own. Destroying a key makes what it sealed unreadable.

What is about a subject (a button's holder, an incident) is sealed under keys of that subject and day, made anew by each
transaction and written with it in one statement: nothing is read first, and no process remembers one. Their names hold
a keyed digest, so that a list of destroyed keys tells nobody whose they were. Everything else is under the day's key;
of those the one in use alone stays in a process's memory.
"""

import hashlib
import hmac
import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Executes
from necmergitur.adapters.reading_keys import ReadingKeys

_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonce
_AGAIN_BYTES = 8  # tells two keys of one day apart
_TAG_DIGITS = 32  # 128 bits of HMAC-SHA-256 (NIST SP 800-107 5.3.3): no two subjects share one by chance
_NAMES = "names"  # the row whose key makes the digests; it leaves with the other keys, never with the data


def key_of(now: datetime) -> str:
    """Return the name of the key of `now`'s day; names sort as days do."""
    return now.strftime("day:%Y-%m-%d")


def subject_keys_before(now: datetime) -> str:
    """Return what the names of subjects' keys made before `now`'s day sort before."""
    return now.strftime("sub:%Y-%m-%d")


class KeyRing:
    """The key of today, read or made on first use; older ones are read each time they are asked for.

    A key read or made in a transaction is `fresh` until that transaction commits: one that was rolled back
    never existed for anybody else, and what it sealed could never be opened again.
    """

    def __init__(self) -> None:
        """Start with no key in memory."""
        self._today: tuple[str, str, bytes] | None = None
        self._names: bytes | None = None
        self.readings = ReadingKeys()

    def seal(self, cursor: Executes, fresh: dict[str, bytes], plain: bytes, now: datetime) -> bytes:
        """Return key id, nonce and ciphertext in one string of bytes, under today's key."""
        key_id, key = self._key_for_today(cursor, fresh, key_of(now))
        return _sealed(key_id, key, plain)

    def seal_for(
        self,
        cursor: Executes,
        fresh: dict[str, bytes],
        made: dict[str, str],
        plain: bytes,
        subject: str,
        now: datetime,
    ) -> bytes:
        """Return the same under a key of `subject`. `made`: this transaction's, by subject; it writes them itself."""
        key_id = made.get(subject)
        if key_id is None:
            day = now.strftime("%Y-%m-%d")
            key_id = f"{self.prefix(cursor, fresh, subject, day)}:{os.urandom(_AGAIN_BYTES).hex()}"
            made[subject], fresh[key_id] = key_id, AESGCM.generate_key(256)
        return _sealed(key_id, fresh[key_id], plain)

    def prefix(self, cursor: Executes, fresh: dict[str, bytes], subject: str, day: str) -> str:
        """Return what the names of a subject's keys of one day begin with."""
        return f"sub:{day}:{self._digest(cursor, fresh, f'{subject}|{day}')}"

    def mark(self, cursor: Executes, fresh: dict[str, bytes], subject: str) -> str:
        """Return the name under which an erased subject is listed: a digest, the same on every day."""
        return f"who:{self._digest(cursor, fresh, subject)}"

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
            elif key_id == _NAMES:
                self._names = key

    def _digest(self, cursor: Executes, fresh: dict[str, bytes], text: str) -> str:
        names = self._names or self._key(cursor, fresh, _NAMES) or self._make(cursor, fresh, _NAMES)
        assert names is not None
        return hmac.new(names, text.encode(), hashlib.sha256).hexdigest()[:_TAG_DIGITS]

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


def _sealed(key_id: str, key: bytes, plain: bytes) -> bytes:
    nonce, name = os.urandom(_NONCE_BYTES), key_id.encode()
    return bytes([len(name)]) + name + nonce + AESGCM(key).encrypt(nonce, plain, name)
