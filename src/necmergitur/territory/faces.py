"""Cutting a territory along lines into faces that share their vertices exactly, and joining faces again.

Faces come from one noded drawing on a fixed grid, so that zones cover the outline with no gap and no overlap.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane
from necmergitur.territory.constants import GRID_DECIMALS, GRID_DEG, MIN_RING_SIDES, MIN_SHARED_BORDER_M
from necmergitur.territory.shapes import Array, Indices, to_lonlat, to_xy


class Faces(msgspec.Struct, frozen=True):
    """Polygons (lon/lat) that cover a territory; `border_m[(a, b)]`, a < b, is what two of them share."""

    shapes: tuple[shapely.Polygon, ...]
    insides: Array
    border_m: dict[tuple[int, int], float]


def cut(plane: LocalPlane, territory: BaseGeometry, rings: Sequence[Array]) -> Faces:
    """Cut a lon/lat territory along convex rings given in the plane's metres.

    `insides` (n, 2) holds one point, in metres, inside each face.
    """
    closed = [np.vstack((ring, ring[:1])) for ring in rings if len(ring) >= MIN_RING_SIDES]
    lines = [shapely.LineString(to_lonlat(plane, ring)) for ring in closed]
    drawing = shapely.union_all([*lines, territory.boundary], grid_size=GRID_DEG)
    drawing = shapely.transform(drawing, lambda lonlat: np.round(lonlat, GRID_DECIMALS))
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(drawing)))
    middle = shapely.get_coordinates(shapely.point_on_surface(found))
    inside = shapely.contains_xy(territory, middle[:, 0], middle[:, 1])
    shapes = tuple(found[inside].tolist())
    return Faces(shapes, to_xy(plane, middle[inside]), _borders_m(plane, shapes))


def join(faces: Faces, owner: Indices, anchor: Indices, weight: Array) -> Indices:
    """Return `owner` changed so that every owner holds one connected piece.

    An owner keeps the piece with its `anchor` face (or -1: its heaviest); each other piece goes to the
    neighbour it shares most border with, smallest piece first, pieces that keep their owner preferred. A
    piece with no neighbour (an island) stays as it is.
    """
    owner = owner.copy()
    beside = list[dict[int, float]](dict[int, float]() for _ in faces.shapes)
    for (a, b), metres in faces.border_m.items():
        if metres >= MIN_SHARED_BORDER_M:
            beside[a][b] = beside[b][a] = metres
    stuck = set[int]()
    # Each turn joins one piece to another or sets one aside: there are at most 2 x faces turns.
    for _ in range(2 * len(faces.shapes) + 1):
        piece_of, pieces = _pieces(owner, beside)
        main = _main_pieces(owner, piece_of, pieces, anchor, weight)
        loose = [i for i, faces_in in enumerate(pieces) if i not in main and min(faces_in) not in stuck]
        if not loose:
            return owner
        smallest = min(loose, key=lambda i: (sum(float(weight[f]) for f in pieces[i]), min(pieces[i])))
        shared = dict[int, float]()
        for face in pieces[smallest]:
            for other, metres in beside[face].items():
                if piece_of[other] != smallest:
                    shared[piece_of[other]] = shared.get(piece_of[other], 0.0) + metres
        if not shared:
            stuck.add(min(pieces[smallest]))
            continue
        host = max(shared, key=lambda i: (i in main, shared[i], -i))
        owner[pieces[smallest]] = owner[pieces[host][0]]
    raise RuntimeError("joining the faces of a territory did not end")


def neighbours(faces: Faces, owner: Indices, count: int) -> list[set[int]]:
    """Return for each owner those it shares at least MIN_SHARED_BORDER_M of border with."""
    shared = dict[tuple[int, int], float]()
    for (a, b), metres in faces.border_m.items():
        pair = (int(min(owner[a], owner[b])), int(max(owner[a], owner[b])))
        shared[pair] = shared.get(pair, 0.0) + metres
    found = [set[int]() for _ in range(count)]
    for (a, b), metres in shared.items():
        if a != b and metres >= MIN_SHARED_BORDER_M:
            found[a].add(b)
            found[b].add(a)
    return found


def _borders_m(plane: LocalPlane, shapes: Sequence[shapely.Polygon]) -> dict[tuple[int, int], float]:
    """Return the metres of border each pair of faces shares, from their equal segments."""
    starts, ends, face = list[Array](), list[Array](), list[Array]()
    for index, shape in enumerate(shapes):
        for ring in (shape.exterior, *shape.interiors):
            vertices = shapely.get_coordinates(ring)
            starts.append(vertices[:-1])
            ends.append(vertices[1:])
            face.append(np.full(len(vertices) - 1, float(index)))
    if not starts:
        return {}
    a, b, of = np.concatenate(starts), np.concatenate(ends), np.concatenate(face).astype(np.int64)
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    a[swap], b[swap] = b[swap], a[swap].copy()
    metres = np.hypot(*(to_xy(plane, a) - to_xy(plane, b)).T)
    order = np.lexsort((b[:, 1], b[:, 0], a[:, 1], a[:, 0]))
    segments = np.column_stack((a, b))[order]
    twins = np.flatnonzero((segments[1:] == segments[:-1]).all(axis=1))
    shared = dict[tuple[int, int], float]()
    for i in twins.tolist():
        left, right = int(of[order[i]]), int(of[order[i + 1]])
        pair = (min(left, right), max(left, right))
        if left != right:
            shared[pair] = shared.get(pair, 0.0) + float(metres[order[i]])
    return shared


def _pieces(owner: Indices, beside: Sequence[dict[int, float]]) -> tuple[list[int], list[list[int]]]:
    """Return each face's piece, and each piece's faces: connected faces of one owner."""
    piece_of = [-1] * len(beside)
    pieces = list[list[int]]()
    for seed in range(len(beside)):
        if piece_of[seed] >= 0:
            continue
        piece, reached = [seed], [seed]
        piece_of[seed] = len(pieces)
        while reached:
            face = reached.pop()
            for other in beside[face]:
                if piece_of[other] < 0 and owner[other] == owner[seed]:
                    piece_of[other] = len(pieces)
                    piece.append(other)
                    reached.append(other)
        pieces.append(piece)
    return piece_of, pieces


def _main_pieces(
    owner: Indices,
    piece_of: Sequence[int],
    pieces: Sequence[Sequence[int]],
    anchor: Indices,
    weight: Array,
) -> set[int]:
    """Return the piece each owner keeps: the one with its anchor, else its heaviest."""
    heaviest = dict[int, tuple[float, int]]()
    for i, faces_in in enumerate(pieces):
        who = int(owner[faces_in[0]])
        mark = (sum(float(weight[f]) for f in faces_in), -i)
        heaviest[who] = max(heaviest.get(who, mark), mark)
    main = {who: -mark[1] for who, mark in heaviest.items()}
    for who, face in enumerate(anchor.tolist()):
        if face >= 0 and int(owner[face]) == who:
            main[who] = piece_of[face]
    return set(main.values())
