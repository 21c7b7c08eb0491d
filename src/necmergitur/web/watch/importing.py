"""Needs and leads out of a spreadsheet: read into rows, each judged by the very form a person would fill in."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django import forms
from django.db import transaction
from django.utils.translation import gettext as _

from necmergitur.innovation import chain
from necmergitur.innovation.chain import NeedState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme import making
from necmergitur.web.programme.forms import LeadForm, NeedForm
from necmergitur.web.programme.models import Need, Spoken
from necmergitur.web.store import CLOCK
from necmergitur.web.watch.likeness import plain_word

NEEDS, LEADS = "needs", "leads"
FORMS: Mapping[str, type[forms.ModelForm]] = {NEEDS: NeedForm, LEADS: LeadForm}  # type: ignore[type-arg]
# What a heading may say, in either language, besides the field's own name and its label on the page.
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
}
LANGUAGE = "fr"


class Row(msgspec.Struct, kw_only=True):
    """One line of the file: what would be made, or what is wrong with it."""

    number: int
    values: dict[str, str]
    problems: list[str] = []
    need: Any = None

    @property
    def title(self) -> str:
        """What the row is about."""
        return self.values.get("title", "")


def headed(rows: Sequence[Sequence[str]], kind: str) -> list[dict[str, str]] | Refusal:
    """Return each row by the names of fields; a file without the headings that must be there is refused."""
    wanted = _names(kind)
    columns = [wanted.get(plain_word(heading)) for heading in rows[0]]
    missing = [name for name in ("title", *(["need"] if kind == LEADS else [])) if name not in columns]
    if missing:
        return Refusal(rule="sheet_headings", facts={"missing": ", ".join(missing)})
    return [{name: cell for name, cell in zip(columns, row, strict=False) if name} for row in rows[1:]]


def _names(kind: str) -> dict[str, str]:
    found: dict[str, str] = {"need": "need", "besoin": "need", "nm": "need"} if kind == LEADS else {}
    for name, field in FORMS[kind]().fields.items():
        for told in (name, name.replace("_", " "), HEADINGS.get(name, name), str(field.label)):
            found[plain_word(told)] = name
    return found


def judged(values: Sequence[Mapping[str, str]], kind: str) -> list[Row]:
    """Judge each row by its form."""
    return [_judged(number, dict(one), kind) for number, one in enumerate(values, 2)]


def _judged(number: int, values: dict[str, str], kind: str) -> Row:
    values.setdefault("language", "")
    values["language"] = values["language"].lower()[:2] or LANGUAGE
    if kind == NEEDS:
        values["spoken_for"] = _spoken(values.get("spoken_for", ""))
        for name in ("now_value", "target_value"):
            values[name] = values.get(name, "").replace(",", ".")
    form = FORMS[kind](values)
    row = Row(number=number, values=values)
    if not form.is_valid():
        for name, errors in form.errors.items():
            label = str(form.fields[name].label) if name in form.fields else ""
            row.problems += [said(label, error) if label else str(error) for error in errors]
    if kind == LEADS:
        read = chain.read(values.get("need", ""))
        row.need = None if read is None else Need.objects.filter(chain=read, state=NeedState.OPEN).first()
        if row.need is None:
            row.problems.append(_("No open need has the number %(number)s.") % {"number": values.get("need") or "–"})
    return row


def _spoken(given: str) -> str:
    """Return who a need is stated for, by the word of the page or of the programme."""
    for value, label in Spoken.choices:
        if plain_word(given) in {value, plain_word(str(label))}:
            return str(value)
    return given


def make(rows: Sequence[Row], kind: str, by: User) -> int | Refusal:
    """Make what the rows say, all of them or nothing; return how many."""
    made = 0
    with transaction.atomic():
        for row in rows:
            form = FORMS[kind](row.values)
            if not form.is_valid():
                raise ValueError("only rows that were judged are made")
            if kind == NEEDS:
                making.state_need(CLOCK.now(), by, **form.cleaned_data)
            else:
                found = making.make(row.need, CLOCK.now(), by, **form.cleaned_data)
                if isinstance(found, Refusal):
                    transaction.set_rollback(True)
                    return found
            made += 1
    return made
