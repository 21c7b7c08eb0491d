"""Show that one carries a button, with what one already has: its credential, on the telephone or on its paper."""

import hmac

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from necmergitur.adapters.pins import credential_hash
from necmergitur.operations import rights
from necmergitur.web.rights.constants import CREDENTIAL_LENGTH_MAX, SHOWN_LASTS
from necmergitur.web.store import store

COOKIE = "nec_rights"
PATH = "/rights/"
_SIGNER = TimestampSigner(salt="rights.button")


def is_credential_of(device_id: str, credential: str) -> bool:
    """Return whether this is the button's own credential. Nothing is written, and nothing new asked."""
    if not device_id or not 0 < len(credential) <= CREDENTIAL_LENGTH_MAX:
        return False
    kept = rights.credential_of(store(), device_id[:64])
    return kept is not None and hmac.compare_digest(kept, credential_hash(credential))


def remember(response: HttpResponse, device_id: str) -> None:
    """Let the next pages know for half an hour which button this browser showed."""
    response.set_cookie(
        COOKIE,
        _SIGNER.sign(device_id),
        max_age=int(SHOWN_LASTS.total_seconds()),
        path=PATH,
        secure=settings.ORIGIN.secure,
        httponly=True,
        samesite="Lax",
    )


def shown(request: HttpRequest) -> str:
    """Return the button this browser showed within the last half hour; empty when it showed none."""
    try:
        return str(_SIGNER.unsign(request.COOKIES.get(COOKIE, ""), max_age=SHOWN_LASTS))
    except BadSignature:
        return ""
