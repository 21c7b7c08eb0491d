"""From a source to a city: survey, site the docks, cut the zones, place the buttons. All or nothing."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory import buttons as posts
from necmergitur.territory.constants import DOCK_TO_STREET_M
from necmergitur.territory.demand import Demand, area_demand, mix, street_demand
from necmergitur.territory.labels import button_id, button_label, dock_id, zone_id, zone_label
from necmergitur.territory.model import Button, City, CityPlan, CitySource, Dock, Quarter, Zone
from necmergitur.territory.proximity import nearest
from necmergitur.territory.shapes import (
    Array,
    Indices,
    polygons_of,
    positions_of,
    shape_to_xy,
    to_lonlat,
    to_xy,
)
from necmergitur.territory.siting import site
from necmergitur.territory.survey import Survey, survey
from necmergitur.territory.zoning import ZoneCut, cut_zones, holder


def build_city(source: CitySource, plan: CityPlan | None = None) -> City | Refusal:
    """Return a complete city, or the reason why the source cannot carry one. Deterministic.

    Numbers follow a space-filling curve, so neighbouring zones and buttons have neighbouring numbers.
    """
    plan = plan or CityPlan()
    checked = survey(source, plan)
    if isinstance(checked, Refusal):
        return checked
    territory = shape_to_xy(checked.plane, checked.outline)
    ground = area_demand(territory)
    demand = mix(ground, street_demand(checked.pieces, territory), plan.area_share)
    if len(np.unique(demand.points, axis=0)) < plan.zones:
        detail = f"{plan.zones} zones for {len(demand.points)} points of demand: the territory is too small"
        return Refusal(rule="too_many_zones", detail=detail)
    docks = _settle(checked, territory, ground, site(demand, plan.zones, plan.seed))
    order = np.argsort(posts.along_curve(docks), kind="stable")
    docks = docks[order]
    cut = cut_zones(checked.plane, checked.outline, docks, checked.pieces)
    zones = _zones(checked, source.quarters, cut)
    return City(
        name=source.name,
        outline=polygons_of(shapely.union_all(list(cut.shapes))),
        quarters=source.quarters,
        zones=zones,
        docks=_docks(checked.plane, docks, zones),
        buttons=_buttons(checked, source.quarters, cut, zones, plan.buttons),
        streets=checked.lines,
        network=checked.network,
        plan=plan,
        notes=checked.notes,
    )


def _settle(checked: Survey, territory: BaseGeometry, ground: Demand, docks: Array) -> Array:
    """Put every dock on the street when one is near, and inside the territory in any case; none coincide."""
    settled = docks.copy()
    inside = shapely.contains_xy(territory, docks[:, 0], docks[:, 1])
    spots = np.concatenate((ground.points, checked.pieces.middles))
    outside = np.flatnonzero(~inside)
    settled[outside] = spots[nearest(spots, docks[outside])[1]]
    gap_m, kerb = nearest(checked.pieces.middles, docks)
    near = gap_m <= DOCK_TO_STREET_M
    settled[near] = checked.pieces.middles[kerb[near]]
    settled = to_xy(checked.plane, np.round(to_lonlat(checked.plane, settled), 7))
    return _separate(settled, spots)


def _separate(docks: Array, spots: Array) -> Array:
    """Move docks that share a place to free spots nearby."""
    _, first, same = np.unique(docks, axis=0, return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[same.ravel()] != np.arange(len(docks)))
    if len(repeated) == 0:
        return docks
    docks = docks.copy()
    taken = {tuple(place) for place in docks.tolist()}
    for dock in repeated.tolist():
        for spot in np.argsort(((spots - docks[dock]) ** 2).sum(axis=1), kind="stable").tolist():
            place = tuple(spots[spot].tolist())
            if place not in taken:
                docks[dock] = place
                taken.add(place)
                break
    return docks


def _zones(checked: Survey, quarters: tuple[Quarter, ...], cut: ZoneCut) -> tuple[Zone, ...]:
    main = _main_quarters(checked.quarter_shapes, cut.shapes)
    centres = positions_of(shapely.get_coordinates(shapely.point_on_surface(list(cut.shapes))))
    ids = [zone_id(i + 1) for i in range(len(cut.shapes))]
    return tuple(
        Zone(
            id=ids[i],
            number=i + 1,
            quarter_id=quarters[main[i]].id,
            label=zone_label(quarters[main[i]].name, i + 1),
            polygons=polygons_of(shape),
            centre=centres[i],
            area_m2=float(cut.area_m2[i]),
            street_length_m=float(cut.street_m[i]),
            neighbours=tuple(ids[j] for j in cut.neighbours[i]),
        )
        for i, shape in enumerate(cut.shapes)
    )


def _main_quarters(quarters: tuple[BaseGeometry, ...], zones: tuple[BaseGeometry, ...]) -> Indices:
    """Return for each zone the quarter that covers most of it (or the nearest one)."""
    tree = shapely.STRtree(list(quarters))
    zone, quarter = tree.query(list(zones), predicate="intersects")
    shared = shapely.area(
        shapely.intersection(np.array(zones, dtype=object)[zone], np.array(quarters, dtype=object)[quarter])
    )
    main = np.asarray(tree.nearest(list(zones)), dtype=np.int64)
    order = np.lexsort((-quarter, shared, zone))
    main[zone[order]] = quarter[order]
    return main


def _docks(plane: LocalPlane, docks: Array, zones: tuple[Zone, ...]) -> tuple[Dock, ...]:
    places = positions_of(to_lonlat(plane, docks))
    return tuple(Dock(dock_id(zone.number), zone.id, place) for zone, place in zip(zones, places, strict=True))


def _buttons(
    checked: Survey,
    quarters: tuple[Quarter, ...],
    cut: ZoneCut,
    zones: tuple[Zone, ...],
    count: int,
) -> tuple[Button, ...]:
    order = np.arange(len(zones), dtype=np.int64)
    places = posts.place(checked.pieces, cut.piece_zone, order, count)
    lonlat = to_lonlat(checked.plane, places.points)
    quarter = holder(checked.quarter_shapes, lonlat) if count else np.zeros(0, dtype=np.int64)
    names = [checked.lines[street].name for street in places.street.tolist()]
    return tuple(
        Button(
            id=button_id(i + 1),
            zone_id=zones[zone].id,
            position=position,
            label=button_label(name or quarters[where].name, zones[zone].number, i + 1),
        )
        for i, (zone, position, name, where) in enumerate(
            zip(places.zone.tolist(), positions_of(lonlat), names, quarter.tolist(), strict=True)
        )
    )
