"""An assessment's ends: signed and in force, refused, begun anew; and its files."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters import pia_file
from necmergitur.adapters.law import rules
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import pia
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.pia import Facts
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing
from necmergitur.web import last_words
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.facts.models import Assessment as InForce
from necmergitur.web.store import store
from necmergitur.web.trust import devices, dialogue, keeping, pages, rights
from necmergitur.web.trust.models import Processing, Study, StudyStep

REASON_LENGTH_MAX = 2_000
DIALOGUE_DAYS_MAX = 90  # ours: a dialogue that has not ended in a season is not waited for


@require(rights.may_write)
@require_POST
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put the draft in force, if nothing is missing. Its text changes no more."""
    last_words.hear(resting_on=pk)  # what was signed on an earlier version is suspended
    return _done(request, pk, guards.run(request, lambda by, now: _sign(pk, cast(User, request.user), by, now)))


def _sign(pk: UUID, user: User, by: Person, now: datetime) -> Refusal | None:
    with transaction.atomic():
        row = Study.objects.select_for_update().filter(assessment_id=pk, state=Study.DRAFT).first()
        if row is None:
            return Refusal(rule="already_closed")
        writing = keeping.writing_of(row)
        missing = pia.gaps(writing, rules(), now, dialogue.owed(pk, now))
        if missing:
            return missing[0]
        assert writing.review_by is not None
        asked = Assessment(
            id=pk,
            version=row.version,
            digest=pia.digest(pk, row.version, writing),
            title=writing.title,
            covers=pia.covers(writing.facts),
            opinion=writing.opinion,
            signed_by=f"user:{by.id}",
            signed_at=now,
            review_by=datetime.combine(writing.review_by, time(), UTC),
        )
        signed = assessing.sign(store(), asked, by, now)
        # A fact that was committed when our own row was not: the very same text is in force already.
        standing = InForce.objects.filter(pk=pk, version=row.version, digest=asked.digest).exists()
        if isinstance(signed, Refusal) and not (signed.rule == "version_not_new" and standing):
            return signed
        for older in Study.objects.filter(assessment_id=pk, state=Study.SIGNED):
            keeping.step(older, Study.REPLACED, "", user, now)
        row.digest, row.signed_at = asked.digest, now
        keeping.step(row, Study.SIGNED, writing.opinion, user, now)
    return None


@require(rights.may_write)
@require_POST
def refuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Refuse the draft, with a reason that is kept."""
    reason = request.POST.get("reason", "").strip()[:REASON_LENGTH_MAX]
    user = cast(User, request.user)

    def work(_by: Person, now: datetime) -> Refusal | None:
        if not reason:
            return Refusal(rule="reason_missing")
        with transaction.atomic():
            row = Study.objects.select_for_update().filter(assessment_id=pk, state=Study.DRAFT).first()
            if row is None:
                return Refusal(rule="already_closed")
            keeping.step(row, Study.REFUSED, reason, user, now)
            keeping.record(user, "trust:assessment:refuse", str(pk), now, version=str(row.version))
        return None

    return _done(request, pk, guards.run(request, work))


@require(rights.may_write)
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that what was signed no longer holds. Every stream that rests on it stops within the second."""
    reason = " ".join(request.POST.get("reason", "").split())[:REASON_LENGTH_MAX]
    user = cast(User, request.user)

    def work(by: Person, now: datetime) -> Refusal | None:
        if reason and request.POST.get("sure") != "yes":
            return Refusal(rule="confirmation_missing")
        last_words.hear(resting_on=pk)
        outcome = assessing.withdraw(store(), pk, reason, by, now)
        if isinstance(outcome, Refusal):
            return outcome
        signed = Study.objects.filter(assessment_id=pk, version=outcome.version).first()
        if signed is not None:
            StudyStep.objects.create(study=signed, at=now, by=user.display_name, state=Study.WITHDRAWN, reason=reason)
        return None

    return _done(request, pk, guards.run(request, work))


