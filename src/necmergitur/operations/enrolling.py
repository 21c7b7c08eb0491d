"""Who may sign for a territory, a company or the State: enrolled with one public key, and one day retired."""

from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import gate, signing
from necmergitur.governance.signing import Party, PartyEnrolled, PartyRetired
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.trust import TrustStore, TrustTransaction


def enrol(store: TrustStore, asked: Party, now: datetime) -> Party | Refusal:
    """Make a party known (`asked.id` from `store.ids`). A key serves one party."""

    def attempt(tx: TrustTransaction) -> Party | Refusal:
        tx.serialise()
        if not asked.name.strip():
            return Refusal(rule="party_name_missing", detail="Say who signs.")
        if any(asked.credential_id == known.credential_id for known in tx.parties()):
            return Refusal(rule="party_key_known", detail="This key already signs for somebody.")
        fact = Fact(stream=signing.stream_of(asked.id), version=1, event=PartyEnrolled(asked), actor=asked.enrolled_by)
        tx.put_party(asked, tx.append(gate.admit_record([fact], now)))
        return asked

    return on_conflict(store, attempt)


def retire(store: TrustStore, party_id: UUID, reason: str, by: Person, now: datetime) -> Party | Refusal:
    """Let a key sign nothing more: it was lost, stolen, or whoever held it left."""

    def attempt(tx: TrustTransaction) -> Party | Refusal:
        tx.serialise()
        state = next((party for party in tx.parties() if party.id == party_id), None)
        if state is None:
            return Refusal(rule="party_unknown")
        if state.retired_at is not None:
            return Refusal(rule="party_retired", until=state.retired_at)
        if not reason.strip():
            return Refusal(rule="reason_missing", detail="Say why.")
        event = PartyRetired(state.id, now, reason.strip())
        after = signing.evolve(state, event)
        fact = Fact(stream=signing.stream_of(state.id), version=2, event=event, actor=f"user:{by.id}")
        tx.put_party(after, tx.append(gate.admit_record([fact], now)))
        return after

    return on_conflict(store, attempt)
