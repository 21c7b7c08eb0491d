"""Assessments and parties in PostgreSQL."""

from typing import Any
from uuid import UUID

from necmergitur.adapters.postgres.governance import CODEC as AUTHORISATION
from necmergitur.adapters.postgres.governance import announce
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.signing import Party

ASSESSMENT = RowCodec(Assessment)
PARTY = RowCodec(Party)
_CODECS: dict[str, RowCodec[Any]] = {
    "assessment": ASSESSMENT,
    "assessments_of": ASSESSMENT,
    "put_assessment": ASSESSMENT,
    "parties": PARTY,
    "put_party": PARTY,
    "resting_on": AUTHORISATION,
}
SQL = {
    name: fill(query, columns=c.columns(), values=c.values(), updates=c.updates())
    for name, query in load("trust").items()
    for c in (_CODECS[name],)
}


class TrustMixin:
    """`operations.trust.TrustTransaction` beyond the facts."""

    cursor: Statements

    def assessment(self, assessment_id: UUID) -> Assessment | None:
        """Return one assessment as it stands."""
        row = self.cursor.execute(SQL["assessment"], {"id": assessment_id}).fetchone()
        return None if row is None else ASSESSMENT.from_row(row)

    def assessments_of(self, stream: str) -> list[Assessment]:
        """Return the assessments that cover a stream and are not stale."""
        return [ASSESSMENT.from_row(r) for r in self.cursor.execute(SQL["assessments_of"], {"stream": stream})]

    def put_assessment(self, assessment: Assessment, seq: int) -> None:
        """Store an assessment; every gate reloads at its next transaction."""
        self.cursor.execute(SQL["put_assessment"], {**ASSESSMENT.to_row(assessment), "last_seq": seq})
        announce(self.cursor)

    def resting_on(self, assessment_id: UUID) -> list[Authorisation]:
        """Return the authorisations that rest on an assessment and are not revoked."""
        return [AUTHORISATION.from_row(r) for r in self.cursor.execute(SQL["resting_on"], {"id": str(assessment_id)})]

    def parties(self) -> list[Party]:
        """Return everybody who may sign, or once might."""
        return [PARTY.from_row(r) for r in self.cursor.execute(SQL["parties"])]

    def put_party(self, party: Party, seq: int) -> None:
        """Store a party; only its retirement may change."""
        self.cursor.execute(SQL["put_party"], {**PARTY.to_row(party), "last_seq": seq})
