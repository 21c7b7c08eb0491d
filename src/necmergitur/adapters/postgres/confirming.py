"""Which check-ins are of whoever has their number or address, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.confirming import Confirmation

CODEC = RowCodec(Confirmation)
SQL = {name: fill(query, columns=CODEC.columns()) for name, query in load("confirming").items()}


class ConfirmingMixin:
    """`operations.population.confirming.ConfirmingTransaction` beyond people looked for."""

    cursor: Statements

    def confirmation(self, crisis_id: UUID, checkin: bytes, contact: bytes) -> Confirmation | None:
        """Return how far a check-in's claim to a number or address got."""
        parts = {"crisis_id": crisis_id, "checkin": checkin, "contact": contact}
        found = self.cursor.execute(SQL["confirmation"], parts).fetchone()
        return None if found is None else CODEC.from_row(found)

    def letters_to(self, crisis_id: UUID, contact: bytes) -> int:
        """Return how many letters asked whoever has this number or address, for whichever check-in."""
        row = self.cursor.execute(SQL["letters_to"], {"crisis_id": crisis_id, "contact": contact}).fetchone()
        assert row is not None, "an aggregate has a row"
        return int(row[0])

    def ask_confirmation(self, crisis_id: UUID, checkin: bytes, contact: bytes, letters: int, now: datetime) -> None:
        """Keep that a check-in claims a number or address, and how many letters more asked about it."""
        parts = {"crisis_id": crisis_id, "checkin": checkin, "contact": contact, "letters": letters, "now": now}
        self.cursor.execute(SQL["ask_confirmation"], parts)

    def settle_confirmation(
        self, crisis_id: UUID, checkin: bytes, contact: bytes, state: int, by: int | None, now: datetime
    ) -> bool:
        """Say whether it is theirs; False when that was said before."""
        parts = {"crisis_id": crisis_id, "checkin": checkin, "contact": contact, "state": state, "by": by, "now": now}
        return self.cursor.execute(SQL["settle_confirmation"], parts).rowcount == 1

    def confirmations_waiting(self, crisis_id: UUID, limit: int) -> list[Confirmation]:
        """Return claims that nobody settled, oldest first."""
        rows = self.cursor.execute(SQL["confirmations_waiting"], {"crisis_id": crisis_id, "limit": limit}).fetchall()
        return [CODEC.from_row(row) for row in rows]

    def sought_by(self, crisis_id: UUID, contact: bytes, limit: int) -> Sequence[bytes]:
        """Return the notices that look for whoever has this number or address."""
        parts = {"crisis_id": crisis_id, "contact": contact, "limit": limit}
        return [bytes(row[0]) for row in self.cursor.execute(SQL["sought_by"], parts).fetchall()]

    def free_checkin(self, crisis_id: UUID, checkin: bytes, now: datetime) -> None:
        """Undo what was proposed between a check-in and others by a number that is not its own."""
        self.cursor.execute(SQL["free_checkin"], {"crisis_id": crisis_id, "checkin": checkin, "now": now})
