"""Messages of crises in PostgreSQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.operations.population.telling import ToTell, Waiting

SQL = load("telling")


class TellingMixin:
    """`operations.population.telling.MessageTransaction` beyond crises."""

    cursor: Statements

    def to_tell(self, limit: int) -> list[ToTell]:
        """Return check-ins whose people are to be told, held until this transaction ends; help first."""
        rows = self.cursor.execute(SQL["to_tell"], {"limit": limit}).fetchall()
        return [ToTell(r[0], bytes(r[1]), bytes(r[2]), bytes(r[3]), *r[4:]) for r in rows]

    def told(self, crisis_id: UUID, rows: Mapping[bytes, int]) -> None:
        """Say up to which change the people of these check-ins were told."""
        self.cursor.execute(SQL["told"], {"crisis_id": crisis_id, "ids": list(rows), "revs": list(rows.values())})

    def put_messages(self, messages: Sequence[Waiting], due_at: datetime) -> None:
        """Let messages wait for their sending."""
        self.cursor.execute(
            SQL["put_messages"],
            {
                "crises": [one.crisis_id for one in messages],
                "ids": [one.id for one in messages],
                "abouts": [one.about for one in messages],
                "salts": [one.salt for one in messages],
                "sealed": [one.sealed for one in messages],
                "due_at": due_at,
            },
        )

    def lease_messages(self, now: datetime, until: datetime, limit: int) -> list[Waiting]:
        """Take messages that are due, for nobody else until then."""
        rows = self.cursor.execute(SQL["lease_messages"], {"now": now, "until": until, "limit": limit}).fetchall()
        return [Waiting(bytes(row[0]), row[1], bytes(row[2]), bytes(row[3]), bytes(row[4]), row[5]) for row in rows]

    def sent(self, messages: Sequence[Waiting]) -> None:
        """Forget messages that left; count them."""
        self._forget(messages, "messages_sent")

    def put_off(self, message: Waiting, due_at: datetime | None) -> None:
        """Try a message again then; None: never, and count it."""
        if due_at is None:
            self._forget([message], "messages_given_up")
        else:
            parts = {"crisis_id": message.crisis_id, "id": message.id, "due_at": due_at}
            self.cursor.execute(SQL["put_off"], parts)

    def tallies(self, crisis_id: UUID) -> dict[str, int]:
        """Return how many of each a crisis did."""
        return dict(self.cursor.execute(SQL["tallies"], {"crisis_id": crisis_id}).fetchall())

    def _forget(self, messages: Sequence[Waiting], what: str) -> None:
        parts = {"crises": [one.crisis_id for one in messages], "ids": [one.id for one in messages]}
        self.cursor.execute(SQL["forget_messages"], parts)
        for crisis_id, n in Counter(one.crisis_id for one in messages).items():
            self.cursor.execute(SQL["count_up"], {"crisis_id": crisis_id, "what": what, "n": n})
