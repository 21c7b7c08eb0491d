"""What an alarm receiver of another make tells us, before we know which of our devices it is about."""

from datetime import datetime

import msgspec

from necmergitur.signals.heartbeat import Heartbeat
from necmergitur.signals.press import Kind, Press


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call for help from the device whose `external_key` this is (DC-09 account, LoRaWAN devEUI)."""

    external_key: str
    kind: Kind
    boot_id: int
    seq: int
    claimed_time: datetime | None = None

    def press(self, device_id: str) -> Press:
        """Return the press, once the device is known."""
        return Press(
            device=device_id, boot_id=self.boot_id, seq=self.seq, kind=self.kind, claimed_time=self.claimed_time
        )


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of life: a link test, a heartbeat, or news that is no call (a restoral, an opening)."""

    external_key: str
    code: str = ""
    battery_pct: float | None = None
    rssi_dbm: float | None = None

    def heartbeat(self, device_id: str) -> Heartbeat:
        """Return the heartbeat, once the device is known."""
        return Heartbeat(device=device_id, battery_pct=self.battery_pct, rssi_dbm=self.rssi_dbm)
