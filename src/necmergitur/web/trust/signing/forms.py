"""The form that drafts terms, filled in from a signed assessment. It judges nothing: `proposals.against` does."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from necmergitur.adapters import law
from necmergitur.governance.assessments import EVERYWHERE, Covers
from necmergitur.governance.constants import LABEL_LENGTH_MAX, TEXT_LENGTH_MAX
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.terms import (
    FORM,
    FORM_WITH_DATA,
    PUBLIC_ACTOR,
    DataClause,
    Experiment,
    Terms,
    data_clause,
)
from necmergitur.web.facts.models import Assessment, Zone
from necmergitur.web.trust.signing import words

TRIAL_DAYS = 90  # ours: what the form suggests; long enough to see a season, short enough to be looked at again
BYTES_USUAL = 64
METRICS_MAX = 20  # ours: a trial judged by more figures than this is judged by none
LOCAL = "%Y-%m-%dT%H:%M"


class LooseChoice(forms.CharField):
    """A list to choose from whose outsiders are refused by the law's words, not by Django's."""

    def __init__(self, choices: dict[str, Any], **options: Any) -> None:
        """Offer `choices`."""
        super().__init__(widget=forms.Select(choices=list(choices.items())), required=False, **options)


class Boxes(forms.MultipleChoiceField):
    """Several of a list."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        """Accept any: what is beyond the assessment is refused in its words."""
        return len(str(value)) <= LABEL_LENGTH_MAX


class TermsForm(forms.Form):
    """Terms as they are drafted."""

    label = forms.CharField(
        label=_("Name"), required=False, max_length=LABEL_LENGTH_MAX, help_text=_("As people will read it.")
    )
    stream = LooseChoice({}, label=_("Sensor"))
    purpose = LooseChoice(words.PURPOSES, label=_("What for"))
    purpose_other = forms.CharField(
        label=_("Another purpose"),
        required=False,
        max_length=LABEL_LENGTH_MAX,
        help_text=_("Only if none of the list fits; the law says whether it may."),
    )
    legal_basis = forms.CharField(
        label=_("By which law or decision"),
        required=False,
        max_length=LABEL_LENGTH_MAX,
        help_text=_("For example: GDPR article 6(1)(e), and council decision no. 2026-41."),
    )
    law = Boxes(label=_("Rules it rests on"), required=False)
    holder = forms.CharField(
        label=_("Who answers for it"), required=False, max_length=LABEL_LENGTH_MAX, help_text=_("The controller.")
    )
    operator_class = LooseChoice(words.OPERATORS, label=_("Who operates the sensor"))
    zones = Boxes(label=_("Zones"), required=False)
    valid_from = forms.DateTimeField(
        label=_("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        help_text=_("Time of the city."),
    )
    valid_until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        help_text=_("At that instant the gate closes by itself and the sensor is told to stop."),
    )
    retention_days = forms.IntegerField(label=_("Days kept"), required=False)
    rate_per_minute = forms.IntegerField(label=_("Readings a minute, at most"), required=False)
    bytes_max = forms.IntegerField(label=_("Bytes of one reading, at most"), required=False)
    readers = Boxes(label=_("Who may read"), required=False)
    experiment = forms.BooleanField(
        label=_("It is an experiment"),
        required=False,
        initial=True,
        help_text=_("Then the territory, the company and the State sign; otherwise the territory alone."),
    )
    object = forms.CharField(
        label=_("What the experiment is to find out"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    company = forms.CharField(label=_("Company"), required=False, max_length=LABEL_LENGTH_MAX)
    evaluation = forms.CharField(
        label=_("How it is evaluated, and by whom"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    metrics = forms.CharField(
        label=_("Figures it is judged by"),
        required=False,
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. They are signed with the rest and cannot change once it has begun."),
    )

    data = forms.BooleanField(  # type: ignore[assignment]  # gathered by the metaclass, not an attribute
        label=_("It opens its data to public actors"),
        required=False,
        help_text=_(
            "By the hour and zone, through the partners' interface; what tells of fewer than ten people is withheld. "
            "It closes with the experiment."
        ),
    )
    data_dataset = forms.CharField(label=_("Name of the dataset"), required=False, max_length=LABEL_LENGTH_MAX)
    data_until = forms.DateTimeField(
        label=_("Open until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        help_text=_("Left empty: until the experiment ends."),
    )

    def __init__(self, *args: Any, covers: Covers, **kwargs: Any) -> None:
        """Offer what the assessment covers, in the reader's language."""
        super().__init__(*args, **kwargs)
        language = get_language() or "fr"
        rows = Zone.objects.filter(retired_at=None) if EVERYWHERE in covers.zones else Zone.objects
        zones = dict(rows.order_by("label", "id").values_list("id", "label"))
        names = zones if EVERYWHERE in covers.zones else covers.zones
        self._choose("zones", [(name, zones.get(name, name)) for name in names])
        self._choose("readers", [one for one in words.READERS.items() if one[0] != PUBLIC_ACTOR])
        self._choose("law", [(rule.id, rule.title.in_language(language)) for rule in law.rules()])
        self.fields["stream"].widget.choices = [(name, name) for name in covers.streams]  # type: ignore[attr-defined]

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        cast(forms.MultipleChoiceField, self.fields[name]).choices = choices


