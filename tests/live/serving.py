"""The live process's application, answering under uvicorn, and the plainest of browsers to ask it."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.live.app import LiveApp
from necmergitur.live.parts import LiveParts
from necmergitur.operations.intake import Ground
from tests.web.pages import MIDDLE

CONNECTIONS = 6  # as in production
START_S_MAX = 20.0
NO_BROKER = "nats://127.0.0.1:9"  # the discard port: nothing listens there


@dataclass
class Live:
    """Where the application answers, and the application itself."""

    url: str
    app: LiveApp
    parts: LiveParts

    def ask(
        self, path: str, session: str = "", *, method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, Any]:
        """Return (status, decoded JSON or raw bytes) of one request, signed in with a session cookie."""
        asked = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.open(path, session, method=method, body=body, **asked) as answer:
            raw = answer.read()
            kind = answer.headers.get("content-type", "")
            return answer.status, json.loads(raw) if raw and kind.startswith("application/json") else raw

    @contextmanager
    def open(
        self, path: str, session: str = "", *, method: str = "GET", body: bytes = b"", **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        """Open a request and lend its answer, read as it comes."""
        where = urlsplit(self.url)
        line = http.client.HTTPConnection(str(where.hostname), where.port, timeout=30)
        try:
            if session:
                headers["Cookie"] = f"sessionid={session}"
            line.request(method, path, body or None, headers)
            yield line.getresponse()
        finally:
            line.close()

    @contextmanager
    def follow(self, session: str, after: int | str | None = None, **headers: str) -> Iterator["Follower"]:
        """Follow the event stream, as a browser's EventSource does, in a thread of its own."""
        path = "/live/events" if after is None else f"/live/events?after={after}"
        with self.open(path, session, **headers) as answer:
            follower = Follower(answer)
            follower.start()
            yield follower


@dataclass
class Event:
    """One server-sent event."""

    name: str
    data: Any
    id: int | None = None


@dataclass
class Follower:
    """Reads an event stream to its end."""

    answer: http.client.HTTPResponse
    events: list[Event] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    last_id: int | None = None

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        name, data, number = "", "", None
        try:
            while line := self.answer.readline().decode():
                key, _, value = line.rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data = value
                elif key == "id":
                    number = self.last_id = int(value)
                elif not key and name:
                    self.events.append(Event(name, json.loads(data), number))
                    name, data, number = "", "", None
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # the test hung up
        finally:
            self.ended.set()

    def named(self, *names: str) -> list[Event]:
        """Return the events of these names so far."""
        return [one for one in list(self.events) if one.name in names]

    def until(self, *names: str, count: int = 1, within_s: float = 10.0) -> list[Event]:
        """Wait for `count` events of these names."""
        deadline = time.monotonic() + within_s
        while len(found := self.named(*names)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} {names} in {within_s} s"
            time.sleep(0.02)
        return found


@contextmanager
def serve_live(
    database_url: str,
    nats_url: str = NO_BROKER,
    home: Path = Path("/nonexistent"),
    pages: Any = None,
    warm: Callable[[], None] = lambda: None,
    **more: Any,
) -> Iterator[Live]:
    """Serve a `LiveApp` on a free port of loopback until the block ends. `more` goes into its parts."""
    parts = LiveParts(
        store=PostgresStore(database_url, connections_max=CONNECTIONS),
        database_url=database_url,
        nats_urls=(nats_url,),
        clock=SystemClock(),
        ground=Ground(MIDDLE),
        pin_key=b"0" * 32,
        home=home,
        **more,
    )
    app = LiveApp(parts, pages, warm=warm)
    config = uvicorn.Config(app, "127.0.0.1", 0, http=app.lane(), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_S_MAX
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the live process did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Live(f"http://127.0.0.1:{port}", app, parts)
    finally:
        server.should_exit = True
        thread.join(10)
