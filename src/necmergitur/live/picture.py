"""The live picture: multipart JPEG relayed from the drone's camera while it is on scene. Never stored.

Who looks, where the drone is and what authorises the picture are asked before the first frame, and again every
`CHECK_S` while frames pass.
"""

import asyncio
import base64
import contextlib
import ssl
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

import structlog

from necmergitur.adapters.keeping import end
from necmergitur.adapters.postgres.queries import load
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import answer_json, refuse
from necmergitur.live.parts import LiveParts, Receive, Scope, Send
from necmergitur.live.readings import in_time
from necmergitur.live.sessions import PICTURE_ROLES, viewer_of
from necmergitur.operations import picturing
from necmergitur.operations.picturing import Viewer
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)

CHUNK_BYTES = 64 * 1024
CONNECT_TIMEOUT_S = 2.0
SILENCE_MAX_S = 5.0
CHECK_S = 2.0  # ours: an authorisation, a role or a session that ended closes the picture within this time
UNSURE_MAX_S = 5.0  # ours: a database that restarts must not blind a pilot over a scene; longer, and nobody may look
GOODBYE_S = 1.0
PORTS = {"http": 80, "https": 443}
STATUS = {
    "not_signed_in": 401,
    "role_missing": 403,
    "not_told": 403,
    "mission_unknown": 404,
    "camera_silent": 502,
    "camera_address": 502,
}
WORDS = {
    "not_signed_in": "Sign in first.",
    "role_missing": f"One of: {', '.join(sorted(PICTURE_ROLES))}.",
    "not_told": "You were not told of this call, or you were released from it.",
    "mission_unknown": "No such mission.",
    "picture_off_scene": "The picture is shown only while the drone is on scene.",
    "incident_not_open": "The incident is over.",
    "picture_not_authorised": "No authorisation in force covers the picture. A lead may grant one.",
    "gate_table_stale": "The authorisations could not be read just now.",
    "camera_missing": "This drone has no camera address.",
}
WORDS_OF_LAW = "The authorisation of this flight is not in force."


@dataclass(frozen=True)
class Camera:
    """Where a picture comes from, and how it is asked for: mjpeg or whep."""

    url: str
    kind: str


async def look(parts: LiveParts, mission_id: UUID, scope: Scope) -> Camera | Refusal:
    """Return the camera that this viewer may look through now. Raises Unreachable."""
    viewer = await viewer_of(parts, scope)
    if viewer is None:
        return Refusal(rule="not_signed_in")
    if not viewer.roles & PICTURE_ROLES:
        return Refusal(rule="role_missing")
    return await in_time(_camera, parts, mission_id, Viewer(viewer.user_id, tuple(sorted(viewer.roles))))


def _camera(parts: LiveParts, mission_id: UUID, viewer: Viewer) -> Camera | Refusal:
    now = parts.clock.now()
    mission = picturing.may_show(parts.store, mission_id, now, viewer)
    if isinstance(mission, Refusal):
        return mission
    with parts.store.cursor() as cursor:
        row = cursor.execute(load("live")["picture"], {"id": mission_id, **viewer.parts(now)}).fetchone()
    return Refusal(rule="camera_missing") if row is None or not row[1] else Camera(row[1], row[2])


async def say(send: Send, refusal: Refusal) -> None:
    """Answer a refusal: the rule for programs, a sentence for people."""
    words = refusal.detail or WORDS.get(refusal.rule, WORDS_OF_LAW)
    await refuse(send, STATUS.get(refusal.rule, 409), refusal.rule, words)


async def may_look(parts: LiveParts, mission_id: UUID, scope: Scope, send: Send) -> None:
    """Answer whether the picture may be shown, and how: what a page asks before it shows, and while it does."""
    found = await look(parts, mission_id, scope)
    if isinstance(found, Refusal):
        await say(send, found)
    else:
        await answer_json(send, 200, {"kind": found.kind})


async def relay(parts: LiveParts, mission_id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
    """Relay frames until the drone leaves the scene, the viewer does, or either may no longer."""
    found = await look(parts, mission_id, scope)
    if isinstance(found, Refusal):
        await say(send, found)
        return
    if found.kind != "mjpeg":
        await refuse(send, 409, "camera_kind", "This camera's picture is opened by WHEP.")
        return
    opened = await _open(found.url)
    if isinstance(opened, Refusal):
        await say(send, opened)
        return
    reader, writer, kind = opened
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    watch = asyncio.create_task(until_over(parts, mission_id, scope, receive))
    pump = asyncio.create_task(_pump(reader, send, headers))
    try:
        # Whichever ends first ends the other: a viewer who does not read cannot keep the watch from closing.
        await asyncio.wait({watch, pump}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        writer.close()
        await end(watch, pump)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), GOODBYE_S)


async def _pump(reader: asyncio.StreamReader, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    with contextlib.suppress(OSError, TimeoutError):
        while chunk := await asyncio.wait_for(reader.read(CHUNK_BYTES), SILENCE_MAX_S):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    log.info("picture_ended")


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes] | Refusal:
    """Ask a camera for its stream; return it and its content type. A camera that refuses is left no connection."""
    try:
        target = urlsplit(url)
        port = target.port or PORTS[target.scheme]
    except (ValueError, KeyError):
        return Refusal(rule="camera_address", detail="The camera's address is neither http nor https.")
    tls = ssl.create_default_context() if target.scheme == "https" else None
    try:
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(target.hostname, port, ssl=tls), CONNECT_TIMEOUT_S
        )
    except (OSError, TimeoutError) as failure:
        return Refusal(rule="camera_silent", detail=f"The camera does not answer ({type(failure).__name__}).")
    kind = b""
    try:
        writer.write(_request(target))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), CONNECT_TIMEOUT_S)
        kind = _kind_of(head)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return Refusal(rule="camera_silent", detail="The camera does not answer.")
    finally:
        if not kind:
            writer.close()
    return (reader, writer, kind) if kind else Refusal(rule="camera_silent", detail="The camera sends no picture.")


def _request(target: SplitResult) -> bytes:
    host = target.netloc.rpartition("@")[2]
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    if target.username is not None:
        who = f"{unquote(target.username)}:{unquote(target.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(who.encode()).decode()}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _kind_of(head: bytes) -> bytes:
    """Return the content type of a multipart answer, empty for any other answer."""
    status, *fields = head.split(b"\r\n")
    kind = next((f.split(b":", 1)[1].strip() for f in fields if f.lower().startswith(b"content-type:")), b"")
    return kind if b" 200 " in status + b" " and kind.lower().startswith(b"multipart/x-mixed-replace") else b""


async def until_over(parts: LiveParts, mission_id: UUID, scope: Scope, receive: Receive | None = None) -> None:
    """Return when the viewer disconnected, or may no longer look. Every `CHECK_S` everything is asked again."""

    async def disconnected() -> None:
        if receive is None:
            await asyncio.Event().wait()
        else:
            while (await receive())["type"] != "http.disconnect":
                pass

    left = asyncio.create_task(disconnected())
    sure_s = time.monotonic()
    try:
        while True:
            done, _ = await asyncio.wait({left}, timeout=CHECK_S)
            if done:
                return
            try:
                if isinstance(await look(parts, mission_id, scope), Refusal):
                    return
                sure_s = time.monotonic()
            except Unreachable:
                if time.monotonic() - sure_s > UNSURE_MAX_S:
                    return
    finally:
        left.cancel()
