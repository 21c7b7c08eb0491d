"""Which zone a position lies in: zone polygons kept in memory, re-read when the city changes."""

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

    def forget(self) -> None:
        """Read the zones again at the next look-up (after an import)."""
        self._tree = None

    def find(self, cursor: Executes, position: Position) -> tuple[str, str] | None:
        """Return (zone id, label) of the zone that holds `position`."""
        row = cursor.execute(load("signals")["city_imported"]).fetchone()
        imported_at = None if row is None else row[0]
        if self._tree is None or imported_at != self._imported_at:  # another process may have read the city anew
            self._imported_at = imported_at
            shapes, self._zones = [], []
            for zone_id, label, rings in cursor.execute(load("signals")["zones"]).fetchall():
                for polygon in rings:
                    shapes.append(Polygon(polygon[0], polygon[1:]))
                    self._zones.append((zone_id, label))
            self._tree = STRtree(shapes)
        hits = self._tree.query(Point(position.lon, position.lat), predicate="intersects")
        return None if len(hits) == 0 else self._zones[int(min(hits))]
