"""A helicopter announced over the city: where, and until when. What follows is in `cruise`."""

from collections.abc import Sequence
from datetime import datetime

from necmergitur.kernel.clock import require_utc
from necmergitur.kernel.geo import Position, ring_contains


class Airspace:
    """At most one announced area at a time, shared by all flights of a fleet."""

    def __init__(self) -> None:
        self._area: tuple[Position, ...] = ()
        self._until: datetime | None = None

    def announce(self, area: Sequence[Position], until: datetime) -> None:
        """Close `area` (a ring of three or more positions) to flights above the floor until `until`."""
        if len(area) < 3:  # noqa: PLR2004  a triangle
            raise ValueError("an area has at least three corners")
        self._area, self._until = tuple(area), require_utc(until)

    def clear(self) -> None:
        """Open the air again."""
        self._area, self._until = (), None

    def covers(self, place: Position, now: datetime) -> bool:
        """Return whether a helicopter is announced over `place` at `now`."""
        return self._until is not None and now < self._until and ring_contains(self._area, place)
