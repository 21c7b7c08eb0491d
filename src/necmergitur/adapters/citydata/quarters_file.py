"""Reading the quarters of a city from GeoJSON (RFC 7946): polygons with a name, in WGS84."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from necmergitur.adapters.citydata.constants import MAX_QUARTERS_BYTES
from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.files import parse_json, read_bounded
from necmergitur.kernel.geo import Position
from necmergitur.territory.constants import MAX_QUARTERS, MIN_RING_POSITIONS
from necmergitur.territory.model import Polygon, Quarter

# Names that mean WGS84 in the old "crs" member (GeoJSON 2008).
_WGS84_NAMES = ("CRS84", "4326", "WGS84", "WGS 84")
# What open data portals call the name of a place, most telling first.
_NAME_KEYS = ("name", "nom", "nom_quartier", "quartier", "libelle", "label", "title", "neighbourhood")

_LON_LAT = 2
_FULL_TURN_DEG = 360


def read_quarters(path: Path, name_key: str | None = None) -> tuple[Quarter, ...]:
    """Return the quarters of a GeoJSON file, in file order.

    The name is the `name_key` property, or a usual one, or the text property that tells the features apart
    best, or "Quarter n". Raises CityDataError naming the feature. Shapes are not yet checked (see survey).
    """
    file = str(path)
    features = _features(file, parse_json(file, read_bounded(path, MAX_QUARTERS_BYTES)))
    key = name_key or _best_name_key(features)
    quarters = list[Quarter]()
    for index, feature in enumerate(features):
        name = _text(_properties(feature).get(key)) if key else ""
        label = f"feature {index} {name!r}" if name else f"feature {index}"
        polygons = _polygons(file, label, feature.get("geometry"))
        quarters.append(Quarter(f"q-{index + 1:02d}", name or f"Quarter {index + 1}", polygons))
    return tuple(quarters)


def _features(file: str, document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise CityDataError(file, 'not a GeoJSON FeatureCollection ("type" is missing or different)')
    crs = document.get("crs")
    if crs is not None and not any(name in str(crs) for name in _WGS84_NAMES):
        raise CityDataError(file, f"coordinates are in {crs}; WGS84 longitude and latitude are needed")
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise CityDataError(file, "the collection has no features")
    if len(features) > MAX_QUARTERS:
        raise CityDataError(file, f"{len(features)} features: at most {MAX_QUARTERS} quarters")
    for index, feature in enumerate(features):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise CityDataError(file, "not a GeoJSON Feature", feature=f"feature {index}")
    return features


def _best_name_key(features: Sequence[dict[str, Any]]) -> str | None:
    """Return a usual name key that every feature has, else the text property with most distinct values."""
    rows = [_properties(feature) for feature in features]
    for wanted in _NAME_KEYS:
        for key in rows[0]:
            if key.lower() == wanted and all(_text(row.get(key)) for row in rows):
                return key
    distinct = {
        key: len({_text(row.get(key)) for row in rows})
        for key in rows[0]
        if all(any(c.isalpha() for c in _text(row.get(key))) for row in rows)
    }
    return max(distinct, key=lambda key: distinct[key]) if distinct else None


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _polygons(file: str, feature: str, geometry: Any) -> tuple[Polygon, ...]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "Polygon":
        parts = [coordinates]
    elif kind == "MultiPolygon" and isinstance(coordinates, list):
        parts = coordinates
    else:
        found = "no geometry" if kind is None else f"a {kind}"
        raise CityDataError(file, f"{found}; a Polygon or MultiPolygon is needed", feature=feature)
    polygons = list[Polygon]()
    for part in parts:
        if not isinstance(part, list) or not part:
            raise CityDataError(file, "a polygon without rings", feature=feature)
        rings = [_ring(file, feature, ring) for ring in part]
        polygons.append(Polygon(rings[0], tuple(rings[1:])))
    if not polygons:
        raise CityDataError(file, "a MultiPolygon without polygons", feature=feature)
    return tuple(polygons)


def _ring(file: str, feature: str, ring: Any) -> tuple[Position, ...]:
    if not isinstance(ring, list):
        raise CityDataError(file, "a ring is not a list of positions", feature=feature)
    positions = tuple(position(file, feature, pair) for pair in ring)
    if len(positions) < MIN_RING_POSITIONS or positions[0] != positions[-1]:
        reason = f"a ring of {len(positions)} positions is not closed (first and last must be the same)"
        raise CityDataError(file, reason, feature=feature)
    return positions


def position(file: str, feature: str, pair: Any) -> Position:
    """Return a GeoJSON position, its altitude dropped. Raises CityDataError when it is not WGS84."""
    if (
        not isinstance(pair, list)
        or len(pair) < _LON_LAT
        or any(isinstance(value, bool) or not isinstance(value, int | float) for value in pair[:2])
    ):
        raise CityDataError(file, f"not a position: {str(pair)[:80]}", feature=feature)
    lon, lat = float(pair[0]), float(pair[1])
    try:
        return Position(lon, lat)
    except ValueError as error:
        hint = "; they look like projected metres" if max(abs(lon), abs(lat)) > _FULL_TURN_DEG else ""
        reason = f"({lon}, {lat}) is not longitude and latitude in degrees{hint}"
        raise CityDataError(file, reason, feature=feature) from error
