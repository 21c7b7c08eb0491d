"""The ASGI application: a handful of paths, and everything else to the page server it was given."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from necmergitur.adapters.keeping import end, keep_going, spare_what_is_loaded
from necmergitur.live.board import Board
from necmergitur.live.checkins import DRILL, OF_OURS, TARGETS, WHY, CheckInDoor
from necmergitur.live.helping import RECEIPT
from necmergitur.live.http import BodyTooLong, again, answer, answer_json, header, read_body, refuse
from necmergitur.live.lane import Lane, lane_to
from necmergitur.live.log import LogDoor
from necmergitur.live.pages import SafePages
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.live.picture import may_look, relay
from necmergitur.live.presses import PressDoor
from necmergitur.live.replies import say_again, say_unknown
from necmergitur.live.sessions import SCREEN_ROLES, Viewer, sees_calls, viewer_of
from necmergitur.live.uplinks import UplinkDoor
from necmergitur.live.whep import WhepDoor
from necmergitur.operations.ports import Unreachable
from necmergitur.people.constants import CHECKIN_BYTES_MAX

log = structlog.get_logger(__name__)
OURS = ("/live/", "/log/", "/api/v1/presses", "/api/v1/checkins", "/api/v1/uplinks/", "/metrics", "/healthz")
SAFE = ("/safe", "/drill/safe")
READ = ("GET", "HEAD")
ALIVE_S = 1.0
SESSION_CHECK_S = 5.0  # a signed-out browser loses its stream within this time, and so does one whose rights changed
SEQ_DIGITS_MAX = 18  # a sequence number is a bigint
BEYOND = 10 ** (SEQ_DIGITS_MAX) - 1  # what no ledger reaches: answered by a reset


class LiveApp:
    """ASGI entry. `pages` is the application mounted behind (Django through a2wsgi), None to run alone."""

    def __init__(
        self,
        parts: LiveParts,
        pages: Any | None = None,
        *,
        alive: Callable[[], None] = lambda: None,
        warm: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; the work starts with the ASGI lifespan.

        `alive` is called every second the loop turns; `warm` once, in a thread beside the first requests: it loads what
        the first page would wait for.
        """
        self._warm = warm
        self._alive = alive
        self._uplinks = UplinkDoor(parts)
        self._whep = WhepDoor(parts)
        self._log = LogDoor(parts)
        self._checkins = CheckInDoor(parts)
        self._safe_pages = SafePages(parts.home)
        self._beat: asyncio.Task[None] | None = None
        self._parts = parts
        self._pages = pages
        self._board: Board | None = None
        self._door: PressDoor | None = None

    def lane(self) -> type[Lane]:
        """Return the protocol by which a server spares ordinary check-ins the way round."""
        return lane_to(self._checkins, TARGETS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the process's lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        try:
            if path.startswith(OURS) and await self._own(path, scope, receive, send):
                return
            if path.rstrip("/") in SAFE:
                unread = await self._safe(path, scope, receive, send)
                if unread is None:
                    return
                receive = unread
            elif self._pages is not None and scope["method"] == "POST" and RECEIPT.fullmatch(path):
                await self._checkins.help.by_receipt(self._pages, scope, receive, send)
                return
        except Unreachable:
            await refuse(send, 503, "database_away", "The database does not answer. Try again.")
            return
        if self._pages is None:
            await refuse(send, 404, "not_found", "Nothing here.")
        else:
            await self._pages(scope, receive, send)

    async def _safe(self, path: str, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Show the form, or record it; or return how the pages read again what must be shown again."""
        drill = path.startswith(DRILL)
        if scope["method"] != "POST":
            crisis = self._checkins.now_open(drill=drill)
            if not self._checkins.known and scope["method"] in READ:
                await say_unknown(send)
                return None
            is_sent = scope["method"] in READ and await self._safe_pages.get(scope, send, crisis, drill=drill)
            return None if is_sent else receive
        try:
            body = await read_body(receive, CHECKIN_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "checkin_too_long", f"At most {CHECKIN_BYTES_MAX} bytes.")
            return None
        told = await self._checkins.post_form(body, scope, send, drill=drill)
        if told is None:
            return None
        if self._pages is None:
            why = dict(told).get(WHY, b"" if self._checkins.now_open(drill=drill) else b"none")
            await say_again(send, why)
            return None
        scope["headers"] = [*(one for one in scope["headers"] if not one[0].startswith(OF_OURS)), *told]
        return again(body, receive)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._board, self._door = Board(self._parts), PressDoor(self._parts)
                self._board.start()
                self._door.start()
                self._uplinks.start()
                await self._checkins.start()
                self._beat = asyncio.create_task(keep_going("alive", self._say_alive, every_s=ALIVE_S))
                spare_what_is_loaded()
                await send({"type": "lifespan.startup.complete"})
                asyncio.get_running_loop().run_in_executor(None, self._warm)
            elif message["type"] == "lifespan.shutdown":
                if self._board is not None and self._door is not None:
                    await self._board.stop()
                    await self._whep.stop()
                    await self._door.stop()
                    await self._uplinks.stop()
                    await self._checkins.stop()
                if self._beat is not None:
                    self._beat.cancel()
                self._parts.store.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _say_alive(self) -> None:
        self._alive()

    async def _own(  # noqa: C901, PLR0912 -- a table of paths, one line each
        self, path: str, scope: Scope, receive: Receive, send: Send
    ) -> bool:
        """Serve our own paths; False for one that is not ours."""
        assert self._board is not None
        assert self._door is not None
        method = scope["method"]
        if path.rstrip("/") == "/api/v1/presses" and method == "POST":
            await self._door.post(scope, receive, send)
        elif path.startswith("/api/v1/presses/") and method == "GET":
            await self._door.get(path.removeprefix("/api/v1/presses/").strip("/"), scope, send)
        elif path == "/api/v1/checkins/sms" and method == "POST":
            await self._checkins.post_text(scope, receive, send)
        elif path.rstrip("/") == "/api/v1/checkins" and method == "POST":
            await self._checkins.post_json(scope, receive, send)
        elif path == "/api/v1/uplinks/chirpstack" and method == "POST":
            await self._uplinks.post(scope, receive, send)
        elif path in ("/live/health", "/healthz"):
            await answer_json(send, 200, {"live": "ok"})
        elif path == "/metrics":
            await self._metrics(scope, send)
        elif path.startswith("/log/") and method in ("GET", "HEAD"):
            await self._log.get(path.removeprefix("/log/"), send)
        elif path == "/live/state":
            if viewer := await self._allowed(scope, send, SCREEN_ROLES):
                await answer(send, 200, await self._board.state(whole=self._sees_calls(viewer)))
        elif path == "/live/events":
            if viewer := await self._allowed(scope, send, SCREEN_ROLES):
                await self._events(viewer, scope, receive, send)
        elif path.startswith("/live/picture/"):
            await self._picture(path.removeprefix("/live/picture/").strip("/"), scope, receive, send)
        elif path.startswith("/live/whep/") and method in ("POST", "DELETE"):
            await self._session(path.removeprefix("/live/whep/").strip("/"), scope, receive, send)
        else:
            return False
        return True

    async def _metrics(self, scope: Scope, send: Send) -> None:
        """Figures for Prometheus, to this machine only: a city's scraper runs beside it or through a tunnel."""
        client = scope.get("client")
        if client is None or client[0] not in ("127.0.0.1", "::1") or header(scope, b"x-forwarded-for"):
            await refuse(send, 403, "metrics_are_local", "Scrape from this machine.")
            return
        await answer(send, 200, generate_latest(), CONTENT_TYPE_LATEST.encode())

    async def _allowed(self, scope: Scope, send: Send, roles: frozenset[str]) -> Viewer | None:
        viewer = await viewer_of(self._parts, scope)
        if viewer is None:
            await refuse(send, 401, "not_signed_in", "Sign in first.")
            return None
        if not viewer.roles & roles:
            await refuse(send, 403, "role_missing", f"One of: {', '.join(sorted(roles))}.")
            return None
        return viewer

    def _sees_calls(self, viewer: Viewer) -> bool:
        return sees_calls(viewer, self._parts.clock.now())

    async def _events(self, viewer: Viewer, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream events until the browser leaves, or signs out."""
        assert self._board is not None
        whole = self._sees_calls(viewer)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                ],
            }
        )
        gone = asyncio.create_task(self._gone(whole, scope, receive))
        events = self._board.events(_after(scope), whole=whole)
        try:
            while not gone.done():
                step = asyncio.ensure_future(anext(events))
                await asyncio.wait({step, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():
                    step.cancel()
                    break
                await send({"type": "http.response.body", "body": step.result(), "more_body": True})
        except (StopAsyncIteration, Unreachable, OSError):
            pass
        finally:
            await end(gone)
            with contextlib.suppress(Exception):
                await events.aclose()  # type: ignore[attr-defined]
            with contextlib.suppress(Exception):
                await send({"type": "http.response.body", "body": b""})

    async def _gone(self, whole: bool, scope: Scope, receive: Receive) -> None:
        """Return when the browser disconnected, its session ended, or its roles ask for another stream."""
        left = asyncio.create_task(self._disconnected(receive))
        try:
            while True:
                done, _ = await asyncio.wait({left}, timeout=SESSION_CHECK_S)
                if done:
                    return
                with contextlib.suppress(Unreachable):
                    viewer = await viewer_of(self._parts, scope)
                    if viewer is None or not viewer.roles & SCREEN_ROLES:
                        return
                    if whole != self._sees_calls(viewer):
                        return
        finally:
            left.cancel()

    @staticmethod
    async def _disconnected(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _session(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Open or end a WebRTC session between a browser and a drone's camera."""
        mission, _, session = name.partition("/")
        mission_id = _uuid(mission)
        if mission_id is None:
            await refuse(send, 404, "mission_unknown", "No such mission.")
        elif scope["method"] == "DELETE":
            await self._whep.delete(session, send)
        else:
            await self._whep.post(mission_id, scope, receive, send)

    async def _picture(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Relay what a drone sees, or say whether it may be seen; nothing is kept."""
        mission, _, wanted = name.partition("/")
        mission_id = _uuid(mission)
        if mission_id is None:
            await refuse(send, 404, "mission_unknown", "No such mission.")
        elif wanted == "may":
            await may_look(self._parts, mission_id, scope, send)
        elif wanted:
            await refuse(send, 404, "not_found", "Nothing here.")
        else:
            await relay(self._parts, mission_id, scope, receive, send)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _after(scope: Scope) -> int | None:
    """Return the last event a browser saw, None when it says nothing; what cannot be one lies beyond any ledger."""
    query = dict(pair.split("=", 1) for pair in scope["query_string"].decode("latin-1").split("&") if "=" in pair)
    last = header(scope, b"last-event-id") or query.get("after", "")
    if not last:
        return None
    return int(last) if last.isascii() and last.isdigit() and len(last) <= SEQ_DIGITS_MAX else BEYOND
