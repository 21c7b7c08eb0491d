"""Private links: whoever has one is the person or the company it was given to. Only its digest is kept."""

import hashlib
import secrets

TOKEN_BYTES = 32  # 256 random bits


def made() -> tuple[str, str]:
    """Return a new link's token, and what is kept of it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, digest(token)


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
