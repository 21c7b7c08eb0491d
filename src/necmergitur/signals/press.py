"""One press of an emergency button, from raw bytes to a signal worth keeping.

Parsing never loses a call: bytes from a known device that make no sense become a `possible_press`
for a human to check (promise 3).
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import (
    ACCURACY_DEFAULT_M,
    ACCURACY_MAX_M,
    ACCURACY_MIN_M,
    CLOCK_SKEW_MAX,
    INTEGER_MAX,
    JSON_DEPTH_MAX,
    POSITION_JUMP_MAX_M,
    PRESS_BYTES_MAX,
)

Kind = Literal["sos", "medical", "fire", "violence", "cancel", "test", "synthetic", "possible_press"]
DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what a certificate, a topic and a text column all hold
CALLS: frozenset[str] = frozenset({"sos", "medical", "fire", "violence", "possible_press"})


class StatedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where a personal button says it is: WGS84 degrees, accuracy in metres (68 %)."""

    lon: float
    lat: float
    accuracy_m: float = 50.0


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A press as sent. Unique on (device, boot_id, seq); `double` is a second press that skips the cancel window."""

    device: str
    boot_id: int
    seq: int
    kind: Kind
    claimed_time: datetime | None = None
    position: StatedPosition | None = None
    pin: str | None = None
    double: bool = False

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes this press the same as another."""
        return (self.device, self.boot_id, self.seq)


