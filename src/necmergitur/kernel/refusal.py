"""An expected failure is a value, with a name a program can match and a reason a person can act on."""

from datetime import datetime

import msgspec


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was not done.

    `rule` is a stable snake_case name (translated on screen); `detail` is a plain English sentence for
    logs; `owner` says whose rule it is; `until` when it stops applying, if known.
    """

    rule: str
    detail: str = ""
    owner: str = ""
    until: datetime | None = None
    facts: dict[str, str] = {}

    def __bool__(self) -> bool:
        """A refusal is falsy, so `if not outcome` reads as "if it was refused"."""
        return False


def first(*problems: Refusal | None) -> Refusal | None:
    """Return the first problem there is. A refusal is falsy: `or` would pass over it."""
    return next((problem for problem in problems if problem is not None), None)
