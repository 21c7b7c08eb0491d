"""Live tickets: what lets the ASGI process recognise the same session cookie without Django."""

import hashlib
from collections.abc import Iterable

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone

from necmergitur.web.accounts.models import LiveSession, User

SESSION_MARK = "live_ticket"


def key_hash(session_key: str) -> str:
    """Return the hex SHA-256 under which a session's ticket is filed."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def issue(session: SessionBase, user: User, roles: Iterable[str], language: str) -> None:
    """Write or refresh the ticket of a signed-in session. One write per change, none otherwise.

    A session that this request saves is prolonged by it, and its ticket with it: neither outlives the other.
    """
    if session.session_key is None:
        return
    held = sorted(str(role) for role in roles)
    mark = hashlib.sha256(repr((session.session_key, user.pk, user.display_name, held, language)).encode()).hexdigest()
    if session.get(SESSION_MARK) == mark and not session.modified:
        return
    now = timezone.now()
    LiveSession.objects.filter(expires_at__lt=now).delete()
    LiveSession.objects.update_or_create(
        key_hash=key_hash(session.session_key),
        defaults={
            "user_id": user.pk,
            "display_name": user.display_name,
            "roles": held,
            "language": language,
            "expires_at": session.get_expiry_date(),
        },
    )
    session[SESSION_MARK] = mark


def void_session(session_key: str) -> None:
    """Forget the ticket of one session: it was signed out or replaced."""
    LiveSession.objects.filter(key_hash=key_hash(session_key)).delete()


def void_person(user: User) -> None:
    """End every session of a person and forget its ticket, at once."""
    LiveSession.objects.filter(user_id=user.pk).delete()
    # Whose a session is stands inside it. A city's staff has hundreds, and switching off is rare.
    theirs = [
        row.session_key
        for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if row.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(session_key__in=theirs).delete()


def refresh_roles(user: User, roles: Iterable[str]) -> None:
    """Put a person's present roles on tickets already out, so a revoked role stops within one query."""
    LiveSession.objects.filter(user_id=user.pk).update(roles=sorted(str(role) for role in roles))