class _Wire(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON a device sends. `device` is taken from the transport, never believed from the body."""

    boot_id: int
    seq: int
    kind: Literal["sos", "medical", "fire", "violence", "cancel", "test", "synthetic"] = "sos"
    claimed_time: str | None = None
    position: StatedPosition | None = None
    pin: str | None = None
    double: bool = False
    device: str | None = None


def parse(device: str, body: bytes) -> Press | Refusal:
    """Read a press of `device` from JSON bytes. Oversize and deep input is refused before parsing."""
    if len(body) > PRESS_BYTES_MAX:
        return Refusal(rule="press_too_long", detail=f"{len(body)} bytes; at most {PRESS_BYTES_MAX}.")
    if json_depth(body) > JSON_DEPTH_MAX:
        return Refusal(rule="press_too_deep", detail=f"Nested deeper than {JSON_DEPTH_MAX}.")
    try:
        wire = msgspec.json.decode(body, type=_Wire)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(rule="press_unreadable", detail=str(error)[:200])
    if not (0 <= wire.boot_id <= INTEGER_MAX and 0 <= wire.seq <= INTEGER_MAX):
        return Refusal(rule="press_unreadable", detail="boot_id and seq are counters from 0.")
    return Press(
        device=device,
        boot_id=wire.boot_id,
        seq=wire.seq,
        kind=wire.kind,
        claimed_time=_read_time(wire.claimed_time),
        position=wire.position,
        pin=wire.pin,
        double=wire.double,
    )


def json_depth(body: bytes) -> int:
    """Return how deep brackets nest, ignoring strings; stops counting at the bound."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > JSON_DEPTH_MAX:
                return deepest
        elif byte in b"]}":
            depth -= 1
    return deepest


def _read_time(text: str | None) -> datetime | None:
    """Read an RFC 3339 instant; None when absent or unreadable (a wrong clock never loses a press)."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        return None if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def possible_press(device: str, body: bytes) -> Press:
    """Return a press to be checked by a human, from bytes that made no sense.

    Its key is a digest of the bytes, so the same broken message repeated stays one call.
    """
    digest = int.from_bytes(hashlib.sha256(body).digest()[:8], "big") & INTEGER_MAX
    return Press(device=device, boot_id=INTEGER_MAX, seq=digest, kind="possible_press")


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What the city knows of a device. `installed` is a post's place, None for a personal button."""

    id: str
    kind: Literal["post", "personal", "synthetic"]
    label: str
    zone_id: str | None = None
    installed: Position | None = None
    retired: bool = False
    credential_hash: bytes | None = None
    cancel_hash: bytes | None = None
    duress_hash: bytes | None = None


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A press as assessed: where it counts as being, what is odd about it. Never holds a PIN."""

    id: UUID
    device_id: str
    boot_id: int
    seq: int
    kind: Kind
    claimed_at: datetime | None
    received_at: datetime
    position: Position | None
    accuracy_m: float
    zone_id: str | None
    label: str
    personal: bool
    test: bool
    duress: bool
    flags: tuple[str, ...]
    turn: int = 0


class PressReceived(msgspec.Struct, frozen=True, tag=True):
    """A press entered the record. Holds no position of a personal button and no PIN."""

    signal_id: UUID
    device_id: str
    boot_id: int
    seq: int
    kind: str
    claimed_at: datetime | None
    received_at: datetime
    zone_id: str | None
    test: bool
    flags: tuple[str, ...]
    turn: int = 0


class PressPlaced(msgspec.Struct, frozen=True, tag=True):
    """A press that came without a place was repeated with one, which travels sealed beside the fact."""

    signal_id: UUID
    accuracy_m: float
    zone_id: str | None
    at: datetime


def assess(
    press: Press,
    device: Device,
    *,
    signal_id: UUID,
    received_at: datetime,
    in_test_window: bool,
    duress: bool = False,
    fallback: Position | None = None,
) -> Signal:
    """Turn a press into a signal. Nothing is refused here: what is odd is flagged and kept.

    `fallback` is the city's middle, used only to judge whether a stated position is possible.
    """
    flags: list[str] = []
    if press.kind == "synthetic" and device.kind != "synthetic":
        # Only the probe may press without troubling anybody; from any other device a human looks.
        press = msgspec.structs.replace(press, kind="possible_press")
    if press.double:
        flags.append("double_press")
    if device.retired:
        flags.append("retired_device")
    if press.claimed_time is None:
        flags.append("no_clock")
    elif abs(press.claimed_time - received_at) > CLOCK_SKEW_MAX:
        flags.append("wrong_clock")
    if press.kind == "possible_press":
        flags.append("unreadable")
    if press.kind == "test" and not in_test_window:
        flags.append("test_outside_window")
    position, accuracy_m = place_of(press, device, fallback, flags)
    return Signal(
        id=signal_id,
        device_id=device.id,
        boot_id=press.boot_id,
        seq=press.seq,
        kind=press.kind,
        claimed_at=press.claimed_time,
        received_at=received_at,
        position=position,
        accuracy_m=accuracy_m,
        zone_id=device.zone_id,
        label=device.label,
        personal=device.kind == "personal",
        test=press.kind in ("test", "synthetic") or device.kind == "synthetic",
        duress=duress,
        flags=tuple(flags),
    )


def place_of(
    press: Press, device: Device, fallback: Position | None, flags: list[str]
) -> tuple[Position | None, float]:
    """Choose where the signal counts as being, adding what is odd to `flags`.

    An impossible position gives way to the installed one.
    """
    stated: Position | None = None
    if press.position is not None:
        try:
            stated = Position(press.position.lon, press.position.lat)
        except ValueError:
            flags.append("impossible_position")
    if stated is not None:
        anchor = device.installed or fallback
        if anchor is not None and distance_m(anchor, stated) > POSITION_JUMP_MAX_M:
            flags.append("impossible_position")
            stated = None
    if device.installed is not None:
        if stated is not None and distance_m(device.installed, stated) > ACCURACY_MAX_M:
            flags.append("impossible_position")
        return device.installed, ACCURACY_DEFAULT_M
    if stated is None or press.position is None:
        if "impossible_position" not in flags:
            flags.append("no_position")
        return None, ACCURACY_MAX_M
    accuracy = press.position.accuracy_m
    if not 0 < accuracy <= ACCURACY_MAX_M:
        accuracy = ACCURACY_MAX_M
    return stated, max(accuracy, ACCURACY_MIN_M)


def received(signal: Signal) -> PressReceived:
    """Return the fact to record for `signal`."""
    return PressReceived(
        signal_id=signal.id,
        device_id=signal.device_id,
        boot_id=signal.boot_id,
        seq=signal.seq,
        kind=signal.kind,
        claimed_at=signal.claimed_at,
        received_at=signal.received_at,
        zone_id=signal.zone_id,
        test=signal.test,
        flags=signal.flags,
        turn=signal.turn,
    )
