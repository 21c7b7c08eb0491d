"""A passkey made of bytes, for measurements: the engine checks a paper's signatures, so they must be true ones."""

import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fido2 import cbor
from fido2.cose import EdDSA

from necmergitur.adapters.passkeys import b64
from necmergitur.governance.signing import Assertion

ORIGIN, RP_ID = "http://localhost", "localhost"
_PRESENT_AND_VERIFIED = 0x05  # WebAuthn level 2, section 6.1: user present, user verified


class Passkey:
    """One key, as an authenticator would hold it."""

    def __init__(self) -> None:
        """Make the key."""
        self._key = Ed25519PrivateKey.generate()
        public = EdDSA.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call]
        cose = cbor.encode(dict(public))
        self.public_key = b64(cose)
        self.credential_id = b64(hashlib.sha256(cose).digest()[:16])

    def sign(self, challenge: bytes) -> Assertion:
        """Sign a challenge as a browser has it signed."""
        said = {"type": "webauthn.get", "challenge": b64(challenge), "origin": ORIGIN, "crossOrigin": False}
        client = json.dumps(said).encode()
        data = hashlib.sha256(RP_ID.encode()).digest() + struct.pack(">BI", _PRESENT_AND_VERIFIED, 0)
        return Assertion(
            credential_id=self.credential_id,
            authenticator_data=b64(data),
            client_data=b64(client),
            signature=b64(self._key.sign(data + hashlib.sha256(client).digest())),
        )
