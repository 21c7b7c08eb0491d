"""Who may fly: on shift, qualified, below their load, not already asked."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from necmergitur.dispatch.incidents import Person


class PilotFact(msgspec.Struct, frozen=True, kw_only=True):
    """A pilot on shift. `load` counts missions offered to, accepted or flown by them."""

    user_id: int
    name: str
    shift_ends_at: datetime
    qualified_until: datetime | None
    max_missions: int
    load: int
    paused: bool = False
    last_offered_at: datetime | None = None


def unavailable(pilot: PilotFact, now: datetime) -> str | None:
    """Return the rule that keeps this pilot on the ground, None when they may be asked."""
    if pilot.paused:
        return "paused"
    if pilot.qualified_until is None or pilot.qualified_until <= now:
        return "not_qualified"
    if pilot.shift_ends_at <= now:
        return "shift_over"
    if pilot.load >= pilot.max_missions:
        return "busy"
    return None


def next_pilot(pilots: Sequence[PilotFact], tried: Collection[int], now: datetime) -> Person | None:
    """Choose the least loaded, then the one asked longest ago, then by id (so the answer is the same twice)."""
    free = [p for p in pilots if p.user_id not in tried and unavailable(p, now) is None]
    if not free:
        return None
    best = min(
        free,
        key=lambda p: (p.load, 0.0 if p.last_offered_at is None else p.last_offered_at.timestamp(), p.user_id),
    )
    return Person(best.user_id, best.name)


def count_free(pilots: Sequence[PilotFact], now: datetime) -> int:
    """Return how many pilots could take a mission now."""
    return sum(1 for p in pilots if unavailable(p, now) is None)
