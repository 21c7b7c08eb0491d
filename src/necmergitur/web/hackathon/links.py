"""Private links: whoever has one is the person. A digest alone is kept."""

import hashlib
import secrets

from necmergitur.web.programme import links

BADGE_BYTES = 16


def own(kind: str, pk: object) -> tuple[str, str]:
    """Return somebody's link, always the same, and what is kept of it."""
    link = links.own(kind, pk)
    return link, digest(link)


def digest(link: str) -> str:
    """Return what is kept of a link."""
    return hashlib.sha256(b"necmergitur/hackathon/v1\x00" + link.encode()).hexdigest()


def badge() -> str:
    """Draw what somebody's code at the door says. It opens nothing by itself."""
    return secrets.token_urlsafe(BADGE_BYTES)
