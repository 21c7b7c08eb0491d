"""A checkpoint: what the log was at one instant, signed (C2SP tlog-checkpoint, signed-note, tlog-cosignature).

city.example/log          the origin: which log
1234                      how many leaves
<base64 of the root>

— city.example/log <base64 of key id and signature>
— witness.example/w <the same, of a witness, over the time it looked>
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 1  # signed-note's signature types
COSIGNATURE = 4
NOTE_BYTES_MAX = 16_384  # ours: a checkpoint with a hundred cosignatures
SIGNATURES_MAX = 100  # ours: of these, unknown ones are passed over
_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_DASH = "\u2014 "
# signed-note: a key name has no spaces and no plus.
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Signature(msgspec.Struct, frozen=True):
    """One signature line: whose it says it is, the key's id, and the rest."""

    name: str
    key_id: bytes
    body: bytes

    def line(self) -> str:
        """Return it as it stands in a note."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.body).decode()}\n"


class Checkpoint(msgspec.Struct, frozen=True):
    """A tree's size and root under an origin, and who signed it. Lines of extension are kept, unread."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...] = ()
    more: tuple[str, ...] = ()

    def body(self) -> str:
        """Return the text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.more)
        return "".join(line + "\n" for line in lines)

    def note(self) -> str:
        """Return the whole note."""
        return self.body() + "\n" + "".join(signature.line() for signature in self.signatures)

    def with_signatures(self, more: Sequence[Signature]) -> "Checkpoint":
        """Return the same with further signatures; of one key's, the newest counts."""
        fresh = {signature.key_id for signature in more}
        kept = [signature for signature in self.signatures if signature.key_id not in fresh]
        return msgspec.structs.replace(self, signatures=(*kept, *more))


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key by its name: `name+id+base64`, as signed-note writes it."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the hash of name, kind and key."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read what `str` writes. Raises ValueError."""
        name, said_id, encoded = (*text.strip().split("+", 2), "", "")[:3]
        raw = _decode(encoded)
        if not _NAME.fullmatch(name) or len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):  # noqa: PLR2004 -- kind and key
            raise ValueError("a verifier key is name+id+base64 of an Ed25519 key")
        key = cls(name, raw[0], raw[1:])
        if key.key_id.hex() != said_id:
            raise ValueError("the id of a verifier key is not that of its name and key")
        return key

    def time_of(self, checkpoint: Checkpoint) -> int | None:
        """Return the time this key signed `checkpoint` at (0 for a log's own signature); None when it did not."""
        for signature in checkpoint.signatures:
            if signature.name != self.name or signature.key_id != self.key_id:
                continue
            at, signed = 0, signature.body
            if self.kind == COSIGNATURE:
                if len(signed) < _TIME_BYTES:
                    return None
                (at,), signed = struct.unpack(">Q", signed[:_TIME_BYTES]), signed[_TIME_BYTES:]
            return at if self._made(signed, _message(self.kind, checkpoint, at)) else None
        return None

    def _made(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class NoteSigner:
    """Signs checkpoints under a name: a log's own (`ED25519`), or a witness's cosignature."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        """Take a name without spaces or plus, and the 32 bytes of an Ed25519 private key."""
        if not _NAME.fullmatch(name):
            raise ValueError("a key's name has no spaces and no plus")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, kind, self._key.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint, at: int = 0) -> Signature:
        """Return the signature; a cosignature says `at` (seconds since 1970), a log's own does not."""
        signed = self._key.sign(_message(self.verifier.kind, checkpoint, at))
        time = struct.pack(">Q", at) if self.verifier.kind == COSIGNATURE else b""
        return Signature(self.verifier.name, self.verifier.key_id, time + signed)


def parse(note: str) -> Checkpoint:
    """Read a checkpoint's note. Raises ValueError; whether a signature holds is the key's to say."""
    body, gap, signed = note.rpartition("\n\n")
    lines = body.split("\n")
    if len(note) > NOTE_BYTES_MAX or not gap or len(lines) < 3 or not all(lines):  # noqa: PLR2004 -- origin, size, root
        raise ValueError("not a checkpoint")
    root = _decode(lines[2])
    if not _SIZE.fullmatch(lines[1]) or len(root) != hashlib.sha256().digest_size:
        raise ValueError("a checkpoint's second line is its size, its third the root")
    return Checkpoint(lines[0], int(lines[1]), root, read_signatures(signed), tuple(lines[3:]))


def read_signatures(text: str) -> tuple[Signature, ...]:
    """Read signature lines. Raises ValueError."""
    lines = text.split("\n")
    if lines.pop() or not 1 <= len(lines) <= SIGNATURES_MAX:
        raise ValueError("signature lines end in a newline, and there are 1 to 100")
    found: list[Signature] = []
    for line in lines:
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        raw = _decode(encoded)
        if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(raw) <= _KEY_ID_BYTES:
            raise ValueError("a signature line is a dash, a name and base64")
        found.append(Signature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:]))
    return tuple(found)


def _message(kind: int, checkpoint: Checkpoint, at: int) -> bytes:
    head = f"cosignature/v1\ntime {at}\n" if kind == COSIGNATURE else ""
    return (head + checkpoint.body()).encode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
