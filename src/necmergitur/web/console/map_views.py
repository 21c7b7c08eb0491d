"""The city as the map reads it: built once per import, compressed once, fetched once per browser."""

import gzip
import json
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from necmergitur.web.accounts.rules import require
from necmergitur.web.console import rights
from necmergitur.web.facts.models import City, Device, Dock, Drone, Zone

MAX_AGE_S = 60  # a new import is on every map a minute later
DIGITS = 6  # 0.1 m


@require(rights.may_work_here)
@require_safe
def city(request: HttpRequest) -> HttpResponse:
    """Outline, quarters, zones, docks, streets. An empty city is still valid GeoJSON-like data."""
    row = City.objects.values_list("name", "imported_at").first()
    return _cached(request, f"city-{row}", _city)


@require(rights.may_work_here)
@require_safe
def buttons(request: HttpRequest) -> HttpResponse:
    """Every street button's place, as three columns. Personal buttons have none."""
    posts = Device.objects.filter(kind="post", retired_at=None)
    newest = posts.aggregate(at=Max("installed_at"))["at"]
    return _cached(request, f"buttons-{posts.count()}-{newest}", _buttons)


def _cached(request: HttpRequest, version: str, build: Callable[[], dict[str, Any]]) -> HttpResponse:
    etag = f'"{zlib.crc32(version.encode()):08x}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        packed = _packed(version, build)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response = HttpResponse(packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
        else:
            response = HttpResponse(gzip.decompress(packed), content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={MAX_AGE_S}"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response


@lru_cache(maxsize=4)
def _packed(_version: str, build: Callable[[], dict[str, Any]]) -> bytes:
    return gzip.compress(json.dumps(build(), separators=(",", ":")).encode(), compresslevel=6, mtime=0)


def _city() -> dict[str, Any]:
    row = City.objects.first()
    if row is None:
        return {"name": "", "box": None, "outline": [], "quarters": [], "zones": [], "docks": [], "streets": []}
    flown = dict(Drone.objects.order_by("id").values_list("dock_id", "id"))
    return {
        "name": row.name,
        "box": _box(row.outline),
        "outline": _short(row.outline),
        "quarters": [{"name": one["name"], "rings": _rings(one["rings"])} for one in row.quarters],
        "zones": [
            {"id": one.id, "label": one.label, "rings": _rings(one.rings)}
            for one in Zone.objects.filter(retired_at=None).order_by("id")
        ],
        "docks": [
            {
                "id": one.id,
                "zone_id": one.zone_id,
                "lon": round(one.lon, DIGITS),
                "lat": round(one.lat, DIGITS),
                "drone_id": flown.get(one.id),
            }
            for one in Dock.objects.filter(retired_at=None).order_by("id")
        ],
        "streets": _short(json.loads(zlib.decompress(bytes(row.streets)))) if row.streets else [],
    }


def _buttons() -> dict[str, Any]:
    rows = list(
        Device.objects.filter(kind="post", retired_at=None, lon__isnull=False)
        .order_by("id")
        .values_list("id", "lon", "lat")
    )
    return {
        "ids": [row[0] for row in rows],
        "lon": [round(row[1], DIGITS) for row in rows],
        "lat": [round(row[2], DIGITS) for row in rows],
    }


def _rings(polygons: Any) -> Any:
    """Return the rings of polygons as one list: the map draws edges, never holes."""
    return _short([ring for polygon in polygons for ring in polygon])


def _short(value: Any) -> Any:
    """Round every coordinate: 20,000 streets at full precision would double the download."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, list):
        return [_short(one) for one in value]
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    return value


def _box(outline: Any) -> list[float] | None:
    points = [point for polygon in outline for ring in polygon for point in ring]
    if not points:
        return None
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return [min(lons), min(lats), max(lons), max(lats)]
