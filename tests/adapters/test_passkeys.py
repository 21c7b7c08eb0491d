"""A signature is a passkey's answer to the digest of the terms: each way of forging one is refused by its name."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.adapters import passkeys
from necmergitur.adapters.passkeys import b64, fingerprint, register, unb64, verify
from necmergitur.governance.constants import PASSKEY_BYTES_MAX
from necmergitur.governance.signing import Assertion, Signature
from necmergitur.governance.terms import digest
from necmergitur.kernel.refusal import Refusal
from tests import signed
from tests.passkeys import ORIGIN, PRESENT, RP_ID, VERIFIED, Authenticator

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TERMS = signed.terms(NOW)
CHALLENGE = digest(TERMS)


def signature(key: Authenticator, challenge: bytes = CHALLENGE, **changes: Any) -> Signature:
    return Signature(
        party_id=UUID(int=1),
        role="state",
        name="The prefect",
        public_key=b64(key.cose),
        rp_id=RP_ID,
        origin=ORIGIN,
        assertion=key.get(challenge, **changes),
        at=NOW,
    )


def rule(found: Refusal | None) -> str:
    return "" if found is None else found.rule


@pytest.mark.parametrize("kind", ["ES256", "EdDSA", "RS256"])
def test_an_answer_to_the_digest_of_the_terms_holds_whatever_kind_of_key(kind: str) -> None:
    assert verify(signature(Authenticator(kind)), CHALLENGE) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "webauthn.create"}, "signature_of_another_kind"),
        ({"origin": "https://elsewhere.example"}, "signature_from_elsewhere"),
        ({"crossOrigin": True}, "signature_from_elsewhere"),
        ({"rp_id": "elsewhere.example"}, "signature_from_elsewhere"),
        ({"flags": VERIFIED}, "signature_nobody_present"),
        ({"flags": PRESENT}, "signature_unverified_person"),
    ],
)
def test_an_answer_made_otherwise_is_refused(changes: dict[str, Any], why: str) -> None:
    assert rule(verify(signature(Authenticator(), **changes), CHALLENGE)) == why


def test_an_answer_to_other_terms_is_refused_even_when_one_metric_differs() -> None:
    assert TERMS.experiment is not None
    softer = msgspec.structs.replace(TERMS.experiment, metrics=("number of press articles",))
    changed = digest(msgspec.structs.replace(TERMS, experiment=softer))
    assert rule(verify(signature(Authenticator()), changed)) == "signature_of_other_terms"


def test_a_signature_by_another_key_is_forged() -> None:
    honest = signature(Authenticator())
    assert rule(verify(msgspec.structs.replace(honest, public_key=b64(Authenticator().cose)), CHALLENGE)) == (
        "signature_forged"
    )


def test_one_bit_changed_anywhere_is_refused() -> None:
    honest = signature(Authenticator())
    for name in ("authenticator_data", "client_data", "signature"):
        for at in (0, 5, -1):
            raw = bytearray(unb64(getattr(honest.assertion, name)))
            raw[at] ^= 1
            bent = msgspec.structs.replace(honest.assertion, **{name: b64(bytes(raw))})
            assert verify(msgspec.structs.replace(honest, assertion=bent), CHALLENGE) is not None, (name, at)


def test_an_algorithm_we_do_not_know_and_a_short_rsa_key_sign_nothing() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    short = Authenticator("RS256")
    short.key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert rule(verify(signature(short), CHALLENGE)) == "signature_unreadable"
    unknown = msgspec.structs.replace(signature(Authenticator()), public_key=b64(b"\xa2\x01\x02\x03\x38\xff"))
    assert rule(verify(unknown, CHALLENGE)) == "signature_unreadable"


@given(st.text(max_size=60), st.text(max_size=60), st.binary(max_size=60))
def test_no_bytes_break_the_check(data: str, client: str, key: bytes) -> None:
    said = Assertion(credential_id="", authenticator_data=data, client_data=client, signature=data)
    made = msgspec.structs.replace(signature(Authenticator()), assertion=said, public_key=b64(key))
    assert verify(made, CHALLENGE) is not None
    assert isinstance(register(data, client, CHALLENGE, ORIGIN, RP_ID), Refusal)


def test_what_is_longer_than_any_passkey_says_is_not_read() -> None:
    long = "A" * (PASSKEY_BYTES_MAX * 2)
    said = Assertion(credential_id="", authenticator_data=long, client_data=long, signature=long)
    assert rule(verify(msgspec.structs.replace(signature(Authenticator()), assertion=said), CHALLENGE)) == (
        "signature_unreadable"
    )


@pytest.mark.parametrize("kind", ["ES256", "EdDSA", "RS256"])
def test_a_new_passkey_gives_its_public_key_and_then_signs(kind: str) -> None:
    key, asked = Authenticator(kind), b"c" * 32
    made = register(*key.create(asked), asked, ORIGIN, RP_ID)
    assert made == (b64(key.credential_id), b64(key.cose))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "webauthn.get"}, "passkey_of_another_kind"),
        ({"origin": "https://elsewhere.example"}, "passkey_from_elsewhere"),
        ({"rp_id": "elsewhere.example"}, "passkey_from_elsewhere"),
        ({"flags": PRESENT}, "passkey_unverified_person"),
    ],
)
def test_a_passkey_made_otherwise_is_not_enrolled(changes: dict[str, Any], why: str) -> None:
    made = register(*Authenticator().create(b"c" * 32, **changes), b"c" * 32, ORIGIN, RP_ID)
    assert isinstance(made, Refusal) and made.rule == why


def test_a_passkey_made_for_another_invitation_is_not_enrolled() -> None:
    made = register(*Authenticator().create(b"d" * 32), b"c" * 32, ORIGIN, RP_ID)
    assert isinstance(made, Refusal) and made.rule == "passkey_of_other_terms"


def test_a_fingerprint_is_short_enough_to_read_aloud() -> None:
    said = fingerprint(b64(Authenticator().cose))
    assert (len(said.split()), len(said.replace(" ", ""))) == (8, 32)


def test_base64url_has_one_spelling() -> None:
    assert passkeys.unb64("AA") == b"\0"
    for wrong in ("AB", "AA==", "A", "é", "A A"):
        with pytest.raises(ValueError):
            passkeys.unb64(wrong)
