"""How fast each source sends, counted for all processes together: keyed digests and counts, gone with the crisis."""

from datetime import UTC, datetime, timedelta
from typing import Any

from necmergitur.operations.population.checkins import Sealer
from necmergitur.people.crises import Crisis

SLOT = timedelta(minutes=10)  # ours: a family at one table sends once; whoever sends all night is seen within it
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def within(store: Any, crisis: Crisis, key: Sealer, what: str, network: str, most: int, now: datetime) -> bool:
    """Count one more form of a network; return whether it stays within `most` in ten minutes. Raises Unreachable."""
    with store.transaction() as tx:
        return int(tx.count_pace(crisis.id, what, key.digest(f"net|{network}".encode()), slot_of(now))) <= most


def slot_of(now: datetime) -> datetime:
    """Return when the ten minutes began that hold an instant."""
    return now - (now - _EPOCH) % SLOT
