"""The append-only table: sequence in commit order, version per stream, hash of the one before."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.kernel.events import Recorded
from necmergitur.ledger.admitted import Admitted
from necmergitur.ledger.chain import GENESIS, link
from necmergitur.ledger.ports import VersionConflict

SQL = load("ledger")


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
        rows: dict[str, list[Any]] = {
            name: []
            for name in (
                [
                    "seq",
                    "stream",
                    "version",
                    "kind",
                    "recorded_at",
                    "authorisation_id",
                    "actor",
                    "payload",
                    "personal",
                    "prev_hash",
                    "hash",
                ]
            )
        }
        for item in batch:
            seq += 1
            payload = item.fact.payload()
            digest = link(
                prev_hash,
                seq=seq,
                stream=item.fact.stream,
                version=item.fact.version,
                kind=item.fact.kind,
                recorded_at=item.at,
                authorisation_id=str(item.authorisation_id),
                actor=item.fact.actor,
                payload=payload,
                personal=item.fact.personal,
            )
            for name, value in (
                ("seq", seq),
                ("stream", item.fact.stream),
                ("version", item.fact.version),
                ("kind", item.fact.kind),
                ("recorded_at", item.at),
                ("authorisation_id", item.authorisation_id),
                ("actor", item.fact.actor),
                ("payload", payload.decode()),
                ("personal", item.fact.personal),
                ("prev_hash", prev_hash),
                ("hash", digest),
            ):
                rows[name].append(value)
            prev_hash = digest
        self.cursor.execute(SQL["append"], rows)
        self.cursor.execute(SQL["notify"], {"seq": seq})
        self._head = (seq, prev_hash)
        return seq

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

    def stream(self, stream: str) -> list[Recorded]:
        """Return one stream's facts in version order."""
        return [_recorded(row) for row in self.cursor.execute(SQL["stream"], {"stream": stream})]

    def tail(self, after_seq: int, limit: int) -> Iterator[Recorded]:
        """Yield at most `limit` facts after `after_seq`."""
        for row in self.cursor.execute(SQL["tail"], {"after": after_seq, "limit": limit}):
            yield _recorded(row)


def _recorded(row: Sequence[Any]) -> Recorded:
    return Recorded(
        seq=row[0],
        stream=row[1],
        version=row[2],
        kind=row[3],
        recorded_at=row[4],
        authorisation_id=row[5],
        actor=row[6],
        payload=row[7].encode(),
        personal=None if row[8] is None else bytes(row[8]),
        prev_hash=bytes(row[9]),
        hash=bytes(row[10]),
    )
