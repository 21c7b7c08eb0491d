"""The zones: one per dock, contiguous, none overfull of streets, covering the territory exactly."""

import msgspec
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane
from necmergitur.territory import faces as cutting
from necmergitur.territory.demand import StreetPieces, grain_m, street_demand
from necmergitur.territory.power import cells, owners, price
from necmergitur.territory.shapes import Array, Indices, shape_to_xy, to_lonlat, weighed

# The frame that bounds the outer cells stands off the territory by this share of its size.
_FRAME_MARGIN = 0.5


class ZoneCut(msgspec.Struct, frozen=True):
    """Zone i is `shapes[i]` (lon/lat) around dock i; `piece_zone` says which zone holds each street piece."""

    shapes: tuple[BaseGeometry, ...]
    neighbours: tuple[tuple[int, ...], ...]
    street_m: Array
    area_m2: Array
    piece_zone: Indices
    cap: float


def cut_zones(plane: LocalPlane, territory: BaseGeometry, docks: Array, pieces: StreetPieces) -> ZoneCut:
    """Cut a lon/lat territory into one zone per dock; docks (n, 2) in metres, all inside and different.

    Every zone holds its dock and is one piece, unless the territory is in pieces and some have no dock. No
    zone holds much more street than `cap` times the mean (repairs of cut-off corners may add a little).
    Raises RuntimeError if a dock's zone is empty, which only docks outside the territory can cause.
    """
    count = len(docks)
    territory_xy = shape_to_xy(plane, territory)
    streets = street_demand(pieces, grain_m(territory_xy, count))
    prices = price(docks, streets, float(territory_xy.area))
    frame = _frame(territory_xy, docks)
    faces = cutting.cut(plane, territory, cells(docks, prices.weights_m2, frame))
    owner = owners(docks, prices.weights_m2, faces.insides)
    piece_face = _face_holding(faces, to_lonlat(plane, pieces.middles))
    weight = weighed(piece_face, pieces.metres, len(faces.shapes)) + 1e-9 * _areas_m2(plane, faces.shapes)
    anchor = _face_holding(faces, to_lonlat(plane, docks))
    owner[anchor] = np.arange(count)
    owner = cutting.join(faces, owner, anchor, weight)
    held = [np.flatnonzero(owner == i) for i in range(count)]
    if any(len(faces_in) == 0 for faces_in in held):
        raise RuntimeError("a dock has no zone: it stands outside the territory")
    shapes = tuple(shapely.union_all([faces.shapes[f] for f in faces_in]) for faces_in in held)
    piece_zone = owner[piece_face]
    return ZoneCut(
        shapes=shapes,
        neighbours=tuple(tuple(sorted(found)) for found in cutting.neighbours(faces, owner, count)),
        street_m=weighed(piece_zone, pieces.metres, count),
        area_m2=_areas_m2(plane, shapes),
        piece_zone=piece_zone,
        cap=prices.cap,
    )


def holder(shapes: tuple[BaseGeometry, ...], points: Array) -> Indices:
    """Return for each point (n, 2) the index of the shape that holds it, or of the nearest one."""
    tree = shapely.STRtree(list(shapes))
    spots = np.asarray(shapely.points(points), dtype=object)
    found = np.full(len(points), -1, dtype=np.int64)
    at, which = tree.query(spots, predicate="intersects")
    # Where borders meet, the lowest index wins: written last.
    order = np.lexsort((-which, at))
    found[at[order]] = which[order]
    lost = np.flatnonzero(found < 0)
    if len(lost):
        found[lost] = tree.nearest(spots[lost])
    return found


def _face_holding(faces: cutting.Faces, points: Array) -> Indices:
    if len(points) == 0:
        return np.zeros(0, dtype=np.int64)
    return holder(faces.shapes, points)


def _frame(territory: BaseGeometry, docks: Array) -> Array:
    west, south, east, north = territory.bounds
    low = np.minimum(docks.min(axis=0), (west, south))
    high = np.maximum(docks.max(axis=0), (east, north))
    margin = _FRAME_MARGIN * float((high - low).max())
    (west, south), (east, north) = low - margin, high + margin
    return np.array([(west, south), (east, south), (east, north), (west, north)])


def _areas_m2(plane: LocalPlane, shapes: tuple[BaseGeometry, ...]) -> Array:
    areas: Array = shapely.area([shape_to_xy(plane, shape) for shape in shapes])
    return areas
