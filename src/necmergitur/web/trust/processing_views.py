"""The register of processing activities: list, one, its form, its versions, its files."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters import register_file
from necmergitur.adapters.law import rules
from necmergitur.governance.processing import Processing as Activity
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.console.words import say
from necmergitur.web.store import CLOCK
from necmergitur.web.trust import devices, keeping, pages, rights, words
from necmergitur.web.trust.models import Processing, Study
from necmergitur.web.trust.processing_forms import ProcessingForm

SHOWN_MAX = 500
FILES = {
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv; charset=utf-8",
    "jsonld": "application/ld+json",
}


@require(rights.may_read)
@never_cache
@require_safe
def activities(request: HttpRequest) -> HttpResponse:
    """Every activity, filtered by words, purpose or state."""
    rows = Processing.objects.order_by("number")
    asked, purpose, ended = (request.GET.get(name, "")[:100] for name in ("q", "purpose", "ended"))
    if asked:
        rows = rows.filter(name__icontains=asked)
    if purpose:
        rows = rows.filter(content__purpose=purpose)
    rows = rows.filter(ended_at__isnull=not ended)
    told = [{"row": row, "one": keeping.activity_of(row)} for row in rows[:SHOWN_MAX]]
    for each in told:
        each["purpose"] = say(words.PURPOSE_WORDS, each["one"].purpose)
        each["basis"] = say(words.LEGAL_BASES, each["one"].legal_basis)
    names = ("emergency_response", "crowd_safety", "maintenance", "training")
    context = {
        "rows": told,
        "q": asked,
        "purpose": purpose,
        "ended": ended,
        "purposes": [(name, words.PURPOSE_WORDS[name]) for name in names],
    }
    return pages.show(request, "processings.html", context, tab="processing")


@require(rights.may_write)
@never_cache
def write(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Write an activity, or its next version."""
    row = get_object_or_404(Processing, pk=pk) if pk else None
    activity = keeping.activity_of(row) if row else None
    now = CLOCK.now()
    form = ProcessingForm(request.POST or None, now=now, activity=activity)
    if request.method == "POST" and form.is_valid():
        user = cast(User, request.user)
        outcome = guards.run(request, lambda _by, at: keeping.save_processing(row, form.activity(), user, at))
        if isinstance(outcome, Refusal):
            return pages.refused(request, outcome, request.path)
        return redirect("trust:processing", outcome.pk)
    context = {"form": form, "row": row}
    return pages.show(request, "processing_form.html", context, tab="processing", status=422 if form.errors else 200)


@require(rights.may_read)
@never_cache
@require_safe
def activity(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One activity, in words, with its versions and assessments. Prints as a record sheet."""
    row = get_object_or_404(Processing, pk=pk)
    asked = request.GET.get("version", "")
    version = row.versions.filter(version=int(asked)).first() if asked.isdigit() else None
    content = keeping.told(version.content, Activity) if version else keeping.activity_of(row)
    context = {
        "row": row,
        "one": content,
        "shown_version": version.version if version else row.version,
        "pairs": _pairs(content),
        "versions": list(row.versions.order_by("-version")[:SHOWN_MAX]),
        "streams": devices.sensors(),
        "studies": list(Study.objects.filter(processing=row).order_by("-created_at")[:20]),
    }
    return pages.show(request, "processing.html", context, tab="processing")


def _pairs(one: Activity) -> list[tuple[str, str]]:
    """Return an activity as label and words, in the order of its form."""
    language = get_language() or "en"
    titles = {rule.id: rule.title.in_language(language) for rule in rules()}
    shown = {
        "purpose": say(words.PURPOSE_WORDS, one.purpose),
        "modality": say(words.SENSED, one.modality) if one.modality else "",
        "legal_basis": say(words.LEGAL_BASES, one.legal_basis),
        "law": "\n".join(titles.get(name, name) for name in one.law),
        "people": ", ".join(say(words.PEOPLE, name) for name in one.people),
        "data": ", ".join(say(words.DATA, name) for name in one.data),
    }
    told: list[tuple[str, str]] = []
    for name, field in ProcessingForm.base_fields.items():
        value = shown.get(name, getattr(one, name))
        if isinstance(value, tuple):
            value = "\n".join(value)
        if value not in ("", None) and name != "name":
            told.append((str(field.label), value))
    return told


@require(rights.may_write)
@require_POST
@transaction.atomic
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that an activity ended, and why. Its line stays."""
    row = get_object_or_404(Processing.objects.select_for_update(), pk=pk, ended_at=None)
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason:
        return pages.refused(request, Refusal(rule="reason_missing"), request.path.removesuffix("end/"))
    row.ended_at, row.ended_reason = CLOCK.now(), reason
    row.save()
    keeping.record(cast(User, request.user), "trust:processing:end", str(pk), row.ended_at, number=str(row.number))
    return redirect("trust:processing", pk)


@require(rights.may_read)
@never_cache
@require_safe
def file(request: HttpRequest, kind: str) -> HttpResponse:
    """The whole register as a file: CNIL's model (.ods, .csv), or DPV (.jsonld)."""
    if kind not in FILES:
        raise Http404
    rows = Processing.objects.filter(ended_at=None).order_by("number")[:SHOWN_MAX]
    entries = [
        register_file.Entry(
            id=row.id,
            number=f"{row.number:03d}",
            created=timezone.localdate(row.created_at),
            updated=timezone.localdate(row.updated_at),
            processing=keeping.activity_of(row),
        )
        for row in rows
    ]
    if kind == "jsonld":
        base = f"{settings.ORIGIN.url}/trust/processing/"
        body = register_file.as_json_ld(entries, rules(), base)
    else:
        write_file = register_file.as_ods if kind == "ods" else register_file.as_csv
        body = write_file(entries, rules(), _french())
    name = f"registre-{timezone.localdate():%Y-%m-%d}.{kind}"
    return HttpResponse(
        body, content_type=FILES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _french() -> dict[str, str]:
    """Return codes in French, whoever asks: the model register is French."""
    with translation.override("fr"):
        told = (words.PURPOSE_WORDS, words.LEGAL_BASES, words.PEOPLE, words.DATA)
        return {code: str(word) for each in told for code, word in each.items()}
