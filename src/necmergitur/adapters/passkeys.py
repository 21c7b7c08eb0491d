"""Passkeys: check what an authenticator answered (W3C Web Authentication Level 2, sections 7.1 and 7.2).

The challenge is the digest of what is signed, so an answer to it says yes to those bytes and to no others: no
counter, no session and no server is needed to check it again, now or in ten years.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey, EdDSA
from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData

from necmergitur.governance.constants import PASSKEY_BYTES_MAX
from necmergitur.governance.signing import Assertion, Signature
from necmergitur.kernel.refusal import Refusal

# What browsers and keys commonly make; the first is preferred (COSE identifiers, RFC 9053 and RFC 8812).
ALGORITHMS: tuple[int, ...] = (ES256.ALGORITHM, EdDSA.ALGORITHM, RS256.ALGORITHM)
RSA_BYTES_MIN = 256  # ANSSI, Guide des mécanismes cryptographiques 2.04, règle RègleFact-1: 2,048 bits and more
_RSA_MODULUS = -1  # RFC 8230, section 4
_GET, _CREATE = "webauthn.get", "webauthn.create"


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of a base64url text. Raises ValueError on anything else, or on more than a passkey says."""
    if len(text) > PASSKEY_BYTES_MAX * 4 // 3 + 4:
        raise ValueError("longer than any passkey's answer")
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
    if b64(raw) != text:
        raise ValueError("not base64url as it is written")
    return raw


def fingerprint(public_key: str) -> str:
    """Return what two people read to each other to know that they mean the same key: 8 groups of 4 digits."""
    digits = hashlib.sha256(unb64(public_key)).hexdigest()[:32]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def verify(signature: Signature, challenge: bytes) -> Refusal | None:
    """Check one assertion over `challenge` (`governance.signing.Verify`)."""
    said = signature.assertion
    try:
        data = AuthenticatorData(unb64(said.authenticator_data))
        client = CollectedClientData(unb64(said.client_data))
        key = _key(unb64(signature.public_key))
        signed = unb64(said.signature)
    except _UNREADABLE:
        return _refused("signature_unreadable", signature)
    against = _against(client, data, _GET, challenge, signature.origin, signature.rp_id)
    if against:
        return _refused(against, signature)
    try:
        key.verify(bytes(data) + client.hash, signed)
    except (InvalidSignature, UnsupportedAlgorithm, *_UNREADABLE):
        return _refused("signature_forged", signature)
    return None


def register(
    attestation: str, client_data: str, challenge: bytes, origin: str, rp_id: str
) -> tuple[str, str] | Refusal:
    """Check a new passkey; return its credential id and its COSE public key, both base64url.

    No attestation is asked for: who holds the key is vouched for by whoever invited them, not by its maker.
    """
    try:
        data = AttestationObject(unb64(attestation)).auth_data
        client = CollectedClientData(unb64(client_data))
    except _UNREADABLE:
        return Refusal(rule="passkey_unreadable")
    against = _against(client, data, _CREATE, challenge, origin, rp_id)
    if against:
        return Refusal(rule=against.replace("signature_", "passkey_"))
    made = data.credential_data
    if made is None:
        return Refusal(rule="passkey_unreadable")
    try:
        _key(cbor.encode(dict(made.public_key)))
    except _UNREADABLE:
        return Refusal(rule="passkey_algorithm_unknown")
    return b64(made.credential_id), b64(cbor.encode(dict(made.public_key)))


def assertion(field: Callable[[str], str]) -> Assertion:
    """Return what a form's hidden fields hold, as they came: `verify` reads them."""
    return Assertion(
        credential_id=field("credential_id"),
        authenticator_data=field("authenticator_data"),
        client_data=field("client_data"),
        signature=field("signature"),
    )


def _against(
    client: CollectedClientData, data: AuthenticatorData, kind: str, challenge: bytes, origin: str, rp_id: str
) -> str:
    """Return the rule that the answer breaks, in the order of the standard's steps."""
    checks = (
        ("signature_of_another_kind", client.type == kind),
        ("signature_of_other_terms", client.challenge == challenge),
        ("signature_from_elsewhere", client.origin == origin and not client.cross_origin),
        ("signature_from_elsewhere", data.rp_id_hash == hashlib.sha256(rp_id.encode()).digest()),
        ("signature_nobody_present", data.is_user_present()),
        ("signature_unverified_person", data.is_user_verified()),
    )
    return next((rule for rule, holds in checks if not holds), "")


def _key(cose: bytes) -> CoseKey:
    described: Any = cbor.decode(cose)
    if not isinstance(described, dict):
        raise ValueError("no COSE key")  # noqa: TRY004 -- a bad value, not a programmer's mistake
    key = CoseKey.parse(described)
    if key.ALGORITHM not in ALGORITHMS:
        raise ValueError("an algorithm we do not know")
    if key.ALGORITHM == RS256.ALGORITHM and len(described[_RSA_MODULUS]) < RSA_BYTES_MIN:
        raise ValueError("an RSA key that is too short")
    return key


def _refused(rule: str, signature: Signature) -> Refusal:
    return Refusal(rule=rule, facts={"party": signature.name})


# What malformed bytes make the parsers raise.
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error, RecursionError)
