"""The map, drawn by the server: outline, quarters, docks, sensors; every street button as one line of dots."""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec
import shapely
from django.db import connection
from django.db.models import Max

from necmergitur.web.facts.models import Device
from necmergitur.web.register.constants import MAP_TOLERANCE, MAP_WIDTH
from necmergitur.web.register.flights import STREET_TRANSPORTS
from necmergitur.web.register.places import Ground


class Dot(msgspec.Struct, frozen=True):
    """Something on the map that leads to its page."""

    x: float
    y: float
    name: str
    address: str
    on: bool = False


class Map(msgspec.Struct, frozen=True):
    """Paths and dots in a box of `width` x `height`."""

    width: int
    height: int
    outline: str
    quarters: str
    buttons: str
    docks: tuple[Dot, ...]
    sensors: tuple[Dot, ...]


class Frame(msgspec.Struct, frozen=True):
    """From degrees to the box, north up."""

    west: float
    north: float
    scale_x: float
    scale_y: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place is drawn."""
        return round((lon - self.west) * self.scale_x, 1), round((self.north - lat) * self.scale_y, 1)


def frame(ground: Ground) -> tuple[Frame, int] | None:
    """Return the box of the city and its height; None before a city was imported."""
    if ground.outline.is_empty:
        return None
    west, south, east, north = ground.outline.bounds
    scale_x = MAP_WIDTH / (east - west)
    scale_y = scale_x / math.cos(math.radians((north + south) / 2))
    return Frame(west, north, scale_x, scale_y), math.ceil((north - south) * scale_y)


def draw(ground: Ground, docks: Iterable[Any], sensors: Iterable[Any], *, buttons: bool = False) -> Map | None:
    """Return the map with (lon, lat, name, address, on) of each dot; None before a city was imported."""
    framed = frame(ground)
    if framed is None:
        return None
    box, height = framed
    return Map(
        MAP_WIDTH,
        height,
        *_ground_paths(ground, box),
        _buttons(box) if buttons else "",
        tuple(_dot(one, box) for one in docks),
        tuple(_dot(one, box) for one in sensors),
    )


def _dot(one: Any, box: Frame) -> Dot:
    lon, lat, name, address, on = one
    x, y = box.at(lon, lat)
    return Dot(x, y, name, address, on)


def _ground_paths(ground: Ground, box: Frame) -> tuple[str, str]:
    """Return the outline and the quarters, drawn once for each import."""
    if ground.version not in _drawn:
        _drawn.clear()
        _drawn[ground.version] = _path([ground.outline], box), _path(ground.quarters.values(), box)
    return _drawn[ground.version]


_drawn: dict[str, tuple[str, str]] = {}


def _path(shapes: Iterable[Any], box: Frame) -> str:
    """Return shapes as one path, their corners thinned to what the box can show."""
    parts: list[str] = []
    for shape in shapes:
        drawn = shapely.transform(shape, lambda c: _moved(c, box)).simplify(MAP_TOLERANCE)
        for ring in _rings(drawn):
            points = [f"{round(x)} {round(y)}" for x, y in ring.coords[:-1]]
            if len(points) > 2:
                parts.append("M" + "L".join(points) + "Z")
    return "".join(parts)


def _moved(coordinates: Any, box: Frame) -> Any:
    moved = coordinates.copy()
    moved[:, 0] = (coordinates[:, 0] - box.west) * box.scale_x
    moved[:, 1] = (box.north - coordinates[:, 1]) * box.scale_y
    return moved


def _rings(shape: Any) -> Iterable[Any]:
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon" and not part.is_empty:
            yield part.exterior
            yield from part.interiors


def _buttons(box: Frame) -> str:
    posts = Device.objects.filter(kind="post", transport__in=STREET_TRANSPORTS, retired_at=None, lon__isnull=False)
    version = (posts.count(), posts.aggregate(at=Max("installed_at"))["at"])
    return _dotted(connection.settings_dict["NAME"], version, box)


@lru_cache(maxsize=2)
def _dotted(_database: str, _version: Any, box: Frame) -> str:
    """Return every street button as strokes of no length, one for each spot of the box, each from the one before."""
    posts = Device.objects.filter(kind="post", transport__in=STREET_TRANSPORTS, retired_at=None, lon__isnull=False)
    spots = sorted({tuple(map(round, box.at(lon, lat))) for lon, lat in posts.values_list("lon", "lat")})
    parts: list[str] = []
    x = y = 0
    for spot_x, spot_y in spots:
        parts.append(f"m{spot_x - x} {spot_y - y}h0")
        x, y = spot_x, spot_y
    return "".join(parts)
