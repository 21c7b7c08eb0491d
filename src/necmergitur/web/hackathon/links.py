"""Private links: whoever has one is the person. A digest alone is kept."""

import hashlib
import secrets

LINK_BYTES = 32
BADGE_BYTES = 16


def new() -> tuple[str, str]:
    """Draw a link; return it and what is kept of it."""
    link = secrets.token_urlsafe(LINK_BYTES)
    return link, digest(link)


def digest(link: str) -> str:
    """Return what is kept of a link."""
    return hashlib.sha256(b"necmergitur/hackathon/v1\x00" + link.encode()).hexdigest()


def badge() -> str:
    """Draw what somebody's code at the door says. It opens nothing by itself."""
    return secrets.token_urlsafe(BADGE_BYTES)
