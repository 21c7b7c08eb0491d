"""The population's first page, its easy-to-read twin, and what lets a telephone keep it on its home screen."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from necmergitur.web.population.doors import address_if_open, open_doors
from necmergitur.web.population.state import Town, town
from necmergitur.web.workers import script

PRESS_ADDRESS = "/press"
ICON_SIDES = (192, 512)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what is happening and what to do. No account, no cookie, no script; a door is shown only once it opens."""
    return render(request, "population/home.html", told(town()) | {"press_address": address_if_open(PRESS_ADDRESS)})


@require_safe
def easy(request: HttpRequest) -> HttpResponse:
    """The same in short sentences, one thing each."""
    return render(request, "population/easy.html", told(town()))


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a telephone that keeps the first page shows without a network."""
    return render(request, "population/offline.html")


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes the first page installable."""
    return JsonResponse(
        {
            "name": _("My city in a crisis"),
            "short_name": _("My city"),
            "lang": get_language(),
            "id": "/",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f8f9fb",
            "theme_color": "#141d28",
            "icons": [
                {
                    "src": static(f"population/icon-{side}.png"),
                    "sizes": f"{side}x{side}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for side in ICON_SIDES
                for purpose in ("any", "maskable")
            ],
        },
        content_type="application/manifest+json",
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that keeps the frame of these pages, and nothing anybody said."""
    return script("population/shell-sw.js")


def told(of: Town) -> dict[str, Any]:
    """Return what is happening, as templates tell it, in the reader's language."""
    is_french = get_language() != "en"
    return {
        "town": of,
        "crisis": of.crisis,
        "played": of.drill,
        "doors": open_doors(of, drill=False),
        "drill_doors": open_doors(of, drill=True),
        "notices": [
            {"id": one.id, "text": one.text_fr if is_french else one.text_en, "at": one.approved_at}
            for one in of.notices
        ],
    }
