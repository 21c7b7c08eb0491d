"""Buttons, drones, airspace and mass tests: the state of the equipment, never the place of a holder."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import airspace as airspace_operations
from necmergitur.operations import devices as device_operations
from necmergitur.operations.population.helping import WEB
from necmergitur.web.accounts.rules import is_technician, require
from necmergitur.web.console import guards, rights
from necmergitur.web.console.pages import show
from necmergitur.web.console.reasons import in_words
from necmergitur.web.console.words import DEVICE_KINDS, PHASES, TRANSPORTS, say
from necmergitur.web.facts.models import (
    AirspaceNotice,
    Device,
    DeviceHealth,
    Dock,
    Drone,
    GeozoneSet,
    Incident,
    Mission,
    Signal,
    TestWindow,
    Zone,
)
from necmergitur.web.store import CLOCK, store

PER_PAGE = 100
BATTERY_LOW_PCT = 20  # ours: weeks left on the cells posts are sold with
SHOWN_MAX = 50


@require(rights.may_read_devices)
@never_cache
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Health of buttons: filter, search, 100 a page (constant queries)."""
    wanted = {name: request.GET.get(name, "")[:80] for name in ("show", "kind", "q")}
    rows = _filtered(wanted)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    zones = dict(
        Zone.objects.filter(id__in={row.zone_id for row in page if row.kind == "post"}).values_list("id", "label")
    )
    health = DeviceHealth.objects.filter(device__retired_at=None).exclude(device__transport=WEB)
    context: dict[str, Any] = {
        "page": page,
        "rows": [
            {
                "row": row,
                "kind": say(DEVICE_KINDS, row.kind),
                "transport": say(TRANSPORTS, row.transport),
                # A post's place is public; where a holder lives or walks is nobody's business.
                "place": zones.get(row.zone_id, "") if row.kind == "post" else "",
                "health": getattr(row, "health", None),
                "low": _low(getattr(row, "health", None)),
            }
            for row in page
        ],
        "counts": health.aggregate(
            heard=Count("device_id"),
            deaf=Count("device_id", filter=Q(deaf=True)),
            low=Count("device_id", filter=Q(battery_pct__lt=BATTERY_LOW_PCT)),
        ),
        "wanted": wanted,
        "kinds": [(name, str(word)) for name, word in DEVICE_KINDS.items()],
        "may_enrol": is_technician(request.user),
        "back": request.get_full_path(),
        "tab": "devices",
    }
    return show(request, "console/devices.html", context, here="devices")


def _low(health: DeviceHealth | None) -> bool:
    return health is not None and health.battery_pct is not None and health.battery_pct < BATTERY_LOW_PCT


def _filtered(wanted: dict[str, str]) -> QuerySet[Device]:
    # What stands for a call from the page "I'm safe" is no button: nobody carries it or mends it.
    every = Device.objects.select_related("health").exclude(transport=WEB)
    rows = every.filter(retired_at=None)
    if wanted["kind"] in DEVICE_KINDS:
        rows = rows.filter(kind=wanted["kind"])
    if wanted["show"] == "deaf":
        rows = rows.filter(health__deaf=True)
    elif wanted["show"] == "low":
        rows = rows.filter(health__battery_pct__lt=BATTERY_LOW_PCT)
    elif wanted["show"] == "never":
        rows = rows.filter(health__isnull=True)
    elif wanted["show"] == "retired":
        rows = every.filter(retired_at__isnull=False)
    if wanted["q"]:
        text = wanted["q"].replace("%", "").strip()
        rows = rows.filter(Q(id__icontains=text) | Q(label__icontains=text) | Q(zone__id=text))
    return rows.order_by("id")


@require(is_technician)
@require_POST
def retire(request: HttpRequest, device_id: str) -> HttpResponse:
    """Retire a button. A press from it still reaches a human, flagged."""
    get_object_or_404(Device, id=device_id)
    outcome = guards.run(request, lambda by, now: device_operations.retire(store(), [device_id], by, now))
    return guards.answer(request, outcome, reverse("console:devices"))


@require(rights.may_read_devices)
@never_cache
@require_safe
def fleet(request: HttpRequest) -> HttpResponse:
    """Drones and their docks (constant queries)."""
    show_only = request.GET.get("show", "")
    rows = Drone.objects.select_related("dock", "zone", "state").order_by("id")
    if show_only == "grounded":
        rows = rows.filter(enabled=False)
    elif show_only == "silent":
        rows = rows.filter(Q(state__isnull=True) | Q(state__linked=False))
    flying = {one.drone_id: one for one in Mission.objects.exclude(state="ended").select_related("incident")}
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "rows": [
            {
                "row": row,
                "heard": getattr(row, "state", None),
                "phase": say(PHASES, row.state.phase) if getattr(row, "state", None) else "",
                "why": in_words(row.disabled_reason),
                "mission": flying.get(row.id),
            }
            for row in page
        ],
        "show_only": show_only,
        "may_keep": rights.may_keep_devices(request.user),
        "back": request.get_full_path(),
        "tab": "fleet",
    }
    return show(request, "console/fleet.html", context, here="devices")


@require(rights.may_keep_devices)
@require_POST
def set_drone(request: HttpRequest, drone_id: str) -> HttpResponse:
    """Ground a drone with a reason, or return it to service."""
    enabled = request.POST.get("enabled") == "1"
    reason = request.POST.get("reason", "")[:200]
    outcome = guards.run(
        request,
        lambda by, now: airspace_operations.set_drone(
            store(), drone_id, enabled=enabled, reason=reason, by=by, now=now
        ),
    )
    return guards.answer(request, outcome, reverse("console:fleet"))


