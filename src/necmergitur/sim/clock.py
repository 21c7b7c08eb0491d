"""A clock that moves only when told, so that an evening of the city passes in seconds and always the same."""

from datetime import datetime, timedelta

from necmergitur.kernel.clock import require_utc


class VirtualClock:
    """`kernel.clock.Clock` under the simulator's control. Raises ValueError when asked to go back."""

    def __init__(self, start: datetime) -> None:
        """Begin at `start`, an aware UTC instant."""
        self._now = require_utc(start)

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.advance_to(self._now + timedelta(seconds=seconds))

    def advance_to(self, instant: datetime) -> None:
        """Let time pass until `instant`."""
        if require_utc(instant) < self._now:
            raise ValueError(f"time does not go back: {instant.isoformat()} after {self._now.isoformat()}")
        self._now = instant
