"""Where help may be asked for: evenly over the ground, or along the streets, as weighted points in metres."""

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane
from necmergitur.territory.constants import (
    AREA_POINTS_PER_ZONE,
    LEAST_AREA_POINTS,
    MAX_PIECES,
    MOST_AREA_POINTS,
    PIECE_M,
)
from necmergitur.territory.model import StreetLine
from necmergitur.territory.shapes import Array, Indices, gravity_centres, lonlat_of, to_xy

DemandKind = Literal["area", "street"]


class Demand(msgspec.Struct, frozen=True):
    """Points (n, 2) in metres and their weights (n,), all positive."""

    points: Array
    weights: Array


class StreetPieces(msgspec.Struct, frozen=True):
    """Streets cut in short pieces, in street order.

    Middles (n, 2) in metres, lengths (n,) in metres, street index (n,), and the fraction (n,) of its
    street at which each piece's middle lies.
    """

    middles: Array
    metres: Array
    street: Indices
    fraction: Array


def grain_m(territory: BaseGeometry, zones: int) -> float:
    """Return the step, in metres, at which demand is looked at for so many zones."""
    points = min(max(AREA_POINTS_PER_ZONE * zones, LEAST_AREA_POINTS), MOST_AREA_POINTS)
    return float(np.sqrt(territory.area / points))


def area_demand(territory: BaseGeometry, step: float) -> Demand:
    """Return a square lattice of equal weights, `step` metres apart, inside a territory given in metres.

    A territory too thin for the lattice is stood for by one point inside each of its parts.
    """
    west, south, east, north = territory.bounds
    columns = np.arange(west + step / 2, east, step)
    rows = np.arange(south + step / 2, north, step)
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    inside = grid[shapely.contains_xy(territory, grid[:, 0], grid[:, 1])]
    if len(inside) == 0:
        inside = shapely.get_coordinates([p.representative_point() for p in shapely.get_parts(territory)])
    return Demand(inside, np.ones(len(inside), dtype=np.float64))


def cut_streets(plane: LocalPlane, streets: Sequence[StreetLine], longest_m: float = PIECE_M) -> StreetPieces:
    """Cut streets into equal pieces of at most `longest_m` (of stated length), kept in street order.

    Raises ValueError above MAX_PIECES pieces.
    """
    if not streets:
        empty = np.zeros(0)
        return StreetPieces(np.zeros((0, 2)), empty, np.zeros(0, dtype=np.int64), empty)
    counts = np.array([len(street.positions) for street in streets])
    vertices = to_xy(plane, lonlat_of(p for street in streets for p in street.positions))
    stated = np.array([street.metres for street in streets])
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    pieces = np.maximum(1, np.ceil(stated / longest_m)).astype(np.int64)
    if int(pieces.sum()) > MAX_PIECES:
        raise ValueError(f"{int(pieces.sum())} street pieces: more than {MAX_PIECES}")
    street = np.repeat(np.arange(len(streets)), pieces)
    rank = np.arange(len(street)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    fraction = (rank + 0.5) / pieces[street]
    middles = along(vertices, first, counts, street, fraction)
    return StreetPieces(middles, (stated / pieces)[street], street, fraction)


def along(vertices: Array, first: Indices, counts: Indices, street: Indices, fraction: Array) -> Array:
    """Return the points (n, 2) at `fraction` of the drawn length of polyline `street`.

    `vertices` holds all polylines end to end; polyline i is `counts[i]` vertices from `first[i]`.
    """
    steps = np.hypot(*np.diff(vertices, axis=0, prepend=vertices[:1]).T)
    steps[first] = 0.0
    walked = np.cumsum(steps)
    start = walked[first]
    total = walked[first + counts - 1] - start
    target = start[street] + fraction * total[street]
    # The vertex that ends the segment holding the target, kept inside its own polyline.
    end = np.searchsorted(walked, target, side="left")
    end = np.clip(end, first[street] + 1, first[street] + counts[street] - 1)
    span = walked[end] - walked[end - 1]
    share = np.where(span > 0, (target - walked[end - 1]) / np.where(span > 0, span, 1.0), 0.0)
    ahead: Array = vertices[end - 1] + (vertices[end] - vertices[end - 1]) * np.clip(share, 0, 1)[:, None]
    return ahead


def keep_inside(pieces: StreetPieces, territory: BaseGeometry) -> StreetPieces:
    """Return only the pieces whose middle lies in the territory (metres)."""
    inside = shapely.contains_xy(territory, pieces.middles[:, 0], pieces.middles[:, 1])
    return StreetPieces(pieces.middles[inside], pieces.metres[inside], pieces.street[inside], pieces.fraction[inside])


def street_demand(pieces: StreetPieces, step: float) -> Demand:
    """Gather street pieces by lattice cell of `step` metres: one point each, weights in metres."""
    cells = np.floor(pieces.middles / step).astype(np.int64)
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    cell = cell.ravel()
    if len(cell) == 0:
        return Demand(pieces.middles, pieces.metres)
    return Demand(*gravity_centres(pieces.middles, cell, pieces.metres, int(cell.max()) + 1))


def mix(area: Demand, street: Demand, area_share: float) -> Demand:
    """Return both demands together, `area_share` of the weight on the first; total weight 1."""
    parts = [(area, area_share), (street, 1.0 - area_share)]
    kept = [(d, share) for d, share in parts if share > 0 and len(d.points)]
    total = sum(share for _, share in kept)
    return Demand(
        np.concatenate([d.points for d, _ in kept]),
        np.concatenate([d.weights * (share / total / d.weights.sum()) for d, share in kept]),
    )
