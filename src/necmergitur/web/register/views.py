"""The register's pages. Anybody reads them: no account, no script, and nothing about a person on any of them."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from necmergitur.governance.gate import FLIGHT
from necmergitur.web.breakglass.words import READERS as GLASS_READERS
from necmergitur.web.breakglass.words import SCOPES
from necmergitur.web.console.words import say
from necmergitur.web.facts.models import Assessment, Authorisation, BreakGlass, Device, Drone
from necmergitur.web.register import flights, history, mapping, refusals, sensors, streams, words
from necmergitur.web.register.constants import BUTTONS_A_PAGE, CACHE_S, GLASSES_SHOWN_MAX
from necmergitur.web.register.device_pages import button_page, drone_page, stream_page
from necmergitur.web.register.places import Ground, ground

TECHNOLOGIES = ("sensor", "drone", "button")
fresh = cache_control(private=True, max_age=CACHE_S)


@fresh
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the city runs now: in figures, on a map, in a list one can filter."""
    city, at = ground(), streams.moment()
    listed = streams.every(at, city)
    district, technology = _asked(request, city)
    fleet = _fleet(city)
    rows = refusals.rows(at.at)
    context = {
        "at": at.at,
        "city": city,
        "on": sum(one.on for one in listed),
        "sensors": len(listed),
        "drones": len(fleet),
        "posts": sum(_posts().values()),
        "refused": sum(row.weeks[-1] for row in rows),
        "refused_before": sum(row.weeks[-2] for row in rows),
        "checkpoint": history.checkpoint(),
        "doors": _doors(),
        "map": _map(city, listed, fleet),
        "districts": sorted(city.quarters),
        "district": district,
        "technology": technology,
        "unpapered": _unpapered(city, listed, district) if technology in ("", "sensor") else [],
        "streams": [
            one for one in listed if technology in ("", "sensor") and (not district or district in one.districts)
        ],
        "fleet": [
            one for one in fleet if technology in ("", "drone") and (not district or one["district"] == district)
        ],
        "buttons": in_districts(city, district) if technology in ("", "button") else [],
    }
    return render(request, "register/home.html", context)


@fresh
@require_safe
def whole_map(request: HttpRequest) -> HttpResponse:
    """The same map on a page of its own, with every street button."""
    city = ground()
    listed = streams.every(streams.moment(), city)
    drawn = _map(city, listed, _fleet(city), buttons=True)
    return render(request, "register/map.html", {"map": drawn, "city": city})


@fresh
@require_safe
def device(request: HttpRequest, name: str) -> HttpResponse:
    """One device: what its post's code leads to. Unknown, personal and never papered ones are one and the same 404."""
    kind, _colon, number = name.partition(":")
    if kind == "drone":
        return drone_page(request, number)
    if kind == "button":
        return button_page(request, number)
    return stream_page(request, name)


@fresh
@require_safe
def drones(request: HttpRequest) -> HttpResponse:
    """The drones, and the papers they fly under."""
    city, at = ground(), streams.moment()
    papers = Authorisation.objects.filter(kind="flight", modality=FLIGHT).order_by("-valid_from", "id")[:20]
    on = {str(one.id): one for one in Assessment.objects.filter(id__in=[_rests_on(one) for one in papers])}
    context = {
        "at": at.at,
        "fleet": _fleet(city),
        "papers": [(one, *words.STATES[_in_force(one, at.at)], on.get(_rests_on(one) or "")) for one in papers],
        "kind": words.kind_of(FLIGHT),
    }
    return render(request, "register/drones.html", context)


@fresh
@require_safe
def buttons(request: HttpRequest) -> HttpResponse:
    """What a button stores and when; where the street's buttons are. Personal buttons are never listed."""
    city = ground()
    district, _technology = _asked(request, city)
    rows = _street_buttons()
    if district:
        rows = rows.filter(zone_id__in=[zone for zone, name in city.district_of.items() if name == district])
    page = Paginator(rows.order_by("label", "id"), BUTTONS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "districts": sorted(city.quarters),
        "district": district,
        "kind": words.kind_of("call_for_help"),
    }
    return render(request, "register/buttons.html", context)


@fresh
@require_safe
def all_flights(request: HttpRequest) -> HttpResponse:
    """Flights a day after they ended."""
    city = ground()
    zone = request.GET.get("zone", "")
    zone = zone if zone in city.labels else ""
    told = flights.told(timezone.now(), city, zone=zone)
    zones = sorted(city.labels.items(), key=lambda one: one[1])
    return render(
        request,
        "register/flights.html",
        {"told": told, "zones": zones, "zone": zone, "checkpoint": history.checkpoint()},
    )


@fresh
@require_safe
def all_refusals(request: HttpRequest) -> HttpResponse:
    """What was refused, by rule and week."""
    now = timezone.now()
    rows, weeks = refusals.rows(now), refusals.weeks(now)
    totals = [(week, sum(row.weeks[number] for row in rows)) for number, week in enumerate(weeks)]
    return render(request, "register/refusals.html", {"rows": rows, "totals": totals, "weeks": weeks})


