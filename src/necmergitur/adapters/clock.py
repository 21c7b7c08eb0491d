"""The one place where production reads the time."""

from datetime import UTC, datetime


class SystemClock:
    """`kernel.clock.Clock` over the machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)
