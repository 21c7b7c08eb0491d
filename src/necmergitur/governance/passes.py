"""A pass: what the gate gives to whoever may read something about a person. Nothing sealed is opened without one.

Only `governance.issuing`, reserved to the gate, makes one; so whatever is opened was asked for by name, of the table.
"""

from datetime import datetime
from typing import Any, Never
from uuid import UUID

_ISSUER = object()


class Pass:
    """What may be read, what for, as whom, where; under which authority, since when.

    Raises TypeError when built without the issuer's token.
    """

    __slots__ = ("at", "authority", "by_glass", "place", "purpose", "reader", "what")

    what: str
    purpose: str
    reader: str
    place: str
    authority: UUID
    by_glass: bool
    at: datetime

    def __init__(self, token: object, **parts: object) -> None:
        if token is not _ISSUER:
            raise TypeError("a pass is given by the gate, never built")
        for name in self.__slots__:
            object.__setattr__(self, name, parts[name])

    def __init_subclass__(cls, **_kwargs: Any) -> Never:
        raise TypeError("Pass has no subclasses")

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a pass never changes")

    @property
    def glass(self) -> UUID | None:
        """The glass under which it is read, None when the reader's own class opens it."""
        return self.authority if self.by_glass else None

    def must_be_for(self, *whats: str, place: str | None = None) -> None:
        """Raise PassMisused when this is a pass for something else, or for another place."""
        if self.what not in whats or (place is not None and self.place != place):
            raise PassMisused(f"a pass for {self.what} of {self.place} opens no {' or '.join(whats)} of {place}")


class PassMisused(Exception):
    """Something was to be opened with a pass for something else: a fault of ours, never an answer to a reader."""
