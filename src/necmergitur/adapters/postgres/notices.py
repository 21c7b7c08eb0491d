"""The city's notices in PostgreSQL; who may write one is judged by the trigger of their table."""

from datetime import datetime

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.notices import Notice

SQL = load("notices")


class NoticeMixin:
    """What the first page reads beside crises."""

    cursor: Statements

    def notices_now(self, now: datetime, limit: int) -> list[Notice]:
        """Return approved notices that have not ended, newest first."""
        rows = self.cursor.execute(SQL["notices_now"], {"now": now, "limit": limit}).fetchall()
        return [Notice(*row) for row in rows]
