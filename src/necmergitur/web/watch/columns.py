"""The columns a spreadsheet may have: what each is called and may say, in both languages; and a file to begin with."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from necmergitur.innovation.chain import NeedState, shown
from necmergitur.web.incubation.forms import ApplyForm
from necmergitur.web.programme.forms import LANGUAGES, LeadForm, NeedForm
from necmergitur.web.programme.models import Need, Spoken
from necmergitur.web.watch.likeness import plain_word

NEEDS, LEADS, APPLICATIONS = "needs", "leads", "apply"
FORMS: Mapping[str, type[forms.ModelForm]] = {  # type: ignore[type-arg]
    NEEDS: NeedForm,
    LEADS: LeadForm,
    APPLICATIONS: ApplyForm,
}
# What a heading may say in French, besides the field's own name and its label on the page in either language.
HEADINGS = {
    "title": "titre",
    "spoken_for": "au nom de",
    "situation": "situation",
    "sufferers": "qui en souffre",
    "measure": "mesure",
    "unit": "unite",
    "now_value": "aujourd hui",
    "target_value": "objectif",
    "constraints": "contraintes",
    "sites": "sites",
    "language": "langue",
    "organisation": "organisation",
    "country": "pays",
    "url": "adresse",
    "summary": "resume",
    "need": "besoin",
    "demo": "demonstration",
    "repository": "code source",
    "contact_name": "nom",
    "contact_email": "courriel",
}
# Columns that are no field of the form, and further names of those that are.
MORE: Mapping[str, Mapping[str, str]] = {
    LEADS: {"need": "need", "besoin": "need", "nm": "need"},
    APPLICATIONS: {"project": "title", "projet": "title", "language": "language", "langue": "language"},
}
_ALSO = {"citizen": ("citoyens",), "fire": ("pompiers",), "city": ("ville", "city")}  # what people write, too
_TONGUES = {"fr": ("français", "french"), "en": ("anglais", "english")}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column as the page tells of it."""

    name: str
    label: str
    is_needed: bool
    says: str


def of(kind: str) -> list[Column]:
    """Return the columns of a kind of file, those that must be there first said so."""
    fields = FORMS[kind]().fields
    found = [
        Column(
            name=name, label=str(field.label), is_needed=field.required and name != "language", says=_says(name, field)
        )
        for name, field in fields.items()
    ]
    if kind == LEADS:
        need = Column(name="need", label=_("Need"), is_needed=True, says=_("The number of an open need, as in NM-3."))
        found.insert(0, need)
    if "language" not in fields:
        found.append(Column(name="language", label=_("Language"), is_needed=False, says=allowed("language")))
    return found


def label_of(kind: str, name: str) -> str:
    """Return what the page calls a column."""
    return next((one.label for one in of(kind) if one.name == name), name)


def _says(name: str, field: Any) -> str:
    if name in _CHOSEN:
        return allowed(name)
    if isinstance(field, forms.DecimalField):
        return _("A number, zero or more.")
    if isinstance(field, forms.EmailField):
        return _("An e-mail address.")
    if isinstance(field, forms.URLField):
        return _("An address that begins with https://.")
    if name == "country":
        return _("Two letters, as in FR.")
    most = getattr(field, "max_length", None)
    return _("Words, at most %(n)s characters.") % {"n": most} if most else _("Words.")


def allowed(name: str) -> str:
    """Return what a column may say, as its codes with their words in both languages."""
    return " · ".join(f"{code} ({', '.join(dict.fromkeys(words))})" for code, words in _CHOSEN[name]().items())


def code_of(name: str, given: str) -> str:
    """Return the code a cell means, by the code itself or its word in either language; what was given when none."""
    said = _alike(given)
    for code, words in _CHOSEN[name]().items():
        if said in {_alike(code), *(_alike(word) for word in words)}:
            return code
    return given


def codes(name: str) -> frozenset[str]:
    """Return the codes a column may say."""
    return frozenset(_CHOSEN[name]())


def _alike(word: str) -> str:
    return plain_word(word).removesuffix("s")


