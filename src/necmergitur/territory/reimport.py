"""A city imported again: what is the same keeps its id, what is new gets a new one, nothing is orphaned.

Ids are never reused: a retired device keeps its row, its history and its number.
"""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import shapely
from scipy.optimize import linear_sum_assignment

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.territory.constants import (
    KEPT_WITHIN_M,
    RECOGNISE_BUTTON_M,
    RECOGNISE_DOCK_M,
    RECOGNISE_OVERLAP,
    REDRAWN_BELOW,
    REIMPORT_CANDIDATES,
)
from necmergitur.territory.inventory import Changes, Inventory, Known, Moved, Reimport, inventory_of, standing_of
from necmergitur.territory.labels import (
    button_id,
    button_label,
    dock_id,
    number_in,
    place_in,
    zone_id,
    zone_label,
)
from necmergitur.territory.model import Button, City, Dock, Zone
from necmergitur.territory.proximity import nearest_few
from necmergitur.territory.shapes import Array, Indices, lonlat_of, plane_over, shape_of, shape_to_xy, to_xy

__all__ = ["Changes", "Inventory", "Known", "Moved", "Reimport", "inventory_of", "reimport", "standing_of"]


def reimport(old: Inventory, new: City) -> Reimport:
    """Return `new` with the ids of `old` wherever an object is recognised, and what changes.

    Zones are recognised by overlap, docks and buttons by place. Deterministic.
    """
    plane = plane_over(lonlat_of(zone.centre for zone in new.zones))
    zone_ids, zones = _zones(plane, old.zones, new.zones)
    dock_places = [dock.position for dock in new.docks]
    dock_ids, docks = _places(plane, old.docks, dock_places, _match_all, RECOGNISE_DOCK_M, dock_id)
    button_places = [button.position for button in new.buttons]
    button_ids, buttons = _places(plane, old.buttons, button_places, _match_near, RECOGNISE_BUTTON_M, button_id)
    renamed = dict(zip((zone.id for zone in new.zones), zone_ids, strict=True))
    city = msgspec.structs.replace(
        new,
        zones=tuple(sorted((_renamed_zone(zone, renamed) for zone in new.zones), key=lambda z: _order(z.id))),
        docks=tuple(
            sorted(
                (
                    Dock(ident, renamed[dock.zone_id], dock.position)
                    for dock, ident in zip(new.docks, dock_ids, strict=True)
                ),
                key=lambda dock: _order(dock.id),
            )
        ),
        buttons=tuple(
            sorted(
                (
                    _renamed_button(button, ident, renamed[button.zone_id])
                    for button, ident in zip(new.buttons, button_ids, strict=True)
                ),
                key=lambda button: _order(button.id),
            )
        ),
    )
    return Reimport(city, zones, docks, buttons)


def _renamed_zone(zone: Zone, renamed: dict[str, str]) -> Zone:
    number = number_in(renamed[zone.id])
    return msgspec.structs.replace(
        zone,
        id=renamed[zone.id],
        number=number,
        label=zone_label(place_in(zone.label), number),
        neighbours=tuple(sorted(renamed[other] for other in zone.neighbours)),
    )


def _renamed_button(button: Button, ident: str, zone: str) -> Button:
    label = button_label(place_in(button.label), number_in(zone), number_in(ident))
    return Button(ident, zone, button.position, label)


def _order(ident: str) -> tuple[int, str]:
    return number_in(ident), ident


