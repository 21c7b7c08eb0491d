"""Assessments, parties and proposed terms in memory."""

from uuid import UUID

from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.signing import Party
from necmergitur.sim.twin.journal import Journal
from necmergitur.sim.twin.tables import Tables


class TrustMixin:
    """`operations.trust.TrustTransaction` beyond the facts."""

    tables: Tables
    journal: Journal

    def assessment(self, assessment_id: UUID) -> Assessment | None:
        """Return one assessment as it stands."""
        return self.tables.assessments.get(assessment_id)

    def assessments_of(self, stream: str) -> list[Assessment]:
        """Return the assessments that cover a stream and are not stale."""
        return [a for a in self.tables.assessments.values() if stream in a.covers.streams and a.stale_at is None]

    def put_assessment(self, assessment: Assessment, seq: int) -> None:  # noqa: ARG002  the twin keeps no seq
        """Store an assessment; the gate follows."""
        self.journal.put(self.tables.assessments, assessment.id, assessment)
        self.tables.gate_table = None

    def resting_on(self, assessment_id: UUID) -> list[Authorisation]:
        """Return the authorisations that rest on an assessment and are not revoked."""
        return [
            a
            for a in self.tables.authorisations.values()
            if a.revoked_at is None
            and assessment_id == (getattr(a.paper.terms if a.paper else a.rests_on, "assessment_id", None))
        ]

    def parties(self) -> list[Party]:
        """Return everybody who may sign, or once might."""
        return list(self.tables.parties.values())

    def put_party(self, party: Party, seq: int) -> None:  # noqa: ARG002  the twin keeps no seq
        """Store a party."""
        self.journal.put(self.tables.parties, party.id, party)

    def terms_proposal(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal as it stands."""
        return self.tables.terms_proposals.get(proposal_id)

    def put_terms_proposal(self, proposal: Proposal, seq: int) -> None:  # noqa: ARG002  the twin keeps no seq
        """Store a proposal."""
        self.journal.put(self.tables.terms_proposals, proposal.id, proposal)
