"""Tokens: made once, shown once, compared by digest, bounded by scopes and a date."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.security import HttpBearer

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import accesses, gate
from necmergitur.web.accounts.constants import TOKEN_BYTES
from necmergitur.web.accounts.models import User
from necmergitur.web.api.models import ApiToken, WebhookEndpoint
from necmergitur.web.store import CLOCK

PREFIX = "nec_"
HINT_LENGTH = 8
LASTS_MAX = timedelta(days=366)
USED_STEP = timedelta(minutes=1)  # the last use is kept to the minute: a busy partner must not write at each call

SCOPES: dict[str, Any] = {
    "incidents:read": _("Read incidents: number, kind and progress"),
    "places:read": _("With incidents, where they are (personal calls to the nearest kilometre)"),
    "incidents:act": _("Acknowledge, note and close incidents"),
    "missions:read": _("Read missions"),
    "devices:read": _("Read the health of buttons"),
    "observations:read": _("Read what drones saw, as counts and marks"),
    "words:read": _("With what drones saw, the words pilots wrote"),
    "data:read": _("Read what experiments open to public actors: means of an hour, of ten people or more"),
    "signals:write": _("Send calls for its own buttons"),
    "people:read": _("In a crisis, read the appeals of families as PFIF"),
    "people:full": _("In a crisis, read every notice, with numbers and addresses: for the Red Cross and its like"),
    "people:write": _("In a crisis, send records of people looked for as PFIF"),
    "webhooks:manage": _("Manage its webhooks"),
}


class ScopeMissing(Exception):
    """The token is good, and not for this."""

    def __init__(self, scope: str) -> None:
        """Keep the scope that would have been enough."""
        super().__init__(scope)
        self.scope = scope


class Bearer(HttpBearer):
    """`Authorization: Bearer nec_…`, holding one scope (any token when `scope` is empty)."""

    def __init__(self, scope: str = "") -> None:
        """Ask for `scope`."""
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:  # noqa: ARG002 -- ninja's signature
        """Return the token's row. Raises ScopeMissing when it lacks the scope."""
        row = find(token)
        if row is None:
            return None
        if self.scope and self.scope not in row.scopes:
            raise ScopeMissing(self.scope)
        if not gate.sees_calls(accesses.INFORM_PARTNER, ("partner",), f"partner:{row.pk}", CLOCK.now()):
            return None
        return row


def token_of(request: HttpRequest) -> ApiToken:
    """Return the row of the token that asks."""
    row: ApiToken = request.auth  # type: ignore[attr-defined]
    return row


def need(request: HttpRequest, scope: str) -> None:
    """Ask for one scope more than the call's own. Raises ScopeMissing."""
    if scope not in token_of(request).scopes:
        raise ScopeMissing(scope)


def find(token: str) -> ApiToken | None:
    """Return a usable token and note that it was used."""
    if not token.startswith(PREFIX):
        return None
    row = ApiToken.objects.filter(token_hash=digest(token)).first()
    now = CLOCK.now()
    if row is None or not row.usable(now):
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_STEP:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def create(name: str, scopes: list[str], devices: list[str], expires_at: datetime, by: User) -> tuple[ApiToken, str]:
    """Make a token; return its row and the token itself, which nothing keeps."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = ApiToken.objects.create(
        name=name,
        token_hash=digest(token),
        hint=token[:HINT_LENGTH],
        scopes=scopes,
        devices=devices,
        created_by_id=by.pk,
        created_by_name=by.display_name,
        expires_at=expires_at,
    )
    return row, token


def revoke(row: ApiToken) -> None:
    """End a token now, and what it asked to be told with it."""
    now = CLOCK.now()
    with transaction.atomic():
        ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now)
        ended = WebhookEndpoint.objects.filter(created_by_name=owner(row), disabled_at=None)
        ended.update(disabled_at=now, disabled_reason=str(_("its token was revoked")))


def owner(row: ApiToken) -> str:
    """Return how a token's webhooks are marked (webhooks.sql reads it too)."""
    return f"token:{row.pk}"


def partner(row: ApiToken) -> Person:
    """Return who acts: a token is a negative number, so no account can ever be taken for it."""
    return Person(-row.pk, row.name)


def digest(token: str) -> str:
    """Return what is stored of a token (256 random bits, so a plain hash is enough)."""
    return hashlib.sha256(token.encode()).hexdigest()
