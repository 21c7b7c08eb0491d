"""What a page needs to offer that a telephone is told by itself.

It takes script, and a browser with a push service; without either, the page says to look again, as ever.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from necmergitur.web.population import frame
from necmergitur.web.population.prerender import public_key_file

NO_SERVICE = ("none",)  # NEC_PUSH_HOSTS of a city that takes no telephone


def offered(request: HttpRequest, address: str) -> dict[str, Any]:
    """Return what a page needs to offer it, in its context; without a key, it is not offered."""
    key = _key()
    return {"push_key": key, "push_address": f"{address}/tell?lang={frame.language_of(request)}"} if key else {}


def allowed(response: HttpResponse) -> HttpResponse:
    """Let a page that offers it run our script, and send what the browser gave to us."""
    if _key():
        response.headers["Content-Security-Policy"] = f"{frame.policy()}; script-src 'self'; connect-src 'self'"
    return response


def _key() -> str:
    return "" if settings.PUSH_HOSTS == NO_SERVICE else _public_key()


@cache
def _public_key() -> str:
    try:
        return public_key_file(settings.HOME).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
