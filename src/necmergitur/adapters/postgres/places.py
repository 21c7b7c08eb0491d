"""Which zone a position lies in, and the city's middle: kept in memory, read again when the city changes."""

from shapely import STRtree
from shapely.geometry import Point, Polygon

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Executes
from necmergitur.kernel.geo import Position


class ZoneIndex:
    """Zones by place. Shared by the transactions of a process; not by processes."""

    def __init__(self) -> None:
        """Start empty; the first look-up reads the zones."""
        self._tree: STRtree | None = None
        self._imported_at: object = None
        self._zones: list[tuple[str, str]] = []
        self._middle: Position | None = None

    def forget(self) -> None:
        """Read the zones again at the next look-up (after an import)."""
        self._tree = None

    def find(self, cursor: Executes, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label) of the zone that holds `position`."""
        hits = self._fresh(cursor).query(Point(position.lon, position.lat), predicate="intersects")
        return None if len(hits) == 0 else self._zones[int(min(hits))]

    def middle(self, cursor: Executes) -> Position | None:
        """Return the middle of the city's docks, None before there is a city."""
        self._fresh(cursor)
        return self._middle

    def _fresh(self, cursor: Executes) -> STRtree:
        """Return the zones' tree, drawn anew when this or another process imported the city."""
        row = cursor.execute(load("signals")["city_imported"]).fetchone()
        imported_at = None if row is None else row[0]
        if self._tree is not None and imported_at == self._imported_at:
            return self._tree
        shapes: list[Polygon] = []
        zones: list[tuple[str, str]] = []
        for zone_id, label, rings in cursor.execute(load("signals")["zones"]).fetchall():
            for polygon in rings:
                shapes.append(Polygon(polygon[0], polygon[1:]))
                zones.append((zone_id, label))
        middle = cursor.execute(load("city")["middle"]).fetchone()
        self._middle = None if middle is None or middle[0] is None else Position(middle[0], middle[1])
        self._zones, self._tree, self._imported_at = zones, STRtree(shapes), imported_at
        return self._tree
