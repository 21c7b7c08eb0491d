"""The envelope of a fact, and the fold that turns facts into a state.

An event is a frozen `msgspec.Struct` with a tag; its stream is the story it belongs to
("incident:<uuid>"), its version the 1-based place in that story.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

State = TypeVar("State")
Event = TypeVar("Event")


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event about to be written: where it goes, who says so, and its sealed personal part.

    `actor` is `source:subject` ("user:12", "device:b-00001", "engine:timer"); `personal` is ciphertext.
    """

    stream: str
    version: int
    event: msgspec.Struct
    actor: str
    personal: bytes | None = None

    @property
    def kind(self) -> str:
        """The event's name, as stored."""
        return type(self.event).__name__

    def payload(self) -> bytes:
        """Return the canonical JSON bytes of the event (sorted keys): what is hashed and stored."""
        return msgspec.json.encode(self.event, order="sorted")


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One fact as read back from the ledger.

    `personal` is None when there was none, or once it was erased: then `personal_hash`, the commitment to it, stays.
    """

    seq: int
    stream: str
    version: int
    kind: str
    recorded_at: datetime
    authorisation_id: str
    actor: str
    payload: bytes
    personal: bytes | None
    personal_hash: bytes | None
    form: int
    prev_hash: bytes
    hash: bytes


def fold(evolve: Callable[[State | None, Event], State], events: Iterable[Event]) -> State | None:
    """Return the state after `events`, None when there are none."""
    state: State | None = None
    for event in events:
        state = evolve(state, event)
    return state
