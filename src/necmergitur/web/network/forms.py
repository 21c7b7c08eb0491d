"""Forms of the network."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.web.network.models import Clause, Hosts, Partner, Site
from necmergitur.web.programme.forms import WebAddress, long
from necmergitur.web.programme.models import Experiment

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
DEGREES = _("In degrees with decimals; leave both empty if you do not know them.")


class PartnerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who a partner is, and whom to write to."""

    class Meta:
        model = Partner
        fields = ("name", "kind", "about", "contact_name", "contact_email")
        labels: ClassVar[dict[str, Any]] = {
            "name": pgettext_lazy("partner", "Name"),
            "kind": pgettext_lazy("partner", "Kind"),
            "about": pgettext_lazy("partner", "What they do"),
            "contact_name": _("Whom to write to"),
            "contact_email": pgettext_lazy("partner", "E-mail"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "contact_name": _("Shown to nobody but the desk, forgotten when the partnership ends.")
        }
        widgets: ClassVar[dict[str, Any]] = {"about": long(3)}


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """A place, what it can take in, and under which conditions."""

    hosts = forms.MultipleChoiceField(
        label=_("What can be tried there"), choices=Hosts.choices, widget=forms.CheckboxSelectMultiple
    )
    lon = forms.FloatField(label=_("Longitude"), help_text=DEGREES, min_value=-180, max_value=180, required=False)
    lat = forms.FloatField(label=_("Latitude"), help_text=DEGREES, min_value=-90, max_value=90, required=False)

    class Meta:
        model = Site
        fields = ("name", "address", "lon", "lat", "capacity", "hosts", "conditions", "open_from", "open_until")
        labels: ClassVar[dict[str, Any]] = {
            "name": pgettext_lazy("site", "Name"),
            "address": pgettext_lazy("site", "Address"),
            "capacity": _("People at most"),
            "conditions": _("Conditions"),
            "open_from": pgettext_lazy("site", "From"),
            "open_until": _("Until"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "conditions": _("Everybody reads them: hours, what must not happen, who has to be asked."),
            "open_until": _("Leave both days empty if it stays open."),
        }
        widgets: ClassVar[dict[str, Any]] = {"conditions": long(3), "open_from": DAY, "open_until": DAY}

    def clean(self) -> dict[str, Any]:
        """A period ends after it begins, and a place has both coordinates or none."""
        said = super().clean() or {}
        begins, ends = said.get("open_from"), said.get("open_until")
        if begins and ends and ends < begins:
            self.add_error("open_until", _("It ends before it begins."))
        if (said.get("lon") is None) != (said.get("lat") is None):
            self.add_error("lat", _("Both coordinates, or none."))
        return said


class HostForm(forms.Form):
    """Which experiment is at which of a partner's sites."""

    site = forms.ModelChoiceField(queryset=Site.objects.none())
    experiment = forms.ModelChoiceField(queryset=Experiment.objects.all())

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        """Offer the partner's own sites."""
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["site"].queryset = Site.objects.filter(partner=partner, withdrawn_at=None)


class ClauseForm(forms.ModelForm):  # type: ignore[type-arg]
    """Data to be shared."""

    url = WebAddress(label=_("Where the data is"))

    class Meta:
        model = Clause
        fields = ("dataset", "description", "licence", "url", "until")
        labels: ClassVar[dict[str, Any]] = {
            "dataset": _("Data set"),
            "description": _("What it holds"),
            "licence": _("Licence"),
            "until": _("Until"),
        }
        widgets: ClassVar[dict[str, Any]] = {"description": long(3), "until": DAY}
