"""Crises in PostgreSQL. What may be written is judged again by the triggers of migration 0027."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.arrays import Strings
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.checkins import Batch, Row
from necmergitur.people.crises import Crisis

CODEC = RowCodec(Crisis)
TELLING = load("telling")
SQL = {name: fill(query, columns=CODEC.columns(), values=CODEC.values()) for name, query in load("population").items()}
COUNTED = ("checkins", "safe", "need_help", "hurt", "withdrawn", "people_to_tell")


# A row's parts of fixed length, one after the other: id, salt, said, contact, and a byte each of numbers.
NO_CONTACT = bytes(16)
FIXED_BYTES = 68


class CrisisMixin:
    """`operations.population.ports.CrisisTransaction` beyond the facts."""

    cursor: Statements
    missing_counts: Callable[[UUID], Mapping[str, int]]
    erase_missing: Callable[[UUID], Mapping[str, int]]
    erase_doors: Callable[[UUID], Mapping[str, int]]
    count_looks: Callable[[UUID], int]
    erase_looks: Callable[[UUID], int]
    erase_phones: Callable[[UUID], int]
    erase_abuse: Callable[[UUID], None]

    def crisis(self, crisis_id: UUID) -> Crisis | None:
        """Return one crisis."""
        row = self.cursor.execute(SQL["crisis"], {"id": crisis_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def crises_now(self) -> list[Crisis]:
        """Return crises that were opened and are not erased: real ones before drills, newest first."""
        return [CODEC.from_row(row) for row in self.cursor.execute(SQL["crises_now"]).fetchall()]

    def enter_crisis(self, state: Crisis, reason: str, seq: int) -> None:
        """Store a crisis just asked for."""
        self.cursor.execute(SQL["enter_crisis"], {**CODEC.to_row(state), "reason": reason, "last_seq": seq})

    def change_crisis(self, state: Crisis, seq: int) -> None:
        """Store a crisis as changed."""
        self.cursor.execute(SQL["change_crisis"], {**CODEC.to_row(state), "last_seq": seq})

    def crisis_counts(self, crisis_id: UUID) -> Mapping[str, int]:
        """Return how many of each a crisis holds."""
        row = self.cursor.execute(SQL["counts"], {"crisis_id": crisis_id}).fetchone()
        assert row is not None, "an aggregate has a row"
        tallies = self.cursor.execute(TELLING["tallies"], {"crisis_id": crisis_id}).fetchall()
        missing = self.missing_counts(crisis_id)
        looks = {"looks": self.count_looks(crisis_id)}
        return {**dict(zip(COUNTED, map(int, row), strict=True)), **dict(tallies), **missing, **looks}

    def erase_crisis(self, crisis_id: UUID) -> Mapping[str, int]:
        """Drop all it holds about people; return how many rows of each kind that was."""
        row = self.cursor.execute(SQL["erase_checkins"], {"crisis_id": crisis_id}).fetchone()
        assert row is not None, "a function has a value"
        self.erase_abuse(crisis_id)
        messages = self.cursor.execute(TELLING["erase_messages"], {"crisis_id": crisis_id}).rowcount
        return {
            "checkins": int(row[0]),
            "messages": messages,
            "phones": self.erase_phones(crisis_id),
            "looks": self.erase_looks(crisis_id),
            **self.erase_missing(crisis_id),
            **self.erase_doors(crisis_id),
        }

    def put_checkins(self, crisis_id: UUID, rows: Sequence[Row], root: bytes, now: datetime) -> None:
        """Store check-ins and their batch in one statement; the same words again change nothing."""
        fixed = b"".join(
            [
                b"".join(
                    (
                        row.id,
                        row.salt,
                        row.said,
                        row.contact or NO_CONTACT,
                        bytes((row.status, row.channel, row.tells, row.contact is not None)),
                    )
                )
                for row in rows
            ]
        )
        assert len(fixed) == FIXED_BYTES * len(rows), "each part has its length"
        sealed = Strings([row.sealed for row in rows])
        parts = {"crisis_id": crisis_id, "root": root, "now": now, "fixed": fixed, "sealed": sealed}
        self.cursor.execute(SQL["put_checkins"], parts)

    def unrooted_batches(self, limit: int) -> list[Batch]:
        """Return the oldest batches whose root is not in the record yet, held until this transaction ends."""
        rows = self.cursor.execute(SQL["unrooted_batches"], {"limit": limit}).fetchall()
        return [Batch(row[0], row[1], row[2], bytes(row[3])) for row in rows]

    def rooted(self, batches: Sequence[Batch], seq: int) -> None:
        """Say which fact holds their root."""
        self.cursor.execute(SQL["rooted"], {"seq": seq, "ids": [batch.id for batch in batches]})
