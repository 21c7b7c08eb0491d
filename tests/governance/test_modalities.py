"""A sensor can say what has a type, and nothing else."""

import math
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.governance.modalities import COUNT_MAX, MINUTE_MAX, MODALITIES, CrowdCount, decode
from necmergitur.kernel.refusal import Refusal


def refused(body: bytes, modality: str = "crowd_count") -> str:
    found = decode(modality, body)
    return found.rule if isinstance(found, Refusal) else ""


def test_a_count_is_taken_as_said() -> None:
    assert decode("crowd_count", b'{"count":12,"minute":29500000}') == CrowdCount(12, 29_500_000)


@pytest.mark.parametrize("modality", ["sound", "voice", "face", "biometric_template", "camera", ""])
def test_what_has_no_type_is_never_taken(modality: str) -> None:
    assert refused(b"{}", modality) == "modality_without_type"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"count":12}',
        b'{"count":12,"minute":1,"note":"hello"}',
        b'{"count":"12","minute":1}',
        b'{"count":1.5,"minute":1}',
        b'{"count":true,"minute":1}',
        b'{"count":-1,"minute":1}',
        b'{"count":100001,"minute":1}',
        b'{"count":12,"minute":1}{"count":13,"minute":1}',
        b'{"count":[1,2,3],"minute":1}',
        b'{"\xff":1}',
        b'{"count":"\xff"}',
        b"OggS\x00\x02" + bytes(20) + b"OpusHead\x01",
        b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00",
        struct.pack("<16f", *(math.sin(i) for i in range(16))),
    ],
)
def test_what_is_not_of_the_type_is_refused_without_being_kept(body: bytes) -> None:
    found = decode("crowd_count", body)
    assert isinstance(found, Refusal) and found.rule == "payload_not_of_its_type"
    assert found.facts == {"schema": "crowd_count/1"} and not found.detail


def test_a_feature_vector_of_a_face_does_not_fit() -> None:
    template = msgspec.json.encode({"count": 12, "minute": 1, "features": [0.1] * 128})
    assert refused(template) == "payload_too_large"


def test_size_is_judged_before_anything_is_parsed() -> None:
    assert refused(b'{"count":' + b"[" * 100_000) == "payload_too_large"


@given(st.integers(0, COUNT_MAX), st.integers(0, MINUTE_MAX))
def test_every_payload_of_the_type_fits_its_size_and_its_bits(count: int, minute: int) -> None:
    body = msgspec.json.encode(CrowdCount(count, minute))
    assert decode("crowd_count", body) == CrowdCount(count, minute)
    kind = MODALITIES["crowd_count"]
    assert count.bit_length() + minute.bit_length() <= kind.bits


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise(body: bytes) -> None:
    decode("crowd_count", body)
