"""Keys of the example's three parties: passkeys made of bytes, so that whoever has no authenticator can follow it.

They sign as a telephone does, and the city checks them as it checks anybody's. They lie in the demonstration's home.
"""

import hashlib
import json
import struct
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from fido2 import cbor
from fido2.cose import ES256

from necmergitur.adapters.passkeys import b64
from necmergitur.adapters.pki import write_private
from necmergitur.governance.signing import Assertion, PartyRole

ROLES: tuple[PartyRole, ...] = ("territory", "company", "state")
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40  # WebAuthn 6.1, flags


class Key:
    """One party's key at one address of the city."""

    def __init__(self, made: ec.EllipticCurvePrivateKey, origin: str, host: str) -> None:
        """`origin`: the address a browser would show; `host`: the name in it."""
        self._made, self._origin, self._host = made, origin, host
        cose = ES256.from_cryptography_key(made.public_key())  # type: ignore[no-untyped-call]
        self._cose = cbor.encode(dict(cose))
        self._id = hashlib.sha256(self._cose).digest()[:16]

    @property
    def credential_id(self) -> str:
        """The name the city knows the key by."""
        return b64(self._id)

    def get(self, challenge: bytes) -> Assertion:
        """Sign a challenge (WebAuthn 7.2)."""
        client, data = self._client("webauthn.get", challenge), self._data(_PRESENT | _VERIFIED)
        signature = self._made.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return Assertion(
            credential_id=self.credential_id,
            authenticator_data=b64(data),
            client_data=b64(client),
            signature=b64(signature),
        )

    def create(self, challenge: bytes) -> tuple[str, str]:
        """Return the attestation object and client data that enrol the key (WebAuthn 7.1, attestation "none")."""
        credential = b"\0" * 16 + struct.pack(">H", len(self._id)) + self._id + self._cose
        data = self._data(_PRESENT | _VERIFIED | _ATTESTED) + credential
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return b64(made), b64(self._client("webauthn.create", challenge))

    def _client(self, kind: str, challenge: bytes) -> bytes:
        said = {"type": kind, "challenge": b64(challenge), "origin": self._origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self._host.encode()).digest() + struct.pack(">BI", flags, 0)


def keys_of(home: Path, origin: str, host: str) -> dict[PartyRole, Key]:
    """Return the three keys, made at first use."""
    path = home / "sim" / "parties.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = {role: _pem(ec.generate_private_key(ec.SECP256R1())) for role in ROLES}
        write_private(path, msgspec.json.encode(fresh))
    kept = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    return {role: Key(_read(kept[role]), origin, host) for role in ROLES}


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