def _spoken() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {value: [] for value in Spoken.values}
    for _language in _each_language():
        for value, label in Spoken.choices:
            found[value].append(str(label))
    for value, words in _ALSO.items():
        found[value] += words
    return found


def _languages() -> dict[str, list[str]]:
    return {code: [label, *_TONGUES[code]] for code, label in LANGUAGES}


_CHOSEN = {"spoken_for": _spoken, "language": _languages}


def _each_language() -> Iterator[str]:
    """Speak each language in turn, the reader's first."""
    mine = (get_language() or "fr")[:2]
    for code in sorted((code for code, _name in settings.LANGUAGES), key=lambda one: one[:2] != mine):
        with translation.override(code):
            yield code


def names(kind: str) -> dict[str, str]:
    """Return which field each heading means."""
    found = dict(MORE.get(kind, {}))
    for _language in _each_language():
        for name, field in FORMS[kind]().fields.items():
            for told in (name, name.replace("_", " "), HEADINGS.get(name, name), str(field.label)):
                found.setdefault(plain_word(told), name)
    return found


# A file to begin with: made up, and importable as it is.
_SAMPLES: Mapping[tuple[str, str], Sequence[Mapping[str, str]]] = {
    (NEEDS, "fr"): (
        {
            "title": "Savoir quand une file d'attente déborde sur la chaussée",
            "spoken_for": "Transports",
            "situation": "Le samedi, la file de la gare déborde sur la chaussée ; les agents l'apprennent tard.",
            "sufferers": "Les voyageurs et les agents",
            "measure": "minutes entre le débordement et l'alerte",
            "unit": "minutes",
            "now_value": "12,5",
            "target_value": "2",
            "constraints": "Aucune image de personnes.",
            "sites": "Le parvis d'une gare",
            "language": "fr",
        },
    ),
    (NEEDS, "en"): (
        {
            "title": "Know when a queue spills onto the road",
            "spoken_for": "Transport",
            "situation": "On Saturdays the station's queue spills onto the road; staff learn of it late.",
            "sufferers": "Travellers and staff",
            "measure": "minutes from the spill to the alert",
            "unit": "minutes",
            "now_value": "12.5",
            "target_value": "2",
            "constraints": "No picture of people.",
            "sites": "The square of a station",
            "language": "en",
        },
    ),
    (LEADS, "fr"): (
        {
            "title": "Un tapis qui compte les pas",
            "organisation": "Entreprise d'exemple",
            "country": "FR",
            "url": "https://exemple.invalid/tapis",
            "summary": "Un tapis posé au sol compte les pas et dit quand une file s'allonge.",
            "language": "fr",
        },
    ),
    (LEADS, "en"): (
        {
            "title": "A mat that counts steps",
            "organisation": "Example company",
            "country": "GB",
            "url": "https://example.invalid/mat",
            "summary": "A mat on the ground counts steps and tells when a queue grows.",
            "language": "en",
        },
    ),
    (APPLICATIONS, "fr"): (
        {
            "organisation": "Entreprise d'exemple",
            "title": "Compter les pas devant une porte",
            "summary": "Un tapis posé au sol compte les pas ; on mesurerait le délai entre un débordement et l'alerte.",
            "demo": "https://exemple.invalid/essai",
            "repository": "",
            "contact_name": "Camille Exemple",
            "contact_email": "camille@exemple.invalid",
            "language": "fr",
        },
    ),
    (APPLICATIONS, "en"): (
        {
            "organisation": "Sample Limited",
            "title": "Counting steps at a gate",
            "summary": "A mat on the ground counts steps; we would measure the time from a spill to the alert.",
            "demo": "https://example.invalid/trial",
            "repository": "",
            "contact_name": "Robin Field",
            "contact_email": "robin@example.invalid",
            "language": "en",
        },
    ),
}


def sample(kind: str) -> bytes:
    """Return a file of one row that can be imported as it is, headed in the reader's language."""
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    columns, out = of(kind), io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([one.label for one in columns])
    for row in _SAMPLES[kind, language]:
        said = {"need": _open_need(), **row}
        writer.writerow([said[one.name] for one in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _open_need() -> str:
    newest = Need.objects.filter(state=NeedState.OPEN).first()
    return shown(1 if newest is None else newest.chain)
