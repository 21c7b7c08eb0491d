"""A processing activity: one line of the register every controller keeps (GDPR article 30), and what stands against it.

What is refused here is refused with the name of its field, so that a form can say it beside the field in plain words.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from necmergitur.governance import law
from necmergitur.governance.constants import LABEL_LENGTH_MAX, REVIEW_DAYS_MAX, TEXT_LENGTH_MAX
from necmergitur.governance.law import Rule
from necmergitur.governance.vocabulary import AS_MODALITY, DATA, PEOPLE
from necmergitur.kernel.refusal import Refusal

_LABELS = ("name", "controller", "controller_contact", "officer", "other_purpose")
_TEXTS = ("objective", "legal_text", "data_words", "security_technical", "security_organisational")


class Processing(msgspec.Struct, frozen=True, kw_only=True):
    """One activity as its version stands. Codes are those of `vocabulary`; `law` names dated rules.

    `purpose` is a code; `other_purpose` what somebody wrote who found none that fits. `transfers` and the parties are
    one line each, as written.
    """

    name: str
    purpose: str = ""
    other_purpose: str = ""
    objective: str = ""
    modality: str = ""
    legal_basis: str = ""
    law: tuple[str, ...] = ()
    legal_text: str = ""
    legal_text_from: date | None = None
    legal_text_until: date | None = None
    controller: str = ""
    controller_contact: str = ""
    officer: str = ""
    joint_controllers: tuple[str, ...] = ()
    processors: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    data_words: str = ""
    retention_days: int | None = None
    security_technical: str = ""
    security_organisational: str = ""
    transfers: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None


def check(asked: Processing, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    """Return everything that stands against an activity, in the order of its form."""
    return [*_purpose(asked, rules, now), *_lawful(asked, rules, now), *_told(asked), *_lasting(asked, rules, now)]


def field_of(rule: str) -> str:
    """Return which field of the form a refusal is about, "" when about none."""
    named = {
        "purpose_not_lawful": "purpose",
        "law_purpose": "purpose",
        "law_forbids": "modality",
        "law_not_named": "law",
        "law_ended": "law",
        "law_not_yet": "law",
        "law_unknown": "law",
        "law_retention": "retention_days",
        "data_forbidden": "data",
        "legal_basis_not_lawful": "legal_basis",
        "ends_too_late": "ends",
        "ends_before_start": "ends",
    }
    return named.get(rule) or rule.removesuffix("_missing").removesuffix("_too_long").removesuffix("_out_of_range")


def _purpose(asked: Processing, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    found: list[Refusal] = []
    if not asked.name.strip():
        found.append(Refusal(rule="name_missing", detail="Give it a name."))
    lawful = law.purposes(rules, asked.modality, now)
    if asked.purpose == "other" or (asked.purpose and asked.purpose not in lawful):
        said = (asked.other_purpose.strip() or asked.purpose)[:LABEL_LENGTH_MAX]
        found.append(
            Refusal(
                rule="purpose_not_lawful",
                detail=f"'{said}' is no purpose a city may gather data for.",
                facts={"said": said, "purposes": " ".join(lawful)},
            )
        )
    elif not asked.purpose:
        found.append(Refusal(rule="purpose_missing", detail="Say what it is for."))
    if not asked.objective.strip():
        found.append(Refusal(rule="objective_missing", detail="Say its objective in words people understand."))
    return found


def _lawful(asked: Processing, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    found = law.modality_refused(rules, asked.modality, asked.law, now) if asked.modality else []
    for kind, modality in AS_MODALITY.items():
        if kind in asked.data and modality != asked.modality:
            found += [
                Refusal(rule="data_forbidden", detail=one.detail, owner=one.owner, facts={**one.facts, "data": kind})
                for one in law.modality_refused(rules, modality, asked.law, now)
            ]
    known = {rule.id: rule for rule in rules}
    for name in asked.law:
        if name not in known:
            found.append(Refusal(rule="law_unknown", owner=law.OWNER, facts={"law": name[:80]}))
        elif not known[name].in_force(now) and not any(one.facts.get("law") == name for one in found):
            found.append(law.out_of_force(known[name], now))
    lawful = law.legal_bases(rules, asked.modality, now)
    if not asked.legal_basis:
        found.append(Refusal(rule="legal_basis_missing", detail="Say on which legal basis."))
    elif asked.legal_basis not in lawful:
        found.append(
            Refusal(
                rule="legal_basis_not_lawful",
                detail="A public authority cannot rest on this basis here.",
                facts={"said": asked.legal_basis},
            )
        )
    return found


def _told(asked: Processing) -> list[Refusal]:
    found: list[Refusal] = []
    if not asked.controller.strip():
        found.append(Refusal(rule="controller_missing", detail="Say who answers for it."))
    if not set(asked.people) & set(PEOPLE):
        found.append(Refusal(rule="people_missing", detail="Say about whom it is."))
    if not set(asked.data) & set(DATA):
        found.append(Refusal(rule="data_missing", detail="Say what is gathered."))
    if not (asked.security_technical.strip() or asked.security_organisational.strip()):
        found.append(Refusal(rule="security_technical_missing", detail="Say how it is protected."))
    return found + [
        Refusal(rule=f"{field}_too_long", detail=f"At most {most} characters.")
        for most, fields in ((LABEL_LENGTH_MAX, _LABELS), (TEXT_LENGTH_MAX, _TEXTS))
        for field in fields
        if len(getattr(asked, field)) > most
    ]


def _lasting(asked: Processing, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    found: list[Refusal] = []
    if asked.retention_days is None:
        found.append(Refusal(rule="retention_days_missing", detail="Say how long it is kept."))
    elif not 0 <= asked.retention_days <= REVIEW_DAYS_MAX:
        found.append(Refusal(rule="retention_days_out_of_range", facts={"days": str(REVIEW_DAYS_MAX)}))
    else:
        found += law.retention_refused(rules, asked.modality, asked.retention_days, now)
    if asked.ends is None:
        return found
    longest = max(asked.starts or now.date(), now.date()) + timedelta(days=REVIEW_DAYS_MAX)
    if asked.starts is not None and asked.ends <= asked.starts:
        found.append(Refusal(rule="ends_before_start", detail="It ends before it starts."))
    elif asked.ends > longest:
        found.append(
            Refusal(
                rule="ends_too_late",
                detail=f"At most {REVIEW_DAYS_MAX} days: then people decide again.",
                facts={"said": asked.ends.isoformat(), "days": str(REVIEW_DAYS_MAX)},
            )
        )
    return found
