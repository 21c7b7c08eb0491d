"""From a source to a city: survey, site the docks, cut the zones, place the buttons. All or nothing."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory import buttons as posts
from necmergitur.territory.constants import DOCK_TO_STREET_M, MIN_ZONE_M2
from necmergitur.territory.demand import Demand, area_demand, grain_m, mix, street_demand
from necmergitur.territory.labels import button_id, button_label, dock_id, zone_id, zone_label
from necmergitur.territory.model import Button, City, CityPlan, CitySource, Dock, Quarter, Standing, Zone
from necmergitur.territory.proximity import nearest
from necmergitur.territory.shapes import (
    Array,
    Indices,
    lonlat_of,
    polygons_of,
    positions_of,
    shape_to_xy,
    to_lonlat,
    to_xy,
)
from necmergitur.territory.siting import site, site_around
from necmergitur.territory.survey import Survey, survey
from necmergitur.territory.zoning import ZoneCut, cut_zones, holder


def build_city(source: CitySource, plan: CityPlan | None = None, standing: Standing | None = None) -> City | Refusal:
    """Return a complete city, or the reason why the source cannot carry one. Deterministic.

    What is `standing` stays where it is as long as the territory and the plan have room for it.

    Numbers follow a space-filling curve, so neighbouring zones and buttons have neighbouring numbers.
    """
    plan = plan or CityPlan()
    checked = survey(source, plan)
    if isinstance(checked, Refusal):
        return checked
    territory = shape_to_xy(checked.plane, checked.outline)
    if territory.area < plan.zones * MIN_ZONE_M2:
        detail = f"{plan.zones} zones on {territory.area:.0f} m2: at least {MIN_ZONE_M2:.0f} m2 for each"
        return Refusal(rule="too_many_zones", detail=detail)
    step = grain_m(territory, plan.zones)
    ground = area_demand(territory, step)
    demand = mix(ground, street_demand(checked.pieces, step), plan.area_share)
    if len(np.unique(demand.points, axis=0)) < plan.zones:
        detail = f"{plan.zones} zones for {len(demand.points)} points of demand: the territory is too small"
        return Refusal(rule="too_many_zones", detail=detail)
    docks = _dock_places(checked, territory, ground, demand, plan, standing or Standing())
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
        buttons=_buttons(checked, source.quarters, cut, zones, plan.buttons, standing or Standing()),
        streets=checked.lines,
        network=checked.network,
        plan=plan,
        notes=checked.notes,
    )


def _dock_places(
    checked: Survey, territory: BaseGeometry, ground: Demand, demand: Demand, plan: CityPlan, standing: Standing
) -> Array:
    """Return the docks (n, 2) in metres: those standing inside the territory, unmoved, then the others."""
    places = np.unique(to_xy(checked.plane, lonlat_of(standing.docks)), axis=0)
    places = places[shapely.contains_xy(territory, places[:, 0], places[:, 1])]
    if len(places) == 0:
        return _settle(checked, territory, ground, site(demand, plan.zones, plan.seed))
    docks = site_around(demand, plan.zones, places)
    stand = min(len(places), plan.zones)
    moved = _settle(checked, territory, ground, docks[stand:])
    spots = np.concatenate((ground.points, checked.pieces.middles))
    return _separate(np.concatenate((docks[:stand], moved)), spots)


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
    standing: Standing,
) -> tuple[Button, ...]:
    if count == 0:
        return ()
    order = np.arange(len(zones), dtype=np.int64)
    stand = to_xy(checked.plane, lonlat_of(standing.buttons))
    if len(stand):
        places = posts.place_around(checked.pieces, cut.piece_zone, order, stand, count)
    else:
        places = posts.place(checked.pieces, cut.piece_zone, order, count)
    lonlat = to_lonlat(checked.plane, places.points)
    zone = holder(cut.shapes, lonlat)
    quarter = holder(checked.quarter_shapes, lonlat)
    names = [checked.lines[street].name for street in places.street.tolist()]
    return tuple(
        Button(
            id=button_id(i + 1),
            zone_id=zones[which].id,
            position=position,
            label=button_label(name or quarters[where].name, zones[which].number, i + 1),
        )
        for i, (which, position, name, where) in enumerate(
            zip(zone.tolist(), positions_of(lonlat), names, quarter.tolist(), strict=True)
        )
    )
