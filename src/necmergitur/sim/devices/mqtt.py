"""The part of MQTT 3.1.1 (OASIS, 29 October 2014) a button needs, as pure bytes in and out.

CONNECT clean, SUBSCRIBE to one topic, PUBLISH at QoS 0 or 1, PINGREQ, DISCONNECT. Written here because a
client library holds a thread or a task per connection, and a load of 20,000 must not.
"""

from collections.abc import Iterator

import msgspec

from necmergitur.sim.devices.constants import PACKET_BYTES_MAX

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

# Packet types, section 2.2.1.
_CONNACK, _PUBLISH, _PUBACK, _SUBACK, _PINGRESP = 2, 3, 4, 9, 13
# Section 2.2.3: the remaining length takes one to four bytes of seven bits.
_LENGTH_BYTES_MAX = 4
_LENGTH_MORE = 0x80
_STRING_BYTES_MAX = 0xFFFF
_PACKET_ID_MAX = 0xFFFF
_CLEAN_SESSION = 0x02
_CONNACK_BYTES = 2
_PACKET_ID_BYTES = 2
# Section 3.9.3: a granted subscription answers with its QoS, a refused one with 0x80.
SUBSCRIPTION_REFUSED = 0x80


class BadPacket(ValueError):
    """The broker sent bytes that are not MQTT 3.1.1, or a packet larger than a button accepts."""


class Connack(msgspec.Struct, frozen=True):
    """The broker's answer to CONNECT: 0 is accepted (section 3.2.2.3)."""

    code: int


class Suback(msgspec.Struct, frozen=True):
    """The broker's answer to SUBSCRIBE: the QoS granted per topic, 0x80 for a refusal."""

    packet_id: int
    codes: tuple[int, ...]


class Publish(msgspec.Struct, frozen=True):
    """A message; `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0


class Puback(msgspec.Struct, frozen=True):
    """The broker took a QoS 1 message. It proves nothing about our database."""

    packet_id: int


class Pingresp(msgspec.Struct, frozen=True):
    """The broker is there."""


Packet = Connack | Suback | Publish | Puback | Pingresp


def connect(client_id: str, keep_alive_s: int) -> bytes:
    """Return CONNECT with a clean session and no user name: the certificate says who we are."""
    body = _string("MQTT") + bytes((4, _CLEAN_SESSION)) + keep_alive_s.to_bytes(2, "big") + _string(client_id)
    return _packet(0x10, body)


def subscribe(packet_id: int, topic: str, qos: int = 0) -> bytes:
    """Return SUBSCRIBE to one topic."""
    return _packet(0x82, _identifier(packet_id) + _string(topic) + bytes((qos,)))


def publish(topic: str, payload: bytes, packet_id: int = 0) -> bytes:
    """Return PUBLISH at QoS 0, or at QoS 1 when a packet id is given."""
    if packet_id == 0:
        return _packet(0x30, _string(topic) + payload)
    return _packet(0x32, _string(topic) + _identifier(packet_id) + payload)


def puback(packet_id: int) -> bytes:
    """Return PUBACK."""
    return _packet(0x40, _identifier(packet_id))


class Reader:
    """Cuts the broker's bytes into packets, however they are split on the way."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Yield the packets that are now complete. Raises BadPacket; the connection is then of no more use."""
        held = self._held + data if self._held else data
        start = 0
        try:
            while (cut := _cut(held, start)) is not None:
                body_start, end = cut
                first = held[start]
                start = end
                yield _read(first, held[body_start:end])
        finally:
            self._held = held[start:]


def _cut(held: bytes, start: int) -> tuple[int, int] | None:
    """Return where the body of the packet at `start` begins and ends, None while it is incomplete."""
    length = 0
    for index in range(_LENGTH_BYTES_MAX):
        at = start + 1 + index
        if at >= len(held):
            return None
        length |= (held[at] & ~_LENGTH_MORE) << (7 * index)
        if not held[at] & _LENGTH_MORE:
            if length > PACKET_BYTES_MAX:
                raise BadPacket(f"a packet of {length} bytes; a button accepts {PACKET_BYTES_MAX}")
            end = at + 1 + length
            return (at + 1, end) if end <= len(held) else None
    raise BadPacket("a length of more than four bytes")


def _read(first: int, body: bytes) -> Packet:
    kind = first >> 4
    if kind == _PUBLISH:
        return _read_publish(first, body)
    if kind == _CONNACK and len(body) == _CONNACK_BYTES:
        return Connack(body[1])
    if kind == _SUBACK and len(body) > _PACKET_ID_BYTES:
        return Suback(int.from_bytes(body[:2], "big"), tuple(body[2:]))
    if kind == _PUBACK and len(body) == _PACKET_ID_BYTES:
        return Puback(int.from_bytes(body, "big"))
    if kind == _PINGRESP and not body:
        return Pingresp()
    raise BadPacket(f"not a packet a button expects: {first:#04x} and {len(body)} bytes")


def _read_publish(first: int, body: bytes) -> Publish:
    qos = first >> 1 & 0x03
    topic_end = 2 + int.from_bytes(body[:2], "big")
    payload_start = topic_end + (2 if qos else 0)
    if qos > 1 or len(body) < max(payload_start, 2):
        raise BadPacket("a PUBLISH that is cut short, or at QoS 2")
    try:
        topic = body[2:topic_end].decode()
    except UnicodeDecodeError as error:
        raise BadPacket("a topic that is not UTF-8") from error
    packet_id = int.from_bytes(body[topic_end:payload_start], "big")
    return Publish(topic, body[payload_start:], qos, packet_id)


def _packet(first: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = length >> 7, length & 0x7F
        digits.append(digit | _LENGTH_MORE if length else digit)
        if not length:
            return bytes((first, *digits)) + body


def _string(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > _STRING_BYTES_MAX:
        raise ValueError("an MQTT string holds 65,535 bytes")
    return len(encoded).to_bytes(2, "big") + encoded


def _identifier(packet_id: int) -> bytes:
    if not 1 <= packet_id <= _PACKET_ID_MAX:
        raise ValueError("a packet identifier is between 1 and 65,535")
    return packet_id.to_bytes(2, "big")
