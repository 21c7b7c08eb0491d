"""An impact assessment as it is written: the four parts of CNIL's method, and what is missing before it may be signed.

References are those of CNIL's PIA software (111 … 346, "1.1" … "3.4"), so that its files can be read and written.
Written in versions; a version that is signed never changes. What is then in force is `governance.assessments`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance import law
from necmergitur.governance.assessments import Covers
from necmergitur.governance.constants import REVIEW_DAYS_MAX
from necmergitur.governance.law import Rule
from necmergitur.kernel.refusal import Refusal

Kind = Literal["text", "points", "gauge"]

# Items of the method and their questions.
ITEMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "1.1": ("111", "112", "113"),
        "1.2": ("121", "122", "123"),
        "2.1": ("211", "212", "213", "214", "215"),
        "2.2": ("221", "222", "223", "224", "225", "226", "227"),
        "3.2": ("321", "322", "323", "324", "325", "326"),
        "3.3": ("331", "332", "333", "334", "335", "336"),
        "3.4": ("341", "342", "343", "344", "345", "346"),
    }
)
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"context": ("1.1", "1.2"), "principles": ("2.1", "2.2"), "risks": ("3.2", "3.3", "3.4")}
)
# The three feared events: unlawful access, unwanted change, disappearance.
RISKS = ("3.2", "3.3", "3.4")
# The context and a risk are judged as a whole, each principle by itself.
EVALUATED: tuple[str, ...] = (
    "1.1",
    "1.2",
    *(f"{item}.{ref}" for item in ("2.1", "2.2") for ref in ITEMS[item]),
    *RISKS,
)
PENDING, NOT_ACCEPTABLE, IMPROVABLE, ACCEPTABLE = range(4)
GAUGE_MAX = 4  # negligible, limited, significant, maximal
# From "significant" on both axes a risk is high: it is not signed, CNIL is consulted first (GDPR article 36).
HIGH = 3


class Answer(msgspec.Struct, frozen=True):
    """What is said to one question: words, a list, or a place on a gauge of four."""

    text: str = ""
    points: tuple[str, ...] = ()
    gauge: int = 0


class Evaluation(msgspec.Struct, frozen=True):
    """How an item is judged; `plan` is what will be done. A risk's `severity` and `likelihood` are those left after."""

    status: int = PENDING
    comment: str = ""
    plan: str = ""
    severity: int = 0
    likelihood: int = 0


class Measure(msgspec.Struct, frozen=True):
    """One measure that protects people. `id` is its number in this assessment."""

    id: int
    title: str
    content: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is assessed, as the device and its schema say it."""

    stream: str = ""
    modality: str = ""
    payload_schema: str = ""
    purpose: str = ""
    zones: tuple[str, ...] = ()
    rate_per_minute: int = 0
    retention_days: int = 0
    firmware: str = ""


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """The whole text of one version."""

    title: str = ""
    author: str = ""
    evaluator: str = ""
    validator: str = ""
    processing_id: UUID | None = None
    processing_version: int = 0
    facts: Facts = Facts()
    law: tuple[str, ...] = ()
    answers: dict[str, Answer] = {}
    measures: tuple[Measure, ...] = ()
    evaluations: dict[str, Evaluation] = {}
    officer: str = ""
    opinion: str = ""
    favourable: bool | None = None
    people_searched: bool = True
    people_opinion: str = ""
    people_not_searched: str = ""
    review_by: date | None = None

    def answer(self, ref: str) -> Answer:
        """Return what is said to a question, nothing yet when nothing is."""
        return self.answers.get(ref, Answer())

    def evaluation(self, ref: str) -> Evaluation:
        """Return how an item is judged, pending when it is not."""
        return self.evaluations.get(ref, Evaluation())


class Difference(msgspec.Struct, frozen=True):
    """One thing that two versions say differently."""

    ref: str
    before: str
    after: str


def kind_of(ref: str) -> Kind:
    """Return how a question is answered."""
    if ref[0] != "3":
        return "text"
    return "gauge" if ref[-1] in "56" else "points"


def gauges_of(risk: str) -> tuple[str, str]:
    """Return the questions that say how severe and how likely a feared event is, before measures are judged."""
    return ITEMS[risk][4], ITEMS[risk][5]


def covers(facts: Facts) -> Covers:
    """Return what an assessment of these facts opens, and nothing beyond."""
    return Covers(
        streams=(facts.stream,) if facts.stream else (),
        modality=facts.modality,
        payload_schema=facts.payload_schema,
        purpose=facts.purpose,
        zones=facts.zones,
        rate_per_minute=facts.rate_per_minute,
        retention_days=facts.retention_days,
        firmware=facts.firmware,
    )


def canonical(assessment_id: UUID, version: int, writing: Writing) -> bytes:
    """Return the bytes that stand for a version: JSON, keys sorted, no spaces."""
    whole = {"assessment": assessment_id, "form": 1, "version": version, "writing": writing}
    return msgspec.json.encode(whole, order="sorted")


def digest(assessment_id: UUID, version: int, writing: Writing) -> str:
    """Return the SHA-256 (hex) of a version's whole text."""
    return hashlib.sha256(canonical(assessment_id, version, writing)).hexdigest()


