"""Forms of the programme. What was typed is kept when something is to mend."""

from typing import Any, ClassVar

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.grading import CLAIMED
from necmergitur.web.programme.models import LONG, Challenge, Evidence, Hidden, Lead, Need
from necmergitur.web.programme.words import CRITERIA

LANGUAGES = (("fr", "Français"), ("en", "English"))
IF_ANY = _("If there is any.")


class WebAddress(forms.URLField):
    """An address that a browser opens: of the web, nothing else. Without a scheme it is https."""

    default_validators: ClassVar[list[Any]] = [URLValidator(schemes=["http", "https"])]  # type: ignore[misc]
    default_error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "invalid": _("An address of the web, that begins with https:// or http://.")
    }

    def __init__(self, *, required: bool = True, **kwargs: Any) -> None:
        """Bound what can be typed."""
        super().__init__(max_length=500, assume_scheme="https", required=required, **kwargs)


def long(rows: int = 4) -> forms.Textarea:
    """Return a box for a few sentences."""
    return forms.Textarea(attrs={"rows": rows, "maxlength": LONG})


class NeedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A need: what happens, who suffers, and what success would be, as a number."""

    class Meta:
        model = Need
        fields = (
            "title",
            "spoken_for",
            "situation",
            "sufferers",
            "measure",
            "unit",
            "now_value",
            "target_value",
            "constraints",
            "sites",
            "language",
        )
        labels: ClassVar[dict[str, Any]] = {
            "title": _("In one sentence"),
            "spoken_for": _("On behalf of"),
            "situation": _("What happens today"),
            "sufferers": _("Who suffers from it"),
            "measure": _("What would be measured"),
            "unit": pgettext_lazy("measure", "Unit"),
            "now_value": _("Today"),
            "target_value": _("Success is"),
            "constraints": _("What must not happen, what limits a solution"),
            "sites": _("Where it could be tried"),
            "language": _("Language of this text"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "spoken_for": _(
                "A need for a body is marked as not confirmed by it until the programme has asked there. Citizens speak"
                " for themselves."
            ),
            "constraints": IF_ANY,
            "sites": IF_ANY,
            "measure": _("For example: minutes until help arrives, false alarms per hour."),
            "unit": _("For example: minutes, %, per hour."),
            "target_value": _("The number from which it is solved, in that unit."),
            "now_value": _("Leave empty if nobody measured it yet."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "situation": long(6),
            "constraints": long(3),
            "language": forms.Select(choices=LANGUAGES),
        }

    def clean(self) -> dict[str, Any]:
        """Success is a change, in a figure that counts or measures something: neither goes below zero."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("now_value", "target_value"):
            value = said.get(name)
            if value is not None and value < 0:
                self.add_error(name, str(_("A figure below zero measures nothing: say what is counted, from zero on.")))
        target = said.get("target_value")
        if target is not None and target == said.get("now_value"):
            self.add_error("target_value", str(_("Success is a change: this figure must differ from today’s.")))
        return said


class AnswerForm(forms.Form):
    """What the city answers."""

    text = forms.CharField(
        label=_("Answer"), help_text=_("Twenty characters or more."), max_length=LONG, min_length=20, widget=long()
    )
    closes = forms.BooleanField(label=_("With this answer the need is closed"), required=False)


class HideForm(forms.Form):
    """Why the public is not to read a need's words."""

    why = forms.ChoiceField(
        label=_("Why"), help_text=_("Everybody reads this reason."), choices=[("", "–"), *Hidden.choices]
    )


class MergeForm(forms.Form):
    """Into which other need this one goes."""

    into = forms.CharField(label=_("Number of the other need"), max_length=20)


class LeadForm(forms.ModelForm):  # type: ignore[type-arg]
    """A lead that an analyst writes down."""

    url = WebAddress(label=_("Address"), required=False)

    class Meta:
        model = Lead
        fields = ("title", "organisation", "country", "url", "summary", "language")
        labels: ClassVar[dict[str, Any]] = {
            "title": pgettext_lazy("lead", "Name"),
            "organisation": _("Organisation"),
            "country": _("Country (two letters)"),
            "summary": pgettext_lazy("lead", "What it does"),
            "language": _("Language of this text"),
        }
        widgets: ClassVar[dict[str, Any]] = {"summary": long(), "language": forms.Select(choices=LANGUAGES)}

    def clean_country(self) -> str:
        """Two letters, or none."""
        country: str = self.cleaned_data["country"].upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError(_("Two letters, as in FR."))
        return country


class ReasonForm(forms.Form):
    """Why a stage moves."""

    reason = forms.CharField(label=_("Why"), max_length=400, min_length=10)


class ChallengeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A question put to teams."""

    class Meta:
        model = Challenge
        fields = ("title", "brief")
        labels: ClassVar[dict[str, Any]] = {"title": _("Question"), "brief": _("Brief")}
        widgets: ClassVar[dict[str, Any]] = {"brief": long(8)}

    def __init__(self, *args: Any, opens: bool = False, **kwargs: Any) -> None:
        """A draft may lack its brief; what teams are to answer may not."""
        super().__init__(*args, **kwargs)
        if opens:
            for field in self.fields.values():
                field.required = True
                field.error_messages["required"] = _("Nothing is opened to teams without it.")


def initial_of(row: Any, *names: str) -> dict[str, Any]:
    """Return what a form of the next stage begins with."""
    return {name: getattr(row, name) for name in names}


class EvidenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What shows that a criterion is met."""

    criterion = forms.ChoiceField(label=_("Criterion"), choices=[(one.value, CRITERIA[one]) for one in CLAIMED])
    url = WebAddress(label=_("Where it can be seen"))

    class Meta:
        model = Evidence
        fields = ("criterion", "url", "note")
        labels: ClassVar[dict[str, Any]] = {"note": _("What was looked at, and found")}
        help_texts: ClassVar[dict[str, Any]] = {
            "note": _(
                "Everybody reads this, with its address, on the solution’s page. Taken back, it stays there, marked so."
            )
        }