def _zones(plane: LocalPlane, old: Sequence[Known], new: Sequence[Zone]) -> tuple[list[str], Changes]:
    """Match zones by the ground they share (by their centres when old polygons are unknown)."""
    active = [known for known in old if not known.retired]
    if not all(known.polygons for known in active):
        return _places(plane, old, [zone.centre for zone in new], _match_all, RECOGNISE_DOCK_M, zone_id)
    before = np.array([shape_to_xy(plane, shape_of(known.polygons)) for known in active], dtype=object)
    after = np.array([shape_to_xy(plane, shape_of(zone.polygons)) for zone in new], dtype=object)
    shared = np.zeros((len(before), len(after)))
    if len(before) and len(after):
        right, left = shapely.STRtree(before).query(after, predicate="intersects")
        shared[left, right] = shapely.area(shapely.intersection(before[left], after[right]))
        # Overlap over union: 1 when the zones are the same, 0 when they share nothing.
        shared /= np.maximum(shapely.area(before)[:, None] + shapely.area(after)[None, :] - shared, 1e-9)
    rows, columns = linear_sum_assignment(-shared)
    same = shared[rows, columns] >= RECOGNISE_OVERLAP
    pairs = dict(zip(columns[same].tolist(), rows[same].tolist(), strict=True))
    redrawn = {j: bool(shared[i, j] < REDRAWN_BELOW) for j, i in pairs.items()}
    places = [zone.centre for zone in new]
    return _changes(old, active, places, pairs, redrawn, zone_id)


def _places(
    plane: LocalPlane,
    old: Sequence[Known],
    new: Sequence[Position],
    match: Callable[[Array, Array, float], dict[int, int]],
    recognise_m: float,
    name: Callable[[int], str],
) -> tuple[list[str], Changes]:
    active = [known for known in old if not known.retired]
    before = to_xy(plane, lonlat_of(known.position for known in active))
    after = to_xy(plane, lonlat_of(new))
    pairs = match(before, after, recognise_m) if len(before) and len(after) else {}
    moved = {j: bool(np.hypot(*(before[i] - after[j])) > KEPT_WITHIN_M) for j, i in pairs.items()}
    return _changes(old, active, new, pairs, moved, name)


def _changes(
    old: Sequence[Known],
    active: Sequence[Known],
    new: Sequence[Position],
    pairs: dict[int, int],
    moved: dict[int, bool],
    name: Callable[[int], str],
) -> tuple[list[str], Changes]:
    """Give ids to the new objects: their own when paired (new index: active index), else the next unused."""
    number = max((number_in(known.id) for known in old), default=0)
    ids, added = list[str](), list[str]()
    for j in range(len(new)):
        if j in pairs:
            ids.append(active[pairs[j]].id)
        else:
            number += 1
            ids.append(name(number))
            added.append(ids[-1])
    paired = {active[i].id for i in pairs.values()}
    changes = Changes(
        kept=tuple(ids[j] for j in sorted(pairs) if not moved[j]),
        moved=tuple(Moved(ids[j], active[pairs[j]].position, new[j]) for j in sorted(pairs) if moved[j]),
        added=tuple(added),
        retired=tuple(known.id for known in active if known.id not in paired),
    )
    return ids, changes


def _match_all(before: Array, after: Array, recognise_m: float) -> dict[int, int]:
    """Pair places (new index: old index) so that the total distance is least; for a few thousand places."""
    gap = before[:, None, :] - after[None, :, :]
    distance_m = np.hypot(gap[..., 0], gap[..., 1])
    rows, columns = linear_sum_assignment(np.minimum(distance_m, recognise_m))
    near = distance_m[rows, columns] < recognise_m
    return dict(zip(columns[near].tolist(), rows[near].tolist(), strict=True))


def _match_near(before: Array, after: Array, recognise_m: float) -> dict[int, int]:
    """Pair places (new index: old index), nearest pairs first; for any number of places."""
    distance_m, candidate = nearest_few(before, after, REIMPORT_CANDIDATES)
    fresh: Indices = np.repeat(np.arange(len(after)), candidate.shape[1])
    known, gap_m = candidate.ravel(), distance_m.ravel()
    near = np.flatnonzero(gap_m < recognise_m)
    taken, pairs = set[int](), dict[int, int]()
    for at in near[np.lexsort((known[near], fresh[near], gap_m[near]))].tolist():
        i, j = int(known[at]), int(fresh[at])
        if i not in taken and j not in pairs:
            taken.add(i)
            pairs[j] = i
    return pairs
