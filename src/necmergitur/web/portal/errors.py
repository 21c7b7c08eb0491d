"""Error pages in plain words. Each says what happened and what to do now, and works without a database."""

import sys
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import requires_csrf_token

from necmergitur.operations.ports import Unreachable
from necmergitur.web.accounts.roles import Role
from necmergitur.web.accounts.rules import RoleRefused

# The shortest window attempts are counted in.
RETRY_AFTER_S = 60
# The supervisor has a killed database back within seconds.
DATABASE_BACK_S = 10


def bad_request(request: HttpRequest, _exception: Exception | None = None, **_said: object) -> HttpResponse:
    """400: the request made no sense."""
    return render(request, "errors/400.html", status=400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the page is for other roles, which are named."""
    roles = [Role(role).label for role in exception.roles] if isinstance(exception, RoleRefused) else []
    return render(request, "errors/403.html", {"needed": roles}, status=403)


def csrf_failure(request: HttpRequest, **_said: object) -> HttpResponse:
    """403: the form is not from a page this browser opened here (expired, or no cookies)."""
    return render(request, "errors/form_expired.html", status=403)


def not_found(request: HttpRequest, _exception: Exception | None = None, **_said: object) -> HttpResponse:
    """404: nothing here."""
    return render(request, "errors/404.html", status=404)


def wrong_method(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give words to a 405 that a view left blank: somebody reads an address that only a form can be sent to."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        content: bytes = getattr(response, "content", b"-")
        if response.status_code != 405 or content:
            return response
        page = render(request, "errors/405.html", status=405)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page

    return middleware


def too_many(
    request: HttpRequest, _exception: Exception | None = None, *, again_s: int = 0, **_said: object
) -> HttpResponse:
    """429: too many attempts. `again_s`: in how many seconds it may be done again, where that is known."""
    at = timezone.now() + timedelta(seconds=again_s) if again_s else None
    response = render(request, "errors/429.html", {"again_at": at}, status=429)
    response.headers["Retry-After"] = str(again_s or RETRY_AFTER_S)
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault; 503 when the database is away. Neither page asks the database anything."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError, Unreachable)):
        response = render(request, "errors/503.html", status=503)
        response.headers["Retry-After"] = str(DATABASE_BACK_S)
        return response
    return render(request, "errors/500.html", status=500)
