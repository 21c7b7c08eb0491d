"""Small towns for tests: a lattice of streets over any outline, in a few lines."""

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.territory.model import City, CitySource, Quarter, Street, StreetNetwork
from necmergitur.territory.shapes import polygons_of, shape_of, shape_to_lonlat, shape_to_xy

PLANE = LocalPlane(Position(4.85, 45.75))


def square_km(side_m: float = 2_000.0) -> shapely.Polygon:
    """A square around the plane's origin."""
    return shapely.box(-side_m / 2, -side_m / 2, side_m / 2, side_m / 2)


def lattice(outline: BaseGeometry, block_m: float = 100.0) -> StreetNetwork:
    """Streets every `block_m`, both ways, wholly inside; the largest connected part."""
    inner = outline.buffer(-1.0)
    west, south, east, north = outline.bounds
    columns, rows = np.arange(west + block_m / 2, east, block_m), np.arange(south + block_m / 2, north, block_m)
    number = np.arange(len(columns) * len(rows)).reshape(len(rows), len(columns))
    x, y = np.meshgrid(columns, rows)
    places = np.column_stack((x.ravel(), y.ravel()))
    ends = np.concatenate(
        (
            np.column_stack((number[:, :-1].ravel(), number[:, 1:].ravel())),
            np.column_stack((number[:-1].ravel(), number[1:].ravel())),
        )
    )
    ends = ends[shapely.covers(inner, shapely.linestrings(places[ends]))]
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(places), len(places)))
    _, part = connected_components(graph, directed=False)
    ends = ends[part[ends[:, 0]] == np.bincount(part[ends[:, 0]]).argmax()]
    used, ends = np.unique(ends, return_inverse=True)
    junctions = tuple(PLANE.to_position(*place) for place in places[used].tolist())
    streets = tuple(Street(a, b, block_m, block_m / 8, both_ways=True) for a, b in ends.reshape(-1, 2).tolist())
    return StreetNetwork(junctions, streets)


def town(outline: BaseGeometry | None = None, block_m: float = 100.0, name: str = "Town") -> CitySource:
    """One quarter over an outline given in metres, and a lattice of streets."""
    outline = square_km() if outline is None else outline
    quarter = Quarter("q-01", "Old Town", polygons_of(shape_to_lonlat(PLANE, outline)))
    return CitySource(name, (quarter,), lattice(outline, block_m))


def zone_shapes_m(city: City) -> list[BaseGeometry]:
    """The zones in metres."""
    return [shape_to_xy(PLANE, shape_of(zone.polygons)) for zone in city.zones]


def point_m(position: Position) -> shapely.Point:
    """A position in metres."""
    return shapely.Point(PLANE.to_xy(position))