@require(rights.may_write)
@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin the next version from the last, with the device as it is now: what changed is judged again."""
    user = cast(User, request.user)

    def work(_by: Person, now: datetime) -> Any:
        last = Study.objects.filter(assessment_id=pk).order_by("-version").first()
        if last is None or last.state == Study.DRAFT:
            return last
        writing = keeping.writing_of(last)
        stale = InForce.objects.filter(pk=pk).exclude(stale_at=None).first()
        facts = observed(writing.facts, stale.stale_reason if stale else "")
        changed = facts != writing.facts
        # What rested on the old facts is judged again; the officer's word on them is owed anew.
        writing = msgspec.structs.replace(
            writing,
            facts=facts,
            evaluations={} if changed else writing.evaluations,
            opinion="" if changed else writing.opinion,
            favourable=None if changed else writing.favourable,
            review_by=None,
        )
        return keeping.new_study(pk, writing, last.processing, user, now, kept=last.kept)

    made = guards.run(request, work)
    if isinstance(made, Refusal) or made is None:
        return pages.refused(request, made or Refusal(rule="assessment_missing"), reverse("trust:assessments"))
    return redirect("trust:assessment-part", pk, "facts")


def observed(facts: Facts, reason: str) -> Facts:
    """Return the facts as the device is now: as its row says, and as it was caught at when it says otherwise."""
    known = devices.facts_of(facts.stream)
    if facts.stream == devices.CAMERAS:
        return _fleet_observed(facts, known, reason)
    if known is not None:
        facts = msgspec.structs.replace(
            known,
            purpose=facts.purpose,
            retention_days=facts.retention_days,
            zones=tuple(dict.fromkeys((*facts.zones, *known.zones))),
            firmware=known.firmware if facts.firmware else "",
        )
    rule, now = _caught(reason)
    if rule == "drift_rate" and now.isdigit():
        return msgspec.structs.replace(facts, rate_per_minute=max(facts.rate_per_minute, int(now)))
    if rule == "drift_zone" and now:
        return msgspec.structs.replace(facts, zones=tuple(dict.fromkeys((*facts.zones, now))))
    field = {"drift_schema": "payload_schema", "drift_firmware": "firmware"}.get(rule)
    return msgspec.structs.replace(facts, **{field: now}) if field and now and known is None else facts


def _fleet_observed(facts: Facts, known: Facts | None, reason: str) -> Facts:
    """Return the facts with what the drones run now, where the assessment named what they run."""
    rule, now = _caught(reason)
    runs = (known.firmware if known else "") or facts.firmware
    names = dict.fromkeys([*runs.split(","), now if rule == "drift_firmware" else ""])
    return msgspec.structs.replace(facts, firmware=",".join(filter(None, names)) if facts.firmware else "")


def _caught(reason: str) -> tuple[str, str]:
    """Return the rule by which an assessment went stale, and what the device was then."""
    rule, _space, rest = reason.partition(" ")
    return rule, dict(part.partition("=")[::2] for part in rest.split() if "=" in part).get("now", "")


@require(rights.may_write)
@require_POST
def ask_people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a dialogue with the people concerned."""
    row = get_object_or_404(Study, assessment_id=pk, state=Study.DRAFT)
    question = request.POST.get("question", "").strip()[:500]
    days = request.POST.get("days", "")
    lasts = timedelta(days=min(int(days), DIALOGUE_DAYS_MAX)) if days.isdigit() and int(days) else dialogue.LASTS
    if not (question and dialogue.exists()):
        return pages.refused(request, Refusal(rule="reason_missing"), reverse("trust:assessment", args=[pk]))
    opened = guards.run(
        request,
        lambda by, now: dialogue.begin(
            pk, row.title, question, request.POST.get("question_en", "").strip()[:500], by, now, lasts
        ),
    )
    if isinstance(opened, Refusal):
        return pages.refused(request, opened, reverse("trust:assessment", args=[pk]))
    return redirect("trust:assessment-part", pk, "validation")


@require(rights.may_read)
@never_cache
@require_safe
def text(request: HttpRequest, pk: UUID, version: int) -> HttpResponse:
    """The very bytes whose SHA-256 is the digest of a version: anybody can check it."""
    row = get_object_or_404(Study, assessment_id=pk, version=version)
    body = pia.canonical(pk, version, keeping.writing_of(row))
    return _file(body, f"{slugify(row.title)[:60] or 'assessment'}-v{version}.json")


@require(rights.may_read)
@never_cache
@require_safe
def export(request: HttpRequest, pk: UUID, version: int) -> HttpResponse:
    """The version as a file of CNIL's PIA software."""
    row = get_object_or_404(Study, assessment_id=pk, version=version)
    body = pia_file.write(keeping.writing_of(row), row.kept)
    return _file(body, f"pia-{slugify(row.title)[:60] or 'assessment'}-v{version}.json")


@require(rights.may_write)
@require_POST
def bring(request: HttpRequest) -> HttpResponse:
    """Begin an assessment from a file of CNIL's PIA software."""
    sent = request.FILES.get("file")
    found = pia_file.read(sent.read(pia_file.FILE_BYTES_MAX + 1)) if sent else Refusal(rule="pia_unreadable")
    if isinstance(found, Refusal):
        return pages.refused(request, found, reverse("trust:assessments"))
    chosen = request.POST.get("processing", "")
    row = Processing.objects.filter(pk=chosen).first() if len(chosen) == 36 else None
    user = cast(User, request.user)
    writing = found.writing
    if row is not None:
        activity = keeping.activity_of(row)
        facts = Facts(modality=activity.modality, purpose=activity.purpose, retention_days=activity.retention_days or 0)
        writing = msgspec.structs.replace(
            writing, facts=facts, law=activity.law, processing_id=row.id, processing_version=row.version
        )
    made = guards.run(request, lambda _by, now: keeping.new_study(None, writing, row, user, now, kept=found.kept))
    if isinstance(made, Refusal):
        return pages.refused(request, made, reverse("trust:assessments"))
    return redirect("trust:assessment-part", made.assessment_id, "facts")


def _file(body: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="application/json", headers=headers)


def _done(request: HttpRequest, pk: UUID, outcome: Any) -> HttpResponse:
    back = reverse("trust:assessment", args=[pk])
    return pages.refused(request, outcome, back) if isinstance(outcome, Refusal) else redirect(back)
