"""What experiments open to public actors now, off the gate's own table: a paper that ends takes its dataset along."""

from datetime import date, datetime

from django.utils import timezone

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.terms import DataClause
from necmergitur.operations.opening import open_clause
from necmergitur.web.network.models import Clause
from necmergitur.web.store import store


def opened(now: datetime) -> list[tuple[Authorisation, DataClause]]:
    """Return each paper whose data clause is open, with its clause."""
    with store().transaction() as tx:
        table = tx.gate_table(now)
    papers = [paper for papers in table.by_modality.values() for paper in papers]
    found = [(paper, open_clause(paper, now)) for paper in papers]
    return sorted(((paper, clause) for paper, clause in found if clause is not None), key=lambda one: one[0].id)


def partners_share(now: datetime) -> list[tuple[str, str, str, str, str, str, date, date]]:
    """Return what partners of the programme share today, as `catalogue.Shared` has it. They said yes themselves."""
    rows = Clause.objects.filter(
        agreed_at__isnull=False, ended_at=None, until__gte=timezone.localdate(now), partner__ended_at=None
    ).select_related("partner")
    return [
        (
            f"data-{row.pk}",
            row.partner.name,
            row.dataset,
            row.description,
            row.url,
            row.licence,
            timezone.localdate(row.agreed_at or now),
            row.until,
        )
        for row in rows
    ]
