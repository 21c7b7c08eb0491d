"""A simulated crowd counter: it counts people who are not there, says so each minute, and obeys its orders.

It runs on a lease: an order to run lasts so many seconds, and a counter that hears nothing more stops by itself.
"""

import asyncio
import math
import random
import ssl
import time
from typing import Any

import msgspec
import structlog

from necmergitur.adapters.keeping import end
from necmergitur.sim.devices import mqtt
from necmergitur.sim.devices.constants import RETRY_DOUBLINGS_MAX, RETRY_S_FIRST, RETRY_S_MAX
from necmergitur.sim.devices.credentials import Identity, tls_context
from necmergitur.sim.devices.link import Link, fresh_client_id

log = structlog.get_logger(__name__)

STATUS_S = 5.0  # ours: a change of what it is, is known within this time
MINUTE_S = 60.0


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a counter behaves: as it was assessed, or not. `admits` False: it does not say how often it speaks.

    `field`: one more that each reading has, beside the count and its minute.
    """

    rate_per_minute: int = 1
    firmware: str = "1.0"
    payload_schema: str = "crowd_count/1"
    zone_id: str | None = None
    admits: bool = True
    field: str = ""


class _Order(msgspec.Struct, frozen=True):
    run: bool
    for_s: float = 0.0
    why: str = ""


class Counter:
    """One counter. It is inert until `start`; `stop` ends it."""

    def __init__(
        self,
        identity: Identity,
        address: tuple[str, int],
        trust_pem: str,
        *,
        manner: Manner | None = None,
        seed: int = 1,
    ) -> None:
        """`manner` may be changed at any time."""
        self.manner = manner or Manner()
        self.sent = 0
        self.why = ""
        self._identity, self._trust_pem = identity, trust_pem
        self._rng = random.Random(seed)  # noqa: S311 -- a crowd that is not there
        self._boot_id = int(time.time())
        self._seq = 0
        self._runs_until_s = 0.0
        self._failures = 0
        self._stopped = True
        self._topic = f"nec/v1/sensor/{identity.device_id}"
        self._link = Link(address, self._tls, f"{self._topic}/order", listener=self)
        self._tasks: list[asyncio.Task[None]] = []

    def _tls(self) -> ssl.SSLContext:
        return tls_context(self._identity, self._trust_pem)

    @property
    def runs(self) -> bool:
        """Whether its lease lasts."""
        return time.monotonic() < self._runs_until_s

    @property
    def is_up(self) -> bool:
        """Whether the broker hears it now."""
        return self._link.is_up

    def start(self) -> None:
        """Connect, and come back whenever the broker is lost."""
        self._stopped = False
        self._connect()
        self._tasks = [
            asyncio.create_task(self._say_status(), name="counter-status"),
            asyncio.create_task(self._count(), name="counter"),
        ]

    async def stop(self) -> None:
        """Leave for good."""
        self._stopped = True
        await end(*self._tasks)
        self._link.send(mqtt.DISCONNECT)
        self._link.close()

    def change(self, manner: Manner) -> None:
        """Behave otherwise from now on, and say so."""
        self.manner = manner
        self._status()

    def _connect(self) -> None:
        if not self._stopped and not self._link.is_open:
            self._link.open(fresh_client_id(self._identity.device_id, self._rng.getrandbits(64)))

    def _status(self) -> None:
        manner = self.manner
        body = {
            "payload_schema": manner.payload_schema,
            "rate_per_minute": manner.rate_per_minute if manner.admits else 1,
            "firmware": manner.firmware,
            "runs": self.runs,
        }
        if manner.zone_id is not None:
            body["zone_id"] = manner.zone_id
        self._link.send(mqtt.publish(f"{self._topic}/status", msgspec.json.encode(body)))

    async def _say_status(self) -> None:
        while True:
            await asyncio.sleep(STATUS_S)
            self._status()

    async def _count(self) -> None:
        while True:
            if self.runs and self.is_up:
                self.say()
                await asyncio.sleep(MINUTE_S / self.manner.rate_per_minute)
            else:
                await asyncio.sleep(0.05)

    def say(self) -> None:
        """Say one count now: an evening's crowd that comes and goes within the hour."""
        self._seq += 1
        self.sent += 1
        wave = 120 + 90 * math.sin(time.time() / 3_600 * 2 * math.pi) + self._rng.gauss(0, 8)
        body: dict[str, Any] = {
            "boot_id": self._boot_id,
            "seq": self._seq,
            "values": {"count": max(0, round(wave)), "minute": int(time.time() // MINUTE_S)},
        }
        if self.manner.field:
            body["values"] = {**body["values"], self.manner.field: 1}
        self._link.send(mqtt.publish(f"{self._topic}/reading", msgspec.json.encode(body)))

    # --- what the link tells ----------------------------------------------------------------------------

    def link_up(self) -> None:
        """Say what it is: the city answers with an order."""
        self._failures = 0
        self._status()

    def link_down(self, why: str) -> None:  # noqa: ARG002 - the link's signature
        """Come back."""
        if self._stopped:
            return
        wait_s = min(RETRY_S_FIRST * 2 ** min(self._failures, RETRY_DOUBLINGS_MAX), RETRY_S_MAX)
        self._failures += 1
        asyncio.get_running_loop().call_later(wait_s * self._rng.uniform(0.5, 1.0), self._connect)

    def link_said(self, message: mqtt.Publish) -> None:
        """Obey: run for so long, or stop now."""
        try:
            order = msgspec.json.decode(message.payload, type=_Order)
        except msgspec.DecodeError:
            return
        before = self.runs
        self._runs_until_s = time.monotonic() + order.for_s if order.run else 0.0
        self.why = order.why
        if self.runs != before:
            log.info("counter_told", sensor=self._identity.device_id, runs=self.runs, why=order.why)
            self._status()
