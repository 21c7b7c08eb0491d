"""Rows the finder reads, as they lie in PostgreSQL: sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.finding import SealedRow

# As `operations.population.finding.PersonSource` reads it: listed, minor, hidden, not to be found, taken back.
STATUS = (
    "(listed AND (NOT minor OR verified_by IS NOT NULL))::int + 2 * minor::int + 4 * (hidden IN (2, 4))::int"
    " + 8 * (hidden = 3)::int + 16 * (hidden = 1)::int"
)
SQL = {name: fill(query, status=STATUS) for name, query in load("finding").items()}


class FindingMixin:
    """What `operations.population.finding` reads of check-ins."""

    cursor: Statements

    def findable_checkins(self, crisis_id: UUID, after: bytes, limit: int) -> Sequence[SealedRow]:
        """Return the first check-ins whose ids come after `after`, but those taken back."""
        return sealed_rows(
            self.cursor.execute(SQL["findable_checkins"], {"crisis_id": crisis_id, "after": after, "limit": limit})
        )

    def changed_checkins(self, crisis_id: UUID, since: datetime, before: datetime | None) -> Sequence[SealedRow]:
        """Return the check-ins changed at `since` or later."""
        return sealed_rows(
            self.cursor.execute(SQL["changed_checkins"], {"crisis_id": crisis_id, "since": since, "before": before})
        )

    def standing_checkins(self, crisis_id: UUID, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Return which of these check-ins are still there and not taken back."""
        rows = self.cursor.execute(SQL["standing_checkins"], {"crisis_id": crisis_id, "ids": list(ids)}).fetchall()
        return [bytes(row[0]) for row in rows]

    def findable_persons(self, crisis_id: UUID, after: bytes, limit: int) -> Sequence[SealedRow]:
        """Return the first notices whose ids come after `after`."""
        parts = {"crisis_id": crisis_id, "after": after, "limit": limit}
        return sealed_rows(self.cursor.execute(SQL["findable_persons"], parts))

    def changed_persons(self, crisis_id: UUID, since: datetime, before: datetime | None) -> Sequence[SealedRow]:
        """Return the notices changed at `since` or later."""
        return sealed_rows(
            self.cursor.execute(SQL["changed_persons"], {"crisis_id": crisis_id, "since": since, "before": before})
        )

    def standing_persons(self, crisis_id: UUID, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Return which of these notices are still there and not expired."""
        rows = self.cursor.execute(SQL["standing_persons"], {"crisis_id": crisis_id, "ids": list(ids)}).fetchall()
        return [bytes(row[0]) for row in rows]


def sealed_rows(cursor: psycopg.Cursor[Any]) -> Sequence[SealedRow]:
    """Read rows of (id, salt, sealed, status, changed_at)."""
    return [SealedRow(bytes(i), bytes(salt), bytes(sealed), s, at) for i, salt, sealed, s, at in cursor.fetchall()]
