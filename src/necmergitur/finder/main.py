"""Wait for a crisis; then hold its people in memory and answer; forget all of it by becoming a new program.

Memory that Python frees stays in the process. So when a crisis is erased, the process replaces itself (execve(2)): the
kernel takes back every page, and what starts anew holds nobody. Until a crisis opens nothing is loaded but this.
"""

import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import psycopg
import structlog

from necmergitur.adapters.finder import socket_path
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.session import KEEP_ALIVE, UTC_SESSION
from necmergitur.finder.constants import CONNECT_S_MAX, LOOK_S, REST, REST_S_MAX, TURN_S

if TYPE_CHECKING:  # numbers and matrices are loaded with the first crisis
    from necmergitur.finder.holding import Holding
    from necmergitur.finder.serving import FinderServer

log = structlog.get_logger(__name__)
SQL = load("finder")
SESSION = f"{UTC_SESSION} -c role=nec_ledger -c statement_timeout=15000"


@dataclass(frozen=True)
class FinderParts:
    """What the finder works with.

    `awake` loads what searching needs; `anew` replaces this process by a fresh one, and does not return.
    """

    database_url: str
    home: Path
    awake: Callable[[], "Holding"]
    anew: Callable[[], None]


def rest_s(took_s: float) -> float:
    """Return how long to wait after a turn: longer after a long one, which a crowd made long."""
    return min(max(TURN_S, took_s * REST), REST_S_MAX)


class FinderLoop:
    """One turn after the other, until told to stop."""

    def __init__(self, parts: FinderParts) -> None:
        """Prepare; nothing is read yet."""
        self._parts = parts
        self._holding: Holding | None = None
        self._server: FinderServer | None = None
        self._line: psycopg.Connection[tuple[object, ...]] | None = None
        self._looked = 0.0

    def turn(self, alive: Callable[[], None] = lambda: None) -> None:
        """Look for crises, read what is new, and wait a moment, hearing meanwhile who is to be forgotten."""
        try:
            self._turn(alive)
        except (psycopg.OperationalError, psycopg.InterfaceError) as lost:
            log.debug("turn_without_database", why=type(lost).__name__)
            self._line = None
            time.sleep(LOOK_S)

    def close(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.close()
        if self._holding is not None:
            self._holding.close()
        if self._line is not None:
            self._line.close()

    def _turn(self, alive: Callable[[], None]) -> None:
        line = self._connected()
        if self._holding is None:
            if not line.execute(SQL["any_crisis"]).fetchall():
                time.sleep(LOOK_S)
                return
            self._wake(alive)
        assert self._holding is not None
        if time.monotonic() - self._looked >= LOOK_S:
            self._looked = time.monotonic()
            if not self._holding.look():
                log.info("names_forgotten")
                self.close()
                self._parts.anew()
        began_s = time.monotonic()
        self._holding.follow(alive)
        alive()
        for told in line.notifies(timeout=rest_s(time.monotonic() - began_s)):
            self._holding.gone(str(told.payload))

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return the line on which deletions are heard; after a new one, look who went while nobody listened."""
        if self._line is None or self._line.closed:
            self._line = psycopg.connect(
                self._parts.database_url,
                autocommit=True,
                connect_timeout=CONNECT_S_MAX,
                options=SESSION,
                **KEEP_ALIVE,
            )
            self._line.execute(SQL["listen"])
            if self._holding is not None:
                self._holding.reconcile()
        return self._line

    def _wake(self, alive: Callable[[], None]) -> None:
        """Load what searching needs, and listen. On a busy machine that takes longer than silence is borne with."""
        with ThreadPoolExecutor(1) as loading:
            loaded = loading.submit(self._load)
            while not loaded.done():
                alive()
                wait([loaded], timeout=TURN_S)
            self._holding, self._server = loaded.result()
        self._server.begin()

    def _load(self) -> "tuple[Holding, FinderServer]":
        from necmergitur.finder.serving import FinderServer  # noqa: PLC0415 - nothing is paid for without a crisis

        holding = self._parts.awake()
        return holding, FinderServer(socket_path(self._parts.home), holding.find)


def run(
    parts: FinderParts, *, ready: Callable[[], None] = lambda: None, alive: Callable[[], None] = lambda: None
) -> None:
    """Run until SIGTERM or SIGINT."""
    # A crash must not write the memory to a disk (core(5)).
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    loop = FinderLoop(parts)
    ready()
    while not stop.is_set():
        alive()
        loop.turn(alive)
    with suppress(psycopg.Error):
        loop.close()
