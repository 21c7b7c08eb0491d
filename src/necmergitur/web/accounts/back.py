"""Where a reader may go back to. A form's own address may take POST alone, and is no page."""

from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

READS = frozenset({"GET", "HEAD"})


def way_back(request: HttpRequest) -> str:
    """Return an address to read: the page itself, else what the form names, where it stood, or one's own start."""
    if request.method in READS:
        return request.get_full_path()
    named = _named(request)
    if named and url_has_allowed_host_and_scheme(named, allowed_hosts=None):
        return named
    came = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came, allowed_hosts={request.get_host()}):
        # Only the path: whatever scheme a proxy hid, we stay where we are.
        where = urlsplit(came)
        path = f"{where.path}?{where.query}" if where.query else where.path
        if path and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
            return path
    return reverse("accounts:landing")


def _named(request: HttpRequest) -> str:
    """Return the form's `next`; nothing when its body cannot be read: the page that says so asks for this too."""
    try:
        return str(request.POST.get("next", ""))
    except (SuspiciousOperation, UnreadablePostError, MultiPartParserError):
        return ""
