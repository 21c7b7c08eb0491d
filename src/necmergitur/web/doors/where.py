"""Where somebody is, from what they can say without a map: a quarter, and perhaps a street or the nearest post."""

from typing import Any

from django.db.models import Q

from necmergitur.kernel.geo import Position
from necmergitur.web.facts.models import City, Device

NEAR_MAX = 80  # characters of a street's name
LOOKED_AT = 200  # ours: posts along one street


def quarters() -> list[str]:
    """Return the city's quarters by name."""
    row = City.objects.only("quarters").first()
    return [] if row is None else [str(one["name"]) for one in row.quarters]


def place_of(quarter: str, near: str) -> Position | None:
    """Return a place: the post or street that is named, in that quarter or nearest to it; else the quarter's middle."""
    row = City.objects.only("quarters").first()
    found = None if row is None else next((one for one in row.quarters if one["name"] == quarter), None)
    middle = None if found is None else _middle(found["rings"])
    near = near.strip()[:NEAR_MAX]
    if middle is None or not near:
        return middle
    named = Q(id__iexact=near) | Q(label__icontains=near)
    posts = Device.objects.filter(named, kind="post", retired_at=None, lon__isnull=False)[:LOOKED_AT]
    places = [(row.lon, row.lat) for row in posts]
    if not places:
        return None
    lon, lat = min(places, key=lambda at: (at[0] - middle.lon) ** 2 + (at[1] - middle.lat) ** 2)
    return Position(lon, lat)


def _middle(rings: Any) -> Position | None:
    points = [point for polygon in rings for point in polygon[0]]
    if not points:
        return None
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return Position((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
