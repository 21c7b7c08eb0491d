"""Terms proposed to their parties: drafted once, never changed, signed by each, and then granted or withdrawn.

Event-sourced in the stream `proposal:<id>`; the identifier is that of the terms, and of the authorisation they become.
To change a word is to withdraw and to propose anew: nobody's signature ever covers what they did not read.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.governance import assessments, law, signing, terms
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.constants import LABEL_LENGTH_MAX
from necmergitur.governance.law import Rule
from necmergitur.governance.signing import Paper, Party, Signature, Verify
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as it stands. `digest` (hex) is what each party signs; `proposed_by` is an actor such as `user:7`."""

    id: UUID
    paper: Paper
    digest: str
    proposed_by: str
    proposed_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_reason: str | None = None
    version: int = 1

    @property
    def complete(self) -> bool:
        """Whether every needed signature is there."""
        return not signing.missing(self.paper)


class TermsProposed(msgspec.Struct, frozen=True, tag=True):
    """Terms were put before their parties. Their digest says which, to the byte."""

    terms: Terms
    digest: str
    by: str
    at: datetime


class TermsSigned(msgspec.Struct, frozen=True, tag=True):
    """One party signed, with all that is needed to check it."""

    id: UUID
    signature: Signature


class TermsWithdrawn(msgspec.Struct, frozen=True, tag=True):
    """They will not be granted; what was signed stays in the record and opens nothing."""

    id: UUID
    at: datetime
    by: str
    reason: str


ProposalEvent = TermsProposed | TermsSigned | TermsWithdrawn


def stream_of(proposal_id: UUID) -> str:
    """Return the ledger stream of a proposal."""
    return f"proposal:{proposal_id}"


def against(asked: Terms, assessment: Assessment | None, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    """Return everything that stands against the terms, for a form to show at once."""
    unfounded = assessments.opens(assessment, asked, now)
    return [*terms.check(asked, now), *law.against(asked, rules, now), *([] if unfounded is None else [unfounded])]


def propose(
    asked: Terms, assessment: Assessment | None, rules: Sequence[Rule], by: str, now: datetime
) -> TermsProposed | list[Refusal]:
    """Put terms before their parties."""
    refusals = against(asked, assessment, rules, now)
    return refusals or TermsProposed(asked, terms.digest(asked).hex(), by, now)


def sign(
    state: Proposal, signature: Signature, parties: Sequence[Party], verify: Verify, now: datetime
) -> TermsSigned | Refusal:
    """Add one signature. It must be over these very terms, now, by a key enrolled for a role that is still missing."""
    if state.withdrawn_at is not None:
        return Refusal(rule="proposal_withdrawn", until=state.withdrawn_at)
    if state.paper.terms.valid_until <= now:
        return Refusal(rule="valid_until_past")
    if signature.role not in signing.missing(state.paper):
        return Refusal(rule="signature_not_needed", facts={"role": signature.role})
    if signature.at != now:
        return Refusal(rule="signature_undated")
    alone = signing.check(Paper(terms=state.paper.terms, signatures=(signature,)), parties, verify)
    if alone is not None and alone.rule != "signatures_missing":
        return alone
    return TermsSigned(state.id, signature)


def withdraw(state: Proposal, by: str, reason: str, now: datetime) -> TermsWithdrawn | Refusal:
    """Take terms back, with a reason."""
    if state.withdrawn_at is not None:
        return Refusal(rule="proposal_withdrawn", until=state.withdrawn_at)
    if not reason.strip():
        return Refusal(rule="reason_missing", detail="Say why.")
    if len(reason) > LABEL_LENGTH_MAX:
        return Refusal(rule="reason_too_long", detail=f"At most {LABEL_LENGTH_MAX} characters.")
    return TermsWithdrawn(state.id, now, by, reason.strip())


def evolve(state: Proposal | None, event: ProposalEvent) -> Proposal:
    """Fold one event. Raises ValueError when there is nothing to sign."""
    if isinstance(event, TermsProposed):
        return Proposal(
            id=event.terms.id,
            paper=Paper(terms=event.terms),
            digest=event.digest,
            proposed_by=event.by,
            proposed_at=event.at,
        )
    if state is None:
        raise ValueError("signed before proposed")
    version = state.version + 1
    if isinstance(event, TermsSigned):
        paper = Paper(terms=state.paper.terms, signatures=(*state.paper.signatures, event.signature))
        return msgspec.structs.replace(state, paper=paper, version=version)
    return msgspec.structs.replace(
        state, withdrawn_at=event.at, withdrawn_by=event.by, withdrawn_reason=event.reason, version=version
    )
