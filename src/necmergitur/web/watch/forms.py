"""Forms of the watch's desk. What was typed is kept when something is to mend."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.chain import NeedState
from necmergitur.web.programme.forms import LANGUAGES, LeadForm, WebAddress, long
from necmergitur.web.programme.models import Need
from necmergitur.web.watch.models import Benchmark, Criterion, Evidence, Format, Solution, Source

HOURS = ((1, _("every hour")), (6, _("every six hours")), (24, _("every day")), (168, _("every week")))


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A source to follow."""

    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Of the feed, the archive (its OAI-PMH base), the search, or the page."),
    )
    every_hours = forms.TypedChoiceField(label=_("Look"), choices=HOURS, coerce=int, initial=6)

    class Meta:
        model = Source
        fields = ("name", "format", "url", "question", "every_hours")
        labels: ClassVar[dict[str, Any]] = {
            "name": pgettext_lazy("source", "Name"),
            "format": _("Format"),
            "question": _("Query (TED’s search API only)"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "question": _("In TED’s expert search language; leave empty for a notice or a feed."),
        }

    def clean_url(self) -> str:
        """Only web addresses, without a name and password in them."""
        url: str = self.cleaned_data["url"]
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.username or parts.password:
            raise forms.ValidationError(_("A web address, without a name and password in it."))
        return url

    def clean(self) -> dict[str, Any]:
        """A query belongs to TED."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("question") and said.get("format") != Format.TED:
            self.add_error("question", str(_("Only TED takes a query here; other searches have it in their address.")))
        return said


class AsideForm(forms.Form):
    """Why an item is not followed up."""

    reason = forms.CharField(label=_("Why"), max_length=400, min_length=10)


class BenchmarkForm(forms.ModelForm):  # type: ignore[type-arg]
    """A comparison of solutions to one need."""

    class Meta:
        model = Benchmark
        fields = ("need", "title", "summary", "language")
        labels: ClassVar[dict[str, Any]] = {
            "need": _("Need"),
            "title": pgettext_lazy("benchmark", "Title"),
            "summary": _("What is compared, and how it was looked at"),
            "language": _("Language of this text"),
        }
        widgets: ClassVar[dict[str, Any]] = {"summary": long(3), "language": forms.Select(choices=LANGUAGES)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer open needs."""
        super().__init__(*args, **kwargs)
        self.fields["need"].queryset = Need.objects.filter(state=NeedState.OPEN)  # type: ignore[attr-defined]


class CriterionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What solutions are compared by."""

    class Meta:
        model = Criterion
        fields = ("name", "how")
        labels: ClassVar[dict[str, Any]] = {"name": _("Criterion"), "how": _("When it is met")}


class SolutionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is compared, when it is no lead."""

    url = WebAddress(label=_("Address"), required=False)
    clean_country = LeadForm.clean_country

    class Meta:
        model = Solution
        fields = ("name", "organisation", "country", "url")
        labels: ClassVar[dict[str, Any]] = {
            "name": pgettext_lazy("solution", "Name"),
            "organisation": _("Organisation"),
            "country": _("Country (two letters)"),
        }


class CellForm(forms.ModelForm):  # type: ignore[type-arg]
    """One mark and its evidence."""

    url = WebAddress(label=_("Where that can be read"), required=False)

    class Meta:
        model = Evidence
        fields = ("mark", "words", "url")
        labels: ClassVar[dict[str, Any]] = {"mark": pgettext_lazy("benchmark", "Met"), "words": _("On what evidence")}

    def clean(self) -> dict[str, Any]:
        """A yes or a no rests on something."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("mark") and not (said.get("words") or said.get("url")):
            self.add_error("words", str(_("Say what it rests on, or where that can be read.")))
        return said
