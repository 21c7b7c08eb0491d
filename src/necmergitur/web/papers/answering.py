"""A paper as an answer: shown by the browser, named for keeping, with its hash."""

from base64 import b64encode
from contextlib import AbstractContextManager
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, override


def answer(file: bytes, name: str) -> HttpResponse:
    """Return a PDF under a name; its SHA-256 stands in the answer's head (RFC 9530)."""
    response = HttpResponse(file, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Repr-Digest"] = f"sha-256=:{b64encode(sha256(file).digest()).decode()}:"
    return response


def in_language(request: HttpRequest) -> AbstractContextManager[None]:
    """Return the language a paper is written in: that of its address (`?lang=fr`), or of the page."""
    asked = request.GET.get("lang", "")
    return override(asked if asked in dict(settings.LANGUAGES) else get_language())
