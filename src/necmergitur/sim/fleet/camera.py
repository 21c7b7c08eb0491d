"""The vehicle's picture over HTTP on loopback: multipart JPEG, only while on scene, drawn only when watched."""

import asyncio
from collections.abc import Callable

from necmergitur.sim.fleet.constants import FRAMES_PER_S, MAX_REQUEST_BYTES, MAX_VIEWERS

_BOUNDARY = b"nec-frame"
_REQUEST_TIMEOUT_S = 5.0
_WRITE_TIMEOUT_S = 2.0

Frame = Callable[[], bytes | None]


class Camera:
    """One camera's HTTP server: `/stream` and `/still.jpg`; 503 while there is no picture to show."""

    def __init__(self, frame: Frame) -> None:
        """`frame` returns a JPEG, or None while the vehicle is not on scene."""
        self._frame = frame
        self._server: asyncio.Server | None = None
        self._viewers = 0
        self._cached: tuple[float, bytes | None] = (float("-inf"), None)

    async def open(self, port: int) -> int:
        """Listen on 127.0.0.1 and return the port (useful when asked for port 0)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=MAX_REQUEST_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening; open streams end at their next frame."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _REQUEST_TIMEOUT_S)
            await self._answer(head.split(b" ", 2)[:2], writer)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: list[bytes], writer: asyncio.StreamWriter) -> None:
        if request == [b"GET", b"/still.jpg"]:
            await self._still(writer)
        elif request == [b"GET", b"/stream"]:
            await self._stream(writer)
        else:
            await _plain(writer, b"404 Not Found", b"no such picture\n")

    async def _still(self, writer: asyncio.StreamWriter) -> None:
        jpeg = self._now()
        if jpeg is None:
            await _plain(writer, b"503 Service Unavailable", b"not on scene\n")
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nCache-Control: no-store\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(jpeg) + jpeg
        )
        await asyncio.wait_for(writer.drain(), _WRITE_TIMEOUT_S)

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        jpeg = self._now()
        if jpeg is None or self._viewers >= MAX_VIEWERS:
            await _plain(writer, b"503 Service Unavailable", b"not on scene, or watched by too many\n")
            return
        self._viewers += 1
        try:
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=" + _BOUNDARY + b"\r\n"
                b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"
            )
            while jpeg is not None and not writer.is_closing() and self._server is not None:
                writer.write(
                    b"--"
                    + _BOUNDARY
                    + b"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                    + jpeg
                    + b"\r\n"
                )
                await asyncio.wait_for(writer.drain(), _WRITE_TIMEOUT_S)
                await asyncio.sleep(1.0 / FRAMES_PER_S)
                jpeg = self._now()
            writer.write(b"--" + _BOUNDARY + b"--\r\n")
        finally:
            self._viewers -= 1

    def _now(self) -> bytes | None:
        """Return the present frame; viewers of the same moment share one drawing."""
        now_s = asyncio.get_running_loop().time()
        drawn_s, jpeg = self._cached
        if now_s - drawn_s >= 0.9 / FRAMES_PER_S or jpeg is None:
            jpeg = self._frame()
            self._cached = (now_s, jpeg)
        return jpeg


async def _plain(writer: asyncio.StreamWriter, status: bytes, body: bytes) -> None:
    writer.write(
        b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain\r\nRetry-After: 1\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body) + body
    )
    await asyncio.wait_for(writer.drain(), _WRITE_TIMEOUT_S)
