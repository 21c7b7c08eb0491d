"""Forms of the incubation."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation import reviews
from necmergitur.innovation.chain import ChallengeState
from necmergitur.innovation.phases import REASON_LENGTH_MIN
from necmergitur.web.hackathon.models import Skill
from necmergitur.web.hackathon.words import CRITERIA
from necmergitur.web.incubation.models import Application, Call, Grant, Helper, Milestone
from necmergitur.web.programme.forms import WebAddress, long
from necmergitur.web.programme.models import LONG, SHORT, Challenge, Project
from necmergitur.web.programme.money import Amount

CAPACITY_MOST = 20  # ours: more nobody accompanies
PLACES_MOST = 1_000  # ours: a typing error, not a cohort
EUR_MAX = 100_000_000  # ours: a typing error, not a grant


def _when() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Euros(Amount):
    """Euros as people type them, cents as they are kept."""

    def __init__(self, **kwargs: Any) -> None:
        """Bound what can be typed."""
        super().__init__(min_value=Decimal("0.01"), max_value=EUR_MAX, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> int:
        """Return cents."""
        return int(super().clean(value) * 100)


class CallForm(forms.ModelForm):  # type: ignore[type-arg]
    """An invitation to apply."""

    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=PLACES_MOST)
    challenge = forms.ModelChoiceField(
        label=_("Challenge"), queryset=Challenge.objects.filter(state=ChallengeState.OPEN), empty_label=None
    )

    class Meta:
        model = Call
        fields = ("challenge", "title", "text", "opens_at", "closes_at", "read_by", "places")
        labels: ClassVar[dict[str, Any]] = {
            "title": pgettext_lazy("call", "Title"),
            "text": _("What is offered and asked"),
            "opens_at": _("Opens"),
            "closes_at": _("Closes"),
            "read_by": _("Reviewers read until (if there are any)"),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "text": long(6),
            "opens_at": _when(),
            "closes_at": _when(),
            "read_by": _when(),
        }

    def clean(self) -> dict[str, Any]:
        """A call closes after it opens."""
        said = super().clean() or {}
        if said.get("opens_at") and said.get("closes_at") and said["closes_at"] <= said["opens_at"]:
            self.add_error("closes_at", _("It closes before it opens."))
        if said.get("read_by") and said.get("closes_at") and said["read_by"] <= said["closes_at"]:
            self.add_error("read_by", _("Reviewers read once the call is closed."))
        return said


class CorrectForm(CallForm):
    """What a call says, corrected: of one whose applications were read or decided, the places alone."""

    challenge: Any = None

    class Meta(CallForm.Meta):
        fields: Any = ("title", "text", "closes_at", "read_by", "places")

    def __init__(self, *args: Any, settled: bool = False, **options: Any) -> None:
        """Ask for what may still change."""
        super().__init__(*args, **options)
        for name in [*self.fields] if settled else []:
            if name != "places":
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Keep the instants that were not changed: a browser sends them without their seconds."""
        for name in ("closes_at", "read_by"):
            old, new = getattr(self.instance, name), self.cleaned_data.get(name)
            if old is not None and new == old.replace(second=0, microsecond=0):
                self.cleaned_data[name] = old
        said = super().clean()
        if said.get("closes_at") and said["closes_at"] <= self.instance.opens_at:
            self.add_error("closes_at", _("It closes before it opens."))
        return said


HAS_ONE = _("Its address, if there is one.")


class ApplyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A company's answer."""

    demo = WebAddress(label=_("Demonstration"), help_text=HAS_ONE, required=False)
    repository = WebAddress(label=_("Source code"), help_text=HAS_ONE, required=False)

    class Meta:
        model = Application
        fields = ("organisation", "title", "summary", "demo", "repository", "contact_name", "contact_email")
        labels: ClassVar[dict[str, Any]] = {
            "organisation": _("Company or organisation"),
            "title": pgettext_lazy("application", "Project"),
            "summary": _("What it does, and what you would measure"),
            "contact_name": _("Your name"),
            "contact_email": _("Your e-mail"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "title": _("Reviewers read title and text without knowing who you are: name nobody, nor your company."),
            "contact_email": _(
                "Read by the programme's team alone, forgotten a year after a refusal, or after the project's end."
            ),
        }
        widgets: ClassVar[dict[str, Any]] = {"summary": long(8)}


class HelperForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody with a private link."""

    language = forms.ChoiceField(label=_("Language"), choices=[("fr", "Français"), ("en", "English")], initial="fr")

    class Meta:
        model = Helper
        fields = ("name", "email", "organisation", "language")
        labels: ClassVar[dict[str, Any]] = {
            "name": pgettext_lazy("person", "Name"),
            "email": _("E-mail"),
            "organisation": _("Organisation"),
        }


class MentorForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a mentor offers."""

    skills = forms.MultipleChoiceField(
        label=pgettext_lazy("mentor", "What they bring"),
        choices=Skill.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    capacity = forms.IntegerField(
        label=_("Projects they can accompany"), min_value=1, max_value=CAPACITY_MOST, initial=3
    )

    class Meta:
        model = Helper
        fields = ("skills", "offers", "capacity")
        labels: ClassVar[dict[str, Any]] = {"offers": _("What they offer, in their words")}
        widgets: ClassVar[dict[str, Any]] = {"offers": long(3)}


class HoursForm(forms.Form):
    """When a mentor is there."""

    day = forms.DateField(label=_("Day"), widget=_day())
    begins = forms.TimeField(
        label=pgettext_lazy("clock", "From"), widget=forms.TimeInput(attrs={"type": "time", "step": "1800"})
    )
    ends = forms.TimeField(
        label=pgettext_lazy("clock", "Until"), widget=forms.TimeInput(attrs={"type": "time", "step": "1800"})
    )


class BookForm(forms.Form):
    """Which half hour, and what about."""

    slot = forms.ChoiceField(label=_("Half hour"), widget=forms.RadioSelect)
    about = forms.CharField(label=_("What about"), max_length=280, min_length=5)


class ReadersForm(forms.Form):
    """How many read each application."""

    each = forms.IntegerField(
        label=_("Reviewers for each application"), min_value=1, max_value=reviews.REVIEWS_MOST, initial=3
    )


class KnowsForm(forms.Form):
    """Whom a reviewer knows."""

    knows = forms.CharField(
        label=_("People and companies you know that may apply: one a line"),
        max_length=LONG,
        required=False,
        widget=long(6),
        help_text=_("Family, friends, colleagues, customers, shares you hold. Nobody reads it."),
    )


class MarksForm(forms.Form):
    """A reviewer's marks, and what the company should hear."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for a mark for each criterion."""
        super().__init__(*args, **kwargs)
        for name in reviews.APPLIED:
            self.fields[name] = forms.IntegerField(
                label=CRITERIA[name], min_value=0, max_value=reviews.MARK_MOST, help_text=_("0 to 10")
            )
        self.fields["remark"] = forms.CharField(
            label=_("What the company should hear"),
            max_length=400,
            required=False,
            widget=long(3),
            help_text=_("They read it with the decision, without your name."),
        )


class DecideForm(forms.Form):
    """Accepted or not, and why."""

    reason = forms.CharField(
        label=_("Why"), help_text=_("Twenty characters or more."), min_length=20, max_length=4_000, widget=long(3)
    )


class PhaseForm(forms.Form):
    """Into which phase, and why."""

    reason = forms.CharField(label=_("Why"), max_length=400)


class MilestoneForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is to be reached."""

    class Meta:
        model = Milestone
        fields = ("title", "due")
        labels: ClassVar[dict[str, Any]] = {"title": _("Milestone"), "due": pgettext_lazy("milestone", "By")}
        widgets: ClassVar[dict[str, Any]] = {"due": _day()}


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]
    """Money given to the programme."""

    cents = Euros(label=_("Euros"))

    class Meta:
        model = Grant
        fields = ("title", "cents", "given_on")
        labels: ClassVar[dict[str, Any]] = {"title": pgettext_lazy("grant", "Grant"), "given_on": _("Given on")}
        widgets: ClassVar[dict[str, Any]] = {"given_on": _day()}


class LineForm(forms.Form):
    """Part of a grant promised."""

    title = forms.CharField(label=_("What for"), max_length=SHORT)
    committed = Euros(label=_("Euros"))
    project = forms.ModelChoiceField(label=_("Project"), queryset=Project.objects.all(), required=False)


class PaymentForm(forms.Form):
    """Money that left."""

    cents = Euros(label=_("Euros"))
    paid_on = forms.DateField(label=_("Paid on"), widget=_day())


class TakeBackForm(forms.Form):
    """Why a payment was none."""

    why = forms.CharField(
        label=_("Why"), help_text=_("Ten characters or more."), min_length=REASON_LENGTH_MIN, max_length=400
    )
