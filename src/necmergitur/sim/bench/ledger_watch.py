"""When a fact became true for everybody: the instant its commit was told, not the one written inside it."""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from typing import Self

import psycopg

_WAIT_S = 0.2


class LedgerWatch:
    """Listens to the ledger's commits in a thread of its own, between `start` and `stop`."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._stopping = threading.Event()
        self._listening = threading.Event()
        self._told: list[tuple[int, float]] = []
        self._thread = threading.Thread(target=self._listen, name="ledger-watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin; returns once the database will tell."""
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._stopping.set()
        self._thread.join()

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("LISTEN nec_ledger")
            self._listening.set()
            while not self._stopping.is_set():
                for told in connection.notifies(timeout=_WAIT_S):
                    if told.payload:
                        self._told.append((int(told.payload), time.time()))

    def committed_at(self, seqs: Iterable[int]) -> list[float | None]:
        """Return when each ledger sequence was told as committed (seconds since 1970), None when it never was."""
        told = sorted(self._told)
        lasts = [seq for seq, _ in told]
        at = [bisect_left(lasts, seq) for seq in seqs]
        return [told[index][1] if index < len(told) else None for index in at]
