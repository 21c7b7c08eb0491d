"""What every template may read."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest

from necmergitur.web.accounts.back import way_back
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import roles_of

THEME_COOKIE = "nec_theme"
THEMES = ("dark", "light")
# What else a reader may choose: the cookie, and its values; the first is the page's own.
CHOICES = {"text": ("nec_text", ("usual", "large")), "contrast": ("nec_contrast", ("usual", "more"))}


def page(request: HttpRequest) -> dict[str, Any]:
    """Return theme (empty: the page's own default), labels of demonstration and exercise, roles, and the way back.

    `roles` is read only when a template asks, so a public page costs no query.
    """
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    user = cast("User | None", getattr(request, "user", None))
    return {
        "theme": chosen if chosen in THEMES else "",
        "text_size": _chosen(request, "text"),
        "contrast": _chosen(request, "contrast"),
        "demo": settings.DEMO,
        "exercise": settings.EXERCISE,
        "passkeys": settings.ORIGIN.passkeys,
        "roles": _Roles(user),
        "way_back": way_back(request),
    }


def _chosen(request: HttpRequest, name: str) -> str:
    cookie, values = CHOICES[name]
    chosen = request.COOKIES.get(cookie, "")
    return chosen if chosen in values[1:] else ""


class _Roles:
    """The roles of the reader, asked from the database the first time a template needs them."""

    def __init__(self, user: User | None) -> None:
        self.user = user

    def __contains__(self, role: object) -> bool:
        return role in roles_of(self.user)

    def __bool__(self) -> bool:
        return bool(roles_of(self.user))
