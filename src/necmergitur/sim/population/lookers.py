"""`python -m necmergitur.sim.population.lookers`: people who open a page, in a process of its own.

Reads a `Plan` as JSON on its standard input and prints a `Tally` as its last line. Each look has its hour: one that
waits for a connection to be free counts that wait too.
"""

import asyncio
import re
import sys
import time

import msgspec
import uvloop

from necmergitur.sim.bench.figures import percentile

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Plan(msgspec.Struct, frozen=True):
    """Where to, how many connections, for how long, how many looks a second (0: as fast as answers come)."""

    host: str
    port: int
    path: str
    connections: int
    seconds: float
    per_s: float = 0.0


class Tally(msgspec.Struct, frozen=True):
    """What came of it. `first_ms_*`: from when it should have been asked to the first byte of its answer."""

    answered: int
    refused: int
    took_s: float
    first_ms_p50: float
    first_ms_p99: float
    first_ms_max: float
    bytes: int


class Lookers:
    """All people of one process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.request = (
            f"GET {plan.path} HTTP/1.1\r\nHost: {plan.host}\r\nAccept-Encoding: gzip, deflate, br\r\n"
            "Accept-Language: fr-FR,fr;q=0.9,en;q=0.5\r\n\r\n"
        ).encode()
        self.first_ms: list[float] = []
        self.refused = 0
        self.bytes = 0
        self._sent = 0
        self._began = 0.0

    def next_due(self) -> float | None:
        """Return when the next look is due, None when nobody looks any more."""
        now = time.monotonic()
        due = self._began + self._sent / self.plan.per_s if self.plan.per_s else now
        if due >= self._began + self.plan.seconds:
            return None
        self._sent += 1
        return due

    async def run(self) -> Tally:
        """Look until the time is over and everybody is answered."""
        loop = asyncio.get_running_loop()
        people = [_Person(self, loop) for _ in range(self.plan.connections)]
        for person in people:
            await loop.create_connection(lambda person=person: person, self.plan.host, self.plan.port)  # type: ignore[misc]
        self._began = time.monotonic()
        for person in people:
            person.next()
        await asyncio.gather(*(person.done for person in people))
        took_s = time.monotonic() - self._began
        first = self.first_ms or [0.0]
        return Tally(
            answered=len(self.first_ms),
            refused=self.refused,
            took_s=round(took_s, 3),
            first_ms_p50=round(percentile(first, 50), 2),
            first_ms_p99=round(percentile(first, 99), 2),
            first_ms_max=round(max(first), 2),
            bytes=self.bytes,
        )


class _Person(asyncio.Protocol):
    """One connection, one look at a time."""

    def __init__(self, all_of_them: Lookers, loop: asyncio.AbstractEventLoop) -> None:
        self._all, self._loop = all_of_them, loop
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = loop.create_future()
        self._heard = b""
        self._first = 0.0
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server hung up"))

    def next(self) -> None:
        """Look again when the next look is due."""
        due = self._all.next_due()
        if due is None:
            self.done.set_result(None)
            return
        self._due, self._first = due, 0.0
        wait_s = due - time.monotonic()
        if wait_s > 0:
            self._loop.call_later(wait_s, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        self._transport.write(self._all.request)

    def data_received(self, data: bytes) -> None:
        self._first = self._first or time.monotonic()
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return  # the rest is under way
        if head.startswith(b"HTTP/1.1 200"):
            self._all.first_ms.append((self._first - self._due) * 1_000)
            self._all.bytes = len(self._heard)
        else:
            self._all.refused += 1
        self._heard = b""
        self.next()


def main() -> None:
    """Read a plan, carry it out, print what came of it."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Lookers(plan).run())) + b"\n")


if __name__ == "__main__":
    main()
