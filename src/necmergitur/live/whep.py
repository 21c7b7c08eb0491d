"""The live picture by WebRTC: a browser's offer is passed to the camera, and the session is ended when it must be.

The frames themselves never pass here. What this door holds is the session: it opens under the same conditions as the
relayed picture, they are asked again every `CHECK_S`, and the camera is told to stop as soon as one fails.
"""

import asyncio
import secrets
from uuid import UUID

import structlog

from necmergitur.adapters.whep import SDP, SDP_BYTES_MAX, end_session, open_session
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import BodyTooLong, answer, header, read_body, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.live.picture import look, say, until_over

log = structlog.get_logger(__name__)

SESSIONS_MAX = 256  # ours: more viewers than a city's room and responders have at once
END_TRIES = 5
END_RETRY_S = 2.0


class WhepDoor:
    """Opens sessions and ends them."""

    def __init__(self, parts: LiveParts) -> None:
        """Start with none open."""
        self._parts = parts
        self._open: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """End every session: nobody would watch over them any longer."""
        for closing in self._open.values():
            closing.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=END_RETRY_S)

    async def post(self, mission_id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an offer on and its answer back; the session's address is ours."""
        found = await look(self._parts, mission_id, scope)
        if isinstance(found, Refusal):
            await say(send, found)
            return
        if found.kind != "whep":
            await refuse(send, 409, "camera_kind", "This camera's picture is multipart JPEG.")
            return
        if header(scope, b"content-type").partition(";")[0].strip() != SDP:
            await refuse(send, 415, "not_sdp", f"Post an offer as {SDP}.")
            return
        try:
            offer = await read_body(receive, SDP_BYTES_MAX)
        except BodyTooLong:
            await refuse(send, 413, "too_large", f"At most {SDP_BYTES_MAX} bytes.")
            return
        if len(self._open) >= SESSIONS_MAX:
            await refuse(send, 503, "too_many_viewers", "Too many people watch at once. Try again.")
            return
        name, closing = secrets.token_urlsafe(16), asyncio.Event()
        self._open[name] = closing  # its place is taken before the camera is asked
        opened = await asyncio.to_thread(open_session, found.url, offer)
        if isinstance(opened, Refusal):
            del self._open[name]
            await say(send, opened)
            return
        task = asyncio.create_task(self._hold(name, closing, opened.resource, mission_id, scope), name="whep")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        headers = [
            (b"content-type", SDP.encode()),
            (b"location", f"/live/whep/{mission_id}/{name}".encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": opened.answer})

    async def delete(self, name: str, send: Send) -> None:
        """End a session. Its name is a secret of the browser that opened it: nobody else can."""
        closing = self._open.get(name)
        if closing is None:
            await refuse(send, 404, "session_unknown", "No such session, or it is over.")
            return
        closing.set()
        await answer(send, 204, b"")

    async def _hold(self, name: str, closing: asyncio.Event, resource: str, mission_id: UUID, scope: Scope) -> None:
        """Watch over a session until it may or need not go on, then end it at the camera."""
        over = asyncio.create_task(until_over(self._parts, mission_id, scope))
        closed = asyncio.create_task(closing.wait())
        try:
            await asyncio.wait({over, closed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (over, closed):
                task.cancel()
            self._open.pop(name, None)
            for _ in range(END_TRIES):
                if await asyncio.to_thread(end_session, resource):
                    break
                await asyncio.sleep(END_RETRY_S)
            else:
                log.error("whep_not_ended", mission=str(mission_id))
