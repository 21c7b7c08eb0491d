"""Documents in versions: a file is judged by its content, kept under its digest, and served as a download alone."""

import base64
import hashlib
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.text import slugify

from necmergitur.innovation import documents
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.commons import pages, words
from necmergitur.web.commons.models import Document, Readers, Version

# A page of our origin would act for whoever is signed in: nothing of a document runs, loads or asks anything.
POLICY = "sandbox; default-src 'none'"


def add(document: Document, content: bytes, note: str, by: User, now: datetime, *, name: str = "") -> Version | Refusal:
    """Keep a new version; those before stay as they are. One audit fact says its digest. `name`: the file's own."""
    kind = documents.kind_of(content, name)
    if isinstance(kind, Refusal):
        return kind
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        held = Document.objects.select_for_update().get(pk=document.pk)
        last = held.versions.first()
        if last is not None and last.sha256 == digest and last.emptied_at is None:
            return Refusal(rule="document_same")
        made = Version.objects.create(
            document=held,
            number=1 if last is None else last.number + 1,
            media=kind.media,
            ends=kind.ends,
            size=len(content),
            sha256=digest,
            content=content,
            note=note,
            at=now,
            by_id=by.pk,
        )
        pages.fact(by, "document:version", f"{held.pk}/{made.number}", sha256=digest)
    return made


def empty(request: HttpRequest, version: Version, now: datetime) -> None:
    """Empty a version that should not have been there: its digest and its date stay, and a fact says so."""
    with transaction.atomic():
        if Version.objects.filter(pk=version.pk, emptied_at=None).update(content=b"", emptied_at=now):
            pages.note(request, "document:emptied", f"{version.document_id}/{version.number}", sha256=version.sha256)


def serve(request: HttpRequest, version: Version) -> HttpResponse:
    """Return a version as a download."""
    etag = f'"{version.sha256}"'
    response: HttpResponse | None = get_conditional_response(request, etag=etag)  # type: ignore[assignment]
    if response is None:
        response = HttpResponse(bytes(version.content), content_type=version.media)
        name = slugify(words.said(version.document, "title"))[:60] or "document"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}-v{version.number}.{version.ends}"'
        octets = base64.b64encode(bytes.fromhex(version.sha256)).decode()
        response.headers["Repr-Digest"] = f"sha-256=:{octets}:"  # RFC 9530
    response.headers["ETag"] = etag
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    public = version.document.readers == Readers.PUBLIC
    response.headers["Cache-Control"] = "public, no-cache" if public else "private, no-store"
    return response
