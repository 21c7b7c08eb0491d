"""`python -m necmergitur.sim.population.crowd`: a crowd that checks in over HTTP, in a process of its own.

Reads a `Plan` as JSON on its standard input, checks in until the time is over, and prints a `Tally` as its last line.
Each person repeats the same form until it is answered, as a telephone does; who was answered is written to a file, so
that what is lost can be counted.
"""

import asyncio
import os
import re
import sys
import time
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop

from necmergitur.operations.population.checkins import number_of
from necmergitur.sim.bench.figures import percentile

ONCE_BYTES = 16
RETRY_S = 0.25
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CREATED = (b"HTTP/1.1 201", b"HTTP/1.1 303")
NAME = "Amélie Durand %09d"
# Every other one by telephone number, every other one by address; the length is always the same, and so is the head.
_PHONE, _EMAIL = b"+336%08d", b"a%08d@x.fr"
_BODY = '{"once":"%b","name":"Amélie Durand %09d","status":"safe","contact":"%b","words":"chez moi","tell":[]}'.encode()
_FORM = b"once=%b&name=Am%%C3%%A9lie+Durand+%09d&status=safe&contact=%b&words=chez+moi&tell1=&tell2=&language=fr"
# What a telephone's browser sends along.
_BROWSER = (
    "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile"
    " Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: fr-FR,fr;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\nOrigin: http://127.0.0.1\r\n"
    "Referer: http://127.0.0.1/safe\r\nUpgrade-Insecure-Requests: 1\r\nConnection: keep-alive\r\n"
)


class Plan(msgspec.Struct, frozen=True):
    """Where to, how many connections, for how long, how fast (0: as fast as answers come), and what is kept.

    `form`: as a browser posts it, else as a program does. `answered`: the file of numbers that were answered.
    """

    host: str
    port: int
    path: str
    connections: int
    seconds: float
    per_s: float
    answered: str
    form: bool = False
    most: int = 0


class Tally(msgspec.Struct, frozen=True):
    """What came of it. `ms_*`: from when it should have been sent to its answer."""

    answered: int
    took_s: float
    ms_p50: float
    ms_p99: float
    ms_max: float
    refused: int
    reconnects: int
    cpu_s: float = 0.0


class Crowd:
    """All people of one process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sent = 0
        self.latencies_ms: list[float] = []
        self.refused = 0
        self.reconnects = 0
        self.ends_at = 0.0
        self.answered = bytearray()
        self.whole = 0  # the length of an answer that was whole: the next ones are as long
        self._heads: dict[int, bytes] = {}

    def next_due(self) -> float | None:
        """Return when the next person should send, None when nobody does any more."""
        if self.plan.most and self.sent >= self.plan.most:
            return None
        now = time.monotonic()
        due = self._began + self.sent / self.plan.per_s if self.plan.per_s else now
        if due >= self.ends_at:
            return None
        self.sent += 1
        return due

    def head(self, length: int) -> bytes:
        """Return the head of a request whose body has this length."""
        found = self._heads.get(length)
        if found is None:
            plan = self.plan
            kind = "application/x-www-form-urlencoded" if plan.form else "application/json"
            more = _BROWSER if plan.form else ""
            head = f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}\r\nContent-Type: {kind}\r\n{more}"
            found = self._heads[length] = f"{head}Content-Length: {length}\r\n\r\n".encode()
        return found

    async def run(self) -> Tally:
        """Check in until the time is over and everybody is answered."""
        loop = asyncio.get_running_loop()
        self._began = time.monotonic()
        self.ends_at = self._began + self.plan.seconds
        people = [_Person(self, loop) for _ in range(self.plan.connections)]
        await asyncio.gather(*(person.run() for person in people))
        took_s = time.monotonic() - self._began
        latencies = self.latencies_ms or [0.0]
        return Tally(
            answered=len(self.answered) // ONCE_BYTES,
            took_s=round(took_s, 3),
            ms_p50=round(percentile(latencies, 50), 2),
            ms_p99=round(percentile(latencies, 99), 2),
            ms_max=round(max(latencies), 2),
            refused=self.refused,
            reconnects=self.reconnects,
            cpu_s=round(time.process_time(), 2),
        )


class _Person(asyncio.Protocol):
    """One connection, one form at a time."""

    def __init__(self, crowd: Crowd, loop: asyncio.AbstractEventLoop) -> None:
        self._crowd, self._loop = crowd, loop
        self._transport: asyncio.Transport | None = None
        self._done: asyncio.Future[None] = loop.create_future()
        self._once = self._known = b""
        self._wire = b""
        self._heard = b""
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Connect, and go on until nobody sends any more."""
        await self._connect()
        self._next()
        await self._done
        if self._transport is not None:
            self._transport.close()

    async def _connect(self) -> None:
        plan = self._crowd.plan
        while True:  # until the server is back: its absence is what some measurements are about
            with suppress(OSError):
                await self._loop.create_connection(lambda: self, plan.host, plan.port)
                return
            await asyncio.sleep(RETRY_S)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's
        self._transport = None
        if not self._done.done():
            self._crowd.reconnects += 1
            self._loop.create_task(self._again())

    async def _again(self) -> None:
        self._heard = b""
        await asyncio.sleep(RETRY_S)
        await self._connect()
        self._send_at(0.0)

    def _next(self) -> None:
        due = self._crowd.next_due()
        if due is None:
            self._done.set_result(None)
            return
        self._due = due
        self._once = os.urandom(ONCE_BYTES)
        self._known = number_of(self._once, NAME % self._crowd.sent) if self._crowd.plan.form else self._once
        self._wire = self._written(self._crowd.sent)
        self._send_at(due - time.monotonic())

    def _written(self, number: int) -> bytes:
        plan = self._crowd.plan
        contact = (_EMAIL if number % 2 else _PHONE) % (number % 10**8)
        if plan.form:
            contact = contact.replace(b"@", b"%40").replace(b"+", b"%2B")
        body = (_FORM if plan.form else _BODY) % (urlsafe_b64encode(self._once)[:22], number, contact)
        return self._crowd.head(len(body)) + body

    def _send_at(self, wait_s: float) -> None:
        """Send once, now or later: a form under way is not sent beside itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_s > 0:
            self._timer = self._loop.call_later(wait_s, self._send_at, 0.0)
        elif self._transport is not None:
            self._transport.write(self._wire)

    def data_received(self, data: bytes) -> None:
        if not self._heard and len(data) == self._crowd.whole and data.startswith(_CREATED):
            self._answered()
            return
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length is not None and len(body) < int(length[1])):
            return  # the rest is under way
        heard, self._heard = self._heard, b""
        if head.startswith(_CREATED):
            self._crowd.whole = len(heard)
            self._answered()
        elif head.startswith((b"HTTP/1.1 422", b"HTTP/1.1 404")):
            raise SystemExit(f"a form of ours was refused: {heard[:500]!r}")
        else:
            self._crowd.refused += 1
            self._send_at(RETRY_S)

    def _answered(self) -> None:
        self._crowd.latencies_ms.append((time.monotonic() - self._due) * 1000)
        self._crowd.answered += self._known
        self._next()


def main() -> None:
    """Read a plan, carry it out, print what came of it."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    # Telephones are elsewhere: what stands for them here waits for its turn, and breaks in on nobody's.
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    crowd = Crowd(plan)
    tally = uvloop.run(crowd.run())
    Path(plan.answered).write_bytes(crowd.answered)
    print(msgspec.json.encode(tally).decode(), flush=True)  # noqa: T201 - its work


if __name__ == "__main__":
    main()
