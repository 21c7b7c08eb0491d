"""An invented city, plausible and owed to nobody: outline, river, avenues, rings, fabric, woods, quarters.

Streets are the borders between sites (a Voronoi diagram): sites mirrored on both sides of a line make that
line a street, so avenues, rings and quays come out straight and joined to the fabric between them.
"""

import msgspec
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory import faces as cutting
from necmergitur.territory.build import build_city
from necmergitur.territory.demand import area_demand, grain_m
from necmergitur.territory.model import City, CityPlan, CitySource, Quarter, Street, StreetNetwork
from necmergitur.territory.power import cells, owners
from necmergitur.territory.proximity import nearest
from necmergitur.territory.shapes import (
    Array,
    Indices,
    gravity_centres,
    polygons_of,
    positions_of,
    shape_to_lonlat,
    to_lonlat,
    weighed,
)
from necmergitur.territory.siting import site

CITY_NAME = "Rivebelle"
# In the Bay of Biscay, off the shelf: no invented address can be taken for a real one.
ORIGIN = Position(-6.0, 45.5)
DEFAULT_QUARTERS = 80

# Shape, in metres. Half-axes give about 105 km2, blocks about 1,500 km of streets: the scale of Paris.
_HALF_WIDTH_M, _HALF_HEIGHT_M = 6_300.0, 5_300.0
_OUTLINE_VERTICES = 240
_RIVER_WIDTH_M = 140.0
_BLOCK_M = 145.0
_AVENUES = 14
_RINGS = (0.22, 0.45, 0.7)
_BRIDGE_EVERY = 5
_SHORT_M = 12.0
_STREET_SPEED_M_S = 30 / 3.6
_WOODS = ((-0.8, 1_150.0), (0.75, 1_250.0))
_LINE_STEP_M = 10.0

_FABRIC, _RIVER = -1, -2
_GROWN = (
    *("Tilleuls", "Charmes", "Alisiers", "Merisiers", "Ormes", "Saules", "Aulnes", "Cormiers", "Noisetiers"),
    *("Genêts", "Bruyères", "Fougères", "Roseaux", "Ajoncs", "Vergers", "Prairies", "Sources", "Lavoirs"),
    *("Moulins", "Forges"),
)
_QUARTER_FORMS = ("Les {}", "Clos des {}", "Port des {}", "Mont des {}", "Val des {}")


class _Sites(msgspec.Struct, frozen=True):
    """Voronoi sites (n, 2) in metres, the line each belongs to (or _FABRIC, _RIVER) and on which side."""

    points: Array
    line: Indices
    side: Indices


def generate(seed: int, plan: CityPlan | None = None, quarters: int = DEFAULT_QUARTERS) -> City:
    """Return an invented city, the same for the same arguments. Raises ValueError on a plan out of range."""
    made = build_city(invent(seed, quarters), plan or CityPlan(seed=seed))
    if isinstance(made, Refusal):
        raise ValueError(f"{made.rule}: {made.detail}")  # noqa: TRY004 - a plan out of range is a bad value
    return made


def invent(seed: int, quarters: int = DEFAULT_QUARTERS) -> CitySource:
    """Return the source of an invented city: what its two files would hold."""
    chance = np.random.default_rng(seed)
    plane = LocalPlane(ORIGIN)
    outline = _outline(chance)
    river = _river(chance, outline)
    lines, names = _lines(chance, outline, river)
    sites = _sites(chance, outline, river, lines)
    woods = _woods(chance)
    network, street_names = _streets(plane, outline, woods, sites, names)
    return CitySource(CITY_NAME, _quarters(plane, outline, quarters, seed), network, street_names)


def _outline(chance: np.random.Generator) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, _OUTLINE_VERTICES, endpoint=False)
    reach = np.ones_like(angle)
    for wave in range(2, 9):
        reach += 0.09 / wave * np.sin(wave * angle + chance.uniform(0, 2 * np.pi))
    return shapely.Polygon(
        np.column_stack((_HALF_WIDTH_M * reach * np.cos(angle), _HALF_HEIGHT_M * reach * np.sin(angle)))
    )


