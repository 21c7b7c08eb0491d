"""Whom the desk keeps out of a crisis, and how fast each source sends, in PostgreSQL: digests and counts."""

from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.missing import QUESTION
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.breakglass import Who
from necmergitur.operations.population.abuse import Asker, Ban
from necmergitur.operations.population.missing_ports import QuestionRow

CODEC = RowCodec(Ban)
SQL = {name: fill(query, columns=CODEC.columns(), question=QUESTION.columns()) for name, query in load("abuse").items()}


class AbuseMixin:
    """`operations.population.abuse.AbuseTransaction` beyond shelter and questions."""

    cursor: Statements

    def banned(self, crisis_id: UUID) -> frozenset[bytes]:
        """Return the numbers and addresses that are kept out now."""
        return frozenset(bytes(row[0]) for row in self.cursor.execute(SQL["banned"], {"crisis_id": crisis_id}))

    def bans(self, crisis_id: UUID) -> list[Ban]:
        """Return them with who kept them out and why, newest first."""
        return [CODEC.from_row(row) for row in self.cursor.execute(SQL["bans"], {"crisis_id": crisis_id}).fetchall()]

    def put_ban(self, crisis_id: UUID, contact: bytes, salt: bytes, reason: bytes, by: Who, now: datetime) -> bool:
        """Keep a number or address out; False when it is already."""
        parts = {"contact": contact, "salt": salt, "reason": reason, "by": by.id, "role": by.role, "now": now}
        return self.cursor.execute(SQL["put_ban"], {"crisis_id": crisis_id, **parts}).rowcount == 1

    def lift_ban(self, crisis_id: UUID, number: int, by: Who, now: datetime) -> bool:
        """Let it in again; False when it was."""
        parts = {"crisis_id": crisis_id, "id": number, "by": by.id, "role": by.role, "now": now}
        return self.cursor.execute(SQL["lift_ban"], parts).rowcount == 1

    def askers(self, crisis_id: UUID, many: int, limit: int) -> list[Asker]:
        """Return who was blocked by somebody, or asked at least so often; the most blocked first."""
        parts = {"crisis_id": crisis_id, "many": many, "limit": limit}
        rows = self.cursor.execute(SQL["askers"], parts).fetchall()
        return [Asker(bytes(row[0]), int(row[1]), int(row[2]), int(row[3]), row[4]) for row in rows]

    def questions_by(self, crisis_id: UUID, asker: bytes, limit: int) -> list[QuestionRow]:
        """Return somebody's latest questions."""
        parts = {"crisis_id": crisis_id, "asker": asker, "limit": limit}
        return [QUESTION.from_row(row) for row in self.cursor.execute(SQL["questions_by"], parts).fetchall()]

    def count_pace(self, crisis_id: UUID, what: str, source: bytes, slot: datetime) -> int:
        """Count one more of something from a source; return how many came from it in this slot."""
        parts = {"crisis_id": crisis_id, "what": what, "source": source, "slot": slot}
        row = self.cursor.execute(SQL["count_pace"], parts).fetchone()
        assert row is not None, "it was counted"
        return int(row[0])

    def checkins_with(self, crisis_id: UUID, contact: bytes) -> int:
        """Return how many check-ins gave this number or address."""
        row = self.cursor.execute(SQL["checkins_with"], {"crisis_id": crisis_id, "contact": contact}).fetchone()
        assert row is not None, "an aggregate has a row"
        return int(row[0])

    def paces(self, crisis_id: UUID, what: str, many: int, limit: int) -> list[tuple[bytes, int]]:
        """Return the sources from which at least so many came, most first."""
        parts = {"crisis_id": crisis_id, "what": what, "many": many, "limit": limit}
        return [(bytes(row[0]), int(row[1])) for row in self.cursor.execute(SQL["paces"], parts).fetchall()]

    def erase_abuse(self, crisis_id: UUID) -> None:
        """Drop who was kept out and how fast anybody sent."""
        self.cursor.execute(SQL["erase_bans"], {"crisis_id": crisis_id})
        self.cursor.execute(SQL["erase_paces"], {"crisis_id": crisis_id})
