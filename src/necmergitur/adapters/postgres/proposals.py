"""Proposed terms in PostgreSQL. The trigger `terms_proposal_told` holds what may change (NM016)."""

from uuid import UUID

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.proposals import Proposal

CODEC = RowCodec(Proposal)
SQL = {
    name: fill(query, columns=CODEC.columns(), values=CODEC.values(), updates=CODEC.updates())
    for name, query in load("proposals").items()
}


class ProposalMixin:
    """`operations.proposing.ProposalTransaction` beyond the facts."""

    cursor: Statements

    def terms_proposal(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal as it stands."""
        row = self.cursor.execute(SQL["one"], {"id": proposal_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def put_terms_proposal(self, proposal: Proposal, seq: int) -> None:
        """Store a proposal; its terms never change."""
        self.cursor.execute(SQL["put"], {**CODEC.to_row(proposal), "last_seq": seq})
