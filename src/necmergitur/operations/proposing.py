"""Terms go before their parties, are signed by each, and open their stream when the last one has signed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import authorisations, gate, proposals
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.law import Rule
from necmergitur.governance.proposals import Proposal, ProposalEvent
from necmergitur.governance.signing import Assertion, PartyRole, Signature, Verify
from necmergitur.governance.terms import Terms
from necmergitur.kernel.events import Fact
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.trust import TrustTransaction


class ProposalTransaction(TrustTransaction, Protocol):
    """A transaction that knows proposals."""

    def terms_proposal(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal as it stands."""
        ...

    def put_terms_proposal(self, proposal: Proposal, seq: int) -> None:
        """Store a proposal; its terms never change."""
        ...


class ProposalStore(Protocol):
    """Where such transactions come from."""

    def transaction(self) -> AbstractContextManager[ProposalTransaction]:
        """Open a transaction. Raises Unreachable, VersionConflict, StoreRefused."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def propose(
    store: ProposalStore, asked: Terms, rules: Sequence[Rule], by: Person, now: datetime
) -> Proposal | list[Refusal]:
    """Put terms before their parties (`asked.id` from `store.ids`), or say all that stands against them."""

    def attempt(tx: ProposalTransaction) -> Proposal | list[Refusal]:
        tx.serialise()
        actor = f"user:{by.id}"
        if tx.terms_proposal(asked.id) is not None or tx.authorisation(asked.id) is not None:
            return [Refusal(rule="already_proposed")]
        event = proposals.propose(asked, tx.assessment(asked.assessment_id), rules, actor, now)
        return event if isinstance(event, list) else _keep(tx, None, event, actor, now)

    return on_conflict(store, attempt)


def sign(
    store: ProposalStore,
    proposal_id: UUID,
    role: PartyRole,
    said: Assertion,
    verify: Verify,
    obstacles: Sequence[Refusal],
    now: datetime,
) -> Proposal | Refusal:
    """Add what a party's authenticator answered to the digest; who signs is known by the key alone.

    `obstacles`: what the dialogue still asks for. The city's answers come before any signature.
    """

    def attempt(tx: ProposalTransaction) -> Proposal | Refusal:
        tx.serialise()
        state = tx.terms_proposal(proposal_id)
        if state is None:
            return Refusal(rule="proposal_missing")
        if obstacles:
            return obstacles[0]
        everybody = tx.parties()
        party = next((one for one in everybody if (one.role, one.credential_id) == (role, said.credential_id)), None)
        if party is None:
            return Refusal(rule="signature_party_unknown")
        signature = Signature(
            party_id=party.id,
            role=party.role,
            name=party.name,
            public_key=party.public_key,
            rp_id=party.rp_id,
            origin=party.origin,
            assertion=said,
            at=now,
        )
        event = proposals.sign(state, signature, everybody, verify, now)
        return event if isinstance(event, Refusal) else _keep(tx, state, event, f"party:{party.id}", now)

    return on_conflict(store, attempt)


def withdraw(store: ProposalStore, proposal_id: UUID, reason: str, by: Person, now: datetime) -> Proposal | Refusal:
    """Take terms back before they opened anything."""

    def attempt(tx: ProposalTransaction) -> Proposal | Refusal:
        tx.serialise()
        state = tx.terms_proposal(proposal_id)
        if state is None:
            return Refusal(rule="proposal_missing")
        if tx.authorisation(proposal_id) is not None:
            return Refusal(rule="already_granted", detail="Revoke the authorisation instead.")
        event = proposals.withdraw(state, f"user:{by.id}", reason, now)
        return event if isinstance(event, Refusal) else _keep(tx, state, event, f"user:{by.id}", now)

    return on_conflict(store, attempt)


def grant(
    store: ProposalStore,
    proposal_id: UUID,
    verify: Verify,
    obstacles: Sequence[Refusal],
    by: Person,
    now: datetime,
    *,
    rules: Sequence[Rule],
    demo: bool = False,
) -> Authorisation | Refusal:
    """Open the stream of a proposal that everybody signed, and nothing else: there is no other way to a stream.

    `obstacles`: what the dialogue still asks for.
    """

    def attempt(tx: ProposalTransaction) -> Authorisation | Refusal:
        tx.serialise()
        state = tx.terms_proposal(proposal_id)
        if state is None:
            return Refusal(rule="proposal_missing")
        if state.withdrawn_at is not None:
            return Refusal(rule="proposal_withdrawn", until=state.withdrawn_at)
        if obstacles:
            return obstacles[0]
        if tx.authorisation(proposal_id) is not None:
            return Refusal(rule="already_granted")
        actor = f"user:{by.id}"
        on = tx.assessment(state.paper.terms.assessment_id)
        event = authorisations.grant_signed(state.paper, on, tx.parties(), verify, actor, now, rules=rules, demo=demo)
        if isinstance(event, Refusal):
            return event
        after = authorisations.evolve(None, event)
        fact = Fact(stream=authorisations.stream_of(after.id), version=1, event=event, actor=actor)
        tx.put_authorisation(after, tx.append(gate.admit_record([fact], now)))
        return after

    return on_conflict(store, attempt)


def _keep(tx: ProposalTransaction, state: Proposal | None, event: ProposalEvent, actor: str, now: datetime) -> Proposal:
    after = proposals.evolve(state, event)
    fact = Fact(stream=proposals.stream_of(after.id), version=after.version, event=event, actor=actor)
    tx.put_terms_proposal(after, tx.append(gate.admit_record([fact], now)))
    return after
