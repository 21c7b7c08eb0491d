"""A lane of its own for ordinary check-ins: nearly everybody of a crowd, at a third of what the way round costs.

What comes whole, in one piece and in the plainest form is read here; of everything else not a byte is touched, and it
goes the way of all requests (`uvicorn`), as does whatever cannot be kept at once. So the lane decides nothing: it is
quicker, or it is not there. ADR 0025 has the figures.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Protocol

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from necmergitur.people.constants import CHECKIN_BYTES_MAX

HEAD_BYTES_MAX = 8_192  # what Apache and nginx read of a request's head at most
BEHIND_BYTES_MAX = 65_536  # what a connection may send ahead of its answer before it is read no more
# Lines of visible characters, none folded (RFC 9112, section 5): what two servers could read in two ways goes on.
_LINES = re.compile(rb"(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[^\x00-\x08\x0a-\x1f\x7f]*)*")
# In lower case: what asks for more than one answer on an open connection.
_ODD = re.compile(
    rb"\r\n(?:(?:transfer-encoding|content-encoding|expect|upgrade|trailer|te):"
    rb"|connection:(?! *keep-alive *(?:\r|$)))"
)
_LENGTH, _FORWARDED = b"\r\ncontent-length:", b"\r\nx-forwarded-for:"
_LENGTH_DIGITS_MAX = 5


# Takes a status and, after uvicorn's own headers, the rest of an answer; 0 and nothing: the way of all requests.
Answer = Callable[[int, bytes], None]


class Asked(NamedTuple):
    """A request as the lane reads it. `forwarded`: what a proxy says of who sent it, "" when none does."""

    target: bytes
    body: bytes
    forwarded: str


# The head of such a request, and not all of its body yet: browsers send them one after the other.
BEGUN = Asked(b"", b"", "")


class Door(Protocol):
    """Who takes check-ins (`live.checkins.CheckInDoor`)."""

    def quick(self, target: bytes, body: bytes, address: str, answer: "Answer") -> bool:
        """Take an ordinary check-in, to be answered by `answer`; False: it goes the way of all requests."""
        ...


def read(data: bytes, targets: frozenset[bytes]) -> Asked | None:
    """Read one whole request of the plainest form, to one of `targets`; BEGUN for a part of one; None for all else."""
    end = data.find(b"\r\n\r\n", 0, HEAD_BYTES_MAX)
    first = data.find(b" HTTP/1.1\r\n", 5, 64)
    if end < 0 or first < 0 or not data.startswith(b"POST "):
        return None
    target = data[5:first]
    if target not in targets:
        return None
    head = data[first + 9 : end]
    lower = head.lower()
    length = _only(lower, _LENGTH)
    forwarded = _only(lower, _FORWARDED)
    if (
        length is None
        or forwarded is None
        or not length.isdigit()
        or len(length) > _LENGTH_DIGITS_MAX
        or (missing := int(length) - (len(data) - end - 4)) < 0
        or int(length) > CHECKIN_BYTES_MAX
        or _ODD.search(lower) is not None
        or _LINES.fullmatch(head) is None
    ):
        return None
    return BEGUN if missing else Asked(target, data[end + 4 :], forwarded.decode("latin-1"))


def _only(lower: bytes, name: bytes) -> bytes | None:
    """Return what a header says, b"" without it; None where it is said twice."""
    at = lower.find(name)
    if at < 0:
        return b""
    if lower.find(name, at + 1) >= 0:
        return None
    begins = at + len(name)
    ends = lower.find(b"\r\n", begins)
    return lower[begins : ends if ends >= 0 else len(lower)].strip(b" ")


class Lane(HttpToolsProtocol):
    """One connection. `door` and `targets` are set by `lane_to`."""

    door: Door
    targets: frozenset[bytes]
    _written: ClassVar[list[Any]] = [None, b""]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Prepare a connection that nothing was heard on."""
        super().__init__(config, server_state, app_state, _loop)
        self._between = True  # nothing of a request is with the parser
        self._asked = b""  # what the lane took and did not answer yet
        self._begun = b""  # a head, whose body is under way
        self._behind = b""
        self._ends = False
        self._answered_at = 0.0
        self._peer = ""
        # uvicorn's own reading of who a proxy speaks for, under its own settings
        middle = self.app if isinstance(self.app, ProxyHeadersMiddleware) else None
        self._proxies = None if middle is None else middle.trusted_hosts

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""

    def on_message_begin(self) -> None:
        """Note that a request is with the parser."""
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that it is whole."""
        self._between = True
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Read what came: in the lane if it may, else on the way of all requests."""
        if self._asked:
            self._behind += data
            if len(self._behind) > BEHIND_BYTES_MAX:
                self.flow.pause_reading()
            return
        if self._begun:
            data, self._begun = self._begun + data, b""
        cycle: Any = self.cycle  # None before the first
        is_free = self._between and (cycle is None or cycle.response_complete)
        asked = read(data, self.targets) if is_free and data.startswith(b"POST ") else None
        if asked is BEGUN:
            self._begun = data
            return
        if asked is not None and self.door.quick(asked.target, asked.body, self._sender(asked.forwarded), self._answer):
            self._asked = data
            return
        super().data_received(data)

    def shutdown(self) -> None:
        """Close, once what was taken is answered."""
        if self._asked:
            self._ends = True
        else:
            super().shutdown()

    def _sender(self, forwarded: str) -> str:
        if not forwarded or self._proxies is None or self._peer not in self._proxies:
            return self._peer
        return self._proxies.get_trusted_client_address(forwarded)[0] or self._peer

    def _answer(self, status: int, rest: bytes) -> None:
        """Send an answer, or let what was asked go the way of all requests."""
        asked, self._asked = self._asked, b""
        behind, self._behind = self._behind, b""
        if self.transport.is_closing():
            return
        if not status:
            self.flow.resume_reading()
            super().data_received(asked)
        else:
            self.transport.write(b"".join((STATUS_LINE[status], self._headers(), rest)))
            self.server_state.total_requests += 1
            self._answered_at = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._wait_idle(self.timeout_keep_alive)
            if self._ends:
                self.transport.close()
                return
        if behind:
            self.flow.resume_reading()
            self.data_received(behind)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing came for long; one timer serves many requests."""
        self.timeout_keep_alive_task = None
        left_s = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if self._asked or left_s > 0:
            self._wait_idle(max(left_s, 1.0))
        else:
            super().timeout_keep_alive_handler()

    def _wait_idle(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _headers(self) -> bytes:
        """Return uvicorn's own headers, which it renews each second."""
        given = self.server_state.default_headers
        known = self._written
        if known[0] is not given:
            known[:] = given, b"".join([b"%b: %b\r\n" % one for one in given])
        return known[1]  # type: ignore[no-any-return]


def lane_to(door: Door, targets: frozenset[bytes]) -> type[Lane]:
    """Return the protocol whose lane leads to `door`, for requests to `targets`."""
    return type("LaneTo", (Lane,), {"door": door, "targets": targets})
