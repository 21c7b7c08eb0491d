"""A street button: it beats every minute, and repeats a press until the lamp that only our commit lights."""

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from necmergitur.sim.devices import mqtt
from necmergitur.sim.devices.constants import (
    JITTER_SHARE,
    LAMP_REPEAT_S_FIRST,
    LAMP_REPEAT_S_MAX,
    LAMP_REPEATS_MAX,
    RETRY_DOUBLINGS_MAX,
    RETRY_S_FIRST,
    RETRY_S_MAX,
    RETURN_URGENT_S,
)
from necmergitur.sim.devices.credentials import Identity, tls_context
from necmergitur.sim.devices.link import Link, fresh_client_id


class PressRecord(msgspec.Struct):
    """What became of one press. Times are seconds since 1970 on this machine's clock; `lit_at` None: dark."""

    device_id: str
    boot_id: int
    seq: int
    kind: str
    pressed_at: float
    lit_at: float | None = None
    sends: int = 0


class _Ack(msgspec.Struct, frozen=True):
    """What the city answers on a button's `ack` topic."""

    boot_id: int
    seq: int
    lamp: str


class Street(Protocol):
    """What a post finds around it: chance, the broker, and its turn to connect."""

    rng: random.Random
    trust_pem: str
    return_s: float

    def ask_turn(self, post: "Post", *, urgent: bool) -> None:
        """Call `post.connect()` when a connection may be tried: at once when urgent."""

    def turn_over(self, post: "Post", *, is_up: bool) -> None:
        """Hear that an attempt ended, or that a connection was lost."""


class _Pending(msgspec.Struct):
    record: PressRecord
    done: Callable[[PressRecord], None] | None
    timer: asyncio.TimerHandle | None = None


class Post:
    """One post. It is inert until `start`; `stop` ends it."""

    __slots__ = (
        "_context",
        "_failures",
        "_link",
        "_pending",
        "_returning",
        "_seq",
        "_stopped",
        "_street",
        "boot_id",
        "identity",
    )

    def __init__(self, identity: Identity, address: tuple[str, int], street: Street, boot_id: int) -> None:
        self.identity = identity
        self.boot_id = boot_id
        self._street = street
        self._seq = 0
        self._failures = 0
        self._stopped = True
        self._pending: dict[int, _Pending] = {}
        self._returning: asyncio.TimerHandle | None = None
        # Made at the first connection and kept: 26 kB against 1.2 ms of each return (measured).
        self._context: ssl.SSLContext | None = None
        self._link = Link(address, self._tls, f"{self._topic}/ack", listener=self)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = tls_context(self.identity, self._street.trust_pem)
        return self._context

    @property
    def _topic(self) -> str:
        return f"nec/v1/button/{self.identity.device_id}"

    @property
    def is_up(self) -> bool:
        """Whether the broker hears this post now."""
        return self._link.is_up

    def start(self) -> None:
        """Begin to live: connect in turn, and come back whenever the broker is lost."""
        self._stopped = False
        self._street.ask_turn(self, urgent=bool(self._pending))

    def stop(self) -> None:
        """Leave for good."""
        self._stopped = True
        if self._returning is not None:
            self._returning.cancel()
        for pending in self._pending.values():
            if pending.timer is not None:
                pending.timer.cancel()
        self._link.send(mqtt.DISCONNECT)
        self._link.close()

    def connect(self) -> bool:
        """Try the broker now, when it is this post's turn; False when there is nothing to try."""
        if self._link.is_open or self._stopped:
            return False
        self._link.open(fresh_client_id(self.identity.device_id, self._street.rng.getrandbits(64)))
        return True

    def beat(self) -> bool:
        """Say "I am here" (QoS 0); False when the broker does not hear us."""
        rng = self._street.rng
        body = msgspec.json.encode(
            {
                "boot_id": self.boot_id,
                "battery_pct": round(rng.uniform(60, 100), 1),
                "rssi_dbm": round(rng.uniform(-95, -60), 1),
                "firmware": "sim-1",
            }
        )
        return self._link.send(mqtt.publish(f"{self._topic}/heartbeat", body))

    def press(
        self, kind: str = "sos", done: Callable[[PressRecord], None] | None = None, *, double: bool = False
    ) -> PressRecord:
        """Press the button: publish, and repeat until the lamp. `done` is called when it is lit."""
        self._seq += 1
        record = PressRecord(self.identity.device_id, self.boot_id, self._seq, kind, time.time())
        self._pending[self._seq] = pending = _Pending(record, done)
        self._send(pending, double=double)
        if not self._link.is_open:
            self._hurry()
        return record

    def _send(self, pending: _Pending, *, double: bool = False) -> None:
        record = pending.record
        if record.sends >= LAMP_REPEATS_MAX:
            del self._pending[record.seq]
            return
        claimed = datetime.fromtimestamp(record.pressed_at, UTC).isoformat()
        body = {"boot_id": record.boot_id, "seq": record.seq, "kind": record.kind, "claimed_time": claimed}
        if double:
            body["double"] = True
        if self._link.send(mqtt.publish(f"{self._topic}/press", msgspec.json.encode(body))):
            record.sends += 1
            wait_s = min(LAMP_REPEAT_S_FIRST * 2 ** min(record.sends - 1, 8), LAMP_REPEAT_S_MAX)
            wait_s *= 1 + self._street.rng.uniform(-JITTER_SHARE, JITTER_SHARE)
            pending.timer = asyncio.get_running_loop().call_later(wait_s, self._send, pending)

    # --- what the link tells ---------------------------------------------------------------------------

    def link_up(self) -> None:
        """Send what waits for its lamp."""
        self._failures = 0
        self._street.turn_over(self, is_up=True)
        for pending in list(self._pending.values()):
            if pending.timer is not None:
                pending.timer.cancel()
            self._send(pending)

    def link_down(self, why: str) -> None:  # noqa: ARG002 - the link's signature
        """Come back: at once with an unanswered press, else spread out with the others."""
        self._street.turn_over(self, is_up=False)
        if self._stopped:
            return
        rng = self._street.rng
        if self._pending:
            wait_s = rng.uniform(0.2, 1.0) * RETURN_URGENT_S * 2 ** min(self._failures, 2)
        elif self._failures == 0:
            wait_s = rng.uniform(0.0, self._street.return_s)
        else:
            longest_s = min(RETRY_S_FIRST * 2 ** min(self._failures, RETRY_DOUBLINGS_MAX), RETRY_S_MAX)
            wait_s = rng.uniform(0.5, 1.0) * longest_s
        self._failures += 1
        self._returning = asyncio.get_running_loop().call_later(wait_s, self._return)

    def _return(self) -> None:
        self._returning = None
        self._street.ask_turn(self, urgent=bool(self._pending))

    def _hurry(self) -> None:
        """Do not wait for the turn of the idle: somebody pressed."""
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None
        self._street.ask_turn(self, urgent=True)

    def link_said(self, message: mqtt.Publish) -> None:
        """Light the lamp when the city says that this press is kept."""
        try:
            ack = msgspec.json.decode(message.payload, type=_Ack)
        except msgspec.DecodeError:
            return
        pending = self._pending.get(ack.seq)
        if pending is None or ack.boot_id != self.boot_id or ack.lamp != "lit":
            return
        pending.record.lit_at = time.time()
        if pending.timer is not None:
            pending.timer.cancel()
        del self._pending[ack.seq]
        if pending.done is not None:
            pending.done(pending.record)
