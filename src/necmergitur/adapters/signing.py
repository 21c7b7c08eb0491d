"""Ed25519 (RFC 8032) behind the dispatcher's `Signer` and `Verifier` ports."""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# During a rotation two keys are live; four leaves room for one emergency rotation inside another.
MAX_KEYS = 4


class Ed25519Signer:
    """Signs with one private key. `public_bytes` is what verifiers need (32 raw bytes)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> "Ed25519Signer":
        """Make a new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> "Ed25519Signer":
        """Read an unencrypted PKCS#8 PEM. Raises ValueError when it is not an Ed25519 private key."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 private key")  # noqa: TRY004  the content is wrong, not the type
        return cls(key)

    def to_pem(self) -> bytes:
        """Return the private key as unencrypted PKCS#8 PEM; the caller protects the file."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def public_bytes(self) -> bytes:
        """Return the raw public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`."""
        return self._key.sign(message)


class Ed25519Verifier:
    """Accepts a signature made by any of a few public keys, so that a key can be rotated without a gap."""

    def __init__(self, public_keys: Sequence[bytes]) -> None:
        """Take raw 32-byte public keys. Raises ValueError with none, more than four, or a malformed one."""
        if not 1 <= len(public_keys) <= MAX_KEYS:
            raise ValueError(f"between 1 and {MAX_KEYS} public keys, not {len(public_keys)}")
        self._keys = [Ed25519PublicKey.from_public_bytes(raw) for raw in public_keys]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether one of the keys made `signature` over `message`."""
        for key in self._keys:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                continue
            return True
        return False
