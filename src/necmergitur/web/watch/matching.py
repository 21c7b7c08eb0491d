"""Items to needs, by the words they share. Why an item is shown is told: the words, marked in its text."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from necmergitur.adapters.embedding import unpacked
from necmergitur.innovation import texts
from necmergitur.innovation.background import background
from necmergitur.innovation.chain import NeedState
from necmergitur.innovation.matching import Index, Question
from necmergitur.web.programme.models import Need
from necmergitur.web.watch.constants import ITEMS_A_SLICE, ITEMS_MATCHED_MAX, MATCHED_A_NEED_MAX, SHARED_WORDS_MAX, WEAK
from necmergitur.web.watch.models import Item, Match

WINDOW = timedelta(days=30)  # ours: news is a month old at most; older matches stay as they are
_WORD = re.compile(r"[^\W_]+")


def text_of_need(need: Need) -> str:
    """Return what a need is about, for matching."""
    return f"{need.title}. {need.situation} {need.measure}. {need.constraints}"


def text_of_item(item: Item) -> str:
    """Return what an item says."""
    return f"{item.title}. {item.summary}"


def newer_need(since: datetime | None) -> bool:
    """Return whether a need was stated since then."""
    found = Need.objects.filter(state=NeedState.OPEN)
    return (found if since is None else found.filter(stated_at__gt=since)).exists()


def match(now: datetime) -> int:
    """Match the month's items to each open need, in one go; return how many pairs are new."""
    return sum(slices(now))


def slices(now: datetime) -> Iterator[int]:
    """The same in short pieces, each of some tenths of a second: yields how many pairs are new after each.

    A month of 20,000 items against 200 needs is half a minute of a busy processor: nothing else waits for all of it.
    """
    index, keys, spoken = Index(), list[UUID](), list[str]()
    month = Item.objects.filter(found_at__gt=now - WINDOW).order_by("-found_at", "pk")
    newest = list(month.values_list("pk", flat=True)[:ITEMS_MATCHED_MAX])
    for start in range(0, len(newest), ITEMS_A_SLICE):
        # By key, so that what comes while we read moves nothing; what is gone meanwhile is left out.
        rows = Item.objects.in_bulk(newest[start : start + ITEMS_A_SLICE])
        items = [rows[key] for key in newest[start : start + ITEMS_A_SLICE] if key in rows]
        if not keys:
            index = Index([text_of_item(one) for one in items])
            _give(index, items)
        else:
            for one in items:
                index.add(text_of_item(one), None if one.vector is None else unpacked(one.vector))
        keys += [one.pk for one in items]
        spoken += [language_of(one) for one in items]
        yield 0
    for need in list(Need.objects.filter(state=NeedState.OPEN).select_related("vector")):
        vector = unpacked(need.vector.vector) if hasattr(need, "vector") else None
        question = Question(text_of_need(need), vector)
        found = {}
        for at, score in index.best(question, MATCHED_A_NEED_MAX):
            text = index.vector(at)
            against = None
            if vector is not None and text is not None:
                against = background().usual(vector, need.language, text, spoken[at])
            found[keys[at]] = (score, index.likeness(question, at).is_strong(against))
        yield _keep(need, found, now)


def _give(index: Index, items: Sequence[Item]) -> None:
    for place, one in enumerate(items):
        if one.vector is not None:
            index.give(place, unpacked(one.vector))


def _keep(need: Need, found: dict[UUID, tuple[float, bool]], now: datetime) -> int:
    known = {one.item_id: one for one in Match.objects.filter(need=need, item__in=found)}
    for pk, one in known.items():
        one.score, one.strong = found[pk]
    Match.objects.bulk_update(known.values(), ["score", "strong"])
    fresh = [
        Match(item_id=pk, need=need, score=score, strong=strong, first_at=now)
        for pk, (score, strong) in found.items()
        if pk not in known
    ]
    return len(Match.objects.bulk_create(fresh, ignore_conflicts=True))


def told(match: Match) -> dict[str, Any]:
    """Return a match as a page shows it: its texts with the shared words marked, and those words."""
    about = frozenset(texts.stems(text_of_need(match.need)))
    item = match.item
    language = texts.language_of(text_of_item(item))
    shared: dict[str, str] = {}
    for word in _WORD.findall(text_of_item(item)):
        if (stem := texts.stem(word, language)) in about:
            shared.setdefault(stem, word.lower())
    return {
        "match": match,
        "item": item,
        "title": marked(item.title, about, language),
        "summary": marked(item.summary, about, language),
        "shared": ", ".join(list(shared.values())[:SHARED_WORDS_MAX]),
        "by_meaning": item.vector is not None and hasattr(match.need, "vector"),
    }


def grouped(need: Need, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was found, best first, in the need's own language and in others, each with its weak ones apart.

    Words are shared within a language, and meaning is near across them: a score of the one says nothing of the other.
    Where all is weak in the need's own language, what is strong in another stands first.
    """
    own = [row for row in rows if language_of(row["item"]) == need.language]
    others = [row for row in rows if language_of(row["item"]) != need.language]
    found = []
    for other, of in ((False, own), (True, others)):
        floor = WEAK * max((row["match"].score for row in of), default=0.0)
        strong = [row for row in of if _stands(row, floor)]
        kept = {id(row) for row in strong}
        weak = [row for row in of if id(row) not in kept]
        is_open = any(row["aside"].errors for row in weak)
        found.append({"other": other, "strong": strong, "weak": weak, "is_open": is_open})
    return sorted((group for group in found if group["strong"] or group["weak"]), key=lambda one: not one["strong"])


def _stands(row: dict[str, Any], floor: float) -> bool:
    """Whether a match is shown openly: strong of itself, or somebody said something of it.

    The floor is for matches that were never judged by themselves. One that is strong by its meaning may stand far below
    another's words: a score says nothing across languages.
    """
    match = row["match"]
    if row["verdict"] or row["lead"] or match.strong:
        return True
    return match.strong is None and bool(match.score >= floor)


def language_of(item: Item) -> str:
    """Return the language an item is written in, as its source says, else by its words."""
    return str(item.language or texts.language_of(text_of_item(item)))


def marked(text: str, about: frozenset[str], language: str) -> SafeString:
    """Return a text as HTML, the words it shares marked. The text is a stranger's: each part is escaped."""
    parts: list[str] = []
    at = 0
    for word in _WORD.finditer(text):
        if texts.stem(word[0], language) in about:
            parts += [escape(text[at : word.start()]), "<mark>", escape(word[0]), "</mark>"]
            at = word.end()
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 -- every part is escaped
