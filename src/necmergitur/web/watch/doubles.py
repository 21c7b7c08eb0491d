"""Rows of a spreadsheet that say what another row or the programme says already: passed over, and said so."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from necmergitur.innovation.chain import NeedState, shown
from necmergitur.web.programme.models import Lead, Need
from necmergitur.web.watch.columns import LEADS
from necmergitur.web.watch.likeness import plain_word

Key = tuple[str, ...]
_TELLING = "+#"  # C, C++ and C# are three things


def pass_over(rows: Sequence[Any], kind: str) -> None:
    """Mark rows of needs or leads that are there already. A row that is wrong is the same as nothing."""
    told = dict(_leads(rows) if kind == LEADS else _needs())
    for row in rows:
        if row.problems:
            continue
        keys = _keys(row, kind)
        row.passed = next((told[key] for key in keys if key in told), "")
        for key in keys:
            told.setdefault(key, same_as_row(row.number))


def same_as_row(number: int) -> str:
    """Return that a row says what another one says."""
    return _("It says the same as row %(number)s of this file.") % {"number": number}


def _keys(row: Any, kind: str) -> list[Key]:
    values = row.values
    if kind == LEADS:
        return _lead_keys(
            row.need.pk, values.get("title", ""), values.get("organisation", ""), row.cleaned.get("url", "")
        )
    return [_need_key(values.get("title", ""), values.get("situation", ""))]


def _plain(text: str) -> str:
    return plain_word(text) + "".join(sign for sign in text if sign in _TELLING)


def _need_key(title: str, situation: str) -> Key:
    return _plain(title), _plain(situation)


def _lead_keys(need: Any, title: str, organisation: str, url: str) -> list[Key]:
    """Return what a lead is known by: its name, with whose it is and where it is, as far as it says."""
    by = (str(need), _plain(title))
    told = [("of", _plain(organisation)), ("at", url)]
    return [(*by, *one) for one in told if one[1]] or [(*by, "alone")]


def _needs() -> Iterable[tuple[Key, str]]:
    """Tell the needs there are. One that was closed may be stated anew."""
    there = Need.objects.exclude(state=NeedState.CLOSED).order_by("-chain")
    for number, title, situation in there.values_list("chain", "title", "situation"):
        yield _need_key(title, situation), _("It is there already: %(number)s.") % {"number": shown(number)}


def _leads(rows: Sequence[Any]) -> Iterable[tuple[Key, str]]:
    needs = {row.need.pk for row in rows if row.need is not None}
    for need, title, organisation, url in Lead.objects.filter(need__in=needs).values_list(
        "need_id", "title", "organisation", "url"
    ):
        for key in _lead_keys(need, title, organisation, url):
            yield key, _("The need has this lead already.")