def _river(chance: np.random.Generator, outline: shapely.Polygon) -> shapely.LineString:
    """Return the river's middle: it enters east of the city, bends through its heart and leaves west."""
    west, _, east, _ = outline.bounds
    x = np.arange(west - 500, east + 500, _LINE_STEP_M)
    swing, phase = chance.uniform(900, 1_500), chance.uniform(-0.5, 0.5)
    y = swing * np.sin(x / 2_600 + phase) + chance.uniform(200, 500) * np.sin(x / 1_100 + 3 * phase)
    return shapely.LineString(np.column_stack((x, y - y[len(y) // 2])))


def _lines(
    chance: np.random.Generator, outline: shapely.Polygon, river: shapely.LineString
) -> tuple[list[shapely.LineString], list[str]]:
    """Return avenues and rings, outside the river's bed, and their names; index is the line's number."""
    bed = river.buffer(2.5 * _RIVER_WIDTH_M)
    trees = chance.permutation(len(_GROWN)).tolist()
    drawn = list[tuple[shapely.LineString, str]]()
    turn = chance.uniform(0, 2 * np.pi)
    for i in range(_AVENUES):
        angle = turn + (i + chance.uniform(-0.25, 0.25)) * 2 * np.pi / _AVENUES
        away = np.array([np.cos(angle), np.sin(angle)])
        drawn.append((shapely.LineString([away * 500, away * 9_000]), f"Avenue des {_GROWN[trees[i]]}"))
    corners = shapely.get_coordinates(outline.exterior)
    for i, share in enumerate(_RINGS):
        drawn.append((shapely.LineString(corners * share), f"Boulevard des {_GROWN[trees[_AVENUES + i]]}"))
    lines, names = list[shapely.LineString](), list[str]()
    for line, name in drawn:
        for part in shapely.get_parts(line.intersection(outline).difference(bed)).tolist():
            if part.geom_type == "LineString" and part.length > 2 * _BLOCK_M:
                lines.append(part)
                names.append(name)
    return lines, names


def _sites(
    chance: np.random.Generator,
    outline: shapely.Polygon,
    river: shapely.LineString,
    lines: list[shapely.LineString],
) -> _Sites:
    """Return sites: pairs mirrored about each line, the river and its banks, and the fabric between."""
    points, line_of, side_of = list[Array](), list[Indices](), list[Indices]()

    def add(places: Array, line: int, side: int) -> None:
        points.append(places)
        line_of.append(np.full(len(places), line))
        side_of.append(np.full(len(places), side))

    for side in (-1, 0, 1):
        add(_beside(river, _BLOCK_M * 0.9, side * _RIVER_WIDTH_M), _RIVER, side)
    taken = np.concatenate(points)
    # Where two lines meet, the later one's sites make way: the fabric joins them.
    for number, line in enumerate(lines):
        left, right = (_beside(line, _BLOCK_M * 0.8, side * _BLOCK_M * 0.4) for side in (-1, 1))
        gap_m = np.minimum(_gap_m(taken, left), _gap_m(taken, right))
        left, right = left[gap_m > _BLOCK_M * 0.6], right[gap_m > _BLOCK_M * 0.6]
        add(left, number, -1)
        add(right, number, 1)
        taken = np.concatenate((taken, left, right))
    fabric = _lattice(chance, outline)
    add(fabric[_gap_m(taken, fabric) > _BLOCK_M * 0.65], _FABRIC, 0)
    return _Sites(np.concatenate(points), np.concatenate(line_of), np.concatenate(side_of))


def _beside(line: shapely.LineString, step_m: float, aside_m: float) -> Array:
    """Return places every `step_m` along a line, `aside_m` to its left (negative: right)."""
    along = np.arange(step_m / 2, line.length, step_m)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(along + 1, line.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along - 1, 0)))
    heading = ahead - behind
    heading /= np.hypot(heading[:, 0], heading[:, 1])[:, None]
    beside: Array = here + aside_m * np.column_stack((-heading[:, 1], heading[:, 0]))
    return beside


def _gap_m(taken: Array, places: Array) -> Array:
    return nearest(taken, places)[0]


def _lattice(chance: np.random.Generator, outline: shapely.Polygon) -> Array:
    """Return a shaken hexagonal lattice, over the city and a little beyond, so that border cells close."""
    wide = outline.buffer(4 * _BLOCK_M)
    west, south, east, north = wide.bounds
    columns = np.arange(west, east, _BLOCK_M)
    rows = np.arange(south, north, _BLOCK_M * np.sqrt(3) / 2)
    x, y = np.meshgrid(columns, rows)
    x[::2] += _BLOCK_M / 2
    lattice = np.column_stack((x.ravel(), y.ravel()))
    lattice = lattice + chance.uniform(-0.33, 0.33, lattice.shape) * _BLOCK_M
    return lattice[shapely.contains_xy(wide, lattice[:, 0], lattice[:, 1])]


def _woods(chance: np.random.Generator) -> shapely.MultiPolygon:
    """Return two woods by the city's borders, without streets."""
    return shapely.MultiPolygon(
        [
            shapely.Point(share * _HALF_WIDTH_M, chance.uniform(-2_000, -800)).buffer(reach_m)
            for share, reach_m in _WOODS
        ]
    )


def _streets(
    plane: LocalPlane,
    outline: shapely.Polygon,
    woods: shapely.MultiPolygon,
    sites: _Sites,
    names: list[str],
) -> tuple[StreetNetwork, dict[int, str]]:
    diagram = Voronoi(sites.points)
    ridges = np.array(diagram.ridge_vertices, dtype=np.int64)
    left, right = np.asarray(diagram.ridge_points, dtype=np.int64).T
    vertices = np.asarray(diagram.vertices, dtype=np.float64)
    keep = ridges.min(axis=1) >= 0
    margin = outline.buffer(-20.0)
    inside = shapely.contains_xy(margin, vertices[:, 0], vertices[:, 1])
    wooded = shapely.contains_xy(woods, vertices[:, 0], vertices[:, 1])
    keep &= inside[ridges].all(axis=1) & ~wooded[ridges].all(axis=1)
    across = (sites.line[left] == _RIVER) & (sites.line[right] == _RIVER)
    across &= (sites.side[left] == 0) & (sites.side[right] == 0)
    bridge = across & (np.minimum(left, right) % _BRIDGE_EVERY == 0)
    keep &= ~across | bridge
    named = np.where(
        (sites.line[left] == sites.line[right]) & (sites.side[left] != sites.side[right]), sites.line[left], _FABRIC
    )
    quay = (sites.line[left] == _RIVER) & (sites.line[right] == _RIVER)
    quay &= (sites.side[left] == 0) != (sites.side[right] == 0)
    labels = [
        "Pont" if is_bridge else "Quai" if is_quay else names[line] if line >= 0 else ""
        for is_bridge, is_quay, line in zip(bridge[keep], quay[keep], named[keep].tolist(), strict=True)
    ]
    return _network(plane, vertices, ridges[keep], labels)


def _network(
    plane: LocalPlane, vertices: Array, ends: Indices, labels: list[str]
) -> tuple[StreetNetwork, dict[int, str]]:
    """Melt streets too short to exist into one junction, and keep the largest connected part."""
    count = len(vertices)
    length_m = np.hypot(*(vertices[ends[:, 0]] - vertices[ends[:, 1]]).T)
    short = ends[length_m < _SHORT_M]
    _, melted = connected_components(
        coo_matrix((np.ones(len(short)), (short[:, 0], short[:, 1])), shape=(count, count)), directed=False
    )
    groups = int(melted.max()) + 1
    middles, _ = gravity_centres(vertices, melted.astype(np.int64), np.ones(count), groups)
    ends = np.sort(melted[ends], axis=1)
    _, first = np.unique(ends, axis=0, return_index=True)
    first = np.sort(first[ends[first, 0] != ends[first, 1]])
    ends = ends[first]
    _, part = connected_components(
        coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(groups, groups)), directed=False
    )
    main = int(np.argmax(weighed(part[ends[:, 0]].astype(np.int64), np.ones(len(ends)), groups)))
    kept = part[ends[:, 0]] == main
    used, numbered = np.unique(ends[kept], return_inverse=True)
    numbered = numbered.reshape(-1, 2)
    metres = np.hypot(*(middles[ends[kept][:, 0]] - middles[ends[kept][:, 1]]).T)
    streets = tuple(
        Street(a, b, round(m, 1), round(m / _STREET_SPEED_M_S, 1), both_ways=True)
        for (a, b), m in zip(numbered.tolist(), metres.tolist(), strict=True)
    )
    said = {i: labels[j] for i, j in enumerate(first[kept].tolist()) if labels[j]}
    return StreetNetwork(positions_of(to_lonlat(plane, middles[used])), streets), said


def _quarters(plane: LocalPlane, outline: shapely.Polygon, count: int, seed: int) -> tuple[Quarter, ...]:
    centres = site(area_demand(outline, grain_m(outline, count)), count, seed)
    centres = centres[np.lexsort((centres[:, 0], -np.round(centres[:, 1] / 1_500)))]
    weights_m2 = np.zeros(count)
    west, south, east, north = outline.buffer(1_000).bounds
    frame = np.array([(west, south), (east, south), (east, north), (west, north)])
    faces = cutting.cut(plane, shape_to_lonlat(plane, outline), cells(centres, weights_m2, frame))
    owner = owners(centres, weights_m2, faces.insides)
    shapes = [
        shapely.union_all([face for face, who in zip(faces.shapes, owner.tolist(), strict=True) if who == i])
        for i in range(count)
    ]
    return tuple(Quarter(f"q-{i + 1:02d}", _quarter_name(i), polygons_of(shape)) for i, shape in enumerate(shapes))


def _quarter_name(index: int) -> str:
    forms = len(_QUARTER_FORMS)
    name = _QUARTER_FORMS[index % forms].format(_GROWN[index // forms % len(_GROWN)])
    again = index // (forms * len(_GROWN))
    return name if again == 0 else f"{name} {again + 1}"
