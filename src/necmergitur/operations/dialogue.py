"""What the record keeps of a dialogue: that it opened, what the city answered, and how it ended.

Statements and votes are the pages' own rows. A fact comes first and its row after, so that a page which dies between
the two finds the fact when it tries again.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance import dialogue, gate
from necmergitur.governance.dialogue import DialogueAnswered, DialogueClosed, DialogueOpened
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Store, Transaction
from necmergitur.operations.retry import on_conflict

BY_ITSELF = "web:dialogue"  # who closes a dialogue whose time has come


def open_dialogue(
    store: Store, dialogue_id: UUID, asked: DialogueOpened, by: Person, now: datetime
) -> DialogueOpened | Refusal:
    """Record that a dialogue begins."""
    event = dialogue.opened(asked, now)
    if isinstance(event, Refusal):
        return event
    with store.transaction() as tx:
        tx.append(gate.admit_record([_fact(dialogue_id, 1, event, f"user:{by.id}")], now))
    return event


def record_answer(
    store: Store, dialogue_id: UUID, answered: DialogueAnswered, by: Person, now: datetime
) -> Refusal | None:
    """Record that the city answered a statement. The same answer twice is one fact."""

    def attempt(tx: Transaction) -> Refusal | None:
        told = tx.stream(dialogue.stream_of(dialogue_id))
        if not told:
            return Refusal(rule="dialogue_unknown")
        if any(each.payload == msgspec.json.encode(answered, order="sorted") for each in told):
            return None
        tx.append(gate.admit_record([_fact(dialogue_id, len(told) + 1, answered, f"user:{by.id}")], now))
        return None

    return on_conflict(store, attempt)


def close_dialogue(
    store: Store, dialogue_id: UUID, closed: DialogueClosed, by: Person | None, now: datetime
) -> tuple[DialogueClosed, datetime] | Refusal:
    """Record that a dialogue ended (`by` None: its time came); return how and when. It ends once."""

    def attempt(tx: Transaction) -> tuple[DialogueClosed, datetime] | Refusal:
        told = tx.stream(dialogue.stream_of(dialogue_id))
        if not told:
            return Refusal(rule="dialogue_unknown")
        for each in told:
            if each.kind == DialogueClosed.__name__:
                return msgspec.json.decode(each.payload, type=DialogueClosed), each.recorded_at
        actor = BY_ITSELF if by is None else f"user:{by.id}"
        tx.append(gate.admit_record([_fact(dialogue_id, len(told) + 1, closed, actor)], now))
        return closed, now

    return on_conflict(store, attempt)


def _fact(dialogue_id: UUID, version: int, event: msgspec.Struct, actor: str) -> Fact:
    return Fact(stream=dialogue.stream_of(dialogue_id), version=version, event=event, actor=actor)
