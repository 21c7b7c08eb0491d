"""May this straight flight go? Geozones drawn around one city, asked for many routes at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory.constants import (
    CORRIDOR_M,
    GEOID_MARGIN_M,
    HEIGHT_MARGIN_M,
    HIGHEST_GROUND_AMSL_M,
    LOWEST_GROUND_AMSL_M,
    MISSION_LASTS,
    MISSION_STEP,
    REACH_M,
)
from necmergitur.territory.geozones import Geozone, GeozoneSet, Limit, Volume, applies_during, usable, usable_until
from necmergitur.territory.shapes import Array, lonlat_of, shape_of, to_xy

# A circle is drawn with this many sides a quarter, around the true one: 0.03 % too wide, never too narrow.
_SIDES_A_QUARTER = 32
_OPEN = frozenset({"NO_RESTRICTION"})
_NONE: frozenset[str] = frozenset()


class Ground(msgspec.Struct, frozen=True):
    """Lowest and highest ground of the city above mean sea level, to compare AMSL limits with height."""

    lowest_m: float = LOWEST_GROUND_AMSL_M
    highest_m: float = HIGHEST_GROUND_AMSL_M


class Airspace:
    """A geozone set prepared for routes within REACH_M of `near`. Build once per set."""

    def __init__(self, zones: GeozoneSet, near: Position, ground: Ground | None = None) -> None:
        """Draw the restricting zones within reach, with the heights at which each may apply."""
        self.zones = zones
        self.near = near
        self._plane = LocalPlane(near)
        ground = ground or Ground()
        here = shapely.Point(0, 0)
        self._zone = list[Geozone]()
        self._band = list[tuple[float, float]]()
        shapes = list[BaseGeometry]()
        for zone in zones.zones:
            if zone.restriction in _OPEN:
                continue
            for volume in zone.volumes:
                shape = _drawn(self._plane, volume)
                if shapely.distance(shape, here) <= REACH_M:
                    shapes.append(shape)
                    self._zone.append(zone)
                    self._band.append(_band_agl_m(volume, ground))
        self._tree = shapely.STRtree(shapes)
        # Going through every zone of a country for each route would cost more than the route.
        self._fit_from: datetime | None = None
        self._fit_until = usable_until(zones)

    def routes_clear(
        self,
        starts: Sequence[Position],
        to: Position,
        altitude_m: float,
        now: datetime,
        authorised_zone_ids: frozenset[str] = _NONE,
        exempted_zone_ids: frozenset[str] = _NONE,
    ) -> list[Refusal | None]:
        """Return for each straight route to `to`, flown at `altitude_m` above ground, None or why it may not.

        A zone that asks for authorisation or sets conditions lets pass those it is named to in
        `authorised_zone_ids`; a prohibited one only those in `exempted_zone_ids`, a written derogation.
        """
        unfit = self._usable(now)
        if unfit is not None:
            return [unfit] * len(starts)
        ends = to_xy(self._plane, lonlat_of([*starts, to]))
        far = np.hypot(ends[:, 0], ends[:, 1]) > REACH_M
        outcome: list[Refusal | None] = [_too_far(self.near) if gone or far[-1] else None for gone in far[:-1]]
        for route, part in self._met(ends, altitude_m):
            if outcome[route] is None and self._closed(part, now, authorised_zone_ids, exempted_zone_ids):
                outcome[route] = _blocked(self._zone[part])
        return outcome

    def route_clear(
        self,
        start: Position,
        to: Position,
        altitude_m: float,
        now: datetime,
        authorised_zone_ids: frozenset[str] = _NONE,
        exempted_zone_ids: frozenset[str] = _NONE,
    ) -> Refusal | None:
        """Return None when one straight route is clear, else why not; see `routes_clear`."""
        return self.routes_clear([start], to, altitude_m, now, authorised_zone_ids, exempted_zone_ids)[0]

    def _usable(self, now: datetime) -> Refusal | None:
        """Return what `usable` says, remembered: a set once usable stays so until its own end."""
        known = self._fit_from is not None and self._fit_from <= now
        if known and (self._fit_until is None or now <= self._fit_until):
            return None
        unfit = usable(self.zones, now)
        if unfit is None and (self._fit_from is None or now < self._fit_from):
            self._fit_from = now
        return unfit

    def _met(self, ends: Array, altitude_m: float) -> Iterator[tuple[int, int]]:
        """Yield (route, part) for each drawn volume a route meets, in cruise or below its two ends.

        `ends` (n + 1, 2) in metres: the n starts, then the place all go to.
        """
        lowest, highest = altitude_m - HEIGHT_MARGIN_M, altitude_m + HEIGHT_MARGIN_M
        paths = shapely.linestrings(np.stack((ends[:-1], np.broadcast_to(ends[-1], ends[:-1].shape)), axis=1))
        for route, part in self._tree.query(paths, predicate="dwithin", distance=CORRIDOR_M).T.tolist():
            low, high = self._band[part]
            if low <= highest and lowest <= high:
                yield route, part
        routes = len(ends) - 1
        for end, part in self._tree.query(shapely.points(ends), predicate="dwithin", distance=CORRIDOR_M).T.tolist():
            low, high = self._band[part]
            if low <= highest and high >= 0:
                yield from ((route, part) for route in (range(routes) if end == routes else (end,)))

    def _closed(self, part: int, now: datetime, authorised: frozenset[str], exempted: frozenset[str]) -> bool:
        zone = self._zone[part]
        excused = exempted if zone.restriction == "PROHIBITED" else authorised
        return zone.id not in excused and applies_during(zone, now, MISSION_LASTS, MISSION_STEP)


def route_clear(
    zones: GeozoneSet,
    start: Position,
    to: Position,
    altitude_m: float,
    now: datetime,
    authorised_zone_ids: frozenset[str] = _NONE,
) -> Refusal | None:
    """Return None when the route is clear; draws the set anew, so keep an `Airspace` for many routes."""
    airspace = Airspace(zones, start)
    return airspace.route_clear(start, to, altitude_m, now, authorised_zone_ids)


def _drawn(plane: LocalPlane, volume: Volume) -> BaseGeometry:
    if volume.circle is not None:
        centre = shapely.Point(plane.to_xy(volume.circle.centre))
        around = volume.circle.radius_m / np.cos(np.pi / (4 * _SIDES_A_QUARTER))
        drawn: BaseGeometry = centre.buffer(around, quad_segs=_SIDES_A_QUARTER)
        return drawn
    projected: BaseGeometry = shapely.transform(shape_of(volume.polygons), lambda lonlat: to_xy(plane, lonlat))
    return projected


def _band_agl_m(volume: Volume, ground: Ground) -> tuple[float, float]:
    """Return the lowest and highest height above ground at which the volume may apply somewhere."""
    low = -np.inf if volume.lower is None else volume.lower.metres - _offset_m(volume.lower, ground.highest_m, 1)
    high = np.inf if volume.upper is None else volume.upper.metres - _offset_m(volume.upper, ground.lowest_m, -1)
    return float(low), float(high)


def _offset_m(limit: Limit, ground_amsl_m: float, margin_sign: int) -> float:
    if limit.reference == "AGL":
        return 0.0
    if limit.reference == "AMSL":
        return ground_amsl_m
    return ground_amsl_m + margin_sign * GEOID_MARGIN_M


def _blocked(zone: Geozone) -> Refusal:
    rule = {
        "PROHIBITED": "geozone_prohibited",
        "REQ_AUTHORISATION": "geozone_needs_authorisation",
        "CONDITIONAL": "geozone_conditional",
    }[zone.restriction]
    detail = f"the route meets zone {zone.id} ({zone.name}): {zone.restriction}"
    if zone.message:
        detail += f", {zone.message}"
    facts = {"zone": zone.id, "restriction": zone.restriction}
    return Refusal(rule=rule, detail=detail, owner="airspace", facts=facts)


def _too_far(near: Position) -> Refusal:
    detail = f"the route leaves the {REACH_M / 1000:.0f} km around lon {near.lon}, lat {near.lat}"
    return Refusal(rule="route_out_of_reach", detail=detail, owner="airspace")
