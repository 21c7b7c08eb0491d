"""A bound on how long a transaction waits for a server that neither answers nor refuses.

A server's own time-outs are of no use when it is the server that stands still: stopped, swapped out, or on a disk
that no longer answers. Then its end of the line is cut here, and whoever waited is told.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import structlog

log = structlog.get_logger(__name__)
LOOK_S = 0.5


class Patience:
    """Watches the transactions of one store, in a thread that begins with the first of them."""

    def __init__(self, seconds_max: float | None) -> None:
        """None: wait as long as it takes, as a command that imports a city does."""
        self._seconds_max = seconds_max
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[psycopg.Connection[Any], float]] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self.cut = 0

    @contextlib.contextmanager
    def over(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Cut the line of `connection` when the block takes too long."""
        if self._seconds_max is None:
            yield
            return
        with self._lock:
            self._waiting[id(connection)] = (connection, time.monotonic() + self._seconds_max)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="patience", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._waiting.pop(id(connection), None)

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_S):
            now_s = time.monotonic()
            with self._lock:  # held while cutting, so that no connection is given back meanwhile
                late = [key for key, (_, deadline_s) in self._waiting.items() if now_s > deadline_s]
                for key in late:
                    connection, _ = self._waiting.pop(key)
                    self.cut += 1
                    log.error("database_stands_still", seconds=self._seconds_max)
                    with contextlib.suppress(OSError, psycopg.Error), _line(connection) as line:
                        line.shutdown(socket.SHUT_RDWR)


def _line(connection: psycopg.Connection[Any]) -> socket.socket:
    return socket.socket(fileno=os.dup(connection.fileno()))
