"""A crisis's area: on a small map of the city, and in words."""

import math
from typing import Any

import msgspec
import shapely

from necmergitur.web.register import mapping, places

M_PER_DEG = 111_195.0  # of a sphere of 6,371 km
QUARTERS_NAMED_MAX = 12  # ours: a longer list says "and others"


class Area(msgspec.Struct, frozen=True):
    """The city's outline with a circle on it (in the box of the map), and the quarters it touches."""

    width: int
    height: int
    outline: str
    quarters: str
    x: float
    y: float
    radius: float
    radius_km: float
    names: tuple[str, ...]
    more: int


def of(lon: float, lat: float, radius_m: float) -> Area | None:
    """Return a circle on the city's map; None before a city was imported."""
    ground = places.ground()
    framed = mapping.frame(ground)
    drawn = mapping.draw(ground, (), ())
    if framed is None or drawn is None:
        return None
    box, _height = framed
    x, y = box.at(lon, lat)
    names = touched(ground, lon, lat, radius_m)
    return Area(
        width=drawn.width,
        height=drawn.height,
        outline=drawn.outline,
        quarters=drawn.quarters,
        x=x,
        y=y,
        radius=round(radius_m / M_PER_DEG * box.scale_y, 1),
        radius_km=radius_m / 1000,
        names=tuple(names[:QUARTERS_NAMED_MAX]),
        more=max(0, len(names) - QUARTERS_NAMED_MAX),
    )


def touched(ground: Any, lon: float, lat: float, radius_m: float) -> list[str]:
    """Return the quarters a circle touches, by name."""
    shrink = math.cos(math.radians(lat))
    circle = shapely.Point(0.0, 0.0).buffer(radius_m / M_PER_DEG)
    circle = shapely.affinity.translate(shapely.affinity.scale(circle, 1 / shrink, 1.0, origin=(0, 0)), lon, lat)
    return sorted(name for name, shape in ground.quarters.items() if shape.intersects(circle))
