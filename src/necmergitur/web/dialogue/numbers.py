"""The number a browser keeps to vote once: drawn and signed here, so that no program makes up as many as it likes."""

import secrets

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from necmergitur.web.accounts.constants import TOKEN_BYTES


def drawn(cookie: str) -> str:
    """Return a new number for a cookie of that name."""
    return Signer(salt=cookie).sign(secrets.token_urlsafe(TOKEN_BYTES))


def kept(cookie: str, request: HttpRequest) -> str:
    """Return the number this browser keeps; empty when it has none, or one that was not drawn here."""
    token = request.COOKIES.get(cookie, "")
    try:
        Signer(salt=cookie).unsign(token)
    except BadSignature:
        return ""
    return token
