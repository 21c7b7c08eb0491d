"""What experiments open to public actors now, off the gate's own table: a paper that ends takes its dataset along."""

from datetime import datetime

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.terms import DataClause
from necmergitur.operations.opening import open_clause
from necmergitur.web.store import store


def opened(now: datetime) -> list[tuple[Authorisation, DataClause]]:
    """Return each paper whose data clause is open, with its clause."""
    with store().transaction() as tx:
        table = tx.gate_table(now)
    papers = [paper for papers in table.by_modality.values() for paper in papers]
    found = [(paper, open_clause(paper, now)) for paper in papers]
    return sorted(((paper, clause) for paper, clause in found if clause is not None), key=lambda one: one[0].id)
