"""Checking a territory before anything is built on it: every reason for refusing names its feature."""

from collections.abc import Sequence

import msgspec
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.kernel.refusal import Refusal, first
from necmergitur.territory import constants
from necmergitur.territory.demand import StreetPieces, cut_streets, keep_inside
from necmergitur.territory.model import CityPlan, CitySource, Quarter, Street, StreetLine, StreetNetwork
from necmergitur.territory.shapes import Array, lonlat_of, plane_over, shape_of, shape_to_xy, to_xy, weighed


class Survey(msgspec.Struct, frozen=True):
    """A checked territory: lon/lat shapes, the kept network and lines, and street pieces in metres."""

    plane: LocalPlane
    outline: BaseGeometry
    quarter_shapes: tuple[BaseGeometry, ...]
    network: StreetNetwork
    lines: tuple[StreetLine, ...]
    pieces: StreetPieces
    notes: tuple[str, ...]


def survey(source: CitySource, plan: CityPlan) -> Survey | Refusal:
    """Return the checked territory, or the first reason why no city can be built on it.

    Refusals carry facts: `quarter` or `street`, an index in the source, when one is at fault.
    """
    refusal = first(_check_plan(plan), _check_counts(source))
    if refusal is not None:
        return refusal
    shapes = list[BaseGeometry]()
    for index, quarter in enumerate(source.quarters):
        shape = _quarter_shape(index, quarter)
        if isinstance(shape, Refusal):
            return shape
        shapes.append(shape)
    plane = plane_over(np.array([shape.bounds for shape in shapes]).reshape(-1, 2))
    refusal = first(_check_extent(plane, shapes), _check_overlaps(plane, shapes, source.quarters))
    if refusal is not None:
        return refusal
    outline = _outline(plane, shapes)
    return _survey_streets(source, plane, outline, tuple(shapes))


def _check_plan(plan: CityPlan) -> Refusal | None:
    if not 1 <= plan.zones <= constants.MAX_ZONES:
        return Refusal(rule="zones_out_of_range", detail=f"{plan.zones} zones: 1 to {constants.MAX_ZONES}")
    if not 0 <= plan.buttons <= constants.MAX_BUTTONS:
        return Refusal(rule="buttons_out_of_range", detail=f"{plan.buttons} buttons: 0 to {constants.MAX_BUTTONS}")
    if not 0.0 <= plan.area_share <= 1.0:
        return Refusal(rule="area_share_out_of_range", detail=f"area share {plan.area_share}: 0 to 1")
    return None


def _check_counts(source: CitySource) -> Refusal | None:
    limits = (
        ("quarters", len(source.quarters), constants.MAX_QUARTERS),
        ("junctions", len(source.network.junctions), constants.MAX_JUNCTIONS),
        ("streets", len(source.network.streets), constants.MAX_STREETS),
    )
    for what, count, most in limits:
        if count == 0:
            return Refusal(rule=f"no_{what}", detail=f"the source holds no {what}")
        if count > most:
            return Refusal(rule=f"too_many_{what}", detail=f"{count} {what}: at most {most}")
    return None


def _quarter_shape(index: int, quarter: Quarter) -> BaseGeometry | Refusal:
    facts = {"quarter": str(index), "name": quarter.name}
    if not quarter.polygons:
        return Refusal(rule="quarter_empty", detail=f"quarter {quarter.name!r} has no polygon", facts=facts)
    for polygon in quarter.polygons:
        for ring in (polygon.shell, *polygon.holes):
            if len(ring) < constants.MIN_RING_POSITIONS or ring[0] != ring[-1]:
                detail = f"quarter {quarter.name!r} has a ring that is not closed ({len(ring)} positions)"
                return Refusal(rule="ring_not_closed", detail=detail, facts=facts)
    shape = shape_of(quarter.polygons)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        detail = f"quarter {quarter.name!r} crosses itself or is folded: {reason}"
        return Refusal(rule="quarter_self_crossing", detail=detail, facts=facts)
    snapped: BaseGeometry = shapely.set_precision(shape, constants.GRID_DEG)
    if snapped.is_empty:
        return Refusal(rule="quarter_empty", detail=f"quarter {quarter.name!r} has no area", facts=facts)
    return snapped


