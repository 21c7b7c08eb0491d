"""The terms of a stream's authorisation: all that its parties sign, in one canonical string of bytes.

Nothing outside the terms opens a stream, so nothing that matters may stand outside them.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.governance.constants import EXPERIMENT_DAYS_MAX, LABEL_LENGTH_MAX, REVIEW_DAYS_MAX, TEXT_LENGTH_MAX
from necmergitur.kernel.refusal import Refusal

_DOMAIN = b"necmergitur/terms/v1\x00"

# What a city may want a stream for. A purpose that is not here has no authorisation: "just for fun" is none.
Purpose = Literal["emergency_response", "crowd_safety", "maintenance", "training"]
PURPOSES: frozenset[str] = frozenset(Purpose.__args__)  # type: ignore[attr-defined]  # typing's own attribute


# Who reads under a data clause, through the partners' interface alone, and never a single reading.
PUBLIC_ACTOR: Literal["public_actor"] = "public_actor"
FORM, FORM_WITH_DATA = 1, 2


class DataClause(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment opens to public actors while it lasts: a dataset, in this aggregation, until then.

    `step`: one mean of each zone and hour; an hour whose mean tells of fewer than ten people is withheld. There is one
    step, so that nothing is had by subtracting one from another.
    """

    dataset: str
    until: datetime
    to: Literal["public_actor"] = PUBLIC_ACTOR
    step: Literal["hour"] = "hour"


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment owes beside its terms (Constitution art. 72, organic law 2021-467): object, end, evaluation.

    `metrics` are what it will be judged by, fixed before it starts; `exits` how it may end; `data` what it opens.
    """

    object: str
    company: str
    evaluation: str
    metrics: tuple[str, ...]
    exits: tuple[str, ...] = ("stop", "extend", "adopt", "open")
    # Unset, it leaves no trace in the canonical bytes: papers signed before there was such a clause hold.
    data: DataClause | msgspec.UnsetType = msgspec.UNSET


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is authorised. `zones` is never empty; `readers` are roles, or "public"; `law` names dated rules.

    Times are aware UTC: in force in [valid_from, valid_until). What was gathered is kept `retention_days` after the
    reading. At most `rate_per_minute` payloads of `bytes_max` bytes.
    """

    id: UUID
    form: int = FORM
    label: str
    stream: str
    modality: str
    payload_schema: str
    purpose: str
    legal_basis: str
    law: tuple[str, ...] = ()
    holder: str
    operator_class: str
    zones: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    retention_days: int
    rate_per_minute: int
    bytes_max: int
    readers: tuple[str, ...]
    assessment_id: UUID
    assessment_version: int
    assessment_digest: str
    experiment: Experiment | None = None


def data_clause(terms: Terms) -> DataClause | None:
    """Return the data clause of an experiment, None when it opens nothing."""
    if terms.experiment is None or isinstance(terms.experiment.data, msgspec.UnsetType):
        return None
    return terms.experiment.data


def canonical(terms: Terms) -> bytes:
    """Return the bytes that stand for the terms: JSON, keys sorted, no spaces (as `msgspec` writes them)."""
    return msgspec.json.encode(terms, order="sorted")


def digest(terms: Terms) -> bytes:
    """Return the 32 bytes every party signs."""
    return hashlib.sha256(_DOMAIN + canonical(terms)).digest()


def check(terms: Terms, now: datetime) -> list[Refusal]:
    """Return everything that stands against the terms, in the order of a form. Each names its field by its rule."""
    return [
        refusal
        for refusal in (*_words(terms), *_window(terms, now), *_bounds(terms), *_data(terms))
        if refusal is not None
    ]


def _words(terms: Terms) -> list[Refusal | None]:
    found: list[Refusal | None] = []
    for field in ("label", "stream", "modality", "payload_schema", "legal_basis", "holder", "operator_class"):
        value = getattr(terms, field).strip()
        if not value:
            found.append(Refusal(rule=f"{field}_missing", detail=f"Say the {field.replace('_', ' ')}."))
        elif len(value) > LABEL_LENGTH_MAX:
            found.append(Refusal(rule=f"{field}_too_long", detail=f"At most {LABEL_LENGTH_MAX} characters."))
    if terms.purpose not in PURPOSES:
        found.append(
            Refusal(
                rule="purpose_not_lawful",
                detail=f"'{terms.purpose[:LABEL_LENGTH_MAX]}' is no purpose a city may gather data for.",
                facts={"purposes": " ".join(sorted(PURPOSES))},
            )
        )
    if terms.experiment is not None:
        found.extend(_experiment(terms.experiment))
    return found


def _experiment(experiment: Experiment) -> list[Refusal | None]:
    found: list[Refusal | None] = []
    for field in ("object", "company", "evaluation"):
        value = getattr(experiment, field).strip()
        if not value:
            found.append(Refusal(rule=f"experiment_{field}_missing", detail=f"Say the experiment's {field}."))
        elif len(value) > TEXT_LENGTH_MAX:
            found.append(Refusal(rule=f"experiment_{field}_too_long", detail=f"At most {TEXT_LENGTH_MAX} characters."))
    if not any(metric.strip() for metric in experiment.metrics):
        found.append(Refusal(rule="experiment_metrics_missing", detail="Say by which figures it will be judged."))
    return found


def _window(terms: Terms, now: datetime) -> list[Refusal | None]:
    if terms.valid_until <= terms.valid_from:
        return [Refusal(rule="valid_until_before_start", detail="It ends before it starts.")]
    if terms.valid_until <= now:
        return [Refusal(rule="valid_until_past", detail="It would already be over.")]
    longest = EXPERIMENT_DAYS_MAX if terms.experiment is not None else REVIEW_DAYS_MAX
    if terms.valid_until - max(terms.valid_from, now) > timedelta(days=longest):
        return [
            Refusal(
                rule="window_too_long",
                detail=f"At most {longest} days: then people decide again.",
                facts={"days": str(longest), "until": terms.valid_until.date().isoformat()},
            )
        ]
    return []


def _bounds(terms: Terms) -> list[Refusal | None]:
    return [
        None if terms.zones and all(terms.zones) else Refusal(rule="zones_empty", detail="Choose the zones."),
        None if terms.readers else Refusal(rule="readers_missing", detail="Say who may read."),
        None if terms.retention_days >= 0 else Refusal(rule="retention_negative"),
        None if terms.retention_days <= REVIEW_DAYS_MAX else Refusal(rule="retention_too_long"),
        None if terms.rate_per_minute > 0 else Refusal(rule="rate_missing", detail="Say how many readings a minute."),
        None if terms.bytes_max > 0 else Refusal(rule="bytes_missing", detail="Say how large a reading may be."),
    ]


def _data(terms: Terms) -> list[Refusal | None]:
    clause = data_clause(terms)
    if terms.form != (FORM if clause is None else FORM_WITH_DATA):
        return [Refusal(rule="form_unknown", detail="Terms with a data clause are of form 2, others of form 1.")]
    if clause is None:
        return []
    name = clause.dataset.strip()
    return [
        None if name else Refusal(rule="data_dataset_missing", detail="Say what the dataset is."),
        None if len(name) <= LABEL_LENGTH_MAX else Refusal(rule="data_dataset_too_long"),
        None if terms.valid_from < clause.until <= terms.valid_until else Refusal(rule="data_until_beyond"),
        None if PUBLIC_ACTOR in terms.readers else Refusal(rule="data_reader_missing"),
    ]
