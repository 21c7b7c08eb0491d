"""Heartbeats: is the button alive? Never where its holder is."""

from datetime import datetime

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import (
    BATTERY_PCT_MAX,
    FIRMWARE_LENGTH_MAX,
    HEARTBEAT_PERIOD,
    HEARTBEATS_MISSED_MAX,
    INTEGER_MAX,
    PRESS_BYTES_MAX,
    RSSI_DBM_MAX,
    RSSI_DBM_MIN,
)

SILENCE_MAX = HEARTBEAT_PERIOD * HEARTBEATS_MISSED_MAX


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """One sign of life: battery in percent, received signal in dBm, firmware as the maker names it."""

    device: str = ""
    boot_id: int = 0
    battery_pct: float | None = None
    rssi_dbm: float | None = None
    firmware: str | None = None


def parse(device: str, body: bytes) -> Heartbeat | Refusal:
    """Read a heartbeat. A field outside its range is dropped; the sign of life still counts."""
    if len(body) > PRESS_BYTES_MAX:
        return Refusal(rule="heartbeat_too_long")
    try:
        read = msgspec.json.decode(body, type=Heartbeat)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Heartbeat(device=device)
    return sane(msgspec.structs.replace(read, device=device))


def sane(beat: Heartbeat) -> Heartbeat:
    """Drop what lies outside its range, round to what a 4-byte float holds, keep printable characters only."""
    battery, rssi, firmware = beat.battery_pct, beat.rssi_dbm, beat.firmware
    return Heartbeat(
        device=beat.device,
        boot_id=beat.boot_id if 0 <= beat.boot_id <= INTEGER_MAX else 0,
        battery_pct=round(battery, 1) if battery is not None and 0 <= battery <= BATTERY_PCT_MAX else None,
        rssi_dbm=round(rssi, 1) if rssi is not None and RSSI_DBM_MIN <= rssi <= RSSI_DBM_MAX else None,
        firmware=None if firmware is None else "".join(filter(str.isprintable, firmware))[:FIRMWARE_LENGTH_MAX],
    )


def is_deaf(last_heartbeat_at: datetime, now: datetime) -> bool:
    """Return whether three heartbeats were missed."""
    return now - last_heartbeat_at > SILENCE_MAX
