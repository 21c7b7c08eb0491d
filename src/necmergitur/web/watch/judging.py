"""What analysts say of matches, and how good matching is by it: the precision of the first ten, by need and week."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from necmergitur.web.programme.models import Need
from necmergitur.web.watch.constants import TOP, WEEKS_SHOWN
from necmergitur.web.watch.models import Judgement, Match, WeekBest


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """One need's first ten of one week. What nobody judged counts as not relevant, as in trials of retrieval."""

    monday: date
    shown: int
    judged: int
    relevant: int

    @property
    def precision(self) -> float:
        """The precision at ten (of as many as there were, where there were fewer)."""
        return self.relevant / self.shown


def verdicts(need: Need, items: Iterable[object]) -> dict[object, int]:
    """Return for each judged item how many more say relevant than not."""
    found: dict[object, int] = {}
    for item, relevant in Judgement.objects.filter(need=need, item__in=items).values_list("item_id", "relevant"):
        found[item] = found.get(item, 0) + (1 if relevant else -1)
    return found


def weeks(need: Need, now: datetime) -> list[Week]:
    """Return the weeks in which something was found for a need, oldest first; those that are over as they were kept."""
    return weeks_of([need], now)[need.pk]


def weeks_of(needs: Collection[Need], now: datetime) -> dict[UUID, list[Week]]:
    """Return the same of each of many needs, in as few questions to the database as of one."""
    begin = monday_of(now) - timedelta(weeks=WEEKS_SHOWN - 1)
    kept: dict[UUID, dict[date, list[object]]] = {}
    rows = WeekBest.objects.filter(need__in=needs, monday__gte=begin)
    for key, monday, item in rows.values_list("need_id", "monday", "item_id"):
        kept.setdefault(key, {}).setdefault(monday, []).append(item)
    best = _best(needs, begin)
    said: dict[tuple[UUID, object], int] = {}
    for key, item, relevant in Judgement.objects.filter(need__in=needs).values_list("need_id", "item_id", "relevant"):
        said[key, item] = said.get((key, item), 0) + (1 if relevant else -1)
    return {
        need.pk: [
            Week(
                monday=monday,
                shown=len(items),
                judged=sum((need.pk, item) in said for item in items),
                relevant=sum(said.get((need.pk, item), 0) > 0 for item in items),
            )
            for monday, items in sorted((best.get(need.pk, {}) | kept.get(need.pk, {})).items())
        ]
        for need in needs
    }


def close(now: datetime) -> int:
    """Keep the ten best of each need's weeks that are over and not kept yet; return how many places were.

    Matching goes on: needs are edited, vectors come. What was reported of a week stays the report of what was shown.
    """
    this = monday_of(now)
    begin = this - timedelta(weeks=WEEKS_SHOWN - 1)
    known = set(WeekBest.objects.filter(monday__gte=begin).order_by().values_list("need_id", "monday").distinct())
    recent = Match.objects.filter(first_at__date__gte=begin).order_by().values("need")
    rows = [
        WeekBest(need_id=need, item_id=item, monday=monday, place=place)
        for need, weeks in _best(recent, begin).items()
        for monday, items in weeks.items()
        if monday < this and (need, monday) not in known
        for place, item in enumerate(items, 1)
    ]
    return len(WeekBest.objects.bulk_create(rows, ignore_conflicts=True))


def _best(needs: Any, begin: date) -> dict[UUID, dict[date, list[object]]]:
    """Return the ten best of each need's weeks since a Monday, in the order in which pages show them."""
    found: dict[UUID, dict[date, list[object]]] = {}
    rows = Match.objects.filter(need__in=needs, first_at__date__gte=begin)
    for key, first_at, item in rows.values_list("need_id", "first_at", "item_id").iterator():
        week = found.setdefault(key, {}).setdefault(monday_of(first_at), [])
        if len(week) < TOP:
            week.append(item)
    return found


def monday_of(at: datetime) -> date:
    """Return the Monday of the week, in the city's time."""
    day = timezone.localtime(at).date()
    return day - timedelta(days=day.weekday())


def exported() -> Iterable[str]:
    """Yield all judgements as lines: need, item, grade, by tabulators (a judgement set, `innovation.judgements`)."""
    for number, item, relevant in Judgement.objects.order_by("need__chain", "item_id", "by_id").values_list(
        "need__chain", "item_id", "relevant"
    ):
        yield f"NM-{number}\t{item}\t{int(relevant)}\n"