def gaps(writing: Writing, rules: Sequence[Rule], now: datetime, dialogue: Refusal | None = None) -> list[Refusal]:
    """Return everything that keeps a version from being signed, in the order of its parts. `facts["ref"]` says where.

    `dialogue` is what the dialogue with the people concerned still owes.
    """
    found = [*_facts(writing, rules, now)]
    for refs in ITEMS.values():
        found += [_gap("answer_missing", ref) for ref in refs if not _answered(writing, ref)]
    found += _measures(writing)
    found += [gap for ref in EVALUATED for gap in _judged(writing.evaluation(ref), ref)]
    for risk in RISKS:
        left = writing.evaluation(risk)
        if not (left.severity and left.likelihood):
            found.append(_gap("risk_left_missing", risk))
        elif min(left.severity, left.likelihood) >= HIGH:
            found.append(_gap("risk_left_high", risk))
    return found + _opinions(writing, dialogue, now)


def _gap(rule: str, ref: str, **facts: str) -> Refusal:
    return Refusal(rule=rule, facts={"ref": ref, **facts})


def _answered(writing: Writing, ref: str) -> bool:
    said, kind = writing.answer(ref), kind_of(ref)
    if kind == "gauge":
        return said.gauge > 0
    return bool(said.points) if kind == "points" else bool(said.text.strip())


def _facts(writing: Writing, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    facts = writing.facts
    found = [] if writing.title.strip() else [_gap("title_missing", "facts")]
    needed = ("stream", "modality", "payload_schema", "purpose", "zones", "rate_per_minute")
    found += [_gap("fact_missing", "facts", field=field) for field in needed if not getattr(facts, field)]
    if facts.purpose and facts.purpose not in law.purposes(rules, facts.modality, now):
        found.append(_gap("purpose_not_lawful", "facts", said=facts.purpose))
    against = [
        *law.modality_refused(rules, facts.modality, writing.law, now),
        *law.retention_refused(rules, facts.modality, facts.retention_days, now),
    ]
    return found + [msgspec.structs.replace(one, facts={"ref": "facts", **one.facts}) for one in against]


def _measures(writing: Writing) -> list[Refusal]:
    if not writing.measures:
        return [_gap("measures_missing", "3.1")]
    return [gap for one in writing.measures for gap in _judged(writing.evaluation(f"3.1.{one.id}"), f"3.1.{one.id}")]


def _judged(evaluation: Evaluation, ref: str) -> list[Refusal]:
    if evaluation.status == PENDING:
        return [_gap("evaluation_missing", ref)]
    if evaluation.status == NOT_ACCEPTABLE:
        return [_gap("evaluation_not_acceptable", ref)]
    if evaluation.status == IMPROVABLE and not evaluation.plan.strip():
        return [_gap("plan_missing", ref)]
    return []


def _opinions(writing: Writing, dialogue: Refusal | None, now: datetime) -> list[Refusal]:
    found: list[Refusal] = []
    if not writing.opinion.strip() or writing.favourable is None:
        found.append(_gap("opinion_missing", "opinion"))
    elif not writing.favourable:
        found.append(_gap("opinion_unfavourable", "opinion"))
    if writing.people_searched and not writing.people_opinion.strip():
        found.append(_gap("people_opinion_missing", "people"))
    if not writing.people_searched and not writing.people_not_searched.strip():
        found.append(_gap("people_reason_missing", "people"))
    # Where people were not asked, with the reason written, there need be no dialogue; one that was held is answered.
    if dialogue is not None and (writing.people_searched or dialogue.rule != "dialogue_missing"):
        found.append(msgspec.structs.replace(dialogue, facts={"ref": "people", **dialogue.facts}))
    if writing.review_by is None:
        found.append(_gap("review_by_missing", "opinion"))
    elif not now.date() < writing.review_by <= (now + timedelta(days=REVIEW_DAYS_MAX)).date():
        found.append(_gap("review_by_out_of_range", "opinion", days=str(REVIEW_DAYS_MAX)))
    return found


def differences(before: Writing, after: Writing) -> list[Difference]:
    """Return what the later of two versions says differently, in the order of its parts."""
    old, new = _flat(before), _flat(after)
    names = [*old, *(name for name in new if name not in old)]
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def _flat(writing: Writing) -> dict[str, str]:
    """Return a version as pairs of reference and words."""
    told = {f"facts.{name}": _words(getattr(writing.facts, name)) for name in Facts.__struct_fields__}
    for refs in ITEMS.values():
        for ref in refs:
            said = writing.answer(ref)
            told[ref] = said.text or "\n".join(said.points) or (str(said.gauge) if said.gauge else "")
    for one in writing.measures:
        told[f"3.1.{one.id}"] = f"{one.title}\n{one.content}".strip()
    for ref in sorted(writing.evaluations):
        judged = writing.evaluations[ref]
        told[f"evaluation.{ref}"] = _words(tuple(_words(part) for part in msgspec.structs.astuple(judged) if part))
    for name in ("title", "opinion", "favourable", "people_opinion", "people_not_searched", "review_by"):
        told[name] = _words(getattr(writing, name))
    return told


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(str(each) for each in value)
    return "" if value is None else str(value)
