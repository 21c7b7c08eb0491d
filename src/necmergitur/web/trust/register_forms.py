"""Forms of the breach register (GDPR articles 33 and 34) and of the list of processors (article 28)."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from necmergitur.governance.constants import BREACH_NOTIFY_WITHIN, TEXT_LENGTH_MAX
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.trust import reasons, words
from necmergitur.web.trust.models import Breach, Processor

_MOMENT = {"widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")}


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _area() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 3})


class BreachForm(forms.ModelForm):
    """A breach as the officer writes it."""

    discovered_at = forms.DateTimeField(label=_("Discovered at"), help_text=_("The 72 hours run from here."), **_MOMENT)
    notified_at = forms.DateTimeField(label=_("CNIL told at"), required=False, **_MOMENT)
    people_told_at = forms.DateTimeField(label=_("People concerned told at"), required=False, **_MOMENT)
    risk = forms.ChoiceField(label=_("What it means for people"), widget=forms.RadioSelect)
    happened = forms.CharField(label=_("What happened"), max_length=TEXT_LENGTH_MAX, widget=_area())

    class Meta:
        model = Breach
        fields = (
            "title",
            "discovered_at",
            "happened",
            "data",
            "people_count",
            "risk",
            "consequences",
            "measures",
            "notified_at",
            "notified_late_why",
            "not_notified_why",
            "people_told_at",
            "people_not_told_why",
        )
        labels: ClassVar[dict[str, Any]] = {
            "title": _("In a few words"),
            "data": _("Which data, of whom"),
            "people_count": _("How many people, about"),
            "consequences": _("Likely consequences"),
            "measures": _("What was done about it"),
            "notified_late_why": _("Why CNIL was told after 72 hours"),
            "not_notified_why": _("Why CNIL was not told"),
            "people_not_told_why": _("Why the people concerned were not told"),
        }
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.Textarea(attrs={"rows": 2})
            for name in (
                "data",
                "consequences",
                "measures",
                "notified_late_why",
                "not_notified_why",
                "people_not_told_why",
            )
        }

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        """Offer the three grades of risk."""
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["people_count"].required = False
        offered: Any = self.fields["risk"]
        offered.choices = list(words.RISKS_OF_BREACH.items())

    def clean(self) -> dict[str, Any]:
        """Nobody is told before it was discovered; a delay and a silence have their reason."""
        said = super().clean() or self.cleaned_data
        found, told = said.get("discovered_at"), said.get("notified_at")
        if found is not None and found > self.now:
            self.add_error("discovered_at", _("This is still to come."))
        if found is None:
            return said
        for name in ("notified_at", "people_told_at"):
            moment = said.get(name)
            if moment is not None and moment < found:
                self._refuse(name, "notified_before_discovered")
        if told is not None and told - found > BREACH_NOTIFY_WITHIN and not said.get("notified_late_why"):
            self._refuse("notified_late_why", "notified_late_why_missing")
        if said.get("risk") == "none" and told is None and not said.get("not_notified_why"):
            self._refuse("not_notified_why", "not_notified_why_missing")
        return said

    def _refuse(self, field: str, rule: str) -> None:
        self.add_error(field, reasons.sentence(Refusal(rule=rule)))


class ProcessorForm(forms.ModelForm):
    """A processor as the officer writes it."""

    class Meta:
        model = Processor
        fields = (
            "name",
            "service",
            "country",
            "outside_eu",
            "contract",
            "contract_from",
            "contract_until",
            "guarantees",
        )
        labels: ClassVar[dict[str, Any]] = {
            "name": _("Name"),
            "service": _("What it does for the city"),
            "country": _("Country"),
            "outside_eu": _("Data leave the European Union"),
            "contract": _("Contract (number, date)"),
            "contract_from": _("In force from"),
            "contract_until": _("In force until"),
            "guarantees": _("Guarantees (GDPR article 28)"),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "service": forms.Textarea(attrs={"rows": 2}),
            "guarantees": forms.Textarea(attrs={"rows": 3}),
            "contract_from": _day(),
            "contract_until": _day(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A contract may have no end."""
        super().__init__(*args, **kwargs)
        self.fields["contract_until"].required = False

    def clean(self) -> dict[str, Any]:
        """A contract ends after it begins."""
        said = super().clean() or self.cleaned_data
        begins, ends = said.get("contract_from"), said.get("contract_until")
        if begins and ends and ends <= begins:
            self.add_error("contract_until", _("It ends before it starts."))
        return said
