"""What somebody fills in to ask for a crisis."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from necmergitur.people.constants import (
    CRISIS_NAME_MAX,
    CRISIS_RADIUS_MAX_M,
    CRISIS_RADIUS_MIN_M,
    CRISIS_WORDS_MAX,
    KEPT_AFTER_CLOSING,
    KEPT_AFTER_CLOSING_MAX,
)
from necmergitur.people.crises import SERVICES
from necmergitur.web.crises import words

RADIUS_KM = 2.0  # ours: what one walks in half an hour


class AskForm(forms.Form):
    """Which services, where, about what, until when, and why."""

    real = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            ("crisis", _("A crisis, about a call that is still open")),
            ("drill", _("A drill: nobody is in danger")),
        ],
        widget=forms.RadioSelect,
    )
    incident = forms.ChoiceField(
        label=_("About which call"),
        required=False,
        help_text=_("Its place is the middle of the area. A drill may do without: then it is the middle of the city."),
    )
    name = forms.CharField(
        label=_("What everybody will call it"),
        max_length=CRISIS_NAME_MAX,
        help_text=_("Everybody reads it. A place, no names: “République”."),
    )
    radius_km = forms.FloatField(
        label=_("How far around, in kilometres"),
        min_value=CRISIS_RADIUS_MIN_M / 1000,
        max_value=CRISIS_RADIUS_MAX_M / 1000,
        initial=RADIUS_KM,
    )
    services = forms.MultipleChoiceField(
        label=_("What opens"),
        choices=[(name, words.SERVICES[name]) for name in SERVICES],
        initial=list(SERVICES),
        widget=forms.CheckboxSelectMultiple,
    )
    languages = forms.MultipleChoiceField(
        label=_("In which languages"),
        choices=settings.LANGUAGES,
        initial=[code for code, _name in settings.LANGUAGES],
        widget=forms.CheckboxSelectMultiple,
    )
    kept_days = forms.IntegerField(
        label=_("Days that what people said is kept after closing"),
        min_value=0,
        max_value=KEPT_AFTER_CLOSING_MAX.days,
        initial=KEPT_AFTER_CLOSING.days,
        help_text=_(
            "Everybody is told. Afterwards its key is destroyed, and nothing but counts is left. 0, for a drill alone:"
            " within a minute."
        ),
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=CRISIS_WORDS_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever confirms reads it, and nobody outside. Name nobody."),
    )
    vital = forms.BooleanField(
        label=_("Lives are at stake, and no assessment of these services is in force"),
        required=False,
        help_text=_("A duty officer alone may say so, and answers for it: the public record shows it."),
    )

    def __init__(self, *args: Any, incidents: list[tuple[str, str]], vital: bool, **kwargs: Any) -> None:
        """Offer the calls that are open now; `vital` to whoever may say so."""
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["incident"]).choices = [("", _("None: a drill")), *incidents]
        if not vital:
            del self.fields["vital"]
