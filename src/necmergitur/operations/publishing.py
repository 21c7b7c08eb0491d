"""Which facts anybody may see one by one, when, and how much of each. The public log and the register ask here.

What an authority decided is shown whole. What names an agent or a place is shown by its header: what happened, when,
under which authorisation. A flight's is shown a day later, when it no longer tells who is being looked for.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

import msgspec

Shown = Literal["header", "whole"]

FLIGHT_SHOWN_AFTER = timedelta(hours=24)  # ours, as the register shows flights


class Rule(msgspec.Struct, frozen=True):
    """How much of a stream's facts is shown, and how long after."""

    shown: Shown
    after: timedelta = timedelta()


PUBLISHED: Mapping[str, Rule] = MappingProxyType(
    {
        "authorisation": Rule("whole"),
        "refusal": Rule("whole"),
        "reading": Rule("header"),
        "breakglass": Rule("header"),
        "mission": Rule("header", FLIGHT_SHOWN_AFTER),
    }
)


def shown_of(stream: str, recorded_at: datetime, now: datetime) -> Shown | None:
    """Return how much of a fact of `stream` may be seen by anybody at `now`; None for nothing."""
    rule = PUBLISHED.get(stream.partition(":")[0])
    return None if rule is None or now < recorded_at + rule.after else rule.shown
