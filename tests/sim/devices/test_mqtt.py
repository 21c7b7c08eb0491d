"""The button's MQTT bytes: cut anywhere they read the same, and nothing else is read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.sim.devices import mqtt
from necmergitur.sim.devices.constants import PACKET_BYTES_MAX

TOPICS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)
PUBLISHED = st.builds(
    lambda topic, payload, packet_id: mqtt.Publish(topic, payload, 1 if packet_id else 0, packet_id),
    TOPICS,
    st.binary(max_size=300),
    st.integers(0, 0xFFFF),
)


def read_in_pieces(data: bytes, cuts: list[int]) -> list[mqtt.Packet]:
    reader, read, start = mqtt.Reader(), [], 0
    for cut in [*sorted(c % (len(data) + 1) for c in cuts), len(data)]:
        read += list(reader.feed(data[start:cut]))
        start = cut
    return read


@given(st.lists(PUBLISHED, max_size=6), st.lists(st.integers(0, 10_000), max_size=8))
def test_messages_read_the_same_however_they_are_split(messages: list[mqtt.Publish], cuts: list[int]) -> None:
    data = b"".join(mqtt.publish(m.topic, m.payload, m.packet_id) for m in messages)
    assert read_in_pieces(data, cuts) == messages


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=4))
def test_any_bytes_are_packets_or_a_named_error(data: bytes, cuts: list[int]) -> None:
    with contextlib.suppress(mqtt.BadPacket):
        read_in_pieces(data, cuts)


def test_the_answers_of_a_broker_are_told_apart() -> None:
    data = bytes.fromhex("20020000 9003000100 40020007 d000".replace(" ", ""))
    assert list(mqtt.Reader().feed(data)) == [mqtt.Connack(0), mqtt.Suback(1, (0,)), mqtt.Puback(7), mqtt.Pingresp()]


def test_a_packet_larger_than_a_button_accepts_is_refused_before_it_is_held() -> None:
    head = b"\x30" + (PACKET_BYTES_MAX + 1 | 0).to_bytes(2, "little")
    with pytest.raises(mqtt.BadPacket, match="a button accepts"):
        list(mqtt.Reader().feed(b"\x30\x81\x20" + head))


def test_a_length_that_never_ends_is_refused() -> None:
    with pytest.raises(mqtt.BadPacket, match="more than four bytes"):
        list(mqtt.Reader().feed(b"\x30\xff\xff\xff\xff\x01"))


def test_what_was_complete_before_the_damage_is_still_read() -> None:
    reader = mqtt.Reader()
    packets = reader.feed(mqtt.publish("t", b"kept") + b"\xf0\x00")
    assert next(packets) == mqtt.Publish("t", b"kept")
    with pytest.raises(mqtt.BadPacket):
        next(packets)


@pytest.mark.parametrize("packet_id", [-1, 0, 65_536])
def test_a_packet_id_outside_its_range_is_refused(packet_id: int) -> None:
    with pytest.raises(ValueError, match="packet identifier"):
        mqtt.subscribe(packet_id, "t")


def test_connect_is_the_bytes_of_the_standard() -> None:
    # MQTT 3.1.1 figures 3.2 to 3.6: protocol name, level 4, clean session, keep alive, client identifier.
    assert mqtt.connect("ab", 180) == bytes.fromhex("100e 0004 4d515454 04 02 00b4 0002 6162".replace(" ", ""))