def initial(row: Assessment, covers: Covers, city: str, now: datetime) -> dict[str, Any]:
    """Return a draft for an assessment: all that it covers, and no more."""
    start = timezone.localtime(now).replace(second=0, microsecond=0)
    modality = MODALITIES.get(covers.modality)
    return {
        "label": row.title,
        "stream": covers.streams[0],
        "purpose": covers.purpose,
        "holder": city,
        "operator_class": "municipal",
        "law": ["gdpr_art_5_6", "gdpr_art_35", "experiment_2021_467"],
        "zones": list(covers.zones),
        "valid_from": start,
        "valid_until": start + timedelta(days=TRIAL_DAYS),
        "retention_days": covers.retention_days,
        "rate_per_minute": covers.rate_per_minute,
        "bytes_max": BYTES_USUAL if modality is None else modality.body_max,
        "readers": ["dpo", "lead", "public"],
        "experiment": True,
    }


def again(terms: Terms) -> dict[str, Any]:
    """Return a draft that repeats terms which were revoked or withdrawn."""
    trial, clause = terms.experiment, data_clause(terms)
    return {
        **{name: getattr(terms, name) for name in ("label", "stream", "purpose", "legal_basis", "holder")},
        **{name: getattr(terms, name) for name in ("operator_class", "retention_days", "rate_per_minute", "bytes_max")},
        **{name: list(getattr(terms, name)) for name in ("law", "zones", "readers")},
        "valid_from": timezone.localtime(terms.valid_from),
        "valid_until": timezone.localtime(terms.valid_until),
        "experiment": trial is not None,
        **(
            {}
            if trial is None
            else {
                "object": trial.object,
                "company": trial.company,
                "evaluation": trial.evaluation,
                "metrics": "\n".join(trial.metrics),
            }
        ),
        **(
            {}
            if clause is None
            else {"data": True, "data_dataset": clause.dataset, "data_until": timezone.localtime(clause.until)}
        ),
    }


def drafted(said: dict[str, Any], row: Assessment, covers: Covers, made: Any) -> Terms:
    """Return the terms a form says, on one assessment. An instant left out is the epoch's: it is refused beside it."""
    lines = [line.strip() for line in said["metrics"].splitlines()]
    nowhen = datetime.fromtimestamp(0, UTC)
    ends = (said["valid_until"] or nowhen).astimezone(UTC)
    opens = said["experiment"] and said["data"]
    until = said["data_until"].astimezone(UTC) if said["data_until"] else ends
    return Terms(
        id=made,
        form=FORM_WITH_DATA if opens else FORM,
        label=said["label"],
        stream=said["stream"],
        modality=covers.modality,
        payload_schema=covers.payload_schema,
        purpose=said["purpose_other"] or said["purpose"],
        legal_basis=said["legal_basis"],
        law=tuple(said["law"]),
        holder=said["holder"],
        operator_class=said["operator_class"],
        zones=tuple(said["zones"]),
        valid_from=(said["valid_from"] or nowhen).astimezone(UTC),
        valid_until=ends,
        retention_days=-1 if said["retention_days"] is None else said["retention_days"],
        rate_per_minute=said["rate_per_minute"] or 0,
        bytes_max=said["bytes_max"] or 0,
        readers=(*(one for one in said["readers"] if one != PUBLIC_ACTOR), *((PUBLIC_ACTOR,) if opens else ())),
        assessment_id=row.id,
        assessment_version=row.version,
        assessment_digest=row.digest,
        experiment=Experiment(
            object=said["object"],
            company=said["company"],
            evaluation=said["evaluation"],
            metrics=tuple(line for line in lines if line)[:METRICS_MAX],
            data=DataClause(dataset=said["data_dataset"], until=until) if opens else msgspec.UNSET,
        )
        if said["experiment"]
        else None,
    )
