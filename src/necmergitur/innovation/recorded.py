"""An evening of a real trial, to be played again: what its keys said and what was seen, minute by minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from necmergitur.innovation.candidates import COLUMNS_MAX, MINUTES_MAX, SPANS_MAX, Evening, NotAnEvening
from necmergitur.innovation.judging import Told
from necmergitur.innovation.protocol import (
    HEARD,
    Protocol,
    TrialCounted,
    TrialTruth,
    TrialTruthWithdrawn,
    level_of,
)

_MINUTE = timedelta(minutes=1)


def recorded(protocol: Protocol, told: Sequence[Told]) -> tuple[Evening, int, list[tuple[int, int]]]:
    """Return a trial's evening, what its place holds, and when it was seen too full; minutes count from its first word.

    Each key is a column of levels, as the protocol judges them; a minute in which it said nothing has the level before.
    Counts are those of the first key that counts; where none does, what the place holds is 0, and only keys can be
    compared. Raises NotAnEvening when nobody said anything, or for too long.
    """
    heard = [one.event for one in told if isinstance(one.event, HEARD)]
    if not heard:
        raise NotAnEvening("nothing_said")
    begins = min(one.at for one in heard).replace(second=0, microsecond=0)
    minutes = _place(begins, max(one.at for one in heard)) + 1
    if minutes > MINUTES_MAX:
        raise NotAnEvening("minutes")
    sources = protocol.sources[:COLUMNS_MAX]
    of = {source.sensor_id: source for source in sources}
    columns = {
        key: _by_minute([(one.at, level_of(of[key], one)) for one in heard if one.sensor_id == key], begins, minutes)
        for key in of
    }
    counter = next((source for source in sources if source.full), None)
    counts = [0] * minutes
    if counter is not None:
        own = [one for one in heard if isinstance(one, TrialCounted) and one.sensor_id == counter.sensor_id]
        counts = _by_minute([(one.at, one.count) for one in own], begins, minutes)
    spans = [
        (max(0, _place(begins, note.since)), min(minutes - 1, _place(begins, note.until)))
        for note in _standing(told)
        if note.present and note.until >= begins and _place(begins, note.since) < minutes
    ]
    return Evening(counts, columns), 0 if counter is None else counter.full, sorted(set(spans))[:SPANS_MAX]


def _standing(told: Sequence[Told]) -> list[TrialTruth]:
    gone = {one.event.version for one in told if isinstance(one.event, TrialTruthWithdrawn)}
    return [one.event for at, one in enumerate(told, 1) if isinstance(one.event, TrialTruth) and at not in gone]


def _place(begins: datetime, at: datetime) -> int:
    return (at - begins) // _MINUTE


def _by_minute(said: Sequence[tuple[datetime, int]], begins: datetime, minutes: int) -> list[int]:
    """Return the highest value of each minute; of a minute without any, the last one before."""
    best: dict[int, int] = {}
    last: dict[int, int] = {}
    for at, value in said:
        place = _place(begins, at)
        best[place], last[place] = max(value, best.get(place, 0)), value
    found: list[int] = []
    before = 0
    for minute in range(minutes):
        found.append(best.get(minute, before))
        before = last.get(minute, before)
    return found
