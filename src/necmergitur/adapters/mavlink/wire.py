"""MAVLink 2 frames in and out of datagrams: pymavlink's codec, made safe against forged signatures.

pymavlink is untyped; `Any` ends at this module and at the handlers that read a message's documented fields.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from pymavlink.dialects.v20 import common as mavlink

# MAVLink "Message signing": 48-bit count of 10 microseconds since 2015-01-01 UTC.
SIGNING_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
SIGNING_TICKS_PER_S = 100_000
KEY_BYTES = 32
_STX_V2 = 0xFD
_HEADER_BYTES = 10
_CRC_BYTES = 2
_SIGNATURE_BYTES = 13
_REORDERED = 128  # a "gap" of half the sequence space or more is a frame that came late
# One UDP datagram carries at most this many frames that we look at; a vehicle sends one or two.
MAX_FRAMES_PER_DATAGRAM = 32

Message = Any  # a pymavlink message: fields are named as in the MAVLink specification


class _Codec(mavlink.MAVLink):  # type: ignore[misc]
    """pymavlink's codec, with the signature verified before any replay state changes.

    The library stores a frame's timestamp before it checks the signature, so one forged frame from the future
    would silence the link; here a forged frame leaves no trace.
    """

    def check_signature(self, msgbuf: bytearray, srcSystem: int, srcComponent: int) -> bool:  # noqa: N803
        digest = hashlib.sha256(self.signing.secret_key + bytes(msgbuf[:-6])).digest()[:6]
        if not hmac.compare_digest(digest, bytes(msgbuf[-6:])):
            return False
        return bool(super().check_signature(msgbuf, srcSystem, srcComponent))


class Wire:
    """Encodes and decodes the frames of one link, for one sender identity.

    With a key, every frame out is signed and an unsigned, forged or replayed frame in is dropped and counted.
    """

    def __init__(
        self, system_id: int, component_id: int, *, key: bytes | None, now: datetime, link_id: int = 0
    ) -> None:
        """`key` is the vehicle's 32-byte signing key, or None. Raises ValueError for another length."""
        self._codec = _Codec(None, srcSystem=system_id, srcComponent=component_id)
        self.rejected = 0
        self.received = 0
        self.frames = 0
        self.lost = 0
        self._sequence: dict[int, int] = {}
        if key is not None:
            if len(key) != KEY_BYTES:
                raise ValueError(f"a MAVLink signing key has {KEY_BYTES} bytes, not {len(key)}")
            signing = self._codec.signing
            signing.secret_key = key
            signing.link_id = link_id
            signing.sign_outgoing = True
            signing.timestamp = _signing_timestamp(now)

    def keep_time(self, now: datetime) -> None:
        """Move the signing timestamp on with the clock; call about once a second.

        A peer that restarted refuses a stream more than a minute behind its own clock, and the library counts
        frames instead of time.
        """
        signing = self._codec.signing
        signing.timestamp = max(signing.timestamp, _signing_timestamp(now))

    def encode(self, message: Message) -> bytes:
        """Return the signed frame of `message` and advance the sequence number."""
        codec = self._codec
        frame: bytes = message.pack(codec)
        codec.seq = (codec.seq + 1) & 0xFF
        return frame

    def decode(self, datagram: bytes, wanted: frozenset[int] | None = None) -> list[Message]:
        """Return the authentic messages of a datagram whose id is in `wanted` (all when None).

        `frames` and `lost` count what the sequence numbers of all frames say.
        Frames that are malformed, unauthentic or unknown are counted in `rejected` and dropped: bytes from a
        network never raise. Unwanted ids are skipped before the costly decode, hence neither counted nor checked.
        """
        messages: list[Message] = []
        at, size = 0, len(datagram)
        for _ in range(MAX_FRAMES_PER_DATAGRAM):
            if size - at < _HEADER_BYTES + _CRC_BYTES:
                break
            if datagram[at] != _STX_V2:
                self.rejected += 1
                break
            end = at + _HEADER_BYTES + datagram[at + 1] + _CRC_BYTES
            if datagram[at + 2] & 1:
                end += _SIGNATURE_BYTES
            if end > size or datagram[at + 2] & 0xFE:
                self.rejected += 1
                break
            self._count(datagram[at + 6], datagram[at + 4])
            message_id = datagram[at + 7] | datagram[at + 8] << 8 | datagram[at + 9] << 16
            if message_id not in mavlink.mavlink_map:
                self.rejected += 1  # the library hands unknown messages over without checking their signature
            elif wanted is None or message_id in wanted:
                try:
                    message = self._codec.decode(bytearray(datagram[at:end]))
                except mavlink.MAVError:
                    self.rejected += 1
                else:
                    self.received += 1
                    messages.append(message)
            at = end
        return messages

    def _count(self, component_id: int, sequence: int) -> None:
        """Count frames and the gaps in each component's sequence (modulo 256; a step back is a reordering)."""
        self.frames += 1
        last = self._sequence.get(component_id)
        self._sequence[component_id] = sequence
        if last is not None:
            gap = (sequence - last - 1) & 0xFF
            if gap < _REORDERED:
                self.lost += gap


def _signing_timestamp(now: datetime) -> int:
    return int((now - SIGNING_EPOCH).total_seconds() * SIGNING_TICKS_PER_S)
