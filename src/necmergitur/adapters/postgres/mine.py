"""One person's check-in in PostgreSQL, found by the digest of their link."""

from typing import Any
from uuid import UUID

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.checkins import Row
from necmergitur.operations.population.mine import Held

SQL = load("mine")


class MineMixin:
    """`operations.population.mine.MineTransaction` beyond crises."""

    cursor: Statements

    def own_checkin(self, crisis_id: UUID, row_id: bytes, *, change: bool) -> Held | None:
        """Return one check-in, held for a `change` until this transaction ends."""
        query = SQL["checkin_to_change" if change else "checkin"]
        return _held(self.cursor.execute(query, {"crisis_id": crisis_id, "id": row_id}).fetchone())

    def erase_checkin(self, crisis_id: UUID, row_id: bytes) -> None:
        """Delete one person's row and what waits to be sent about it.

        The row takes along what is tied to it, and the letters that ties made (migration 0037).
        """
        self.cursor.execute(SQL["erase_messages_about"], {"crisis_id": crisis_id, "id": row_id})
        self.cursor.execute(SQL["erase_checkin"], {"crisis_id": crisis_id, "id": row_id})


def _held(found: Any) -> Held | None:
    if found is None:
        return None
    row_id, salt, sealed, said, contact, status, channel, tells, at, changed_at, rev, told_rev = found
    row = Row(
        id=bytes(row_id),
        salt=bytes(salt),
        sealed=bytes(sealed),
        said=bytes(said),
        contact=None if contact is None else bytes(contact),
        status=status,
        channel=channel,
        tells=tells,
    )
    return Held(row, at, changed_at, rev, told_rev)
