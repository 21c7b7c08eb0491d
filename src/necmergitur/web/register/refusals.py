"""What was refused, counted by rule and week from the facts. The count goes on where it stopped: facts never change."""

from collections import Counter
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from necmergitur.web.facts.models import LedgerEvent
from necmergitur.web.register import sensors, words
from necmergitur.web.register.constants import FACTS_AT_ONCE, RULES_MAX, WEEKS_SHOWN

# A reason begins with its rule; whatever is not a rule's name is counted as "other" and never shown.
OTHER = "other"


class Row(msgspec.Struct, frozen=True):
    """One rule: what it means, how often in each week shown (oldest first), and together."""

    rule: str
    said: str
    weeks: tuple[int, ...]
    total: int


class Count(msgspec.Struct):
    """Refusals by (Monday of the week, rule), up to fact number `last`."""

    by: Counter[tuple[date, str]] = msgspec.field(default_factory=Counter)
    last: int = 0


_counts: dict[str, Count] = {}
_lock = Lock()


def forget() -> None:
    """Count anew from the facts."""
    _counts.clear()


def weeks(now: datetime) -> tuple[date, ...]:
    """Return the Mondays of the weeks shown, oldest first."""
    monday = _monday(now)
    return tuple(monday - timedelta(weeks=back) for back in reversed(range(WEEKS_SHOWN)))


def rows(now: datetime) -> list[Row]:
    """Return refusals by rule, the most frequent first."""
    shown = weeks(now)
    with _lock:
        by = Counter(_counted(shown[0]).by)
    for at, rule, times in sensors.refused(_midnight(shown[0])):
        by[_monday(at), _rule(rule)] += times
    rules = {rule for monday, rule in by if monday in shown}
    found = [(rule, tuple(by[monday, rule] for monday in shown)) for rule in rules]
    told = [Row(rule, words.refusal(rule), counts, sum(counts)) for rule, counts in found]
    return sorted(told, key=lambda row: (-row.total, row.rule))


def of_stream(
    name: str, now: datetime, *, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[str, int]]:
    """Return what one stream was refused in the weeks shown, or in its minutes from `since` to `until`."""
    found: Counter[str] = Counter()
    begins = _midnight(weeks(now)[0])
    if since is not None:
        begins = max(begins, since.replace(second=0, microsecond=0))
    for _at, rule, times in sensors.refused(begins, name, until):
        found[words.refusal(rule)] += times
    return found.most_common()


def _counted(oldest: date) -> Count:
    count = _counts.setdefault(connection.settings_dict["NAME"], Count())
    head = LedgerEvent.objects.aggregate(head=Max("seq"))["head"] or 0
    if head < count.last:  # another record than the one counted: a restore
        count.by.clear()
        count.last = 0
    if not count.last:
        first = (
            LedgerEvent.objects.filter(recorded_at__gte=_midnight(oldest))
            .order_by("recorded_at")
            .values_list("seq")
            .first()
        )
        count.last = head if first is None else first[0] - 1
    while count.last < head:
        top = min(count.last + FACTS_AT_ONCE, head)
        for at, kind, payload in LedgerEvent.objects.filter(
            seq__gt=count.last, seq__lte=top, kind__in=("DroneStatusChanged", "Audited")
        ).values_list("recorded_at", "kind", "payload"):
            for rule, times in _refused(kind, payload):
                known = rule in words.REFUSALS or len(count.by) < RULES_MAX * WEEKS_SHOWN
                count.by[_monday(at), rule if known else OTHER] += times
        count.last = top
    return count


def _refused(kind: str, payload: Any) -> list[tuple[str, int]]:
    """Return the rules a fact refused by, and how often; nothing when it is no refusal."""
    if not isinstance(payload, dict):
        return []
    if kind == "DroneStatusChanged":
        return [(_rule(payload.get("reason")), 1)] if payload.get("status") == "refused" else []
    if kind == "Audited":
        facts = payload.get("facts")
        refused = str(payload.get("action", "")).endswith((":refuse", ":refused"))
        return [(_rule(facts.get("rule") if isinstance(facts, dict) else ""), 1)] if refused else []
    return []


def _rule(reason: Any) -> str:
    word = str(reason or "").partition(" ")[0]
    return word if word.isascii() and word.replace("_", "").isalnum() and len(word) <= 40 else OTHER


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), timezone.get_current_timezone())


def _monday(at: datetime) -> date:
    day = timezone.localtime(at).date()
    return day - timedelta(days=day.weekday())
