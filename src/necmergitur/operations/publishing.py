"""Which facts anybody may see one by one, when, and how much of each. The public log and the register ask here.

What an authority decided and what a device in the street did is shown whole. What names an agent or a place is shown
by its header: what happened, when, under which authorisation. A flight's is shown a day later, when it no longer
tells who is being looked for.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

import msgspec

from necmergitur.operations import erasure, retention

Shown = Literal["header", "whole"]

FLIGHT_SHOWN_AFTER = timedelta(hours=24)  # ours, as the register shows flights


class Rule(msgspec.Struct, frozen=True):
    """How much of a stream's facts is shown, and how long after; of facts of `headers` the header alone."""

    shown: Shown
    after: timedelta = timedelta()
    headers: frozenset[str] = frozenset()


# By the first part of a stream's name; a whole name stands for that stream alone.
PUBLISHED: Mapping[str, Rule] = MappingProxyType(
    {
        "authorisation": Rule("whole"),
        "assessment": Rule("whole"),
        "dialogue": Rule("whole"),
        # Devices, minutes' roots, refusals. Who read is a person at work: that it was read, when, is shown.
        "sensor": Rule("whole", headers=frozenset({"ReadingsRead"})),
        # Whose key signs for whom, since when, and who let it in: one enrolled this morning may be anybody's.
        "party": Rule("whole"),
        "proposal": Rule("header"),
        # What is tried, what a vendor advised, what was seen, and what came of it: of nobody.
        "trial": Rule("whole"),
        "breakglass": Rule("header"),
        # Which services, where, until when, how many used them, and that all of it was erased.
        "crisis": Rule("whole"),
        "mission": Rule("header", FLIGHT_SHOWN_AFTER),
        # What time erased: how many of each, under which rule. Of one person's erasure, that there was one.
        retention.STREAM: Rule("whole"),
        retention.PICTURES: Rule("whole"),
        erasure.STREAM: Rule("header"),
    }
)


def rule_of(stream: str) -> Rule | None:
    """Return how a stream's facts are shown, None when they are not."""
    return PUBLISHED.get(stream) or PUBLISHED.get(stream.partition(":")[0])


def shown_of(stream: str, kind: str, recorded_at: datetime, now: datetime) -> Shown | None:
    """Return how much of a fact may be seen by anybody at `now`; None for nothing."""
    rule = rule_of(stream)
    if rule is None or now < recorded_at + rule.after:
        return None
    return "header" if kind in rule.headers else rule.shown


def names_somebody(kind: str, payload: bytes) -> bool:
    """Return whether a fact of an authorisation says by name who decided.

    They did before the log was public; since then it is an account's number, or what of the program acted.
    """
    if kind not in ("AuthorisationGranted", "AuthorisationRevoked"):
        return False
    said = msgspec.json.decode(payload)
    by = said["by"] if kind == "AuthorisationRevoked" else said["authorisation"]["granted_by"]
    return ":" not in by and not by.startswith("nec ")
