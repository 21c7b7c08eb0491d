"""What the control room's desk asks of crises, in PostgreSQL."""

from datetime import datetime

from necmergitur.adapters.postgres.population import CODEC
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.people.crises import Crisis

SQL = {name: fill(query, columns=CODEC.columns()) for name, query in load("desk").items()}


class DeskMixin:
    """`operations.population.banners.BannerTransaction` beyond the facts."""

    cursor: Statements

    def crises_asked(self, since: datetime) -> list[Crisis]:
        """Return crises asked for after `since` that nobody confirmed or took back, oldest first."""
        return [CODEC.from_row(row) for row in self.cursor.execute(SQL["crises_asked"], {"since": since}).fetchall()]
