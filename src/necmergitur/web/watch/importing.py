"""Needs, leads and applications out of a spreadsheet: each row judged by the very form a person would fill in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from necmergitur.innovation import chain
from necmergitur.innovation.chain import NeedState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.incubation import keeping, reviewing, taking
from necmergitur.web.incubation import words as applying
from necmergitur.web.incubation.forms import ApplyForm
from necmergitur.web.incubation.models import Call
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Need
from necmergitur.web.store import CLOCK
from necmergitur.web.watch import columns, doubles, words
from necmergitur.web.watch.columns import APPLICATIONS, FORMS, LEADS, NEEDS
from necmergitur.web.watch.likeness import plain_word
from necmergitur.web.watch.models import Sheet

LANGUAGE = "fr"
ROW = "row"  # beside a row's cells: its number in the file, where empty rows count too


class Row(msgspec.Struct, kw_only=True):
    """One line of the file: what would be made, what is wrong with it, or why it is passed over."""

    number: int
    values: dict[str, str]
    problems: list[str] = []
    passed: str = ""
    cleaned: dict[str, Any] = {}
    need: Any = None

    @property
    def is_good(self) -> bool:
        """Whether something would be made of it."""
        return not self.problems and not self.passed

    @property
    def title(self) -> str:
        """What the row is about."""
        return self.values.get("title", "")


def calls(now: datetime) -> list[Call]:
    """Return the calls that applications can be written into: those that take any, and those that just closed."""
    return [one for one in taking.calls() if taking.refused(one, now, by_desk=True) is None]


def headed(rows: Sequence[Sequence[str]], kind: str) -> list[dict[str, str]] | Refusal:
    """Return each row by the names of fields, numbered; a file without the headings that must be there is refused."""
    wanted = columns.names(kind)
    (_first, head), *filled = [(number, row) for number, row in enumerate(rows, 1) if row]
    places = [wanted.get(plain_word(heading)) for heading in head]
    missing = [name for name in ("title", *(["need"] if kind == LEADS else [])) if name not in places]
    if missing:
        told = [f"{name} ({columns.label_of(kind, name)})" for name in missing]
        return Refusal(rule="sheet_headings", facts={"missing": ", ".join(told)})
    return [
        {name: cell for name, cell in zip(places, row, strict=False) if name} | {ROW: str(number)}
        for number, row in filled
    ]


def judged(values: Sequence[Mapping[str, str]], kind: str) -> list[Row]:
    """Judge each row by its form, and applications also by what keeping them would say (nothing of it stays)."""
    rows = [_judged(int(one.get(ROW) or number), dict(one), kind) for number, one in enumerate(values, 2)]
    if kind != APPLICATIONS:
        doubles.pass_over(rows, kind)
        return rows
    with transaction.atomic():
        places: dict[str, int] = {}
        for row in rows:
            if row.problems:
                continue
            refused = _apply(row)
            if refused is None:
                places.setdefault(keeping.digest(row.cleaned.get("contact_email", "")), row.number)
            else:
                _refused(row, refused, places)
        transaction.set_rollback(True)
    return rows


def _refused(row: Row, refused: Refusal, places: Mapping[str, int]) -> None:
    """Pass an application over that is there already, in this file or before; anything else is wrong with the row."""
    same = None
    if refused.rule in {"application_known", "address_known"}:
        same = reviewing.same_as(Call.objects.get(pk=row.values["call"]), row.cleaned)
    if same is None:
        row.problems.append(sentence(refused, APPLICATIONS))
        return
    at = places.get(same.contact_digest)
    row.passed = sentence(refused, APPLICATIONS) if at is None else doubles.same_as_row(at)


def _apply(row: Row) -> Refusal | None:
    form = ApplyForm(row.values)
    if not form.is_valid():
        raise ValueError("only rows that were judged are made")
    call = Call.objects.filter(pk=row.values["call"]).first()
    if call is None:
        return Refusal(rule="call_gone")
    kept = keeping.apply(call, form.cleaned_data, CLOCK.now(), row.values["language"], by_desk=True)
    return kept if isinstance(kept, Refusal) else None


def _judged(number: int, values: dict[str, str], kind: str) -> Row:
    values["language"] = columns.code_of("language", values.get("language", "") or LANGUAGE)
    if kind == NEEDS:
        values["spoken_for"] = columns.code_of("spoken_for", values.get("spoken_for", ""))
        for name in ("now_value", "target_value"):
            values[name] = values.get(name, "").replace(",", ".")
    form = FORMS[kind](values)
    row = Row(number=number, values=values, problems=_chosen(values, kind))
    if form.is_valid():
        row.cleaned = form.cleaned_data
    else:
        for name, errors in form.errors.items():
            if name == "spoken_for" and values[name]:
                continue  # told above, with what may be said
            label = str(form.fields[name].label) if name in form.fields else ""
            row.problems += [said(label, error) if label else str(error) for error in errors]
    if kind == LEADS:
        read = chain.read(values.get("need", ""))
        row.need = None if read is None else Need.objects.filter(chain=read, state=NeedState.OPEN).first()
        if row.need is None:
            told = _("No open need has the number %(number)s.") % {"number": values.get("need") or "–"}
            row.problems.append(said(columns.label_of(kind, "need"), told))
    return row


def _chosen(values: Mapping[str, str], kind: str) -> list[str]:
    """Return what is wrong with cells that may say a few words only, and which those are."""
    names = ("spoken_for", "language") if kind == NEEDS else ("language",)
    asked = {name: values.get(name, "") for name in names}
    wrong = [name for name, given in asked.items() if given and given not in columns.codes(name)]
    return [
        said(
            columns.label_of(kind, name),
            _("“%(given)s” is not known there. It may say: %(allowed)s.")
            % {"given": asked[name][:40], "allowed": columns.allowed(name)},
        )
        for name in wrong
    ]


def make(sheet: Sheet, rows: Sequence[Row], by: User) -> int | Refusal:
    """Make what the rows of a file say, all of them or nothing, and drop it; return how many. A file is made once."""
    made, kind = 0, sheet.kind
    with making.gathering():
        gone, _of = Sheet.objects.filter(pk=sheet.pk).delete()  # who presses twice waits here for the first press
        if not gone:
            return Refusal(rule="sheet_answered")
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


def told(sheet: Sheet, rows: Sequence[Row], made: int) -> dict[str, Any]:
    """Return what came of a file, as the next page says it."""
    return {
        "kind": sheet.kind,
        "name": sheet.name,
        "made": made,
        "passed": [[row.number, row.passed] for row in rows if row.passed],
        "wrong": [row.number for row in rows if row.problems],
    }


def sentence(refused: Refusal, kind: str) -> str:
    """Return in words why nothing was made."""
    if kind != APPLICATIONS:
        return str(words.sentence(refused))
    told = applying.WRITTEN_IN.get(refused.rule)
    return applying.sentence(refused) if told is None else str(told) % refused.facts
