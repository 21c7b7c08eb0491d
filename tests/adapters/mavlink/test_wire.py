"""Frames: nothing unsigned, forged or replayed gets in, and nothing that arrives can break the reader."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import common as mavlink

from necmergitur.adapters.mavlink.wire import Wire

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def wire(key: bytes | None = KEY, *, system: int = 1, now: datetime = NOW) -> Wire:
    return Wire(system, 1, key=key, now=now)


def beat() -> mavlink.MAVLink_heartbeat_message:
    return mavlink.MAVLink_heartbeat_message(2, 12, 0, 0, 3, 3)


def test_a_signed_frame_passes_and_keeps_its_fields() -> None:
    (message,) = wire(system=255).decode(wire().encode(beat()))
    assert (message.get_type(), message.type, message.get_srcSystem()) == ("HEARTBEAT", 2, 1)


@pytest.mark.parametrize("key", [None, OTHER_KEY], ids=["unsigned", "another key"])
def test_a_frame_not_signed_with_the_vehicles_key_is_dropped_and_counted(key: bytes | None) -> None:
    ground = wire(system=255)
    assert ground.decode(wire(key).encode(beat())) == []
    assert ground.rejected == 1


def test_a_replayed_frame_is_dropped() -> None:
    ground, frame = wire(system=255), wire().encode(beat())
    assert len(ground.decode(frame)) == 1
    assert ground.decode(frame) == []


def test_a_frame_recorded_yesterday_is_dropped() -> None:
    old = wire(now=NOW - timedelta(days=1)).encode(beat())
    assert wire(system=255).decode(old) == []


def test_a_forged_frame_from_the_future_does_not_silence_the_link() -> None:
    ground, vehicle = wire(system=255), wire()
    assert len(ground.decode(vehicle.encode(beat()))) == 1
    forged = wire(OTHER_KEY, now=NOW + timedelta(days=365)).encode(beat())
    assert ground.decode(forged) == []
    assert len(ground.decode(vehicle.encode(beat()))) == 1


def test_the_library_alone_would_have_been_silenced() -> None:
    """The planted breach: this is why the signature is checked before the timestamp is kept."""
    plain = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
    plain.signing.secret_key = KEY
    vehicle = wire()
    plain.decode(bytearray(vehicle.encode(beat())))
    forged = wire(OTHER_KEY, now=NOW + timedelta(days=365)).encode(beat())
    for frame in (forged, vehicle.encode(beat())):
        with pytest.raises(mavlink.MAVError, match="Invalid signature"):
            plain.decode(bytearray(frame))


def test_a_peer_restarted_after_an_hour_hears_a_link_that_kept_time_and_no_other() -> None:
    later = NOW + timedelta(hours=1)
    kept, stale = wire(), wire(system=2)
    kept.keep_time(later)
    restarted = wire(system=255, now=later)
    assert len(restarted.decode(kept.encode(beat()))) == 1
    assert restarted.decode(stale.encode(beat())) == []


def test_keeping_time_never_goes_back() -> None:
    vehicle, ground = wire(), wire(system=255)
    ground.decode(vehicle.encode(beat()))
    vehicle.keep_time(NOW - timedelta(hours=1))
    assert len(ground.decode(vehicle.encode(beat()))) == 1


def test_several_frames_in_one_datagram_are_all_read() -> None:
    vehicle = wire()
    datagram = b"".join(vehicle.encode(beat()) for _ in range(3))
    assert len(wire(system=255).decode(datagram)) == 3


def test_lost_frames_show_in_the_sequence_and_late_ones_do_not() -> None:
    vehicle, ground = wire(None), wire(None, system=255)
    frames = [vehicle.encode(beat()) for _ in range(10)]
    for frame in (*frames[:3], *frames[5:], frames[4]):
        ground.decode(frame)
    assert (ground.frames, ground.lost) == (9, 2)


def test_a_key_of_the_wrong_length_is_not_a_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        wire(bytes(31))


@given(st.binary(max_size=600))
def test_no_bytes_from_the_network_raise(data: bytes) -> None:
    assert wire(None).decode(data) == []


@given(st.data())
def test_a_damaged_frame_never_passes(data: st.DataObject) -> None:
    frame = bytearray(wire().encode(beat()))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at] ^= data.draw(st.integers(1, 255))
    assert wire(system=255).decode(bytes(frame)) == []
