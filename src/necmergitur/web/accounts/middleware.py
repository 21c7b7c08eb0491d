"""What happens around every page: the person's language, the live ticket, the demand for a second factor."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import translation

from necmergitur.web.accounts import second_factor as factors
from necmergitur.web.accounts import tickets
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import roles_of

Handler = Callable[[HttpRequest], HttpResponseBase]

# A person without a second factor may set one, sign out, change language, and read public pages.
OPEN_WITHOUT_FACTOR = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "accounts:second_factor",
        "accounts:enrol",
        "portal:home",
        "portal:preferences",
        "population:safe",
        "population:receipt",
        "population:shared",
        "population:easy",
        "population:status",
        "population:json",
        "population:feed",
        "population:offline",
        "population:manifest",
        "population:worker",
    }
)
SESSION_MARK = "second_factor"


def own_language(get_response: Handler) -> Handler:
    """Speak a signed-in person's language on a browser that has not chosen one.

    A demonstration's accounts are anybody's: they speak their visitor's language, and remember none.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        chosen = settings.DEMO or settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        if request.user.is_authenticated and not chosen:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def second_factor(get_response: Handler) -> Handler:
    """Send a person without a second factor to set one, before any other page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and not _proven(request, user) and not _open(request):
            return redirect("accounts:second_factor")
        return get_response(request)

    return middleware


def live_ticket(get_response: Handler) -> Handler:
    """Keep the live process's ticket true: written once signed in and proven, gone once signed out."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        came_with = request.session.session_key
        response = get_response(request)
        user = request.user
        signed_in = isinstance(user, User) and _proven(request, user)
        if came_with and (not signed_in or request.session.session_key != came_with):
            tickets.void_session(came_with)
        if signed_in and isinstance(user, User):
            tickets.issue(
                request.session,
                user,
                roles_of(user),
                translation.get_language() or user.language,
            )
        return response

    return middleware


def _proven(request: HttpRequest, user: User) -> bool:
    # Removing a person's factors also replaces their password hash, which ends their sessions and this mark.
    if request.session.get(SESSION_MARK) == user.pk or factors.is_exempt(user):
        return True
    if not factors.has_second_factor(user):
        return False
    request.session[SESSION_MARK] = user.pk
    return True


def _open(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).view_name in OPEN_WITHOUT_FACTOR
    except Resolver404:
        return True
