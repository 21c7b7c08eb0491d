"""An authenticator for tests, made of bytes: it answers as a passkey does, and lies when told to."""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2 import cbor
from fido2.cose import ES256, RS256, EdDSA

from necmergitur.adapters.passkeys import b64
from necmergitur.governance.signing import Assertion

ORIGIN, RP_ID = "http://localhost", "localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One credential. `kind` is ES256, EdDSA or RS256."""

    kind: str = "ES256"
    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = PRESENT | VERIFIED
    key: Any = field(init=False)

    def __post_init__(self) -> None:
        made: dict[str, Any] = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
            "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        }
        self.key = made[self.kind]()

    @property
    def credential_id(self) -> bytes:
        return hashlib.sha256(self.cose).digest()[:16]

    @property
    def cose(self) -> bytes:
        kinds: dict[str, Any] = {"ES256": ES256, "EdDSA": EdDSA, "RS256": RS256}
        return cbor.encode(dict(kinds[self.kind].from_cryptography_key(self.key.public_key())))

    def get(self, challenge: bytes, **changes: Any) -> Assertion:
        """Answer a challenge. `changes`: type, origin, rp_id, flags, crossOrigin."""
        client = self._client("webauthn.get", challenge, changes)
        data = self._data(changes)
        message = data + hashlib.sha256(client).digest()
        return Assertion(
            credential_id=b64(self.credential_id),
            authenticator_data=b64(data),
            client_data=b64(client),
            signature=b64(self._sign(message)),
        )

    def create(self, challenge: bytes, **changes: Any) -> tuple[str, str]:
        """Make the credential: attestation object and client data."""
        credential = b"\0" * 16 + struct.pack(">H", len(self.credential_id)) + self.credential_id + self.cose
        flags = changes.pop("flags", self.flags) | ATTESTED
        data = self._data({**changes, "flags": flags}) + credential
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return b64(made), b64(self._client("webauthn.create", challenge, changes))

    def _client(self, kind: str, challenge: bytes, changes: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": b64(challenge), "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | {k: v for k, v in changes.items() if k in {"type", "origin", "crossOrigin"}}).encode()

    def _data(self, changes: dict[str, Any]) -> bytes:
        rp_id = hashlib.sha256(changes.get("rp_id", self.rp_id).encode()).digest()
        return rp_id + struct.pack(">BI", changes.get("flags", self.flags), 0)

    def _sign(self, message: bytes) -> bytes:
        match self.kind:
            case "ES256":
                return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
            case "RS256":
                return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message)
