"""Time is an argument. Only adapters read a clock, and they read it through this protocol."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """A source of aware UTC instants. Implemented by `adapters.clock` and by the simulator."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


def require_utc(instant: datetime) -> datetime:
    """Return `instant` unchanged; raise ValueError when it is naive or not UTC."""
    offset = instant.utcoffset()
    if offset is None or offset.total_seconds() != 0:
        raise ValueError(f"not an aware UTC instant: {instant!r}")
    return instant
