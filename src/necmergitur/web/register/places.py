"""Districts and the city's outline, read once for each import of the city."""

from functools import lru_cache
from typing import Any

import msgspec
import shapely
from django.db import connection

from necmergitur.web.facts.models import City, Zone


class Ground(msgspec.Struct, frozen=True):
    """The city as drawn: its name, outline, quarters by name; of each zone its quarter, label and a point within."""

    version: str
    name: str
    outline: Any
    quarters: dict[str, Any]
    district_of: dict[str, str]
    labels: dict[str, str]
    middles: dict[str, tuple[float, float]]

    def district(self, lon: float, lat: float) -> str:
        """Return the quarter a place lies in, "" for none."""
        point = shapely.Point(lon, lat)
        return next((name for name, shape in self.quarters.items() if shape.covers(point)), "")

    def crossed(self, start: tuple[float, float], end: tuple[float, float]) -> list[str]:
        """Return the quarters a straight way crosses, in its order."""
        way = shapely.LineString([start, end])
        met = [(name, shape.intersection(way)) for name, shape in self.quarters.items() if shape.intersects(way)]
        from_start = shapely.Point(start)
        return [name for name, part in sorted(met, key=lambda one: from_start.distance(one[1]))]


EMPTY = Ground("", "", shapely.Polygon(), {}, {}, {}, {})


def ground() -> Ground:
    """Return the city as last imported; an empty one before."""
    row = City.objects.values_list("name", "imported_at").first()
    return EMPTY if row is None else _ground(connection.settings_dict["NAME"], row)


@lru_cache(maxsize=2)
def _ground(database: str, version: Any) -> Ground:
    row = City.objects.first()
    assert row is not None
    quarters = {one["name"]: _shape(one["rings"]) for one in row.quarters}
    zones = list(Zone.objects.values_list("id", "label", "rings"))
    middles = {pk: _shape(rings).representative_point() for pk, _label, rings in zones}
    return Ground(
        f"{database} {version}",
        row.name,
        _shape(row.outline),
        quarters,
        {pk: next((name for name, q in quarters.items() if q.covers(point)), "") for pk, point in middles.items()},
        {pk: label for pk, label, _rings in zones},
        {pk: (point.x, point.y) for pk, point in middles.items()},
    )


def _shape(polygons: Any) -> Any:
    """Return polygons (each a list of rings) as one shape; what crosses itself is mended, not refused."""
    parts = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons if rings and len(rings[0]) >= 3]
    return shapely.make_valid(shapely.MultiPolygon(parts)) if parts else shapely.Polygon()
