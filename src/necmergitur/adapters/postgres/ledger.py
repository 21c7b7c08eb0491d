"""The append-only table: sequence in commit order, version per stream, hash of the one before."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import psycopg

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.kernel.events import Recorded
from necmergitur.ledger.admitted import Admitted
from necmergitur.ledger.chain import GENESIS, record
from necmergitur.ledger.ports import VersionConflict

# In the order of every query that reads or writes whole facts.
_COLUMNS = tuple(field.name for field in msgspec.structs.fields(Recorded))
READ = ", ".join({"payload": "payload::text", "authorisation_id": "authorisation_id::text"}.get(c, c) for c in _COLUMNS)
SQL = {name: fill(query, columns=", ".join(_COLUMNS), read=READ) for name, query in load("ledger").items()}


class LedgerMixin:
    """`ledger.ports.Ledger` inside one transaction."""

    cursor: Statements
    _head: psycopg.Cursor[Any] | tuple[int, bytes] | None = None

    def serialise(self) -> None:
        """Take the append lock now, so that what is read from here on is true at the append. Nothing is waited for."""
        if self._head is None:
            self.cursor.execute(SQL["lock"])
            self._head = self.cursor.execute(SQL["head"])

    def append(self, batch: Sequence[Admitted]) -> int:
        """Write facts in order. Raises VersionConflict when a stream moved on since it was read."""
        seq, prev_hash = self._last()
        if not batch:
            return seq
        self._check_versions(batch)
        facts = record(batch, seq, prev_hash)
        # One text for all of them (bytes as base64): thirteen arrays cost the writer more than the database.
        self.cursor.execute(SQL["append"], {"facts": msgspec.json.encode(facts).decode()})
        self._head = (facts[-1].seq, facts[-1].hash)
        self.cursor.execute(SQL["notify"], {"seq": facts[-1].seq})
        return facts[-1].seq

    def _last(self) -> tuple[int, bytes]:
        """Return the newest fact's sequence number and hash, under the lock."""
        self.serialise()
        assert self._head is not None
        if isinstance(self._head, psycopg.Cursor):
            row = self._head.fetchone()
            self._head = (0, GENESIS) if row is None else (row[0], bytes(row[1]))
        return self._head

    def _check_versions(self, batch: Sequence[Admitted]) -> None:
        """Refuse a gap or a race before writing: each stream continues from where it stands."""
        firsts = {item.fact.stream: item.fact.version for item in reversed(batch)}
        grown = [stream for stream, version in firsts.items() if version > 1]
        found = dict(self.cursor.execute(SQL["versions"], {"streams": grown}).fetchall()) if grown else {}
        for stream, version in firsts.items():
            if version > 1 and found.get(stream, 0) != version - 1:
                raise VersionConflict(f"{stream}: at {found.get(stream, 0)}, wanted {version - 1}")

    def stream(self, stream: str, kinds: Sequence[str] | None = None) -> list[Recorded]:
        """Return one stream's facts in version order, all or those of some kinds."""
        asked = {"stream": stream, "kinds": None if kinds is None else list(kinds)}
        return [recorded(row) for row in self.cursor.execute(SQL["stream"], asked)]

    def tail(self, after_seq: int, limit: int) -> Iterator[Recorded]:
        """Yield at most `limit` facts after `after_seq`."""
        for row in self.cursor.execute(SQL["tail"], {"after": after_seq, "limit": limit}):
            yield recorded(row)


def recorded(row: Sequence[Any]) -> Recorded:
    """Return a fact from a row of the columns READ."""
    fields = dict(zip(_COLUMNS, row, strict=True))
    for name in ("personal", "personal_hash", "prev_hash", "hash"):
        fields[name] = None if fields[name] is None else bytes(fields[name])
    return Recorded(**{**fields, "payload": fields["payload"].encode()})
