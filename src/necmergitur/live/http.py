"""The few HTTP gestures raw ASGI needs: read a bounded body, read a cookie, answer JSON."""

from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec

from necmergitur.live.parts import Receive, Scope, Send


class BodyTooLong(Exception):
    """The body passes its bound: refused before parsing."""


def header(scope: Scope, name: bytes) -> str:
    """Return a request header, empty when absent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def cookie(scope: Scope, name: str) -> str:
    """Return a cookie's value, empty when absent or malformed."""
    try:
        jar = SimpleCookie(header(scope, b"cookie"))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


async def read_body(receive: Receive, bytes_max: int) -> bytes:
    """Return the body. Raises BodyTooLong as soon as it passes `bytes_max`."""
    body = b""
    while True:  # until the last part, or the bound
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > bytes_max:
            raise BodyTooLong
        if not message.get("more_body", False):
            return body


def again(body: bytes, receive: Receive) -> Receive:
    """Return what hands a body that was read already to whoever reads it next."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def hand_over() -> Any:
        return waiting.pop() if waiting else await receive()

    return hand_over


async def answer(send: Send, status: int, body: bytes, kind: bytes = b"application/json") -> None:
    """Send a whole response; never cached."""
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send: Send, status: int, value: object) -> None:
    """Send a value as JSON."""
    await answer(send, status, msgspec.json.encode(value))


async def refuse(send: Send, status: int, rule: str, detail: str) -> None:
    """Send a refusal: the rule a program matches, and what a person can do."""
    await answer_json(send, status, {"rule": rule, "detail": detail})