def _check_extent(plane: LocalPlane, shapes: Sequence[BaseGeometry]) -> Refusal | None:
    boxes = np.array([shape.bounds for shape in shapes])
    corners = to_xy(plane, np.array([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)]))
    span_m = float((corners[1] - corners[0]).max())
    if span_m > constants.MAX_SPAN_M:
        detail = f"the quarters span {span_m / 1000:.0f} km: at most {constants.MAX_SPAN_M / 1000:.0f} km"
        return Refusal(rule="territory_too_wide", detail=detail)
    area_m2 = sum(shape_to_xy(plane, shape).area for shape in shapes)
    if area_m2 < constants.MIN_AREA_M2:
        detail = f"the quarters cover {area_m2:.0f} m2: at least {constants.MIN_AREA_M2:.0f} m2"
        return Refusal(rule="territory_too_small", detail=detail)
    return None


def _check_overlaps(plane: LocalPlane, shapes: Sequence[BaseGeometry], quarters: Sequence[Quarter]) -> Refusal | None:
    ground = [shape_to_xy(plane, shape) for shape in shapes]
    left, right = shapely.STRtree(ground).query(ground, predicate="intersects")
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        if a >= b:
            continue
        shared_m2 = ground[a].intersection(ground[b]).area
        if shared_m2 > constants.MAX_OVERLAP_SHARE * min(ground[a].area, ground[b].area):
            names = f"{quarters[a].name!r} and {quarters[b].name!r}"
            detail = f"quarters {names} (features {a} and {b}) overlap by {shared_m2:.0f} m2"
            return Refusal(rule="quarters_overlap", detail=detail, facts={"quarter": str(b), "name": quarters[b].name})
    return None


