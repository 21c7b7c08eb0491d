"""Items to needs, by the words they share. Why an item is shown is told: the words, marked in its text."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from necmergitur.innovation.chain import NeedState
from necmergitur.web.programme.models import Need
from necmergitur.web.watch.constants import ITEMS_MATCHED_MAX, MATCHED_A_NEED_MAX, SHARED_WORDS_MAX
from necmergitur.web.watch.models import Item, Match
from necmergitur.web.watch.scores import Ranking, stems

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
    """Match the month's items to each open need; return how many pairs are new."""
    items = list(Item.objects.filter(found_at__gt=now - WINDOW).order_by("-found_at")[:ITEMS_MATCHED_MAX])
    ranking = Ranking([text_of_item(one) for one in items])
    made = 0
    for need in Need.objects.filter(state=NeedState.OPEN):
        best = ranking.best(text_of_need(need), MATCHED_A_NEED_MAX)
        scores = {items[at].pk: score for at, score in best}
        known = {one.item_id: one for one in Match.objects.filter(need=need, item__in=scores)}
        for pk, one in known.items():
            one.score = scores[pk]
        Match.objects.bulk_update(known.values(), ["score"])
        fresh = [
            Match(item_id=pk, need=need, score=score, first_at=now) for pk, score in scores.items() if pk not in known
        ]
        made += len(Match.objects.bulk_create(fresh, ignore_conflicts=True))
    return made


def told(match: Match) -> dict[str, Any]:
    """Return a match as a page shows it: its texts with the shared words marked, and those words."""
    about = frozenset(stems(text_of_need(match.need)))
    item = match.item
    shared: dict[str, str] = {}
    for word in _WORD.findall(text_of_item(item)):
        for stem in about.intersection(stems(word)):
            shared.setdefault(stem, word.lower())
    return {
        "match": match,
        "item": item,
        "title": marked(item.title, about),
        "summary": marked(item.summary, about),
        "shared": ", ".join(list(shared.values())[:SHARED_WORDS_MAX]),
    }


def marked(text: str, about: frozenset[str]) -> SafeString:
    """Return a text as HTML, the words it shares marked. The text is a stranger's: each part is escaped."""
    parts: list[str] = []
    at = 0
    for word in _WORD.finditer(text):
        if about.intersection(stems(word[0])):
            parts += [escape(text[at : word.start()]), "<mark>", escape(word[0]), "</mark>"]
            at = word.end()
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 -- every part is escaped
