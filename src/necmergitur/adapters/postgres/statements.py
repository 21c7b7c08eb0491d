"""One transaction's statements, sent ahead: a write is not waited for until something is read, or the commit.

On a busy machine the wait for each answer costs more than the statement (two changes of process each way), and the
append lock is held meanwhile. PostgreSQL's pipeline mode keeps the order; an error is raised at the next read or at
the commit, and nothing of the transaction is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg


class Executes(Protocol):
    """A cursor of psycopg, or a transaction's statements."""

    def execute(self, query: str, parts: Mapping[str, Any] | None = None, /) -> psycopg.Cursor[Any]:
        """Execute one statement."""
        ...


class SentAhead(psycopg.Cursor[Any]):
    """A cursor whose `rowcount` waits for its answer; elsewhere in pipeline mode it would still be unknown."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement touched."""
        with self.connection.pipeline():
            pass  # entering waits for every answer so far
        return super().rowcount


class Statements:
    """What a transaction executes. Each statement has a cursor of its own, so that answers cannot be mixed up."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Execute on `connection`, which is in pipeline mode."""
        self._connection = connection
        self._expected: dict[str, tuple[Mapping[str, Any] | None, psycopg.Cursor[Any]]] = {}

    def expect(self, query: str, parts: Mapping[str, Any] | None = None) -> None:
        """Send a question that will be executed soon, so that one wait answers several."""
        self._expected[query] = (parts, SentAhead(self._connection).execute(query, parts))

    def execute(self, query: str, parts: Mapping[str, Any] | None = None, /) -> psycopg.Cursor[Any]:
        """Send one statement; reading from what is returned waits for its answer."""
        expected = self._expected.pop(query, None)
        if expected is not None and expected[0] == parts:
            return expected[1]
        return SentAhead(self._connection).execute(query, parts)

    def executemany(self, query: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send one statement for each of `rows`."""
        SentAhead(self._connection).executemany(query, rows)


@contextmanager
def sent_ahead(connection: psycopg.Connection[Any]) -> Iterator[Statements]:
    """Open a transaction on `connection` and commit it at the end, in the same wait as its last writes."""
    with connection.pipeline():
        yield Statements(connection)
        connection.execute("COMMIT", prepare=False)
