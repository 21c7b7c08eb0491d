"""Forms of the watch's desk. What was typed is kept when something is to mend."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.web.watch.models import Format, Source

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
