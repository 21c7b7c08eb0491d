"""LoRaWAN buttons through ChirpStack 4: its "up" events, as JSON over HTTP or MQTT.

Our own buttons send nine bytes on port 1 (kind, boot id, sequence) and a battery byte on port 2. A button of
another make is decoded by a codec in ChirpStack, which leaves `kind`, and may leave `boot_id` and `seq`, in
`object`. An event of neither sort is a `possible_press`: a human looks (promise 3).
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.constants import UPLINK_BYTES_MAX
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import INTEGER_MAX, JSON_DEPTH_MAX
from necmergitur.signals.press import Kind, json_depth

PRESS_PORT = 1
SIGN_PORT = 2
KINDS: Mapping[int, Kind] = MappingProxyType({1: "sos", 2: "medical", 3: "fire", 4: "violence", 5: "cancel", 6: "test"})
_PRESS_BYTES = 9
_EUI = re.compile(r"[0-9A-Fa-f]{16}")
_BATTERY_PCT_MAX = 100
# The strongest signal a gateway can report, and the weakest that makes sense.
_RSSI_DBM = range(-200, 31)


class _Device(msgspec.Struct, frozen=True, rename="camel"):
    dev_eui: str


class _Heard(msgspec.Struct, frozen=True):
    rssi: float | None = None


class _Uplink(msgspec.Struct, frozen=True, rename="camel"):
    """What we read of integration.UplinkEvent; the field names are ChirpStack's."""

    device_info: _Device
    deduplication_id: UUID
    time: str | None = None
    f_port: int = 0
    data: str = ""
    object: dict[str, Any] | None = None
    rx_info: list[_Heard] = []


class _Other(msgspec.Struct, frozen=True, rename="camel"):
    """What every event of ChirpStack names, and what a "status" event adds."""

    device_info: _Device
    battery_level: float | None = None


def parse_event(event: str, body: bytes) -> Call | Sign | Refusal:
    """Read one event of ChirpStack's HTTP integration; only "up" can be a call.

    A join, a status, an acknowledgement, a location says that the radio lives, and nothing more.
    """
    return parse_uplink(body) if event == "up" else _parse_other(event, body)


def _parse_other(event: str, body: bytes) -> Sign | Refusal:
    if (wrong := _out_of_bounds(body)) is not None:
        return wrong
    try:
        other = msgspec.json.decode(body, type=_Other)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(rule="uplink_unreadable", detail=str(error)[:200])
    return Sign(external_key=other.device_info.dev_eui.lower(), code=event[:20], battery_pct=other.battery_level)


def parse_uplink(body: bytes) -> Call | Sign | Refusal:
    """Read one "up" event. Oversize and deep input is refused before parsing."""
    if (wrong := _out_of_bounds(body)) is not None:
        return wrong
    try:
        uplink = msgspec.json.decode(body, type=_Uplink)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(rule="uplink_unreadable", detail=str(error)[:200])
    if _EUI.fullmatch(uplink.device_info.dev_eui) is None:
        return Refusal(rule="uplink_unreadable", detail="devEui has 16 hexadecimal digits.")
    data = _bytes(uplink.data)
    if uplink.f_port == SIGN_PORT and not (uplink.object and "kind" in uplink.object):
        return _sign(uplink, data)
    return _call(uplink, data)


def _out_of_bounds(body: bytes) -> Refusal | None:
    if len(body) > UPLINK_BYTES_MAX:
        return Refusal(rule="uplink_too_long", detail=f"{len(body)} bytes; at most {UPLINK_BYTES_MAX}.")
    if json_depth(body) > JSON_DEPTH_MAX:
        return Refusal(rule="uplink_too_deep", detail=f"Nested deeper than {JSON_DEPTH_MAX}.")
    return None


def _sign(uplink: _Uplink, data: bytes) -> Sign:
    battery = data[0] if data and data[0] <= _BATTERY_PCT_MAX else None
    rssi = max((h.rssi for h in uplink.rx_info if h.rssi is not None and int(h.rssi) in _RSSI_DBM), default=None)
    return Sign(external_key=_key(uplink), battery_pct=battery, rssi_dbm=rssi)


def _call(uplink: _Uplink, data: bytes) -> Call:
    kind, boot_id, seq = _from_codec(uplink.object) or _from_bytes(uplink.f_port, data) or ("possible_press", -1, -1)
    if not (0 <= boot_id <= INTEGER_MAX and 0 <= seq <= INTEGER_MAX):
        # Without counters of its own, an event is known by ChirpStack's name for it, the same when it is sent again.
        name = uplink.deduplication_id.int
        boot_id, seq = name >> 65, name & INTEGER_MAX
    return Call(external_key=_key(uplink), kind=kind, boot_id=boot_id, seq=seq, claimed_time=_time(uplink.time))


def _from_codec(decoded: dict[str, Any] | None) -> tuple[Kind, int, int] | None:
    if not decoded or decoded.get("kind") not in KINDS.values():
        return None
    counters = [decoded.get(name) for name in ("boot_id", "seq")]
    boot_id, seq = (c if type(c) is int else _whole(c) for c in counters)
    return decoded["kind"], boot_id, seq


def _whole(number: object) -> int:
    """Return a counter that a codec left as a float (its numbers are all JavaScript's), -1 when it is none."""
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < INTEGER_MAX else -1


def _from_bytes(port: int, data: bytes) -> tuple[Kind, int, int] | None:
    if port != PRESS_PORT or len(data) != _PRESS_BYTES or data[0] not in KINDS:
        return None
    return KINDS[data[0]], int.from_bytes(data[1:5], "big"), int.from_bytes(data[5:9], "big")


def _key(uplink: _Uplink) -> str:
    return uplink.device_info.dev_eui.lower()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _time(text: str | None) -> datetime | None:
    """Read the network server's RFC 3339 time; None when absent or unreadable (it never loses a call)."""
    try:
        read = None if text is None else datetime.fromisoformat(text)
        return None if read is None or read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
