"""Positions on the WGS84 ellipsoid, in lon, lat order, and distances good to a city's scale."""

import math
from collections.abc import Sequence

import msgspec

# IUGG mean Earth radius R1 (Moritz 2000, "Geodetic Reference System 1980").
EARTH_RADIUS_M = 6_371_008.8


class Position(msgspec.Struct, frozen=True, order=True):
    """A WGS84 point in degrees. Raises ValueError outside [-180, 180] x [-90, 90] or when not finite."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180.0 <= self.lon <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise ValueError(f"not a WGS84 position: lon={self.lon} lat={self.lat}")


class Box(msgspec.Struct, frozen=True):
    """An axis-aligned WGS84 box that does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, point: Position) -> bool:
        """Return whether `point` lies inside or on the edge."""
        return self.west <= point.lon <= self.east and self.south <= point.lat <= self.north


def distance_m(a: Position, b: Position) -> float:
    """Return the great-circle distance in metres (haversine; error below 0.5 % of the geodesic)."""
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    half_dphi = (phi_b - phi_a) / 2
    half_dlam = math.radians(b.lon - a.lon) / 2
    h = math.sin(half_dphi) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_dlam) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def bearing_deg(a: Position, b: Position) -> float:
    """Return the initial great-circle bearing from `a` to `b`, degrees clockwise from north in [0, 360)."""
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    dlam = math.radians(b.lon - a.lon)
    y = math.sin(dlam) * math.cos(phi_b)
    x = math.cos(phi_a) * math.sin(phi_b) - math.sin(phi_a) * math.cos(phi_b) * math.cos(dlam)
    return math.degrees(math.atan2(y, x)) % 360.0


def offset(origin: Position, east_m: float, north_m: float) -> Position:
    """Return `origin` moved by metres east and north (local tangent plane; for city distances)."""
    lat = origin.lat + math.degrees(north_m / EARTH_RADIUS_M)
    lon = origin.lon + math.degrees(east_m / (EARTH_RADIUS_M * math.cos(math.radians(origin.lat))))
    return Position(lon, lat)


class LocalPlane(msgspec.Struct, frozen=True):
    """An equirectangular plane around `origin`: x east, y north, in metres (below 0.1 % within 20 km)."""

    origin: Position

    def to_xy(self, point: Position) -> tuple[float, float]:
        """Return (x_m, y_m) of a position."""
        k = math.cos(math.radians(self.origin.lat))
        return (
            math.radians(point.lon - self.origin.lon) * EARTH_RADIUS_M * k,
            math.radians(point.lat - self.origin.lat) * EARTH_RADIUS_M,
        )

    def to_position(self, x_m: float, y_m: float) -> Position:
        """Return the position at (x_m, y_m)."""
        k = math.cos(math.radians(self.origin.lat))
        return Position(
            self.origin.lon + math.degrees(x_m / (EARTH_RADIUS_M * k)),
            self.origin.lat + math.degrees(y_m / EARTH_RADIUS_M),
        )


def ring_contains(ring: Sequence[Position], point: Position) -> bool:
    """Return whether `point` lies inside a closed or open ring (even-odd rule; edges undefined)."""
    inside = False
    j = len(ring) - 1
    for i, a in enumerate(ring):
        b = ring[j]
        if (a.lat > point.lat) != (b.lat > point.lat) and point.lon < (b.lon - a.lon) * (point.lat - a.lat) / (
            b.lat - a.lat
        ) + a.lon:
            inside = not inside
        j = i
    return inside
