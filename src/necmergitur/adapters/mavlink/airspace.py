"""Helicopters announced over the city: where, and until when. What follows is in `cruise`."""

from collections.abc import Sequence
from datetime import datetime

import shapely

from necmergitur.adapters.mavlink.constants import MAX_ANNOUNCED
from necmergitur.kernel.clock import require_utc
from necmergitur.kernel.geo import Position, ring_contains


class Airspace:
    """The areas announced, shared by all flights of a fleet."""

    def __init__(self) -> None:
        self._areas: list[tuple[tuple[Position, ...], datetime]] = []

    def announce(self, area: Sequence[Position], until: datetime) -> None:
        """Close one more `area` (a ring of three or more positions) above the floor until `until`.

        Raises ValueError for a ring without area, a naive instant, or more areas than a city has helicopters.
        """
        if len(area) < 3:  # noqa: PLR2004  a triangle
            raise ValueError("an area has at least three corners")
        if len(self._areas) >= MAX_ANNOUNCED:
            raise ValueError(f"more than {MAX_ANNOUNCED} areas announced")
        self._areas.append((tuple(area), require_utc(until)))

    def clear(self) -> None:
        """Open the air again, everywhere."""
        self._areas.clear()

    def crosses(self, start: Position, to: Position, now: datetime) -> bool:
        """Return whether a helicopter is announced anywhere on the straight way from `start` to `to` at `now`."""
        way = shapely.LineString([(start.lon, start.lat), (to.lon, to.lat)])
        return any(now < until and shapely.intersects(_drawn(ring), way) for ring, until in self._areas)

    def covers(self, place: Position, now: datetime) -> bool:
        """Return whether a helicopter is announced over `place` at `now`."""
        return any(now < until and ring_contains(ring, place) for ring, until in self._areas)


def _drawn(ring: tuple[Position, ...]) -> shapely.Polygon:
    return shapely.Polygon([(place.lon, place.lat) for place in ring])
