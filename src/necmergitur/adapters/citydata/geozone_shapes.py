"""The volumes of an airspace zone as ED-269 and ED-318 write them, and a rough one when they are broken."""

import math
from collections.abc import Iterator
from typing import Any

import shapely

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.territory.constants import FEET_TO_M, MIN_RING_POSITIONS
from necmergitur.territory.geozones import Circle, Limit, Reference, Volume
from necmergitur.territory.model import Polygon
from necmergitur.territory.shapes import shape_of

# A broken zone is taken to reach at least this far from its middle: our choice, a city block.
_LEAST_REACH_M = 100.0
_LON_LAT = 2
_REFERENCES: dict[str, Reference] = {"AGL": "AGL", "AMSL": "AMSL", "WGS84": "WGS84"}


class Doubt(ValueError):
    """A geometry that cannot be read as it should."""


def ed269_volumes(geometry: Any, doubts: list[str]) -> tuple[Volume, ...]:
    """Return the volumes of an ED-269 `geometry` list. Raises Doubt."""
    parts = geometry if isinstance(geometry, list) else [geometry]
    if not parts:
        raise Doubt("no geometry")
    volumes = list[Volume]()
    for part in parts:
        flat = part.get("horizontalProjection") if isinstance(part, dict) else None
        if not isinstance(flat, dict):
            raise Doubt("no horizontalProjection")
        lower, upper = (
            _limit(part, f"{side}Limit", f"{side}VerticalReference", "uomDimensions", doubts)
            for side in ("lower", "upper")
        )
        # A radius in feet is rare and ambiguous: read as metres, the zone is only larger.
        volumes.append(_volume(flat.get("type"), flat.get("center"), flat.get("radius"), flat, lower, upper))
    return tuple(volumes)


def ed318_volumes(geometry: Any, doubts: list[str]) -> tuple[Volume, ...]:
    """Return the volumes of an ED-318 GeoJSON geometry with layers. Raises Doubt."""
    if not isinstance(geometry, dict):
        raise Doubt("no geometry")
    if geometry.get("type") == "GeometryCollection":
        parts = geometry.get("geometries")
        if not isinstance(parts, list) or not parts:
            raise Doubt("an empty GeometryCollection")
        if any(isinstance(part, dict) and part.get("type") == "GeometryCollection" for part in parts):
            raise Doubt("a GeometryCollection inside another")
        return tuple(volume for part in parts for volume in ed318_volumes(part, doubts))
    layer = geometry.get("layer")
    layer = layer if isinstance(layer, dict) else {}
    lower, upper = (_limit(layer, side, f"{side}Reference", "uom", doubts) for side in ("lower", "upper"))
    kind = geometry.get("type")
    extent = geometry.get("extent")
    radius = extent.get("radius") if isinstance(extent, dict) else None
    if kind == "Point":
        kind = "Circle"
    return (_volume(kind, geometry.get("coordinates"), radius, geometry, lower, upper),)


def around(geometry: Any) -> Volume | None:
    """Return a circle over every position found anywhere in a broken geometry, at all heights, or None."""
    places = list(_positions(geometry))
    if not places:
        return None
    lons, lats = [p.lon for p in places], [p.lat for p in places]
    centre = Position((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
    stated = max((r for r in _radii(geometry)), default=0.0)
    reach_m = max(_LEAST_REACH_M, max(distance_m(centre, place) for place in places) + stated)
    return Volume(circle=Circle(centre, reach_m))


def _volume(
    kind: Any, centre: Any, radius: Any, shape: dict[str, Any], lower: Limit | None, upper: Limit | None
) -> Volume:
    if kind == "Circle":
        reach_m = _number(radius)
        if reach_m is None or reach_m <= 0:
            raise Doubt(f"a circle of radius {str(radius)[:20]}")
        return Volume(circle=Circle(_position(centre), reach_m), lower=lower, upper=upper)
    rings = shape.get("coordinates")
    if not isinstance(rings, list) or not rings:
        raise Doubt("no coordinates")
    if kind == "Polygon":
        # ED-269 calls these "a list of polygons", GeoJSON a shell and holes: filled, both are covered.
        polygons = [_polygon(ring) for ring in rings]
    elif kind == "MultiPolygon":
        polygons = [_polygon(ring) for part in rings for ring in (part if isinstance(part, list) else [part])]
    else:
        raise Doubt(f"a {str(kind)[:20]}: a Circle, Polygon or MultiPolygon is needed")
    return Volume(polygons=tuple(polygons), lower=lower, upper=upper)


def _polygon(ring: Any) -> Polygon:
    if not isinstance(ring, list):
        raise Doubt("a ring is not a list of positions")
    shell = tuple(_position(pair) for pair in ring)
    if len(shell) < MIN_RING_POSITIONS or shell[0] != shell[-1]:
        raise Doubt(f"polygon not closed ({len(shell)} positions)")
    polygon = Polygon(shell)
    shape = shape_of((polygon,))
    if not shape.is_valid:
        raise Doubt(f"polygon crosses itself: {shapely.is_valid_reason(shape)}")
    return polygon


def _position(pair: Any) -> Position:
    if not isinstance(pair, list) or len(pair) < _LON_LAT:
        raise Doubt(f"not a position: {str(pair)[:40]}")
    lon, lat = _number(pair[0]), _number(pair[1])
    if lon is None or lat is None:
        raise Doubt(f"not a position: {str(pair)[:40]}")
    try:
        return Position(lon, lat)
    except ValueError as error:
        raise Doubt(str(error)) from error


def _limit(layer: dict[str, Any], value_key: str, reference_key: str, unit_key: str, doubts: list[str]) -> Limit | None:
    """Return a vertical limit; none stated, or one that cannot be read, is no limit."""
    if layer.get(value_key) is None:
        return None
    value, unit = _number(layer[value_key]), str(layer.get(unit_key) or "M").upper()
    reference = _REFERENCES.get(str(layer.get(reference_key)).upper())
    if value is None or reference is None or unit not in {"M", "FT"}:
        stated = f"{layer[value_key]} {unit} {layer.get(reference_key)}"
        doubts.append(f"{value_key} {stated[:60]!r} not understood, taken as no limit")
        return None
    return Limit(value * (FEET_TO_M if unit == "FT" else 1.0), reference)


def _number(value: Any) -> float | None:
    """Return a finite number, also from text ("0" is common), else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _positions(value: Any) -> Iterator[Position]:
    """Yield every [lon, lat] pair in a document whose depth was bounded on reading."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _positions(inner)
    elif isinstance(value, list):
        try:
            yield _position(value)
        except Doubt:
            for inner in value:
                yield from _positions(inner)


def _radii(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        radius = _number(value.get("radius"))
        if radius is not None:
            yield radius
        for inner in value.values():
            yield from _radii(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _radii(inner)
