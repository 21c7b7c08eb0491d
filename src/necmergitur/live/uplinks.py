"""LoRaWAN buttons: ChirpStack posts its events here (HTTP integration), with a token of its own.

ChirpStack posts each event once and does not repeat it: what cannot be recorded now is spooled before we answer.
"""

import asyncio
import hmac
from urllib.parse import parse_qs

import structlog

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.chirpstack import parse_event
from necmergitur.adapters.alarms.constants import UPLINK_BYTES_MAX
from necmergitur.adapters.alarms.keeping import ForeignCall, device_of, foreign_line
from necmergitur.adapters.press_line import NotKept
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import BodyTooLong, answer_json, header, read_body, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.operations import devices

log = structlog.get_logger(__name__)


class UplinkDoor:
    """`POST /api/v1/uplinks/chirpstack?event=…`. Closed until the city sets a token."""

    def __init__(self, parts: LiveParts) -> None:
        """Keep the adapters."""
        self._parts = parts
        self._line = foreign_line("uplinks", parts.store, parts.clock, parts.home, parts.ground)

    def start(self) -> None:
        """Begin."""
        self._line.start()

    async def stop(self) -> None:
        """Stop taking calls."""
        await self._line.stop()

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep one event. 200 after the commit; 202 when it waits on disk, to be recorded by itself."""
        token = header(scope, b"authorization").removeprefix("Bearer ").strip()
        if not self._parts.uplink_token or not hmac.compare_digest(token.encode(), self._parts.uplink_token.encode()):
            await refuse(send, 401, "token_unknown", "Set NEC_UPLINK_TOKEN here and as a header in ChirpStack.")
            return
        try:
            body = await read_body(receive, UPLINK_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "uplink_too_long", f"At most {UPLINK_BYTES_MAX} bytes.")
            return
        # ChirpStack always says which event it is; a proxy that dropped it must not drop a call.
        event = parse_qs(scope["query_string"].decode("latin-1")).get("event", ["up"])[0]
        read = parse_event(event, body)
        if isinstance(read, Refusal):
            log.warning("uplink_refused", rule=read.rule, event_kind=event[:20])
            await refuse(send, 422, read.rule, read.detail)
        elif isinstance(read, Sign):
            await self._keep_sign(read, send)
        else:
            await self._keep_call(read, send)

    async def _keep_call(self, call: Call, send: Send) -> None:
        try:
            answer = await self._line.submit(ForeignCall(call, self._parts.clock.now()))
        except NotKept as why:
            if why.spooled:
                await answer_json(send, 202, {"kept": "spooled"})
            else:
                await refuse(send, 503, "database_away", "Not recorded, and not spooled: ring another way.")
            return
        if answer.lit:
            await answer_json(send, 200, {"kept": "call"})
        else:
            await self._unknown(send)

    async def _keep_sign(self, sign: Sign, send: Send) -> None:
        """Record a sign of life. Raises Unreachable: one that is lost is followed by the next."""
        if await asyncio.to_thread(self._beat, sign):
            await answer_json(send, 200, {"kept": "sign"})
        else:
            await self._unknown(send)

    def _beat(self, sign: Sign) -> bool:
        device = device_of(self._parts.store, sign.external_key)
        if device is not None:
            devices.beat(self._parts.store, [sign.heartbeat(device)], self._parts.clock.now())
        return device is not None

    @staticmethod
    async def _unknown(send: Send) -> None:
        log.warning("uplink_of_an_unknown_device")
        await refuse(send, 404, "device_unknown", "Enrol this devEUI first.")