@require(rights.may_read_devices)
@never_cache
@require_safe
def airspace(request: HttpRequest) -> HttpResponse:
    """Helicopter notices, and how old the airspace zones are."""
    now = CLOCK.now()
    zones = GeozoneSet.objects.order_by("-id").values("id", "source", "read_at", "problems").first()
    count = None
    if zones is not None:
        read = GeozoneSet.objects.filter(id=zones["id"]).values_list("zones", flat=True).first()
        count = len(read.get("zones", [])) if isinstance(read, dict) else None
    context: dict[str, Any] = {
        "notices": AirspaceNotice.objects.filter(ends_at__gt=now).order_by("ends_at"),
        "past": AirspaceNotice.objects.filter(ends_at__lte=now).order_by("-ends_at")[:10],
        "geozones": zones,
        "zone_count": count,
        "open_incidents": Incident.objects.filter(state="open").order_by("-opened_at")[:SHOWN_MAX],
        "docks": Dock.objects.filter(retired_at=None).select_related("zone").order_by("zone__label", "id"),
        "may_announce": rights.may_announce(request.user),
        "back": request.path,
        "now": now,
        "tab": "airspace",
    }
    return show(request, "console/airspace.html", context, here="devices")


@require(rights.may_announce)
@require_POST
def announce(request: HttpRequest) -> HttpResponse:
    """Announce a helicopter around an incident, a zone or coordinates: drones there descend and hold."""
    form = request.POST
    place = _place(form.get("around", ""), form.get("place", ""))
    radius, minutes = form.get("radius_m", ""), form.get("minutes", "")

    def carry_out(by: Any, now: datetime) -> Any:
        if place is None or not radius.isdigit() or not minutes.isdigit():
            return Refusal(rule="malformed")
        return airspace_operations.announce_helicopter(
            store(),
            place,
            float(radius[:6]),
            timedelta(minutes=int(minutes[:4])),
            form.get("reason", "")[:200],
            by,
            now,
        )

    return guards.answer(request, guards.run(request, carry_out), reverse("console:airspace"))


def _place(around: str, coordinates: str) -> Position | None:
    """Read "incident:<id>", "dock:<id>", or "lat, lon" as people copy it from a map."""
    kind, _colon, name = around.partition(":")
    found: tuple[float, float] | None = None
    try:
        if kind == "incident":
            found = Incident.objects.filter(id=UUID(name)).values_list("lon", "lat").first()
        elif kind == "dock":
            found = Dock.objects.filter(id=name).values_list("lon", "lat").first()
        elif coordinates:
            lat, lon = (float(part) for part in coordinates.replace(";", ",").split(","))
            found = (lon, lat)
        return None if found is None else Position(found[0], found[1])
    except ValueError:
        return None


@require(rights.may_announce)
@require_POST
def end_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """End a notice before its time."""
    get_object_or_404(AirspaceNotice, id=pk)
    outcome = guards.run(request, lambda by, now: airspace_operations.end_notice(store(), pk, by, now))
    return guards.answer(request, outcome, reverse("console:airspace"))


@require(rights.may_read_devices)
@never_cache
@require_safe
def mass_tests(request: HttpRequest) -> HttpResponse:
    """Declared test windows, and how many buttons answered in each."""
    now = CLOCK.now()
    windows = list(TestWindow.objects.order_by("-starts_at")[:20])
    heard = _heard(windows)
    context: dict[str, Any] = {
        "windows": [
            {
                "row": one,
                "state": "resolved" if one.ends_at <= now else "ours" if one.starts_at <= now else "neutral",
                "heard": heard.get(one.id, 0),
            }
            for one in windows
        ],
        "zones": Zone.objects.filter(retired_at=None).order_by("label", "id"),
        "may_keep": rights.may_keep_devices(request.user),
        "now": timezone.localtime(now),
        "back": request.path,
        "tab": "tests",
    }
    return show(request, "console/tests.html", context, here="devices")


def _heard(windows: list[TestWindow]) -> dict[int, int]:
    """Return how many different buttons sent a test during each window, in one query for all."""
    if not windows:
        return {}
    asked = {
        f"w{one.id}": Count(
            "device_id", distinct=True, filter=Q(received_at__gte=one.starts_at, received_at__lt=one.ends_at)
        )
        for one in windows
    }
    first = min(one.starts_at for one in windows)
    found = Signal.objects.filter(kind="test", recorded_at__gte=first).aggregate(**asked)
    return {one.id: found[f"w{one.id}"] for one in windows}


@require(rights.may_keep_devices)
@require_POST
def declare_test(request: HttpRequest) -> HttpResponse:
    """Declare a mass test from a time on, in some zones or everywhere."""
    form = request.POST
    zones = form.getlist("zones") if form.get("where") == "zones" else None
    minutes = form.get("minutes", "")

    def carry_out(by: Any, now: datetime) -> Any:
        start = _when(form.get("starts_at", ""), now)
        if start is None or not minutes.isdigit():
            return Refusal(rule="malformed")
        if zones is not None and not zones:
            return Refusal(rule="zones_empty")
        end = start + timedelta(minutes=int(minutes[:4]))
        return device_operations.declare_test_window(store(), zones, start, end, form.get("reason", ""), by, now)

    return guards.answer(request, guards.run(request, carry_out), reverse("console:tests"))


def _when(text: str, now: datetime) -> datetime | None:
    """Read a local date and time from a form; empty means now."""
    if not text:
        return now
    try:
        read = parse_datetime(text)
    except ValueError:
        return None
    if read is None:
        return None
    aware = timezone.make_aware(read) if timezone.is_naive(read) else read
    return aware.astimezone(now.tzinfo)
