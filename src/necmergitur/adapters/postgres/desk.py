"""What the control room's desk asks of crises, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.population import CODEC
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.breakglass import Who
from necmergitur.operations.population.desk import Agent, Allowance
from necmergitur.operations.population.looking import Look, Opened
from necmergitur.people.crises import Crisis

SQL = {name: fill(query, columns=CODEC.columns()) for name, query in load("desk").items()}


class DeskMixin:
    """`operations.population.banners.BannerTransaction`, `helping.CallTransaction`, `looking.LookTransaction`."""

    cursor: Statements

    def crises_asked(self, since: datetime) -> list[Crisis]:
        """Return crises asked for after `since` that nobody confirmed or took back, oldest first."""
        return [CODEC.from_row(row) for row in self.cursor.execute(SQL["crises_asked"], {"since": since}).fetchall()]

    def put_callers(self, ids: Sequence[str], label: str, now: datetime) -> None:
        """Store a device for each call from the page; one that is there stays as it is."""
        self.cursor.execute(SQL["put_callers"], {"ids": list(dict.fromkeys(ids)), "label": label, "now": now})

    def put_looks(self, crisis_id: UUID, subjects: Sequence[bytes], look: Look) -> None:
        """Keep that somebody looked at each of these rows."""
        self.cursor.execute(
            SQL["put_looks"],
            {
                "crisis_id": crisis_id,
                "subjects": list(subjects),
                "what": look.what,
                "purpose": look.purpose,
                "by": look.by,
                "role": look.role,
                "salt": look.salt,
                "reason": look.reason,
                "at": look.at,
            },
        )

    def looks_of(self, crisis_id: UUID, subject: bytes) -> list[Look]:
        """Return who looked at a row, oldest first."""
        rows = self.cursor.execute(SQL["looks_of"], {"crisis_id": crisis_id, "subject": subject}).fetchall()
        return [Look(row[0], row[1], row[2], row[3], bytes(row[4]), bytes(row[5]), row[6]) for row in rows]

    def looks_by(self, crisis_id: UUID, by: int, since: datetime) -> tuple[int, int]:
        """Return how many searches somebody made since, and how many records they opened."""
        row = self.cursor.execute(SQL["looks_by"], {"crisis_id": crisis_id, "by": by, "since": since}).fetchone()
        assert row is not None, "an aggregate has a row"
        return int(row[0]), int(row[1])

    def count_looks(self, crisis_id: UUID) -> int:
        """Return how many records agents opened."""
        row = self.cursor.execute(SQL["count_looks"], {"crisis_id": crisis_id}).fetchone()
        assert row is not None, "an aggregate has a row"
        return int(row[0])

    def erase_looks(self, crisis_id: UUID) -> int:
        """Drop who looked at what, and who asked for more looks; return how many looks that was."""
        self.cursor.execute(SQL["erase_allowances"], {"crisis_id": crisis_id})
        return self.cursor.execute(SQL["erase_looks"], {"crisis_id": crisis_id}).rowcount

    def empty_crisis(self, crisis_id: UUID) -> int:
        """Delete what people said in a crisis that a restored copy brought back; return how many rows."""
        row = self.cursor.execute(SQL["empty_crisis"], {"crisis_id": crisis_id}).fetchone()
        assert row is not None, "a function has a value"
        return int(row[0])

    def call_words(self, crises: Sequence[UUID], row_id: bytes) -> Opened | None:
        """Return a check-in of one of these crises, sealed."""
        row = self.cursor.execute(SQL["call_words"], {"crises": list(crises), "id": row_id}).fetchone()
        return None if row is None else Opened(row[0], row_id, bytes(row[1]), bytes(row[2]), *row[3:])

    def ask_allowance(self, crisis_id: UUID, by: Who, salt: bytes, reason: bytes, now: datetime) -> None:
        """Keep that somebody asks for more looks."""
        parts = {"by": by.id, "role": by.role, "salt": salt, "reason": reason, "now": now}
        self.cursor.execute(SQL["ask_allowance"], {"crisis_id": crisis_id, **parts})

    def agree_allowance(self, crisis_id: UUID, number: int, by: Who, now: datetime, until: datetime) -> bool:
        """Lend them; False when it was decided, or is one's own."""
        parts = {"id": number, "by": by.id, "role": by.role, "now": now, "until": until}
        return self.cursor.execute(SQL["agree_allowance"], {"crisis_id": crisis_id, **parts}).rowcount > 0

    def allowances(self, crisis_id: UUID, since: datetime) -> list[tuple[Allowance, bytes, bytes]]:
        """Return what was asked for since, newest first, with salt and sealed reason."""
        rows = self.cursor.execute(SQL["allowances"], {"crisis_id": crisis_id, "since": since}).fetchall()
        return [(Allowance(*row[:6]), bytes(row[6]), bytes(row[7])) for row in rows]

    def looks_by_agent(self, crisis_id: UUID) -> list[Agent]:
        """Return how each agent looked: who opens most first."""
        return [Agent(*row) for row in self.cursor.execute(SQL["looks_by_agent"], {"crisis_id": crisis_id}).fetchall()]

    def looks_at(self, crisis_id: UUID, by: int, subject: bytes) -> int:
        """Return how often somebody opened one record."""
        parts = {"crisis_id": crisis_id, "by": by, "subject": subject}
        row = self.cursor.execute(SQL["looks_at"], parts).fetchone()
        assert row is not None, "an aggregate has a row"
        return int(row[0])

    def reasons_of(self, crisis_id: UUID, by: int) -> list[Look]:
        """Return somebody's latest looks, with their sealed reasons."""
        rows = self.cursor.execute(SQL["reasons_of"], {"crisis_id": crisis_id, "by": by}).fetchall()
        return [Look(row[0], row[1], row[2], row[3], bytes(row[4]), bytes(row[5]), row[6]) for row in rows]
