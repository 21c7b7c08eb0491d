"""Impact assessments: begin one from facts, write its four parts, see what is missing, compare versions, print."""

from typing import Any, cast
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.law import rules
from necmergitur.governance import law, pia
from necmergitur.governance.assessments import DRONE_CAMERA, EVERYWHERE
from necmergitur.governance.pia import Facts, Writing
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards
from necmergitur.web.facts.models import Assessment as InForce
from necmergitur.web.facts.models import Authorisation, Zone
from necmergitur.web.store import CLOCK
from necmergitur.web.trust import devices, dialogue, keeping, pages, plot, prefill, reasons, rights, saving, words
from necmergitur.web.trust.models import Processing, Study

SHOWN_MAX = 200
PARTS = tuple(words.PARTS)


@require(rights.may_read)
@never_cache
@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """Every assessment: its latest version, what is in force, what went stale."""
    in_force = {row.id: row for row in InForce.objects.all()[:SHOWN_MAX]}
    rows: dict[UUID, Study] = {}
    for row in Study.objects.select_related("processing").order_by("-updated_at")[: SHOWN_MAX * 3]:
        if row.assessment_id not in rows or rows[row.assessment_id].version < row.version:
            rows[row.assessment_id] = row
    told = [{"row": row, "state": words.STATES[row.state], "in_force": in_force.get(pk)} for pk, row in rows.items()]
    context = {"rows": told, "processings": list(Processing.objects.filter(ended_at=None).order_by("number"))}
    return pages.show(request, "studies.html", context, tab="assessments")


