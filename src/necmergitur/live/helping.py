"""Calls for help from the page "I'm safe": pressed before anything else, spooled while the database is away."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from prometheus_client import Counter

from necmergitur.adapters.press_line import NotKept, PressLine
from necmergitur.adapters.spool import Spool
from necmergitur.live.parts import LiveParts, Send
from necmergitur.operations.intake import Answer, Received
from necmergitur.operations.population import helping
from necmergitur.people.checkins import Status
from necmergitur.signals.press import StatedPosition

log = structlog.get_logger(__name__)
CALLS = Counter("nec_safe_calls_total", "Calls for help from the page, by outcome.", ["outcome"])
ACCURACY_M = 100.0  # ours: what a telephone says of itself in a street when it says nothing
# Read when no page can be rendered: the database is away, or the crisis closed while somebody typed.
KEPT = """<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width,\
initial-scale=1"><title>Appel gardé</title><body><main><h1>Votre appel est gardé.</h1><p>La salle le verra dès que \
possible. <strong>Appelez le 112</strong>, ou le 114 par SMS.</p><h1 lang="en">Your call is kept.</h1><p lang="en">\
The control room will see it as soon as it can. <strong>Call 112</strong>, or 114 by text.</p></main>"""


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

    def _take(self, batch: Sequence[Received]) -> Sequence[Answer]:
        return helping.take(self._parts.store, batch, self._parts.ground, self._parts.clock.now())


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


async def say_kept(send: Send) -> None:
    """Tell somebody that their call waits, without a database and without a page."""
    body = KEPT.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _sameness(item: Received) -> tuple[Any, ...]:
    return (*item.press.key, item.press.position is not None)
