"""A fact the gate let through. Only `ledger.minting`, reserved to governance, can make one."""

from datetime import datetime
from typing import Any, Never
from uuid import UUID

from necmergitur.kernel.events import Fact

_MINT = object()


class Admitted:
    """A fact with the authorisation that admits it and the instant of the decision.

    Raises TypeError when built without the mint's token: nothing but the gate appends to the ledger.
    """

    __slots__ = ("at", "authorisation_id", "fact")

    fact: Fact
    authorisation_id: UUID
    at: datetime

    def __init__(self, token: object, fact: Fact, authorisation_id: UUID, at: datetime) -> None:
        if token is not _MINT:
            raise TypeError("an Admitted value is minted by the gate, never built")
        object.__setattr__(self, "fact", fact)
        object.__setattr__(self, "authorisation_id", authorisation_id)
        object.__setattr__(self, "at", at)

    def __init_subclass__(cls, **_kwargs: Any) -> Never:
        raise TypeError("Admitted has no subclasses")

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("an Admitted value never changes")
