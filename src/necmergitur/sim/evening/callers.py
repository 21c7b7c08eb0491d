"""Who calls, from where: evenly over the ground with personal buttons, or from the posts along the streets."""

import random
from typing import Literal

import numpy as np
import shapely

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.signals.press import Device, Kind
from necmergitur.sim.evening.constants import KIND_WEIGHTS, KINDS, PERSONAL_BUTTONS, WITNESS_WITHIN_M
from necmergitur.territory.model import City
from necmergitur.territory.shapes import lonlat_of, shape_of, to_xy

DemandKind = Literal["area", "street"]


class Call:
    """One press about to happen: device, kind, and a personal button's own place."""

    __slots__ = ("device", "kind", "place")

    def __init__(self, device: str, kind: Kind, place: Position | None = None) -> None:
        self.device, self.kind, self.place = device, kind, place


def devices_of(city: City) -> tuple[Device, ...]:
    """Return the city's posts and as many personal buttons as an evening may need."""
    posts = [Device(id=b.id, kind="post", label=b.label, zone_id=b.zone_id, installed=b.position) for b in city.buttons]
    personal = [Device(id=f"P-{n:05d}", kind="personal", label=f"Button {n}") for n in range(PERSONAL_BUTTONS)]
    return (*posts, *personal)


class Callers:
    """Draws calls from a seed."""

    def __init__(self, city: City, demand: DemandKind, chance: random.Random) -> None:
        """Prepare to draw from `city`."""
        self._city, self._demand, self._chance = city, demand, chance
        self._outline = shape_of(city.outline)
        shapely.prepare(self._outline)
        self._bounds = self._outline.bounds
        self._personal = 0
        self._number = {b.id: n for n, b in enumerate(city.buttons)}
        plane = LocalPlane(city.docks[0].position)
        self._posts = to_xy(plane, lonlat_of(b.position for b in city.buttons))
        self._tree = shapely.STRtree([shapely.Point(x, y) for x, y in self._posts])

    def call(self) -> Call:
        """Draw the next call. Posts stand evenly along the streets, so any of them is as likely."""
        kind = self._chance.choices(KINDS, KIND_WEIGHTS)[0]
        if self._demand == "street":
            return Call(self._chance.choice(self._city.buttons).id, kind)
        self._personal = (self._personal + 1) % PERSONAL_BUTTONS
        return Call(f"P-{self._personal:05d}", kind, self._anywhere())

    def witness(self, call: Call) -> Call | None:
        """Return a call from a post beside `call`'s, None when there is none near."""
        here = self._number.get(call.device)
        if here is None:
            return None
        near = self._tree.query(shapely.points(self._posts[here]), predicate="dwithin", distance=WITNESS_WITHIN_M)
        others = np.sort(near[near != here])
        return None if len(others) == 0 else Call(self._city.buttons[int(self._chance.choice(others))].id, call.kind)

    def _anywhere(self) -> Position:
        """Draw a place inside the outline (rejection from its box; longitude is even over a city's width)."""
        west, south, east, north = self._bounds
        while True:
            lon, lat = self._chance.uniform(west, east), self._chance.uniform(south, north)
            if shapely.contains_xy(self._outline, lon, lat):
                return Position(lon, lat)