@require(rights.may_write)
@require_POST
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin an assessment of an activity, with what its device says of itself."""
    row = get_object_or_404(Processing, pk=pk, ended_at=None)
    activity, user = keeping.activity_of(row), cast(User, request.user)
    stream = request.POST.get("stream", "")
    known = devices.facts_of(stream) or Facts(
        stream=stream[:100], modality=activity.modality, payload_schema=devices.schema_of(activity.modality)
    )
    facts = msgspec.structs.replace(known, purpose=activity.purpose, retention_days=activity.retention_days or 0)
    writing = msgspec.structs.replace(
        prefill.begin(activity, facts, user.display_name), processing_id=row.id, processing_version=row.version
    )
    made = guards.run(request, lambda _by, now: keeping.new_study(None, writing, row, user, now))
    if isinstance(made, Refusal):
        return pages.refused(request, made, request.path)
    return redirect("trust:assessment-part", made.assessment_id, "facts")


@require(rights.may_write)
@never_cache
def part(request: HttpRequest, pk: UUID, part: str) -> HttpResponse:
    """Write one part. Each section saves by itself, in the background where the browser can."""
    if part not in PARTS:
        raise Http404
    row = _latest(pk)
    if request.method == "POST":
        return _save(request, row, part)
    if row.state != Study.DRAFT:
        return redirect("trust:assessment", pk)
    writing = keeping.writing_of(row)
    missing = gaps_of(row, writing)
    running = dialogue.running(pk) if part == "validation" else None
    context = {
        "row": row,
        "writing": writing,
        "part": part,
        "parts": [(name, words.PARTS[name], _count(missing, name)) for name in PARTS],
        "missing": [one for one in missing if one["part"] == part],
        "items": [_item(writing, item) for item in pia.PARTS.get(part, ())],
        "measures": [(one, _judgement(writing, f"3.1.{one.id}")) for one in writing.measures],
        "map": plot.risks(writing) if part in {"risks", "validation"} else "",
        "risks": plot.table(writing),
        "gauges": words.GAUGES.items(),
        "running": running,
        "running_open": running is not None and running.open(CLOCK.now()),
        "has_dialogue": dialogue.exists(),
        **(_choices(writing) if part == "facts" else {}),
    }
    return pages.show(request, "study_part.html", context, tab="assessments")


def _save(request: HttpRequest, row: Study, part: str) -> HttpResponse:
    user = cast(User, request.user)
    after = guards.run(
        request,
        lambda _by, now: keeping.rewrite(row.pk, lambda writing: saving.apply(writing, request.POST), user, now),
    )
    refusal = Refusal(rule="already_closed") if after is None else after if isinstance(after, Refusal) else None
    if guards.wants_json(request):
        if refusal is not None:
            return JsonResponse({"detail": reasons.sentence(refusal)}, status=409)
        return JsonResponse({"ok": True, "missing": len(gaps_of(after, keeping.writing_of(after)))})
    if refusal is not None:
        return pages.refused(request, refusal, request.path)
    section = request.POST.get("section", "")
    anchor = f"#s-{section}" if section and section.replace(".", "").isalnum() else ""
    response = redirect("trust:assessment-part", row.assessment_id, part)
    response["Location"] += anchor
    return response


def _choices(writing: Writing) -> dict[str, Any]:
    now = CLOCK.now()
    purposes = law.purposes(rules(), writing.facts.modality, now)
    return {
        "streams": devices.sensors(),
        "schemas": devices.schemas(),
        "modalities": [(one, words.SENSED[one]) for one in words.OFFERED if one],
        "purposes": [(code, words.PURPOSE_WORDS[code]) for code in purposes],
        "zones": [
            *([(EVERYWHERE, _("The whole territory"))] if writing.facts.modality == DRONE_CAMERA else []),
            *Zone.objects.filter(retired_at=None).order_by("label", "id").values_list("id", "label"),
        ],
    }


def _item(writing: Writing, item: str) -> dict[str, Any]:
    """Return an item of the method as its page shows it."""
    whole = item in pia.EVALUATED
    questions = []
    for ref in pia.ITEMS[item]:
        said, kind = writing.answer(ref), pia.kind_of(ref)
        questions.append(
            {
                "ref": ref,
                "words": words.QUESTIONS[ref],
                "kind": kind,
                "text": said.text or "\n".join(said.points),
                "gauge": str(said.gauge),
                "gauge_words": words.GAUGES[str(said.gauge)],
                "judged": None if whole else _judgement(writing, f"{item}.{ref}"),
            }
        )
    return {
        "ref": item,
        "words": words.ITEMS[item],
        "questions": questions,
        "judged": _judgement(writing, item) if whole else None,
        "risk": item in pia.RISKS,
    }


def _judgement(writing: Writing, ref: str) -> dict[str, Any]:
    judged = writing.evaluation(ref)
    return {
        "ref": ref,
        "status": str(judged.status),
        "status_words": words.EVALUATIONS[str(judged.status)],
        "comment": judged.comment,
        "plan": judged.plan,
        "severity": str(judged.severity),
        "likelihood": str(judged.likelihood),
        "severity_words": words.GAUGES[str(judged.severity)],
        "likelihood_words": words.GAUGES[str(judged.likelihood)],
        "choices": words.EVALUATIONS.items(),
        "risk": ref in pia.RISKS,
    }


def gaps_of(row: Study, writing: Writing) -> list[dict[str, str]]:
    """Return what keeps a version from being signed, in plain words, each with the part it is written in."""
    now = CLOCK.now()
    owed = dialogue.owed(row.assessment_id, now)
    return [
        {
            "ref": one.facts.get("ref", ""),
            "part": words.part_of(one.facts.get("ref", "")),
            "where": words.place(one.facts.get("ref", "")),
            "why": reasons.sentence(one),
        }
        for one in pia.gaps(writing, rules(), now, owed)
    ]


def _count(missing: list[dict[str, str]], part: str) -> int:
    return sum(1 for one in missing if one["part"] == part)


def _latest(pk: UUID) -> Study:
    row = Study.objects.filter(assessment_id=pk).order_by("-version").first()
    if row is None:
        raise Http404
    return row


@require(rights.may_read)
@never_cache
@require_safe
def study(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One assessment: where it stands, what is missing, its whole text, its versions. Prints."""
    asked = request.GET.get("version", "")
    row = _latest(pk)
    if asked.isdigit():
        row = get_object_or_404(Study, assessment_id=pk, version=int(asked))
    writing = keeping.writing_of(row)
    in_force = InForce.objects.filter(pk=pk).first()
    versions = list(Study.objects.filter(assessment_id=pk).order_by("-version")[:SHOWN_MAX])
    missing = gaps_of(row, writing) if row.state == Study.DRAFT else []
    context = {
        "row": row,
        "state": words.STATES[row.state],
        "writing": writing,
        "missing": missing,
        "in_force": in_force,
        "stale": reasons.drift(in_force.stale_reason) if in_force and in_force.stale_at else "",
        "holds": bool(in_force and not in_force.stale_at and in_force.version == row.version),
        "items": [_item(writing, item) for part in pia.PARTS.values() for item in part],
        "measures": [(one, _judgement(writing, f"3.1.{one.id}")) for one in writing.measures],
        "facts": _facts_in_words(writing.facts),
        "map": plot.risks(writing),
        "risks": plot.table(writing),
        "steps": [(one, words.STATES[one.state]) for one in row.steps.order_by("at", "id")],
        "versions": [(one, words.STATES[one.state]) for one in versions],
        "latest": versions[0].version == row.version,
        "running": dialogue.running(pk),
        "flights": Authorisation.objects.filter(rests_on__assessment_id=str(pk), revoked_at=None).count(),
        "review_by": date_format(writing.review_by, "DATE_FORMAT") if writing.review_by else "",
        "parts": [(name, words.PARTS[name], _count(missing, name)) for name in PARTS],
    }
    return pages.show(request, "study.html", context, tab="assessments")


def _facts_in_words(facts: Facts) -> list[tuple[Any, str]]:
    zones = dict(Zone.objects.filter(pk__in=facts.zones).values_list("id", "label"))
    shown = {
        "modality": words.SENSED.get(facts.modality, facts.modality),
        "purpose": words.PURPOSE_WORDS.get(facts.purpose, facts.purpose),
        "zones": ", ".join(
            str(_("The whole territory")) if one == EVERYWHERE else f"{zones.get(one, one)} ({one})"
            for one in facts.zones
        ),
    }
    return [(label, shown.get(name, getattr(facts, name))) for name, label in words.FACTS.items()]


@require(rights.may_read)
@never_cache
@require_safe
def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What two versions say differently, side by side. Without a choice: the last two."""
    versions = list(Study.objects.filter(assessment_id=pk).order_by("version"))
    if not versions:
        raise Http404
    numbered = {str(one.version): one for one in versions}
    after = numbered.get(request.GET.get("to", ""), versions[-1])
    before = numbered.get(request.GET.get("from", ""), versions[max(0, versions.index(after) - 1)])
    found = pia.differences(keeping.writing_of(before), keeping.writing_of(after))
    context = {
        "row": after,
        "before": before,
        "after": after,
        "versions": versions,
        "differences": [(words.place(one.ref), one.before, one.after) for one in found],
    }
    return pages.show(request, "compare.html", context, tab="assessments")
