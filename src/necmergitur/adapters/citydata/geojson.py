"""Writing a city as GeoJSON (RFC 7946), for the map and for anyone's own tools."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from necmergitur.kernel.geo import Position
from necmergitur.territory.model import City, Polygon, Quarter, StreetLine, Zone


def geometry_of(polygons: Sequence[Polygon]) -> dict[str, Any]:
    """Return a Polygon or MultiPolygon geometry, shells counter-clockwise, holes clockwise."""
    parts = [[_wound(p.shell), *(_wound(hole)[::-1] for hole in p.holes)] for p in polygons]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def zones_geojson(zones: Iterable[Zone]) -> bytes:
    """Return the zones as a FeatureCollection: id, number, label, streets in metres, neighbours."""
    return _collection(
        _feature(
            zone.id,
            geometry_of(zone.polygons),
            number=zone.number,
            label=zone.label,
            street_length_m=round(zone.street_length_m, 1),
            area_m2=round(zone.area_m2),
            neighbours=list(zone.neighbours),
        )
        for zone in zones
    )


def quarters_geojson(quarters: Iterable[Quarter]) -> bytes:
    """Return the quarters as a FeatureCollection: id and name. `read_quarters` reads it back."""
    return _collection(_feature(q.id, geometry_of(q.polygons), name=q.name) for q in quarters)


def streets_geojson(streets: Iterable[StreetLine]) -> bytes:
    """Return the street lines as one FeatureCollection of LineStrings: name and metres."""
    return _collection(
        _feature(
            str(index),
            {"type": "LineString", "coordinates": [_pair(p) for p in street.positions]},
            name=street.name,
            metres=round(street.metres, 1),
        )
        for index, street in enumerate(streets)
    )


def places_geojson(city: City) -> bytes:
    """Return docks and buttons as points: id, kind (`dock` or `button`), zone and label."""
    docks = (_feature(dock.id, _point(dock.position), kind="dock", zone=dock.zone_id) for dock in city.docks)
    buttons = (_feature(b.id, _point(b.position), kind="button", zone=b.zone_id, label=b.label) for b in city.buttons)
    return _collection([*docks, *buttons])


def _collection(features: Iterable[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({"type": "FeatureCollection", "features": list(features)})


def _feature(ident: str, geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": ident,
        "properties": {"id": ident, **properties},
        "geometry": geometry,
    }


def _point(position: Position) -> dict[str, Any]:
    return {"type": "Point", "coordinates": _pair(position)}


def _pair(position: Position) -> list[float]:
    return [position.lon, position.lat]


def _wound(ring: Sequence[Position]) -> list[list[float]]:
    """Return a ring counter-clockwise (RFC 7946, 3.1.6, the right-hand rule)."""
    pairs = [_pair(p) for p in ring]
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(pairs))
    return pairs if twice_area > 0 else pairs[::-1]
