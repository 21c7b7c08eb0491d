"""LoRaWAN buttons: ChirpStack posts its "up" events here (HTTP integration), with a token of its own."""

import asyncio
import hmac

import structlog

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.chirpstack import parse_uplink
from necmergitur.adapters.alarms.constants import UPLINK_BYTES_MAX
from necmergitur.adapters.postgres.queries import load
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import BodyTooLong, answer_json, header, read_body, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.operations import devices, intake
from necmergitur.operations.intake import Received

log = structlog.get_logger(__name__)


class UplinkDoor:
    """`POST /api/v1/uplinks/chirpstack`. Closed until the city sets a token."""

    def __init__(self, parts: LiveParts) -> None:
        """Keep the adapters."""
        self._parts = parts

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep one event. 2xx only after the commit: ChirpStack repeats otherwise."""
        token = header(scope, b"authorization").removeprefix("Bearer ").strip()
        if not self._parts.uplink_token or not hmac.compare_digest(token, self._parts.uplink_token):
            await refuse(send, 401, "token_unknown", "Set NEC_UPLINK_TOKEN here and as a header in ChirpStack.")
            return
        try:
            body = await read_body(receive, UPLINK_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "uplink_too_long", f"At most {UPLINK_BYTES_MAX} bytes.")
            return
        read = parse_uplink(body)
        if isinstance(read, Refusal):
            await refuse(send, 422, read.rule, read.detail)
            return
        kept = await asyncio.get_running_loop().run_in_executor(None, self._keep, read)
        if kept is None:
            await refuse(send, 404, "device_unknown", "Enrol this devEUI first.")
        else:
            await answer_json(send, 200, {"kept": kept})

    def _keep(self, read: Call | Sign) -> str | None:
        """Record a call or a sign of life; None for a device nobody enrolled. Raises Unreachable."""
        now = self._parts.clock.now()
        with self._parts.store.cursor() as cursor:
            row = cursor.execute(load("registry")["device_by_external_key"], {"key": read.external_key}).fetchone()
        if row is None:
            return None
        if isinstance(read, Call):
            intake.take(self._parts.store, [Received(read.press(row[0]), now)], self._parts.ground, now)
            return "call"
        devices.beat(self._parts.store, [read.heartbeat(row[0])], now)
        return "sign"
