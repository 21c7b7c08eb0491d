"""Heartbeats: is the button alive? Never where its holder is."""

from datetime import datetime

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import HEARTBEAT_PERIOD, HEARTBEATS_MISSED_MAX, PRESS_BYTES_MAX

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
    battery = read.battery_pct if read.battery_pct is not None and 0 <= read.battery_pct <= 100 else None
    rssi = read.rssi_dbm if read.rssi_dbm is not None and -200 <= read.rssi_dbm <= 30 else None
    return Heartbeat(
        device=device,
        boot_id=read.boot_id if 0 <= read.boot_id < 2**63 else 0,
        battery_pct=battery,
        rssi_dbm=rssi,
        firmware=None if read.firmware is None else read.firmware[:40],
    )


def is_deaf(last_heartbeat_at: datetime, now: datetime) -> bool:
    """Return whether three heartbeats were missed."""
    return now - last_heartbeat_at > SILENCE_MAX
