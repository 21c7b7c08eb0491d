"""Calls for help from the page "I'm safe": pressed before anything else, spooled while the database is away."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import structlog
from prometheus_client import Counter

from necmergitur.adapters.crisis_keys import CrisisKey
from necmergitur.adapters.press_line import NotKept, PressLine
from necmergitur.adapters.spool import Spool
from necmergitur.live.http import BodyTooLong, again, read_body, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.live.replies import say_kept
from necmergitur.operations.intake import Answer, Received
from necmergitur.operations.population import helping
from necmergitur.operations.population.checkins import link_of
from necmergitur.people.checkins import STATUSES, URGENT, Status
from necmergitur.people.constants import CHECKIN_BYTES_MAX
from necmergitur.signals.press import StatedPosition

log = structlog.get_logger(__name__)
CALLS = Counter("nec_safe_calls_total", "Calls for help from the page, by outcome.", ["outcome"])
ACCURACY_M = 100.0  # ours: what a telephone says of itself in a street when it says nothing
# A receipt's own address: whoever holds it may say there that they need help after all.
RECEIPT = re.compile(r"(?P<drill>/drill)?/safe/(?P<link>[A-Za-z0-9_-]{22})/?")
BROKEN = 500  # RFC 9110, 15.6: from here on the answer is no answer
UNREAD = 400  # the pages could not read what is read here


class HelpLine:
    """The press line of the page."""

    def __init__(self, parts: LiveParts) -> None:
        """Prepare the intake and its spool."""
        self._parts = parts
        self._line: PressLine[Received] = PressLine(
            "safe",
            parts.store,
            parts.clock,
            spool=Spool(parts.home / "spool" / "safe.jsonl", Received),
            take=self._take,
            key_of=_sameness,
        )

    def start(self) -> None:
        """Begin."""
        self._line.start()

    async def stop(self) -> None:
        """Stop taking calls."""
        await self._line.stop()

    async def call(self, row_id: bytes, status: Status, position: StatedPosition | None, *, drill: bool) -> bool:
        """Press for somebody; return once it is recorded, or on disk. False: it is lost unless they send again."""
        pressed = helping.press(row_id, status, position, self._parts.clock.now(), drill=drill)
        try:
            await self._line.submit(pressed)
        except NotKept as why:
            CALLS.labels("spooled" if why.spooled else "lost").inc()
            return why.spooled
        CALLS.labels("recorded").inc()
        return True

    async def by_receipt(self, pages: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the pages change a receipt; a call for help in it that they cannot take is pressed here all the same.

        Which receipt a link opens cannot be looked up while the database is away. Nobody is asked for one: whoever has
        none calls on the page itself.
        """
        asked = RECEIPT.fullmatch(scope["path"])
        try:
            body = await read_body(receive, CHECKIN_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "checkin_too_long", f"At most {CHECKIN_BYTES_MAX} bytes.")
            return
        status, link = _said(body), None if asked is None else link_of(asked["link"])
        if asked is None or link is None or status not in URGENT:
            await pages(scope, again(body, receive), send)
            return
        answer = _Answer(send)
        try:
            await pages(scope, again(body, receive), answer)
        except Exception:
            log.exception("receipt_not_changed")
        if answer.given:
            return
        if await self.call(CrisisKey.row_of(link), status, None, drill=bool(asked["drill"])):
            await say_kept(send)
        else:
            await refuse(send, 503, "not_recorded", "Not recorded yet: send the same again. Call 112.")

    def _take(self, batch: Sequence[Received]) -> Sequence[Answer]:
        return helping.take(self._parts.store, batch, self._parts.ground, self._parts.clock.now())


class _Answer:
    """Hands on what the pages answer, unless they say that they cannot."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._broken = False
        self.given = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._broken = message["status"] >= BROKEN or message["status"] == UNREAD
        if not self._broken:
            self.given = True
            await self._send(message)


def _said(body: bytes) -> Status | None:
    """Return what a receipt's form says of its person now."""
    try:
        fields = dict(parse_qsl(body.decode(), max_num_fields=32))
    except (UnicodeDecodeError, ValueError):
        return None
    return None if fields.get("do") in ("erase", "withdraw") else STATUSES.get(fields.get("status", ""))


def position_of(fields: Mapping[str, Any]) -> StatedPosition | None:
    """Read `lon`, `lat` and `accuracy_m` of a form or of JSON; None for what is no place: a call is one without."""
    try:
        lon, lat = float(fields["lon"]), float(fields["lat"])
        accuracy_m = float(fields.get("accuracy_m") or ACCURACY_M)
    except (KeyError, TypeError, ValueError):
        return None
    if not (math.isfinite(lon) and math.isfinite(lat) and math.isfinite(accuracy_m)):
        return None
    return StatedPosition(lon=lon, lat=lat, accuracy_m=accuracy_m)


def _sameness(item: Received) -> tuple[Any, ...]:
    return (*item.press.key, item.press.position is not None)
