"""Break-glass in PostgreSQL. What may be written is judged again by the triggers `breakglass_told` and its kin."""

from uuid import UUID

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.breakglass import BreakGlass

CODEC = RowCodec(BreakGlass)
SQL = {name: fill(query, columns=CODEC.columns(), values=CODEC.values()) for name, query in load("breakglass").items()}


class BreakGlassMixin:
    """`operations.breakglass.GlassTransaction` beyond the facts."""

    cursor: Statements

    def glass(self, glass_id: UUID) -> BreakGlass | None:
        """Return one glass."""
        row = self.cursor.execute(SQL["one"], {"id": glass_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def unreviewed_glass(self) -> BreakGlass | None:
        """Return the glass that was broken and not judged yet."""
        row = self.cursor.execute(SQL["unreviewed"]).fetchone()
        return None if row is None else CODEC.from_row(row)

    def enter_glass(self, state: BreakGlass, reason: str, seq: int) -> None:
        """Store a glass just asked for."""
        self.cursor.execute(SQL["enter"], {**CODEC.to_row(state), "reason": reason, "last_seq": seq})

    def change_glass(self, state: BreakGlass, seq: int, review: str | None = None) -> None:
        """Store a glass as changed; `review`: the words of whoever judged it."""
        self.cursor.execute(SQL["change"], {**CODEC.to_row(state), "review": review, "last_seq": seq})
