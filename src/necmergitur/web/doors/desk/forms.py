"""What the desk enters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from necmergitur.kernel.geo import Position
from necmergitur.people.constants import ADDRESS_MAX, CLOSED_RADIUS_MAX_M, SHELTER_NAME_MAX, SHELTER_PLACES_MAX
from necmergitur.people.shelter import Level
from necmergitur.web.doors import where, words


class _Placed(forms.Form):
    """A form with a place in it."""

    quarter = forms.ChoiceField(label=_("Quarter"))
    near = forms.CharField(label=_("Street, or number of the nearest post"), max_length=where.NEAR_MAX, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the quarters of this city."""
        super().__init__(*args, **kwargs)
        self.fields["quarter"].choices = [("", _("Choose")), *((name, name) for name in where.quarters())]

    def clean(self) -> dict[str, Any]:
        """Find the place."""
        said = super().clean() or {}
        if said.get("quarter"):
            said["at"] = where.place_of(said["quarter"], said.get("near", ""))
            if said["at"] is None:
                self.add_error("near", str(words.PROBLEMS["near_unknown"]))
        return said

    def place(self) -> Position:
        """Return it."""
        return self.cleaned_data["at"]


class ShelterForm(_Placed):
    """An official shelter."""

    name = forms.CharField(label=_("Name"), max_length=SHELTER_NAME_MAX)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(words.SHELTERS.items()))
    address = forms.CharField(label=_("Address"), max_length=ADDRESS_MAX)
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=SHELTER_PLACES_MAX)
    animals = forms.BooleanField(label=_("Animals welcome"), required=False)
    wheelchair = forms.BooleanField(label=_("No stairs"), required=False)
    field_order = ("name", "kind", "address", "quarter", "near", "places", "animals", "wheelchair")


class CloseForm(_Placed):
    """An area where nobody is sent."""

    kind = forms.ChoiceField(label=_("Why"), choices=list(words.CLOSED.items()))
    radius_m = forms.FloatField(label=_("Radius in metres"), min_value=100, max_value=CLOSED_RADIUS_MAX_M)
    with_call = forms.BooleanField(
        label=_("Open it again by itself when the call of this crisis is closed"), required=False, initial=True
    )


class LevelForm(forms.Form):
    """How far a host must be known."""

    level = forms.ChoiceField(
        label=_("Guests are sent to hosts who are at least"),
        choices=[(int(one), words.LEVELS[one.name.lower()]) for one in Level if one != Level.NOBODY],
    )


class VerifyForm(forms.Form):
    """A host who was called and checked."""

    reference = forms.CharField(label=_("Reference on their page"), min_length=8, max_length=8)
    level = forms.ChoiceField(
        label=_("They are"),
        choices=[(int(one), words.LEVELS[one.name.lower()]) for one in (Level.VERIFIED, Level.PARTNER)],
    )
