"""A lead enters and ends authorisations. Each is a fact; the gate follows at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import authorisations, gate
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.law import Rule
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Store, Transaction
from necmergitur.operations.retry import on_conflict
from necmergitur.operations.trust import TrustStore, TrustTransaction


def grant(store: TrustStore, asked: Authorisation, now: datetime, *, rules: Sequence[Rule]) -> Authorisation | Refusal:
    """Enter a flight authorisation as asked for (`asked.id` from `store.ids`), resting on an assessment that holds."""

    def attempt(tx: TrustTransaction) -> Authorisation | Refusal:
        tx.serialise()
        on = None if asked.rests_on is None else tx.assessment(asked.rests_on.assessment_id)
        event = authorisations.grant(asked, on, now, rules=rules)
        if isinstance(event, Refusal):
            return event
        after = authorisations.evolve(None, event)
        fact = Fact(stream=authorisations.stream_of(after.id), version=1, event=event, actor=after.granted_by)
        tx.put_authorisation(after, tx.append(gate.admit_record([fact], now)))
        return after

    return on_conflict(store, attempt)


def revoke(store: Store, authorisation_id: UUID, reason: str, by: Person, now: datetime) -> Authorisation | Refusal:
    """End an authorisation now; drones that fly under it are called back by the engine."""

    def attempt(tx: Transaction) -> Authorisation | Refusal:
        state = tx.authorisation(authorisation_id)
        if state is None:
            return Refusal(rule="authorisation_unknown")
        actor = f"user:{by.id}"  # a number: the public log shows these facts whole
        event = authorisations.revoke(state, actor, reason, now)
        if isinstance(event, Refusal):
            return event
        after = authorisations.evolve(state, event)
        fact = Fact(stream=authorisations.stream_of(after.id), version=after.version, event=event, actor=actor)
        tx.put_authorisation(after, tx.append(gate.admit_record([fact], now)))
        return after

    return on_conflict(store, attempt)
