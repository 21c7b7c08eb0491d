"""Forms of the commons. What was typed is kept when something is to mend."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import dates, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation import booking
from necmergitur.web.commons import words
from necmergitur.web.commons.bookings import zone
from necmergitur.web.commons.models import Document, Happening, Letter, Thing
from necmergitur.web.programme.forms import LANGUAGES, long

WRITTEN = "%Y-%m-%dT%H:%M"
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class LocalField(forms.Field):
    """An hour as the clock on the wall shows it. Of an hour that comes twice the first is meant, `later` the second."""

    def __init__(self, *, later: bool = False, **options: Any) -> None:
        """Ask the browser for a day and an hour."""
        self.later = later
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=WRITTEN), **options)

    def to_python(self, value: Any) -> datetime | None:
        """Return the instant. Raises ValidationError for what is no hour, or one that clocks pass over."""
        if value in self.empty_values:
            return None
        try:
            local = datetime.strptime(str(value)[:16], WRITTEN)  # noqa: DTZ007 -- the zone comes next
        except ValueError:
            raise forms.ValidationError(_("A day and an hour.")) from None
        if not 2000 <= local.year <= 2200:  # ours: what calendars and PostgreSQL agree on without a second thought
            raise forms.ValidationError(_("A day and an hour."))
        found = booking.instant(local.date(), local.time(), zone(), later=self.later)
        if found is None:
            raise forms.ValidationError(words.REFUSALS["booking_no_hour"])
        return found

    def prepare_value(self, value: Any) -> Any:
        """Return an instant as the wall shows it."""
        return timezone.localtime(value, zone()) if isinstance(value, datetime) else value


class BookForm(forms.Form):
    """From when until when, and what for."""

    begins = LocalField(label=pgettext_lazy("booking", "From"))
    ends = LocalField(label=pgettext_lazy("booking", "Until"), later=True)
    what_for = forms.CharField(
        label=_("What for"), max_length=160, help_text=_("The desk reads it; a month later it is erased.")
    )


class ReasonForm(forms.Form):
    """What whoever asked should know."""

    answer = forms.CharField(label=_("What they should know"), max_length=400, required=False)


class ThingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A room, or equipment."""

    days: Any = forms.TypedMultipleChoiceField(
        label=_("On which days"), coerce=int, choices=list(dates.WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Thing
        fields = (
            "name_fr", "name_en", "place", "capacity", "about_fr", "about_en", "opens", "closes", "days", "overnight",
            "askers",
        )  # fmt: skip
        labels: ClassVar[dict[str, Any]] = {
            "name_fr": _("Name in French"),
            "name_en": _("Name in English"),
            "place": _("Where it is"),
            "capacity": pgettext_lazy("thing", "People at most"),
            "about_fr": _("What one should know, in French"),
            "about_en": _("What one should know, in English"),
            "opens": _("Opens"),
            "closes": _("Closes"),
            "overnight": _("May be kept overnight, as equipment is"),
            "askers": _("Who may ask for it"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "closes": _("The same hour twice: day and night."),
            "askers": _("Through their private link. The desk may book everything."),
        }
        widgets: ClassVar[dict[str, Any]] = {"about_fr": long(3), "about_en": long(3), "opens": CLOCK, "closes": CLOCK}

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer who may ask as boxes."""
        super().__init__(*args, **options)
        model_field: Any = Thing._meta.get_field("askers")  # noqa: SLF001 -- Django's public API
        old = self.fields["askers"]
        self.fields["askers"] = forms.MultipleChoiceField(
            label=old.label,
            help_text=old.help_text,
            choices=model_field.base_field.choices,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


class DocumentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a document is, and who may read it."""

    class Meta:
        model = Document
        fields = ("title_fr", "title_en", "about_fr", "about_en", "readers")
        labels: ClassVar[dict[str, Any]] = {
            "title_fr": _("Title in French"),
            "title_en": _("Title in English"),
            "about_fr": _("What it says, in French"),
            "about_en": _("What it says, in English"),
            "readers": _("Who may read it"),
        }
        widgets: ClassVar[dict[str, Any]] = {"about_fr": long(3), "about_en": long(3)}


class VersionForm(forms.Form):
    """A file, and what is new in it."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "PDF, OpenDocument, Word, Excel or PowerPoint without macros, or plain text; 20 MB at most."
            " What it is is judged by its content."
        ),
    )
    note = forms.CharField(label=_("What is new in it"), max_length=400, required=False)


class LetterForm(forms.ModelForm):  # type: ignore[type-arg]
    """One issue, in both languages."""

    class Meta:
        model = Letter
        fields = ("title_fr", "text_fr", "title_en", "text_en")
        labels: ClassVar[dict[str, Any]] = {
            "title_fr": _("Title in French"),
            "text_fr": _("Text in French"),
            "title_en": _("Title in English"),
            "text_en": _("Text in English"),
        }
        help_texts: ClassVar[dict[str, Any]] = {"text_fr": _("Plain text. Addresses become links.")}
        widgets: ClassVar[dict[str, Any]] = {
            "text_fr": forms.Textarea(attrs={"rows": 12}),
            "text_en": forms.Textarea(attrs={"rows": 12}),
        }


class SubscribeForm(forms.Form):
    """Where the letter should go."""

    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    language = forms.ChoiceField(label=_("In which language"), choices=LANGUAGES)


class FindReaderForm(forms.Form):
    """An address that somebody says is theirs."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)


class HappeningForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something that happens."""

    begins = LocalField(label=_("Begins"))
    ends = LocalField(label=_("Ends"), required=False, later=True, help_text=_("Empty for a moment, as a deadline is."))

    class Meta:
        model = Happening
        fields = ("kind", "title_fr", "title_en", "begins", "ends", "place", "about_fr", "about_en")
        labels: ClassVar[dict[str, Any]] = {
            "kind": pgettext_lazy("event", "What it is"),
            "title_fr": _("Title in French"),
            "title_en": _("Title in English"),
            "place": pgettext_lazy("event", "Where"),
            "about_fr": _("What it says, in French"),
            "about_en": _("What it says, in English"),
        }
        widgets: ClassVar[dict[str, Any]] = {"about_fr": long(3), "about_en": long(3)}

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        said = super().clean() or {}
        begins, ends = said.get("begins"), said.get("ends")
        if begins and ends and ends < begins:
            self.add_error("ends", words.REFUSALS["booking_ends_before"])
        return said
