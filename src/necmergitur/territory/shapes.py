"""Between positions and arrays: lon/lat (degrees), the local plane (metres), and shapely geometries.

Arrays are float64 of shape (n, 2): (lon, lat) or (x_m, y_m) as the name says.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import EARTH_RADIUS_M, LocalPlane, Position
from necmergitur.territory.constants import GRID_DECIMALS
from necmergitur.territory.model import Polygon

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def lonlat_of(positions: Iterable[Position]) -> Array:
    """Return an (n, 2) array of lon, lat."""
    flat = [value for p in positions for value in (p.lon, p.lat)]
    return np.asarray(flat, dtype=np.float64).reshape(-1, 2)


def positions_of(lonlat: Array) -> tuple[Position, ...]:
    """Return positions rounded to the grid (1e-7 degree)."""
    return tuple(Position(lon, lat) for lon, lat in np.round(lonlat, GRID_DECIMALS).tolist())


def plane_over(lonlat: Array) -> LocalPlane:
    """Return the local plane centred on the middle of the points' box."""
    west, south = lonlat.min(axis=0)
    east, north = lonlat.max(axis=0)
    return LocalPlane(Position(float(west + east) / 2, float(south + north) / 2))


def to_xy(plane: LocalPlane, lonlat: Array) -> Array:
    """Return (n, 2) metres, by the same formula as `LocalPlane.to_xy`."""
    k = math.cos(math.radians(plane.origin.lat))
    return np.column_stack(
        (
            np.radians(lonlat[:, 0] - plane.origin.lon) * EARTH_RADIUS_M * k,
            np.radians(lonlat[:, 1] - plane.origin.lat) * EARTH_RADIUS_M,
        )
    )


def to_lonlat(plane: LocalPlane, xy: Array) -> Array:
    """Return (n, 2) lon, lat, by the same formula as `LocalPlane.to_position`."""
    k = math.cos(math.radians(plane.origin.lat))
    return np.column_stack(
        (
            plane.origin.lon + np.degrees(xy[:, 0] / (EARTH_RADIUS_M * k)),
            plane.origin.lat + np.degrees(xy[:, 1] / EARTH_RADIUS_M),
        )
    )


def shape_of(polygons: Sequence[Polygon]) -> BaseGeometry:
    """Return a lon/lat Polygon or MultiPolygon; unchecked (use `is_valid`)."""
    parts = [shapely.Polygon(lonlat_of(p.shell), [lonlat_of(hole) for hole in p.holes]) for p in polygons]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def polygons_of(shape: BaseGeometry) -> tuple[Polygon, ...]:
    """Return the polygons of a lon/lat geometry, largest first; lines and points are dropped."""
    parts = [part for part in shapely.get_parts(shape).tolist() if part.geom_type == "Polygon"]
    parts.sort(key=lambda part: -part.area)
    return tuple(
        Polygon(
            positions_of(shapely.get_coordinates(part.exterior)),
            tuple(positions_of(shapely.get_coordinates(hole)) for hole in part.interiors),
        )
        for part in parts
    )


def shape_to_xy(plane: LocalPlane, shape: BaseGeometry) -> BaseGeometry:
    """Return a lon/lat geometry in the plane's metres."""
    projected: BaseGeometry = shapely.transform(shape, lambda lonlat: to_xy(plane, lonlat))
    return projected


def shape_to_lonlat(plane: LocalPlane, shape: BaseGeometry) -> BaseGeometry:
    """Return a geometry in the plane's metres as lon/lat."""
    unprojected: BaseGeometry = shapely.transform(shape, lambda xy: to_lonlat(plane, xy))
    return unprojected


def weighed(index: Indices, weights: Array, count: int) -> Array:
    """Return the sum of `weights` by `index`, for indices 0 to count - 1."""
    return np.bincount(index, weights, count).astype(np.float64)


def gravity_centres(points: Array, index: Indices, weights: Array, count: int) -> tuple[Array, Array]:
    """Return the centre of gravity (count, 2) of the points of each index, and their total weights."""
    total = weighed(index, weights, count)
    sums = [weighed(index, weights * points[:, axis], count) for axis in (0, 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.column_stack(sums) / total[:, None], total
