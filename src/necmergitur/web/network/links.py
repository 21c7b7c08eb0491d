"""A partner's private link: whoever has it is the partner. Only its digest is kept."""

import hashlib
import secrets

from django.http import Http404

from necmergitur.web.network.models import Partner

TOKEN_BYTES = 32  # 256 random bits


def made() -> tuple[str, str]:
    """Return a new link's token, and what is kept of it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, digest(token)


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def partner_of(token: str) -> Partner:
    """Return whose link it is. Raises Http404 for no link, an old one, or a partnership that ended."""
    found = Partner.objects.filter(link_hash=digest(token), ended_at=None).first()
    if found is None:
        raise Http404
    return found
