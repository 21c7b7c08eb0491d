"""Documents: what everybody reads, what people of the programme read behind their link, what the desk keeps."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation import documents
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.commons import pages, papers, words
from necmergitur.web.commons.forms import DocumentForm, VersionForm
from necmergitur.web.commons.models import Document, Readers, Version
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK, store

PART = "documents"
# All of a version but its bytes.
LISTED = ("id", "document_id", "number", "media", "ends", "size", "sha256", "note", "at", "by_id", "emptied_at")


def told(one: Document) -> dict[str, Any]:
    """Return a document in the reader's language, with its versions."""
    versions = list(one.versions.only(*LISTED))
    return {
        "row": one,
        "title": words.said(one, "title"),
        "about": words.said(one, "about"),
        "versions": versions,
        "last": next((each for each in versions if each.emptied_at is None), None),
    }


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Documents for everybody."""
    page = pages.leaf(request, Document.objects.filter(withdrawn_at=None, readers=Readers.PUBLIC))
    return render(request, "commons/documents.html", {"page": page, "rows": [told(one) for one in page]})


@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One document for everybody, with all its versions."""
    found = get_object_or_404(Document, pk=pk, withdrawn_at=None, readers=Readers.PUBLIC)
    return render(request, "commons/document.html", {"one": told(found)})


@require_safe
def download(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Any version of a document for everybody."""
    return papers.serve(request, _version(number, pk=pk, withdrawn_at=None, readers=Readers.PUBLIC))


@require_safe
def my_download(request: HttpRequest, token: str, pk: UUID, number: int) -> HttpResponse:
    """Any version of what people of the programme may read."""
    by = pages.holder(request, token)
    if isinstance(by, HttpResponse):
        return by
    readers = (Readers.PUBLIC, Readers.PROGRAMME)
    return pages.private(papers.serve(request, _version(number, pk=pk, withdrawn_at=None, readers__in=readers)))


@require_safe
def my_document(request: HttpRequest, token: str, pk: UUID) -> HttpResponse:
    """One document with its versions, behind a link."""
    by = pages.holder(request, token)
    if isinstance(by, HttpResponse):
        return by
    found = get_object_or_404(Document, pk=pk, withdrawn_at=None, readers__in=(Readers.PUBLIC, Readers.PROGRAMME))
    return pages.show_private(request, "document.html", {"one": told(found), "token": token})


def _version(number: int, **document: Any) -> Version:
    found = get_object_or_404(Document, **document)
    version = found.versions.filter(number=number, emptied_at=None).select_related("document").first()
    if version is None:
        raise Http404
    return version


# --- the desk ---------------------------------------------------------------------------------------------


@require(rights.may_read)
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every document."""
    page = pages.leaf(request, Document.objects.order_by("withdrawn_at", "title_fr"))
    return pages.desk(request, "documents.html", PART, {"page": page, "rows": [told(one) for one in page]})


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Begin a document, or change what is said of one."""
    row = get_object_or_404(Document, pk=pk) if pk else None
    form = DocumentForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = form.save(commit=False)
            made.id = made.id or store().ids.new()
            made.save()
            pages.note(request, "document:written" if row else "document:begun", made.pk, readers=made.readers)
        return redirect("commons:desk-document", made.pk)
    context = {"form": form, "row": row and told(row)}
    return pages.desk(request, "document_write.html", PART, context, 422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One document; a new version of it is uploaded here."""
    found, why = get_object_or_404(Document, pk=pk), ""
    may_add = rights.may_run(request.user) and found.withdrawn_at is None
    bound = may_add and request.method == "POST"
    form = VersionForm(request.POST, request.FILES) if bound else VersionForm()
    if form.is_bound and form.is_valid():
        sent = form.cleaned_data["file"]
        # Not read into memory before its size is known to be one we take.
        content = sent.read() if sent.size <= documents.BYTES_MOST else None
        by, note = cast(User, request.user), form.cleaned_data["note"]
        if content is None:
            made: Version | Refusal = Refusal(rule="document_large")
        else:
            made = papers.add(found, content, note, by, CLOCK.now(), name=sent.name or "")
        if isinstance(made, Version):
            return redirect("commons:desk-document", pk)
        why = words.sentence(made)
    context = {"one": told(found), "form": form, "why": why, "may_add": may_add}
    return pages.desk(request, "document.html", PART, context, 422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_safe
def desk_download(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Any version, for the desk."""
    return papers.serve(request, _version(number, pk=pk))


@require(rights.may_run)
@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw a document, bring it back, or empty one of its versions."""
    found, now = get_object_or_404(Document, pk=pk), CLOCK.now()
    if request.POST.get("do") == "empty":
        number = request.POST.get("number", "")
        if not (number.isascii() and number.isdigit() and len(number) < 6):
            raise Http404
        papers.empty(request, get_object_or_404(found.versions, number=int(number)), now)
    else:
        with transaction.atomic():
            found.withdrawn_at = None if found.withdrawn_at else now
            found.save(update_fields=["withdrawn_at"])
            pages.note(request, "document:withdrawn" if found.withdrawn_at else "document:back", pk)
    return redirect("commons:desk-document", pk)