def _outline(plane: LocalPlane, shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return the union of the quarters, with the gaps between badly drawn borders filled."""
    union = shapely.union_all(list(shapes), grid_size=constants.GRID_DEG)
    parts = list[shapely.Polygon]()
    for part in shapely.get_parts(union).tolist():
        if part.geom_type != "Polygon":
            continue
        enclaves = [
            hole
            for hole in part.interiors
            if shape_to_xy(plane, shapely.Polygon(hole)).area >= constants.MAX_DRAWING_GAP_M2
        ]
        parts.append(shapely.Polygon(part.exterior, enclaves))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _survey_streets(
    source: CitySource, plane: LocalPlane, outline: BaseGeometry, shapes: tuple[BaseGeometry, ...]
) -> Survey | Refusal:
    network = source.network
    refusal = _check_streets(network)
    if refusal is not None:
        return refusal
    kept, notes = _main_network(network)
    if isinstance(kept, Refusal):
        return kept
    lines = [
        StreetLine(
            (network.junctions[street.start], network.junctions[street.end]),
            street.metres,
            source.street_names.get(index, ""),
        )
        for index, street in kept
    ]
    every_piece = cut_streets(plane, lines)
    pieces = keep_inside(every_piece, shape_to_xy(plane, outline))
    inside_m = weighed(pieces.street, pieces.metres, len(lines))
    total_m = float(every_piece.metres.sum())
    outside_m = total_m - float(inside_m.sum())
    if outside_m > constants.MAX_OUTSIDE_SHARE * total_m:
        return _outside(network, kept, inside_m, outline, outside_m / total_m)
    stray = int((inside_m == 0).sum())
    if len(pieces.metres) < len(every_piece.metres):
        notes.append(f"{outside_m:.0f} m of street lie outside the territory; {stray} streets left out")
    renumber = np.cumsum(inside_m > 0) - 1
    drawn = tuple(line for line, metres in zip(lines, inside_m.tolist(), strict=True) if metres > 0)
    streets = tuple(street for (_, street), metres in zip(kept, inside_m.tolist(), strict=True) if metres > 0)
    return Survey(
        plane=plane,
        outline=outline,
        quarter_shapes=shapes,
        network=_without_lone_junctions(network.junctions, streets),
        lines=drawn,
        pieces=StreetPieces(pieces.middles, pieces.metres, renumber[pieces.street], pieces.fraction),
        notes=tuple(notes),
    )


def _check_streets(network: StreetNetwork) -> Refusal | None:
    last = len(network.junctions) - 1
    for index, street in enumerate(network.streets):
        facts = {"street": str(index)}
        if not (0 <= street.start <= last and 0 <= street.end <= last):
            detail = f"street {index} joins junctions {street.start} and {street.end}; the last is {last}"
            return Refusal(rule="unknown_junction", detail=detail, facts=facts)
        if not 0.0 < street.metres <= constants.MAX_STREET_M:
            detail = f"street {index} is {street.metres} m long: more than 0, at most {constants.MAX_STREET_M} m"
            return Refusal(rule="street_length", detail=detail, facts=facts)
    return None


def _main_network(
    network: StreetNetwork,
) -> tuple[list[tuple[int, Street]] | Refusal, list[str]]:
    """Return the streets of the largest connected part, each once, with remarks on what was left out."""
    notes = list[str]()
    seen = dict[tuple[int, int, float], int]()
    once = list[tuple[int, Street]]()
    for index, street in enumerate(network.streets):
        key = (min(street.start, street.end), max(street.start, street.end), street.metres)
        if street.start != street.end and key not in seen:
            seen[key] = index
            once.append((index, street))
    if len(once) < len(network.streets):
        notes.append(f"{len(network.streets) - len(once)} streets listed twice or ending where they start")
    if not once:
        return Refusal(rule="no_streets", detail="every street ends where it starts"), notes
    ends = np.array([(street.start, street.end) for _, street in once])
    metres = np.array([street.metres for _, street in once])
    count = len(network.junctions)
    graph = coo_matrix((np.ones(len(once)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    part = label[ends[:, 0]]
    length_m = np.bincount(part, metres)
    main = int(length_m.argmax())
    cut_off_m = float(metres.sum() - length_m[main])
    if cut_off_m > constants.MAX_CUT_OFF_SHARE * float(metres.sum()):
        first = int(np.flatnonzero(part != main)[0])
        parts = int((length_m > 0).sum())
        detail = (
            f"the street graph is in {parts} separate parts: {cut_off_m / metres.sum():.0%} of its length "
            f"is cut off from the largest (at most {constants.MAX_CUT_OFF_SHARE:.0%}), "
            f"for one, street {once[first][0]}"
        )
        return Refusal(rule="network_disconnected", detail=detail, facts={"street": str(once[first][0])}), notes
    kept = [pair for pair, where in zip(once, part.tolist(), strict=True) if where == main]
    if len(kept) < len(once):
        notes.append(f"{cut_off_m:.0f} m of street are cut off from the main network and left out")
    return kept, notes


def _outside(
    network: StreetNetwork,
    kept: Sequence[tuple[int, Street]],
    inside_m: Array,
    outline: BaseGeometry,
    share: float,
) -> Refusal:
    """Refuse streets outside the territory, naming one and hinting at swapped coordinates."""
    index, street = kept[int(np.flatnonzero(inside_m == 0)[0])] if (inside_m == 0).any() else kept[0]
    at = network.junctions[street.start]
    junctions = lonlat_of(network.junctions)
    swapped = shapely.contains_xy(outline.envelope, junctions[:, 1], junctions[:, 0])
    hint = " (latitude and longitude look swapped)" if 2 * swapped.sum() > len(swapped) else ""
    detail = (
        f"{share:.1%} of the street length lies outside the territory (at most "
        f"{constants.MAX_OUTSIDE_SHARE:.0%}), for one, street {index} at lon {at.lon}, lat {at.lat}{hint}"
    )
    return Refusal(rule="streets_outside_territory", detail=detail, facts={"street": str(index)})


def _without_lone_junctions(junctions: Sequence[Position], streets: Sequence[Street]) -> StreetNetwork:
    used = sorted({end for street in streets for end in (street.start, street.end)})
    number = {junction: i for i, junction in enumerate(used)}
    return StreetNetwork(
        tuple(junctions[junction] for junction in used),
        tuple(Street(number[s.start], number[s.end], s.metres, s.seconds, s.both_ways) for s in streets),
    )
