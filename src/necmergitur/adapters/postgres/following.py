"""Telephones that are told by themselves, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.following import Phone

SQL = load("following")


class FollowingMixin:
    """`operations.population.following.PhoneTransaction` beyond crises."""

    cursor: Statements

    def checkin_status(self, crisis_id: UUID, row_id: bytes) -> int | None:
        """Return the status of a check-in, held until this transaction ends."""
        row = self.cursor.execute(SQL["status"], {"crisis_id": crisis_id, "id": row_id}).fetchone()
        return None if row is None else int(row[0])

    def is_asked(self, crisis_id: UUID, row_id: bytes) -> bool:
        """Return whether this is a question, or a notice of somebody looked for; held until this transaction ends."""
        parts = {"crisis_id": crisis_id, "id": row_id}
        return any(self.cursor.execute(SQL[name], parts).fetchone() is not None for name in ("question", "notice"))

    def phones(self, crisis_id: UUID, abouts: list[bytes], why: int) -> list[Phone]:
        """Return the telephones that are told of these rows."""
        parts = {"crisis_id": crisis_id, "abouts": abouts, "why": int(why)}
        rows = self.cursor.execute(SQL["phones"], parts).fetchall()
        return [Phone(bytes(row[0]), row[1], *map(bytes, row[2:])) for row in rows]

    def put_phone(self, crisis_id: UUID, phone: Phone, now: datetime) -> None:
        """Keep a telephone, once."""
        parts = {"about": phone.about, "why": int(phone.why), "endpoint": phone.endpoint, "now": now}
        sealed = {"salt": phone.salt, "sealed": phone.sealed}
        self.cursor.execute(SQL["put_phone"], {"crisis_id": crisis_id, **parts, **sealed})
        self._count_followers(crisis_id, [phone.about])

    def drop_phone(self, crisis_id: UUID, endpoint: bytes, about: bytes | None, why: int | None) -> int:
        """Forget a telephone, of one row or of all; return how many there were."""
        parts = {"endpoint": endpoint, "about": about, "why": None if why is None else int(why)}
        rows = self.cursor.execute(SQL["drop_phone"], {"crisis_id": crisis_id, **parts}).fetchall()
        if rows:
            self._count_followers(crisis_id, [bytes(row[0]) for row in rows])
        return len(rows)

    def erase_phones(self, crisis_id: UUID) -> int:
        """Forget all telephones of a crisis."""
        return self.cursor.execute(SQL["erase_phones"], {"crisis_id": crisis_id}).rowcount

    def _count_followers(self, crisis_id: UUID, abouts: Sequence[bytes]) -> None:
        self.cursor.execute(SQL["count_followers"], {"crisis_id": crisis_id, "abouts": list(dict.fromkeys(abouts))})
