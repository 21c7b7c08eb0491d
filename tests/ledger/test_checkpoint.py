"""Commitments tell nothing until opened; checkpoints are believed by their keys alone."""

import base64
import hashlib
import struct

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.ledger import commitment
from necmergitur.ledger.chain import GENESIS
from necmergitur.ledger.checkpoint import COSIGNATURE, Checkpoint, NoteSigner, VerifierKey, parse
from necmergitur.ledger.tiles import bundle, path, unbundle, width_of
from tests.ledger.test_ledger import recorded

SECRET = bytes(range(32))
LOG = NoteSigner("city.example/log", bytes([1]) * 32)
WITNESS = NoteSigner("witness.example/w", bytes([2]) * 32, COSIGNATURE)


def test_both_openings_are_of_the_one_commitment() -> None:
    fact = recorded(1, GENESIS)
    (committed,) = commitment.commit_all(SECRET, commitment.digests_of(fact))
    whole = commitment.open_fact(SECRET, fact, "whole")
    header = commitment.open_fact(SECRET, fact, "header")
    assert whole.commitment() == header.commitment() == committed
    assert header.detail == "" and "Happened" in whole.detail
    assert whole.read_header()[:4] == (1, "x:1", 1, "Happened")


@pytest.mark.parametrize("field", ["header", "header_salt", "detail", "detail_salt"])
def test_an_opening_that_was_changed_opens_nothing(field: str) -> None:
    fact = recorded(1, GENESIS)
    whole = commitment.open_fact(SECRET, fact, "whole")
    (committed,) = commitment.commit_all(SECRET, commitment.digests_of(fact))
    said = getattr(whole, field)
    changed = msgspec.structs.replace(whole, **{field: ("0" if said[0] != "0" else "1") + said[1:]})
    assert changed.commitment() != committed


def test_whoever_knows_the_fact_and_not_the_secret_recognises_nothing() -> None:
    digests = commitment.digests_of(recorded(1, GENESIS))
    assert commitment.commit_all(SECRET, digests) != commitment.commit_all(bytes(32), digests)


def test_a_fact_does_not_tell_about_the_one_before() -> None:
    """The hash before it could be guessed at, one neighbour at a time."""
    facts = [recorded(2, before) for before in (GENESIS, bytes([7]) * 32)]
    assert facts[0].hash != facts[1].hash
    assert commitment.digests_of(facts[0]) == commitment.digests_of(facts[1])


def test_a_note_is_the_published_form() -> None:
    """By hand from C2SP's signed-note and tlog-cosignature, as a stranger would check."""
    plain = Checkpoint("city.example/log", 3, bytes(32))
    body = b"city.example/log\n3\n" + base64.b64encode(bytes(32)) + b"\n"
    signed = plain.with_signatures([LOG.sign(plain), WITNESS.sign(plain, 1_800_000_000)])
    text, _, lines = signed.note().rpartition("\n\n")
    assert text.encode() + b"\n" == body
    log_line, witness_line = lines.splitlines()
    name, encoded = log_line.removeprefix("— ").split(" ")
    raw = base64.b64decode(encoded)
    public = LOG.verifier.public
    assert name == "city.example/log"
    assert raw[:4] == hashlib.sha256(b"city.example/log\n\x01" + public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], body)
    raw = base64.b64decode(witness_line.split(" ")[2])
    assert raw[:4] == hashlib.sha256(b"witness.example/w\n\x04" + WITNESS.verifier.public).digest()[:4]
    assert raw[4:12] == struct.pack(">Q", 1_800_000_000)
    Ed25519PublicKey.from_public_bytes(WITNESS.verifier.public).verify(
        raw[12:], b"cosignature/v1\ntime 1800000000\n" + body
    )


def test_a_published_key_is_read_as_it_is_written() -> None:
    """The Go checksum database's key, as anybody can read it in the Go sources."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert str(VerifierKey.parse(text)) == text
    for broken in ("", "a", "a+b+c", text.replace("033d", "033e"), text.replace("sum.", "sum "), text[:-4]):
        with pytest.raises(ValueError):
            VerifierKey.parse(broken)


def test_a_signature_is_of_one_body_one_key_and_one_time() -> None:
    plain = Checkpoint("city.example/log", 3, bytes(32))
    signed = plain.with_signatures([LOG.sign(plain), WITNESS.sign(plain, 5)])
    assert LOG.verifier.time_of(signed) == 0
    assert WITNESS.verifier.time_of(signed) == 5
    for changed in ({"size": 4}, {"root": bytes([1]) * 32}, {"origin": "other"}):
        other = msgspec.structs.replace(signed, **changed)
        assert LOG.verifier.time_of(other) is None and WITNESS.verifier.time_of(other) is None
    thief = NoteSigner("city.example/log", bytes([9]) * 32)
    assert thief.verifier.time_of(signed) is None
    assert parse(signed.note()) == signed


@given(st.text(max_size=200))
def test_whatever_comes_is_a_checkpoint_or_a_value_error(text: str) -> None:
    for note in (text, f"o\n1\n{text}\n\n— n AAAAAAAA\n", f"o\n1\n{base64.b64encode(bytes(32)).decode()}\n\n{text}\n"):
        try:
            parse(note)
        except ValueError:
            continue


def test_tiles_lie_where_the_specification_says() -> None:
    assert path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert path(-1, 5, 3) == "tile/entries/005.p/3"
    full = [width_of(0, n, 70_000) for n in range(274)]
    assert full == [256] * 273 + [112]
    assert [width_of(1, 0, 70_000), width_of(1, 1, 70_000), width_of(2, 0, 70_000)] == [256, 17, 1]
    assert width_of(1, 0, 256) == 1
    assert unbundle(bundle([b"a", b"", b"bcd"])) == [b"a", b"", b"bcd"]
    with pytest.raises(ValueError):
        unbundle(b"\x00\x05abc")
