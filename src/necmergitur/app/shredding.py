"""Before any process reads a database: destroy again what was destroyed since it was copied."""

from datetime import UTC, datetime
from typing import NamedTuple

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.shred_list import shred_list_of
from necmergitur.app.settings import Settings
from necmergitur.operations import erasure, streams
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.population import crises

ALARM = "shred_list_short"


class Replayed(NamedTuple):
    """What came back and was destroyed again, and how many names the list lacks by the record's own account."""

    again: dict[str, int]
    listed: int
    missing: int


def replay(settings: Settings, over: PostgresStore, *, give_up: bool = False) -> Replayed:
    """Replay the list of destroyed keys; an alarm says on every screen that the list is not whole.

    Keys of readings need no list: the hour at which each dies stands beside it. A crisis that was erased is, again.
    `give_up`: what the list lacks is lost for good, and somebody answers for that.
    """
    listed, now = shred_list_of(settings.home).entries(), datetime.now(UTC)
    streams.erase(over, now)
    crises.empty_again(over, KeyFiles(settings.home), now)
    lacking = erasure.missing(over, listed)
    if lacking and give_up:
        erasure.give_up(over, lacking, now)
        lacking = 0
    again = erasure.replay(over, listed, now)
    set_alarm(over, ALARM, bool(lacking), str(lacking) if lacking else "", now)
    return Replayed(again, len(listed), lacking)
