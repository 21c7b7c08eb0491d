"""What one section's form changes of an assessment. Fields that were not sent stay as they were."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from django.http import QueryDict

from necmergitur.governance import pia
from necmergitur.governance.constants import ANSWER_LENGTH_MAX, LABEL_LENGTH_MAX, POINTS_MAX
from necmergitur.governance.pia import Answer, Evaluation, Facts, Measure, Writing

ZONES_MAX = 300
NUMBER_MAX = 1_000_000
TITLE_LENGTH_MAX = 300
FIRMWARES_LENGTH_MAX = 400  # ours: as many as a fleet runs while it is brought up to date


def apply(writing: Writing, form: QueryDict) -> Writing:
    """Return the assessment with what a form says of it."""
    changes: dict[str, Any] = {}
    for name, length in (
        ("title", TITLE_LENGTH_MAX),
        ("author", LABEL_LENGTH_MAX),
        ("evaluator", LABEL_LENGTH_MAX),
        ("validator", LABEL_LENGTH_MAX),
        ("officer", LABEL_LENGTH_MAX),
        ("opinion", ANSWER_LENGTH_MAX),
        ("people_opinion", ANSWER_LENGTH_MAX),
        ("people_not_searched", ANSWER_LENGTH_MAX),
    ):
        if name in form:
            changes[name] = str(form[name]).strip()[:length]
    if "favourable" in form:
        changes["favourable"] = {"yes": True, "no": False}.get(str(form["favourable"]))
    if "people_searched" in form:
        changes["people_searched"] = form["people_searched"] != "no"
    if "review_by" in form:
        changes["review_by"] = _day(str(form["review_by"]))
    if any(name.startswith("fact-") for name in form):
        changes["facts"] = _facts(writing.facts, form)
    changes["answers"] = _answers(writing.answers, form)
    changes["measures"] = _measures(writing.measures, form)
    changes["evaluations"] = _evaluations(writing.evaluations, form)
    return msgspec.structs.replace(writing, **changes)


def _facts(facts: Facts, form: QueryDict) -> Facts:
    changes: dict[str, Any] = {}
    for name in ("stream", "modality", "payload_schema", "purpose", "firmware"):
        if f"fact-{name}" in form:
            longest = FIRMWARES_LENGTH_MAX if name == "firmware" else LABEL_LENGTH_MAX
            changes[name] = str(form[f"fact-{name}"]).strip()[:longest]
    for name in ("rate_per_minute", "retention_days"):
        if f"fact-{name}" in form:
            changes[name] = _number(str(form[f"fact-{name}"]), NUMBER_MAX)
    # A list with nothing ticked is not sent at all, so the form says that it has one.
    if "fact-zones-shown" in form:
        changes["zones"] = tuple(dict.fromkeys(form.getlist("fact-zones")))[:ZONES_MAX]
    return msgspec.structs.replace(facts, **changes)


def _answers(answers: Mapping[str, Answer], form: QueryDict) -> dict[str, Answer]:
    after = dict(answers)
    for refs in pia.ITEMS.values():
        for ref in refs:
            said = form.get(f"a-{ref}")
            if said is None:
                continue
            before, kind = after.get(ref, Answer()), pia.kind_of(ref)
            if kind == "gauge":
                after[ref] = msgspec.structs.replace(before, gauge=_number(said, pia.GAUGE_MAX))
            elif kind == "points":
                after[ref] = msgspec.structs.replace(before, points=_points(said))
            else:
                after[ref] = msgspec.structs.replace(before, text=_text(said))
    return after


def _measures(measures: tuple[Measure, ...], form: QueryDict) -> tuple[Measure, ...]:
    after = [
        Measure(
            one.id,
            form.get(f"m-{one.id}-title", one.title).strip()[:LABEL_LENGTH_MAX],
            _text(form.get(f"m-{one.id}-content", one.content)),
        )
        for one in measures
        if f"m-{one.id}-remove" not in form
    ]
    title = form.get("m-new-title", "").strip()[:LABEL_LENGTH_MAX]
    if title and len(after) < POINTS_MAX:
        number = max((one.id for one in measures), default=0) + 1
        after.append(Measure(number, title, _text(form.get("m-new-content", ""))))
    return tuple(after)


def _evaluations(evaluations: Mapping[str, Evaluation], form: QueryDict) -> dict[str, Evaluation]:
    after = dict(evaluations)
    for key in form:
        if not (key.startswith("e-") and key.count("-") == 2):
            continue
        _e, ref, part = key.split("-")
        if not (ref in pia.EVALUATED or (ref.startswith("3.1.") and ref[4:].isdigit())):
            continue
        before, said = after.get(ref, Evaluation()), str(form[key])
        if part == "status":
            after[ref] = msgspec.structs.replace(before, status=_number(said, pia.ACCEPTABLE))
        elif part in {"severity", "likelihood"}:
            after[ref] = msgspec.structs.replace(before, **{part: _number(said, pia.GAUGE_MAX)})
        elif part in {"comment", "plan"}:
            after[ref] = msgspec.structs.replace(before, **{part: _text(said)})
    return after


def _text(said: str) -> str:
    return said.replace("\r\n", "\n").strip()[:ANSWER_LENGTH_MAX]


def _points(said: str) -> tuple[str, ...]:
    told = (line.strip()[:TITLE_LENGTH_MAX] for line in said.splitlines())
    return tuple(line for line in told if line)[:POINTS_MAX]


def _number(said: str, most: int) -> int:
    return min(int(said), most) if said.isascii() and said.isdigit() and len(said) < 10 else 0


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
