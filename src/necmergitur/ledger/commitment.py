"""What of a fact enters the public tree: a commitment that tells nothing, and opens in two halves.

    commitment = SHA-256(leaf ‖ header salt ‖ SHA-256(header) ‖ hidden)
    hidden     = SHA-256(detail ‖ detail salt ‖ SHA-256(detail))

The header is what happened and when (number, stream, version, kind, instant, authorisation); the detail is who and what
(actor, payload, commitment to the sealed part). Either is shown as the very text that was hashed, with its salt: a
flight's header can be proved to anybody while its pilot stays hidden. The hash of the fact before is not in it: it
would tell about a neighbour that is nobody's business; the order is the tree's own.

Salts come from a secret and the content (HMAC), so that nothing is written when a fact is, and whoever has no salt
cannot try guesses.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from necmergitur.kernel.events import Recorded

SALT_BYTES = 16  # 128 bits: what hides a commitment from guessing
DIGESTS_BYTES = 64  # SHA-256 of the header, then of the detail
_LEAF = b"necmergitur/leaf/v1\x00"
_DETAIL = b"necmergitur/detail/v1\x00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Header = tuple[int, str, int, str, int, str]


class Opening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A commitment opened: the header, and the detail with its salt, or what stands for it. Bytes in hexadecimal."""

    header: str
    header_salt: str
    detail: str = ""
    detail_salt: str = ""
    hidden: str = ""

    def commitment(self) -> bytes:
        """Return the commitment it opens. Raises ValueError on anything but hexadecimal."""
        if self.detail:
            hidden = _hide(bytes.fromhex(self.detail_salt), hashlib.sha256(self.detail.encode()).digest())
        else:
            hidden = bytes.fromhex(self.hidden)
        header = hashlib.sha256(self.header.encode()).digest()
        return hashlib.sha256(_LEAF + bytes.fromhex(self.header_salt) + header + hidden).digest()

    def read_header(self) -> Header:
        """Return number, stream, version, kind, microseconds since 1970, authorisation. Raises ValidationError."""
        header: Header = msgspec.json.decode(self.header, type=Header)
        return header


def header_of(fact: Recorded) -> str:
    """Return the text PostgreSQL hashes for a fact's header (`json_build_array`, see sql/publiclog.sql)."""
    at = (fact.recorded_at.astimezone(UTC) - _EPOCH) // _MICROSECOND
    words = (str(fact.seq), _text(fact.stream), str(fact.version), _text(fact.kind), str(at))
    return f"[{', '.join(words)}, {_text(fact.authorisation_id)}]"


def detail_of(fact: Recorded) -> str:
    """Return the text PostgreSQL hashes for a fact's detail."""
    sealed = "null" if fact.personal_hash is None else _text(fact.personal_hash.hex())
    return f"[{_text(fact.actor)}, {fact.payload.decode()}, {sealed}]"


def digests_of(fact: Recorded) -> bytes:
    """Return what a commitment is made from, 64 bytes."""
    header, detail = header_of(fact).encode(), detail_of(fact).encode()
    return hashlib.sha256(header).digest() + hashlib.sha256(detail).digest()


def commit_all(secret: bytes, digests: bytes) -> list[bytes]:
    """Return the commitments to facts whose digests follow one another in `digests`."""
    sha = hashlib.sha256
    # HMAC by its definition (RFC 2104), keyed once: a third of the time is saved, and this is what leaves cost.
    key = secret.ljust(sha().block_size, b"\x00")
    inside, outside = sha(bytes(byte ^ 0x36 for byte in key)), sha(bytes(byte ^ 0x5C for byte in key))
    found: list[bytes] = []
    for start in range(0, len(digests), DIGESTS_BYTES):
        both = digests[start : start + DIGESTS_BYTES]
        inner, outer = inside.copy(), outside.copy()
        inner.update(both)
        outer.update(inner.digest())
        salts = outer.digest()
        hidden = sha(_DETAIL + salts[SALT_BYTES:] + both[32:]).digest()
        found.append(sha(_LEAF + salts[:SALT_BYTES] + both[:32] + hidden).digest())
    return found


def open_fact(secret: bytes, fact: Recorded, show: Literal["header", "whole"]) -> Opening:
    """Return the opening of a fact's commitment: its header alone, or all of it."""
    both = digests_of(fact)
    salts = hmac.digest(secret, both, "sha256")
    header, header_salt = header_of(fact), salts[:SALT_BYTES].hex()
    detail_salt = salts[SALT_BYTES:]
    if show == "header":
        return Opening(header=header, header_salt=header_salt, hidden=_hide(detail_salt, both[32:]).hex())
    return Opening(header=header, header_salt=header_salt, detail=detail_of(fact), detail_salt=detail_salt.hex())


def _hide(salt: bytes, digest: bytes) -> bytes:
    return hashlib.sha256(_DETAIL + salt + digest).digest()


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)
