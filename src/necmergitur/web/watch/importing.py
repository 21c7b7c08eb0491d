"""Needs, leads and applications out of a spreadsheet: each row judged by the very form a person would fill in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django import forms
from django.db import transaction
from django.utils.translation import gettext as _

from necmergitur.innovation import chain
from necmergitur.innovation.chain import NeedState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.incubation import keeping
from necmergitur.web.incubation import words as applying
from necmergitur.web.incubation.forms import ApplyForm
from necmergitur.web.incubation.models import Call
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme import making
from necmergitur.web.programme.forms import LeadForm, NeedForm
from necmergitur.web.programme.models import Need, Spoken
from necmergitur.web.store import CLOCK
from necmergitur.web.watch import words
from necmergitur.web.watch.likeness import plain_word

NEEDS, LEADS, APPLICATIONS = "needs", "leads", "apply"
FORMS: Mapping[str, type[forms.ModelForm]] = {  # type: ignore[type-arg]
    NEEDS: NeedForm,
    LEADS: LeadForm,
    APPLICATIONS: ApplyForm,
}
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


def calls(now: datetime) -> list[Call]:
    """Return the calls that applications can be written into: begun, given to no reviewer yet, nothing decided."""
    return list(Call.objects.filter(opens_at__lte=now, each=0).exclude(applications__accepted__isnull=False))


def headed(rows: Sequence[Sequence[str]], kind: str) -> list[dict[str, str]] | Refusal:
    """Return each row by the names of fields; a file without the headings that must be there is refused."""
    wanted = _names(kind)
    columns = [wanted.get(plain_word(heading)) for heading in rows[0]]
    missing = [name for name in ("title", *(["need"] if kind == LEADS else [])) if name not in columns]
    if missing:
        return Refusal(rule="sheet_headings", facts={"missing": ", ".join(missing)})
    return [{name: cell for name, cell in zip(columns, row, strict=False) if name} for row in rows[1:]]


def _names(kind: str) -> dict[str, str]:
    found = dict(MORE.get(kind, {}))
    for name, field in FORMS[kind]().fields.items():
        for told in (name, name.replace("_", " "), HEADINGS.get(name, name), str(field.label)):
            found[plain_word(told)] = name
    return found


def judged(values: Sequence[Mapping[str, str]], kind: str) -> list[Row]:
    """Judge each row by its form, and applications also by what keeping them would say (nothing of it stays)."""
    rows = [_judged(number, dict(one), kind) for number, one in enumerate(values, 2)]
    if kind == APPLICATIONS:
        with transaction.atomic():
            for row in rows:
                refused = None if row.problems else _apply(row)
                if refused is not None:
                    row.problems.append(sentence(refused, kind))
            transaction.set_rollback(True)
    return rows


def _apply(row: Row) -> Refusal | None:
    form = ApplyForm(row.values)
    if not form.is_valid():
        raise ValueError("only rows that were judged are made")
    call = Call.objects.filter(pk=row.values["call"]).first()
    if call is None:
        return Refusal(rule="call_gone")
    kept = keeping.apply(call, form.cleaned_data, CLOCK.now(), row.values["language"])
    return kept if isinstance(kept, Refusal) else None


def _judged(number: int, values: dict[str, str], kind: str) -> Row:
    values.setdefault("language", "")
    values["language"] = values["language"].lower()[:2] or LANGUAGE
    if kind == APPLICATIONS and values["language"] != "en":
        values["language"] = LANGUAGE  # no field of that form judges it, and letters have two languages
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
            if kind == APPLICATIONS:
                refused = _apply(row)
                if refused is not None:
                    transaction.set_rollback(True)
                    return refused
                made += 1
                continue
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


def sentence(refused: Refusal, kind: str) -> str:
    """Return in words why nothing was made."""
    if kind != APPLICATIONS:
        return str(words.sentence(refused))
    told = applying.WRITTEN_IN.get(refused.rule)
    return applying.sentence(refused) if told is None else str(told) % refused.facts
