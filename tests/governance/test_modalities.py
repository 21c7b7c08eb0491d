"""A sensor can say what has a type, and nothing else."""

import math
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.governance.constants import READING_BYTES_MAX
from necmergitur.governance.modalities import COUNT_MAX, MINUTE_MAX, MODALITIES, CrowdCount
from necmergitur.governance.readings import Reading, parse
from necmergitur.kernel.refusal import Refusal


def around(payload: bytes) -> bytes:
    """What a device sends around a payload."""
    return b'{"boot_id":1,"seq":2,"values":' + payload + b"}"


def refused(body: bytes, modality: str = "crowd_count") -> str:
    found = parse(modality, body)
    return found.rule if isinstance(found, Refusal) else ""


def test_a_count_is_taken_as_said() -> None:
    taken = parse("crowd_count", around(b'{"count":12,"minute":29500000}'))
    assert taken == Reading(1, 2, CrowdCount(12, 29_500_000), 29_500_000)


@pytest.mark.parametrize("modality", ["sound", "voice", "face", "biometric_template", "camera", ""])
def test_what_has_no_type_is_never_taken(modality: str) -> None:
    assert refused(around(b"{}"), modality) == "modality_without_type"


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b"[]",
        b'{"count":12}',
        b'{"count":12,"minute":1,"note":"hello"}',
        b'{"count":"12","minute":1}',
        b'{"count":1.5,"minute":1}',
        b'{"count":true,"minute":1}',
        b'{"count":-1,"minute":1}',
        b'{"count":100001,"minute":1}',
        b'{"count":[1,2,3],"minute":1}',
    ],
)
def test_what_is_not_of_the_type_is_refused_without_being_kept(payload: bytes) -> None:
    found = parse("crowd_count", around(payload))
    assert isinstance(found, Refusal) and found.rule == "reading_not_of_its_type"
    assert not found.facts and not found.detail


@pytest.mark.parametrize(
    "body",
    [
        b"",
        around(b'{"count":12,"minute":1}') + around(b'{"count":13,"minute":1}'),
        around(b'{"count":12,"minute":1}{"count":13,"minute":1}'),
        around(b'{"\xff":1}'),
        around(b'{"count":"\xff"}'),
        b"OggS\x00\x02" + bytes(20) + b"OpusHead\x01",
        b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00",
        struct.pack("<16f", *(math.sin(i) for i in range(16))),
    ],
)
def test_what_is_no_message_is_refused_without_being_kept(body: bytes) -> None:
    found = parse("crowd_count", body)
    assert isinstance(found, Refusal) and found.rule in ("reading_unreadable", "reading_not_of_its_type")
    assert not found.facts and not found.detail


def test_a_feature_vector_of_a_face_does_not_fit() -> None:
    template = msgspec.json.encode({"count": 12, "minute": 1, "features": [0.1] * 128})
    assert refused(around(template)) == "reading_too_large"


def test_size_is_judged_before_anything_is_parsed() -> None:
    assert refused(around(b'{"count":' + b"[" * 100_000)) == "reading_too_large"


@given(st.integers(0, COUNT_MAX), st.integers(0, MINUTE_MAX))
def test_every_payload_of_the_type_fits_its_size_and_its_bits(count: int, minute: int) -> None:
    body = msgspec.json.encode(CrowdCount(count, minute))
    taken = parse("crowd_count", around(body))
    assert isinstance(taken, Reading) and taken.payload == CrowdCount(count, minute)
    kind = MODALITIES["crowd_count"]
    assert len(body) <= kind.body_max
    assert count.bit_length() + minute.bit_length() <= kind.bits


@given(st.binary(max_size=READING_BYTES_MAX))
def test_no_bytes_whatever_raise(body: bytes) -> None:
    parse("crowd_count", body)
