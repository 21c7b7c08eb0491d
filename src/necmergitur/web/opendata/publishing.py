"""Making a release: once for each dataset and month, its budget spent before anything is drawn."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from necmergitur.adapters.noise import noisy
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.disclosure import TOTAL, bounded, counted, protect
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.releasing import record_release
from necmergitur.web.facts.models import Incident
from necmergitur.web.opendata.constants import EPSILON_RELEASE, EPSILON_YEAR, MONTHS_BACK, MOST_OF_ONE, SETTLED_AFTER
from necmergitur.web.opendata.datasets import DATASETS, NOISE, Dataset, month_bounds, zones
from necmergitur.web.opendata.models import PrivacyBudget, Release
from necmergitur.web.store import store

WITHHELD_WORD = "withheld"
TOTAL_WORD = "total"


class Made(NamedTuple):
    """A table about to be published."""

    text: str
    withheld: int | None = None
    margin: int | None = None


def publish(slug: str, month: date, by: Person, now: datetime) -> Release | Refusal:
    """Publish one month of a dataset; the release there is when there is one. Raises Unreachable."""
    dataset = DATASETS.get(slug)
    if dataset is None or month.day != 1:
        return Refusal(rule="dataset_unknown")
    made = Release.objects.filter(dataset=slug, month=month).first()
    if made is not None:
        return made
    start, end = month_bounds(month)
    if now < end + SETTLED_AFTER:
        return Refusal(rule="month_not_over", until=end + SETTLED_AFTER)
    epsilon = EPSILON_RELEASE if dataset.method == NOISE else None
    if epsilon is not None:
        refusal = spend(slug, month.year, epsilon)
        if refusal is not None:
            return refusal
    table = make(dataset, start, end)
    digest = hashlib.sha256(table.text.encode()).hexdigest()
    with transaction.atomic():
        release, new = Release.objects.get_or_create(
            dataset=slug,
            month=month,
            defaults={
                "made_at": now,
                "made_by_id": by.id,
                "text": table.text,
                "sha256": digest,
                "withheld": table.withheld,
                "margin": table.margin,
                "epsilon": epsilon,
            },
        )
        if new:  # in the row's own transaction: nothing is published that the record does not know
            record_release(store(), slug, f"{month:%Y-%m}", digest, epsilon, by, now)
    return release


def spend(slug: str, year: int, epsilon: float) -> Refusal | None:
    """Take `epsilon` from a year of a dataset, for good: a release that fails afterwards gives nothing back."""
    with transaction.atomic():
        PrivacyBudget.objects.get_or_create(dataset=slug, year=year, defaults={"allowed": EPSILON_YEAR})
        budget = PrivacyBudget.objects.select_for_update().get(dataset=slug, year=year)
        if budget.spent + epsilon > budget.allowed:
            facts = {"spent": f"{budget.spent:g}", "allowed": f"{budget.allowed:g}"}
            return Refusal(rule="privacy_budget_spent", owner="opendata", facts=facts)
        budget.spent += epsilon
        budget.save(update_fields=["spent"])
    return None


def make(dataset: Dataset, start: datetime, end: datetime) -> Made:
    """Count a month and make it tell of nobody."""
    there = zones()
    happened = [each._replace(row=each.row if each.row in there else "-") for each in dataset.read(start, end)]
    if dataset.method == NOISE:
        counts = counted(bounded(happened, MOST_OF_ONE))
        # Every cell there could be, empty ones too: which are empty is told by nothing.
        places = [(zone, column) for zone in there for column in dataset.columns]
        events = [counts[place].events if place in counts else 0 for place in places]
        drawn, margin = noisy(events, epsilon=EPSILON_RELEASE, most_of_one=MOST_OF_ONE)
        found = dict(zip(places, map(str, drawn), strict=True))
        rows = [[zone, label, *(found[zone, column] for column in dataset.columns)] for zone, label in there.items()]
        return Made(_csv(["zone", "name", *dataset.columns], rows), margin=margin)
    table = protect(list(there), list(dataset.columns), counted(happened))
    columns = [*dataset.columns, TOTAL]
    lines = [
        [zone or TOTAL_WORD, label, *(_told(table.cells[zone, column]) for column in columns)]
        for zone, label in (*there.items(), (TOTAL, ""))
    ]
    return Made(_csv(["zone", "name", *dataset.columns, TOTAL_WORD], lines), withheld=table.withheld)


def _told(value: int | None) -> str:
    return WITHHELD_WORD if value is None else str(value)


def _csv(header: list[str], rows: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([header, *rows])  # RFC 4180
    return written.getvalue()


def due(now: datetime) -> Iterator[tuple[str, date]]:
    """Yield what could be published and is not: months that are over, since the first call, the oldest first."""
    first = Incident.objects.order_by("opened_at").values_list("opened_at", flat=True).first()
    if first is None:
        return
    there = set(Release.objects.values_list("dataset", "month"))
    for month in _months(first, now):
        for slug in DATASETS:
            if (slug, month) not in there:
                yield slug, month


def _months(first: datetime, now: datetime) -> list[date]:
    """Return the months over and settled between the first call and now, at most two years back."""
    found = []
    year, month = now.year - MONTHS_BACK // 12, now.month
    for _each in range(MONTHS_BACK + 1):
        start, end = month_bounds(date(year, month, 1))
        if end > first and end + SETTLED_AFTER <= now:
            found.append(start.date())
        year, month = year + month // 12, month % 12 + 1
    return found