@fresh
@require_safe
def glasses(request: HttpRequest) -> HttpResponse:
    """What two people opened: which roles, to which role, and how it was judged. Never who, never the words."""
    rows = BreakGlass.objects.filter(confirmed_at__isnull=False).order_by("-confirmed_at", "id")
    told = [
        {
            "week": _monday(one.confirmed_at),
            "what": say(SCOPES, one.scope),
            "to": say(GLASS_READERS, one.readers),
            "by": (words.reader(one.asked_role), words.reader(one.confirmed_role or "")),
            "uses": one.uses,
            "reviewed": one.reviewed_at is not None,
            "justified": one.justified,
            "seq": one.last_seq,
        }
        for one in rows[:GLASSES_SHOWN_MAX]
    ]
    return render(
        request, "register/glasses.html", {"glasses": told, "count": rows.count(), "checkpoint": history.checkpoint()}
    )


def _doors() -> list[tuple[str, Any]]:
    """Return the public rooms next door; one that is not there has no address."""
    known = (
        ("dialogue:index", _("What the city asks its people")),
        ("opendata:index", _("Open data")),
        ("rights:start", _("Your data: see it, correct it, erase it")),
    )
    found = []
    for name, word in known:
        try:
            found.append((reverse(name), word))
        except NoReverseMatch:
            continue
    return found


def _asked(request: HttpRequest, city: Ground) -> tuple[str, str]:
    """Return the district and technology asked for, "" for all and for what does not exist."""
    district, technology = request.GET.get("district", ""), request.GET.get("technology", "")
    return (
        district if district in city.quarters else "",
        technology if technology in TECHNOLOGIES else "",
    )


def _unpapered(city: Ground, listed: list[streams.Stream], district: str) -> list[tuple[sensors.Seen, Any, str]]:
    """Return devices that no paper ever named, each with its kind and zone."""
    found = sensors.without_paper(one.name for one in listed)
    return [
        (one, words.kind_of(one.modality), city.labels.get(one.zone_id, ""))
        for one in found
        if district in ("", city.district_of.get(one.zone_id, ""))
    ]


def _fleet(city: Ground) -> list[dict[str, Any]]:
    """Return the drones by their docks. Whether one is in the air is told a day later, with its flight."""
    rows = Drone.objects.filter(dock__retired_at=None).select_related("dock").order_by("id")
    return [
        {
            "id": one.id,
            "name": f"drone:{one.id}",
            "district": city.district_of.get(one.zone_id, ""),
            "zone": city.labels.get(one.zone_id, ""),
            "enabled": one.enabled,
            "lon": one.dock.lon,
            "lat": one.dock.lat,
        }
        for one in rows.only("id", "zone_id", "enabled", "dock__lon", "dock__lat")
    ]


def _street_buttons() -> Any:
    """Return the buttons of the street. Personal ones, probes and alarm panels are not in it, for any reader."""
    return Device.objects.filter(
        kind="post", transport__in=flights.STREET_TRANSPORTS, retired_at=None, lon__isnull=False
    )


def _posts() -> Counter[str]:
    """Return how many street buttons there are, by zone."""
    return Counter(dict(zone_counts()))


def zone_counts() -> list[tuple[str, int]]:
    """Return (zone, street buttons in it)."""
    return [(zone or "", count) for zone, count in _street_buttons().values_list("zone_id").annotate(n=Count("id"))]


def in_districts(city: Ground, district: str) -> list[tuple[str, int]]:
    """Return how many street buttons each district has."""
    found: Counter[str] = Counter()
    for zone, count in zone_counts():
        found[city.district_of.get(zone, "")] += count
    return sorted((name, count) for name, count in found.items() if district in ("", name))


def _map(
    city: Ground, listed: list[streams.Stream], fleet: list[dict[str, Any]], *, buttons: bool = False
) -> mapping.Map | None:
    docks = [
        (one["lon"], one["lat"], one["id"], reverse("register:device", args=[one["name"]]), False) for one in fleet
    ]
    stands = [
        (*place, one.name, reverse("register:device", args=[one.name]), one.on)
        for one in listed
        if (place := streams.place(one, city)) is not None
    ]
    # A device that no paper ever named stands in the street all the same.
    stands += [
        (one.lon, one.lat, one.name, reverse("register:device", args=[one.name]), False)
        for one in sensors.without_paper(one.name for one in listed)
    ]
    return mapping.draw(city, docks, stands, buttons=buttons)


def _rests_on(row: Authorisation) -> str | None:
    """Return the assessment flights rest on; None when they were entered before there was one."""
    return (row.rests_on or {}).get("assessment_id")


def _in_force(row: Authorisation, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.suspended_at is not None:
        return "suspended"
    if now < row.valid_from:
        return "not_yet"
    return "expired" if row.valid_until is not None and row.valid_until <= now else "on"


def _monday(at: datetime) -> Any:
    day = timezone.localtime(at).date()
    return day - timedelta(days=day.weekday())
