"""One question on each page, for whoever needs shelter and whoever has some."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from necmergitur.people.constants import ADDRESS_MAX, NAME_MAX, PEOPLE_MAX, PHONE_WRITTEN_MAX, PLACES_MAX, WORDS_MAX
from necmergitur.people.posts import POST_MAX
from necmergitur.web.doors import where, words

HOURS = [("2", _("2 hours")), ("6", _("6 hours")), ("12", _("12 hours, the longest"))]


class Where(forms.Form):
    """Where they are, or live."""

    quarter = forms.ChoiceField(label=_("Quarter"))
    near = forms.CharField(
        label=_("Nearest street, or number on the nearest emergency post (if you know it)"),
        max_length=where.NEAR_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the quarters of this city."""
        super().__init__(*args, **kwargs)
        self.fields["quarter"].choices = [("", _("Choose")), *((name, name) for name in where.quarters())]


class People(forms.Form):
    """How many come."""

    people = forms.IntegerField(label=_("People, you included"), min_value=1, max_value=PEOPLE_MAX)


class Needs(forms.Form):
    """Who they are."""

    needs = forms.MultipleChoiceField(
        label=_("Tick what is true"), choices=words.NEEDS, required=False, widget=forms.CheckboxSelectMultiple
    )


class Places(forms.Form):
    """How many can come."""

    places = forms.IntegerField(label=_("People who can sleep here"), min_value=1, max_value=PLACES_MAX)


class Have(forms.Form):
    """Who can come."""

    needs = forms.MultipleChoiceField(
        label=_("Tick what is true"), choices=words.HAVE, required=False, widget=forms.CheckboxSelectMultiple
    )


class Hours(forms.Form):
    """Until when."""

    hours = forms.ChoiceField(label=_("For how long?"), choices=HOURS, widget=forms.RadioSelect)


class Languages(forms.Form):
    """What they speak."""

    spoken = forms.MultipleChoiceField(
        label=_("Languages"), choices=words.LANGUAGES, required=False, widget=forms.CheckboxSelectMultiple
    )


class Address(forms.Form):
    """Where exactly; shown to one guest, when both have said yes."""

    address = forms.CharField(
        label=_("Address, floor, door, how to get in"),
        max_length=ADDRESS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        help_text=_("Nobody sees it before you have both said yes and you give it yourself."),
    )


class You(forms.Form):
    """Who they are."""

    name = forms.CharField(
        label=_("First name"), max_length=NAME_MAX, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    phone = forms.CharField(
        label=_("Mobile phone"),
        max_length=PHONE_WRITTEN_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        help_text=_("We send a code to it. Nobody you meet ever sees your number."),
    )


class Step(NamedTuple):
    """One page. `fields`: what a problem with it is about."""

    form: type[forms.Form]
    title: Any


STEPS: Mapping[str, Sequence[Step]] = {
    "ask": (
        Step(Where, _("Where are you?")),
        Step(People, _("How many are you?")),
        Step(Needs, _("Who are you?")),
        Step(Languages, _("Which languages do you speak?")),
        Step(You, _("How do we reach you?")),
    ),
    "offer": (
        Step(Where, _("Where do you live?")),
        Step(Places, _("How many can you take in?")),
        Step(Have, _("Who can come?")),
        Step(Hours, _("Until when?")),
        Step(Languages, _("Which languages do you speak?")),
        Step(Address, _("What is your address?")),
        Step(You, _("How do we reach you?")),
    ),
}


class Post(forms.Form):
    """A post somebody wrote elsewhere, pasted by its author."""

    text = forms.CharField(
        label=_("Your post"), max_length=POST_MAX, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )


class Message(forms.Form):
    """What one says to the other."""

    text = forms.CharField(
        label=_("Your message"), max_length=WORDS_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
