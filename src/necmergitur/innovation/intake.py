"""Whether a call takes applications: the one rule, for whoever applies and for whoever writes in what came by mail."""

from datetime import datetime

import msgspec

from necmergitur.kernel.refusal import Refusal


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What decides of it. `given`: places; `decided`: applications, either way; `is_read`: by reviewers."""

    opens_at: datetime
    closes_at: datetime
    places: int
    given: int
    decided: int
    is_read: bool


def is_full(places: int, given: int) -> bool:
    """Return whether no place is left."""
    return given >= places


def is_settled(call: Intake) -> bool:
    """Return whether what a call says stands: companies applied to it, and were given to reviewers, or decided."""
    return call.is_read or call.decided > 0


def may_apply(call: Intake, now: datetime, *, by_desk: bool = False) -> Refusal | None:
    """Return why a call takes no application now.

    `by_desk`: what a company sent in time is written in also once the call is closed, until anything is decided.
    """
    if now < call.opens_at:
        return Refusal(rule="call_early")
    if now >= call.closes_at and (not by_desk or call.decided):
        return Refusal(rule="call_closed")
    if is_full(call.places, call.given):
        return Refusal(rule="call_full")
    return Refusal(rule="call_read") if call.is_read else None
