"""The form of a processing activity: its choices are read off the rules of law, and what is chosen is held to them."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from necmergitur.adapters.law import rules
from necmergitur.governance import law, processing
from necmergitur.governance.constants import LABEL_LENGTH_MAX, TEXT_LENGTH_MAX
from necmergitur.governance.processing import Processing as Activity
from necmergitur.web.console.words import say
from necmergitur.web.trust import reasons, words

DAY = {"type": "date"}
LINES_MAX = 40  # ours: parties of one activity, one to a line


def _text(label: Any, hint: Any = "", rows: int = 3) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=hint, required=False, max_length=TEXT_LENGTH_MAX, widget=widget)


def _line(label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, required=False, max_length=LABEL_LENGTH_MAX)


def _day(label: Any, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=hint, required=False, widget=widget)


class ProcessingForm(forms.Form):
    """An activity as the officer writes it. Every refusal comes from the pure rules, beside its field."""

    name = _line(_("Name"), _("As the register prints it."))
    purpose = forms.ChoiceField(label=_("What it is for"), required=False)
    other_purpose = _line(_("Another reason, in your words"), _("Only if you chose “another reason”."))
    objective = _text(_("What it must achieve"), _("In words that people in the street understand."))
    modality = forms.ChoiceField(label=_("What a sensor senses"), required=False)
    legal_basis = forms.ChoiceField(label=_("Legal basis"), required=False)
    law = forms.MultipleChoiceField(label=_("Rules it rests on"), required=False, widget=forms.CheckboxSelectMultiple)
    legal_text = _text(_("Other text it rests on"), _("An order, a deliberation, with its number."), rows=2)
    legal_text_from = _day(_("In force from"))
    legal_text_until = _day(_("In force until"))
    controller = _line(_("Who answers for it (controller)"))
    controller_contact = _line(_("How to reach them"))
    officer = _line(_("Data protection officer"))
    joint_controllers = _text(_("Joint controllers"), _("One to a line."), rows=2)
    processors = _text(_("Processors"), _("One to a line."), rows=2)
    recipients = _text(_("Who receives data"), _("One to a line."), rows=2)
    people = forms.MultipleChoiceField(label=_("Whom it is about"), required=False, widget=forms.CheckboxSelectMultiple)
    data = forms.MultipleChoiceField(  # type: ignore[assignment]  # gathered by the metaclass, not an attribute
        label=_("What is gathered"), required=False, widget=forms.CheckboxSelectMultiple
    )
    data_words = _text(_("The data, described"), rows=2)
    retention_days = forms.IntegerField(label=_("Erased after, days"), required=False, min_value=0)
    security_technical = _text(_("Technical protection"), rows=2)
    security_organisational = _text(_("Organisational protection"), rows=2)
    transfers = _text(
        _("Sent outside the European Union"), _("One to a line: recipient, country, guarantee. Empty: none."), rows=2
    )
    starts = _day(_("Starts"))
    ends = _day(_("Ends"), _("Three years at most: then people decide again."))

    def __init__(self, *args: Any, now: datetime, activity: Activity | None = None, **kwargs: Any) -> None:
        """Offer what the law leaves open at `now`, and begin with an activity as it stands."""
        if activity is not None:
            kwargs["initial"] = _initial(activity)
        super().__init__(*args, **kwargs)
        self.now = now
        language = get_language() or "en"
        modality = str(self["modality"].value() or "")
        purposes = law.purposes(rules(), modality, now)
        bases = [*law.legal_bases(rules(), modality, now)]
        bases += [name for name in words.LEGAL_BASES if name not in bases]
        self._offer("purpose", [("", "—"), *((one, say(words.PURPOSE_WORDS, one)) for one in purposes)])
        self._offer("purpose", [("other", _("another reason"))])
        self._offer("modality", [(one, words.SENSED[one]) for one in words.OFFERED])
        self._offer("legal_basis", [("", "—"), *((one, words.LEGAL_BASES[one]) for one in bases)])
        self._offer("law", [(rule.id, rule.title.in_language(language)) for rule in rules()])
        self._offer("people", list(words.PEOPLE.items()))
        self._offer("data", list(words.DATA.items()))

    def _offer(self, field: str, choices: list[tuple[str, Any]]) -> None:
        offered: Any = self.fields[field]
        offered.choices = [*offered.choices, *choices]

    def clean(self) -> dict[str, Any]:
        """Hold what was written against the rules; each refusal goes beside its field."""
        said = super().clean() or self.cleaned_data
        for refusal in processing.check(self.activity(), rules(), self.now):
            field = processing.field_of(refusal.rule)
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, reasons.sentence(refusal))
        return said

    def activity(self) -> Activity:
        """Return what was written, as far as it can be read."""
        said = self.cleaned_data
        lined = ("joint_controllers", "processors", "recipients", "transfers")
        chosen = ("law", "people", "data")
        plain = [name for name in self.fields if name not in {*lined, *chosen, "retention_days"}]
        values: dict[str, Any] = {name: said.get(name) or "" for name in plain}
        for name in ("legal_text_from", "legal_text_until", "starts", "ends"):
            values[name] = said.get(name)
        values |= {name: lines(said.get(name) or "") for name in lined}
        values |= {name: tuple(said.get(name) or ()) for name in chosen}
        return Activity(**values, retention_days=said.get("retention_days"))


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text that say something."""
    told = (line.strip()[:LABEL_LENGTH_MAX] for line in text.splitlines())
    return tuple(line for line in told if line)[:LINES_MAX]


def _initial(activity: Activity) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(activity, name) for name in Activity.__struct_fields__}
    for name in ("joint_controllers", "processors", "recipients", "transfers"):
        values[name] = "\n".join(values[name])
    return values
