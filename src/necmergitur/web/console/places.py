"""Where a call is, as a person types it: latitude and longitude, the number of a street button, or a zone."""

import re

import shapely

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import ACCURACY_DEFAULT_M
from necmergitur.web.facts.models import Device, Zone

TYPED_ACCURACY_M = 50.0  # ours: read out over a telephone, from a map or a house number
LENGTH_MAX = 200
# "48.8534, 2.3488", or with a decimal comma "48,8534; 2,3488".
_DEGREES = re.compile(r"([+-]?\d{1,2}(?:[.,]\d{1,12})?)°?\s*[,;\s]\s*([+-]?\d{1,3}(?:[.,]\d{1,12})?)°?", re.ASCII)


def read(text: str) -> tuple[Position, float] | Refusal:
    """Return the place a person typed and how exact it is, in metres."""
    said = text.strip()[:LENGTH_MAX]
    if degrees := _DEGREES.fullmatch(said):
        lat, lon = (float(part.replace(",", ".")) for part in degrees.groups())
        try:
            return Position(lon, lat), TYPED_ACCURACY_M
        except ValueError:
            return Refusal(rule="place_unread")
    if said and (post := Device.objects.filter(kind="post", id__iexact=said, lon__isnull=False).first()):
        return Position(post.lon, post.lat), ACCURACY_DEFAULT_M
    standing = Zone.objects.filter(retired_at=None)
    if said and (zone := standing.filter(id__iexact=said).first() or standing.filter(label__iexact=said).first()):
        return _middle(zone.rings)
    return Refusal(rule="place_unread")


def _middle(polygons: list[list[list[list[float]]]]) -> tuple[Position, float]:
    """Return a point inside a zone, and how far its border is."""
    shapes = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons]
    largest = max(shapes, key=lambda shape: shape.area)
    point = largest.representative_point()
    middle = Position(point.x, point.y)
    return middle, max(distance_m(middle, Position(lon, lat)) for lon, lat in largest.exterior.coords)
