"""The live picture: multipart JPEG relayed from the drone's camera while it is on scene. Never stored."""

import asyncio
import contextlib
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from necmergitur.adapters.postgres.queries import load
from necmergitur.live.http import refuse
from necmergitur.live.parts import LiveParts, Receive, Send

log = structlog.get_logger(__name__)

CHUNK_BYTES = 64 * 1024
HEAD_BYTES_MAX = 8 * 1024
CONNECT_TIMEOUT_S = 2.0
SILENCE_MAX_S = 5.0
PHASE_CHECK_S = 1.0
ON_SCENE = "on_scene"


def _where(parts: LiveParts, mission_id: UUID) -> tuple[str, str] | None:
    """Return (phase, camera URL) of a flying mission."""
    with parts.store.cursor() as cursor:
        row = cursor.execute(load("live")["picture"], {"id": mission_id}).fetchone()
    return None if row is None else (row[0], row[1])


async def relay(parts: LiveParts, mission_id: UUID, receive: Receive, send: Send) -> None:
    """Relay frames until the drone leaves the scene or the viewer does."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(None, _where, parts, mission_id)
    if found is None or found[0] != ON_SCENE or not found[1]:
        await refuse(send, 409, "not_on_scene", "The picture is shown only while the drone is on scene.")
        return
    target = urlsplit(found[1])
    try:
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(target.hostname, target.port or 80), CONNECT_TIMEOUT_S
        )
        path = target.path or "/"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {target.netloc}\r\nConnection: close\r\n\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        await refuse(send, 502, "camera_silent", "The camera does not answer.")
        return
    kind = next(
        (line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"content-type:")),
        b"",
    )
    if b" 200 " not in head.split(b"\r\n", 1)[0] or not kind.startswith(b"multipart/x-mixed-replace"):
        writer.close()
        await refuse(send, 502, "camera_silent", "The camera sends no picture.")
        return
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    watch = asyncio.create_task(_until_left(parts, mission_id, receive))
    try:
        while not watch.done():
            chunk = await asyncio.wait_for(reader.read(CHUNK_BYTES), SILENCE_MAX_S)
            if not chunk:
                break
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except (OSError, TimeoutError):
        log.info("picture_ended")
    finally:
        watch.cancel()
        writer.close()
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": b""})


async def _until_left(parts: LiveParts, mission_id: UUID, receive: Receive) -> None:
    """Return when the viewer disconnected or the drone is no longer on scene."""

    async def disconnected() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    left = asyncio.create_task(disconnected())
    try:
        while True:
            done, _ = await asyncio.wait({left}, timeout=PHASE_CHECK_S)
            if done:
                return
            found = await asyncio.get_running_loop().run_in_executor(None, _where, parts, mission_id)
            if found is None or found[0] != ON_SCENE:
                return
    finally:
        left.cancel()
