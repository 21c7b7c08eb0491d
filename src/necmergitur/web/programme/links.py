"""Private links: whoever has one is the person or the company it was given to. Only its digest is kept."""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

from necmergitur.web.accounts.constants import TOKEN_BYTES


def made() -> tuple[str, str]:
    """Return a new link's token, and what is kept of it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, digest(token)


def own(kind: str, pk: object) -> str:
    """Return the token of one person's link: always the same, so that it can be said again and is kept nowhere.

    It is made under this server's secret: whoever reads the database alone makes none.
    """
    key = hmac.digest(settings.SECRET_KEY.encode(), b"necmergitur/programme/links/v1", "sha256")
    return base64.urlsafe_b64encode(hmac.digest(key, f"{kind}\x00{pk}".encode(), "sha256")).decode().rstrip("=")


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
