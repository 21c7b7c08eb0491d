"""A real trial's evening, read off its facts to be played again."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from necmergitur.innovation.candidates import NotAnEvening
from necmergitur.innovation.judging import Told
from necmergitur.innovation.protocol import (
    Source,
    TrialAdvised,
    TrialCounted,
    TrialTruth,
    TrialTruthWithdrawn,
)
from necmergitur.innovation.recorded import recorded
from necmergitur.innovation.replay import START, played

AT = datetime(2026, 11, 27, 20, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def protocol(*sources: Source):  # type: ignore[no-untyped-def]
    asked, _told = played({"a": [0]}, [])["a"]
    return msgspec.structs.replace(asked, sources=sources, starts=START)


def advised(key: str, minute: float, level: int, seq: int) -> Told:
    at = AT + minute * MINUTE
    return Told(at, TrialAdvised(key, at, 0, level, 80, 1, seq))


def counted(key: str, minute: float, count: int, seq: int) -> Told:
    at = AT + minute * MINUTE
    return Told(at, TrialCounted(key, at, 0, count, 1, seq))


def seen(since: float, until: float, *, present: bool = True) -> Told:
    return Told(AT, TrialTruth("density", "z-1", AT + since * MINUTE, AT + until * MINUTE, present, "steward"))


def test_levels_counts_and_notes_of_the_record_are_an_evening_minute_by_minute() -> None:
    asked = protocol(Source("v-1", "density", "z-1"), Source("v-2", "density", "z-1", 100))
    told = [
        advised("v-1", 0, 1, 1),
        advised("v-1", 0.2, 3, 2),
        advised("v-1", 0.4, 0, 3),
        counted("v-2", 1, 80, 1),
        counted("v-2", 3, 120, 2),
        advised("v-1", 4, 2, 4),
        seen(1, 2),
        seen(3, 3.2),
        seen(2, 2.5, present=False),
        seen(-9, -5),
        Told(AT, TrialTruthWithdrawn(8, "another evening")),
    ]
    evening, holds, spans = recorded(asked, told)
    assert holds == 100
    assert evening.counts == [0, 80, 80, 120, 120], "what was last counted stands until it is counted anew"
    assert evening.columns == {"v-1": [3, 0, 0, 0, 2], "v-2": [0, 0, 0, 3, 3]}, "the highest of a minute, then the last"
    assert spans == [(1, 2)], "what was taken back and what was before is not there"


def test_an_evening_without_words_or_without_end_is_none() -> None:
    asked = protocol(Source("v-1", "density", "z-1"))
    with pytest.raises(NotAnEvening, match="said nothing"):
        recorded(asked, [seen(0, 1)])
    with pytest.raises(NotAnEvening, match="two days"):
        recorded(asked, [advised("v-1", 0, 1, 1), advised("v-1", 3_000, 1, 2)])
    evening, holds, _spans = recorded(asked, [advised("v-1", 0, 2, 1)])
    assert (holds, evening.counts, evening.columns) == (0, [0], {"v-1": [2]})
