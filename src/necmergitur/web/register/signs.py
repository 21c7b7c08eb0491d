"""Signs to print and to hang on posts: a code, hexagons, few words. Rendered from what is in force, like the pages."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import msgspec
import segno
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from necmergitur.dispatch.observations import STILL_LASTS
from necmergitur.governance.gate import FLIGHT
from necmergitur.operations.constants import PLACES_KEPT
from necmergitur.operations.ways import EMERGENCY
from necmergitur.web.console.words import PURPOSES, say
from necmergitur.web.facts.models import Device, Drone
from necmergitur.web.register import flights, signage, streams, words
from necmergitur.web.register.constants import CACHE_S, SIGNS_A_PAGE
from necmergitur.web.register.device_pages import nothing
from necmergitur.web.register.places import Ground, ground

SIZES = ("a6", "a5")
# A sign hangs for months: what is only unheard for a minute, or suspended until it is assessed anew, keeps its own.
HANGS = ("on", "unheard", "shut", "suspended")
fresh = cache_control(private=True, max_age=CACHE_S)


class Sign(msgspec.Struct, frozen=True):
    """What stands on one sign."""

    name: str
    title: str
    where: str
    body: str
    purpose: str
    kept: int
    never: Any
    elements: tuple[signage.Element, ...]
    address: str
    code: SafeString
    on: bool
    word: str


@fresh
@require_safe
def sign(request: HttpRequest, name: str) -> HttpResponse:
    """The sign of one device. Raises Http404 like its page."""
    city = ground()
    return _page(request, [_sign(name, city)], alone=name)


@fresh
@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """The signs of all that hangs: every stream that is on or only suspended, and the drones' docks."""
    city, at = ground(), streams.moment()
    made: list[Callable[[], Sign]] = [
        partial(_of_stream, one, city) for one in streams.every(at, city) if one.state in HANGS
    ]
    docked = Drone.objects.filter(dock__retired_at=None).select_related("dock").order_by("id")
    made += [partial(_of_drone, one, city) for one in docked]
    page = Paginator(made, SIGNS_A_PAGE).get_page(request.GET.get("page"))
    return _page(request, [make() for make in page], page=page)


@lru_cache(maxsize=SIGNS_A_PAGE * 4)
def code(address: str) -> SafeString:
    """Return the code that leads to an address, as inline SVG. Level M: a scratch may take 15 % of it."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(border=2, omitsize=True, dark="#000", light="#fff")
    return mark_safe(drawn)  # noqa: S308 -- segno's own drawing of our own address


def _page(request: HttpRequest, made: list[Sign], alone: str = "", page: Any = None) -> HttpResponse:
    size = request.GET.get("size", "")
    context = {"signs": made, "size": size if size in SIZES else "a6", "alone": alone, "page": page}
    return render(request, "register/signs.html", context)


def _sign(name: str, city: Ground) -> Sign:
    kind, _colon, number = name.partition(":")
    if kind == "drone":
        drone = Drone.objects.filter(pk=number, dock__retired_at=None).first()
        if drone is None:
            raise nothing()
        return _of_drone(drone, city)
    if kind == "button":
        button = Device.objects.filter(pk=number, retired_at=None).first()
        if button is None or not flights.on_street(button):
            raise nothing()
        return _of_button(button, city)
    one = streams.one(name, streams.moment(), city)
    if one is None:
        raise nothing()
    return _of_stream(one, city)


def _of_stream(one: streams.Stream, city: Ground) -> Sign:
    terms = one.terms
    return _made(
        one.name,
        str(one.kind.name),
        ", ".join(one.zones),
        terms.holder,
        say(PURPOSES, terms.purpose),
        terms.retention_days,
        one.kind.never,
        one.elements,
        city,
        on=one.state in ("on", "unheard", "shut"),
        word=str(one.word),
    )


def _of_drone(one: Drone, city: Ground) -> Sign:
    kind = words.kind_of(FLIGHT)
    return _made(
        f"drone:{one.id}",
        _("Drone %(id)s: its dock") % {"id": one.id},
        city.labels.get(one.zone_id, ""),
        city.name,
        say(PURPOSES, EMERGENCY),
        STILL_LASTS.days,
        kind.never,
        signage.elements(FLIGHT, EMERGENCY, ("operator", "pilot", "responder"), STILL_LASTS.days),
        city,
    )


def _of_button(one: Device, city: Ground) -> Sign:
    kind = words.kind_of("call_for_help")
    return _made(
        f"button:{one.id}",
        str(kind.name),
        one.label,
        city.name,
        say(PURPOSES, EMERGENCY),
        PLACES_KEPT.days,
        kind.never,
        signage.elements("call_for_help", EMERGENCY, ("operator",), PLACES_KEPT.days),
        city,
    )


def _made(
    name: str,
    title: str,
    where: str,
    body: str,
    purpose: str,
    kept: int,
    never: Any,
    elements: tuple[signage.Element, ...],
    city: Ground,
    *,
    on: bool = True,
    word: str = "",
) -> Sign:
    address = settings.ORIGIN.url + reverse("register:device", args=[name])
    return Sign(name, title, where, body or city.name, purpose, kept, never, elements, address, code(address), on, word)
