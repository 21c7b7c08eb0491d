"""An alarm that stands is right by its start alone: events it stood through are missed, and counted apart."""

import msgspec
import pytest

from necmergitur.innovation import judging, metrics
from necmergitur.innovation.metrics import figures
from necmergitur.innovation.protocol import JUDGED_ONCE, JUDGED_STOOD, TrialEvent
from tests.innovation.test_metrics import PROTOCOL, advice, at, told, truth

SILENT_S = judging.ALARM_GAP.total_seconds() / 60


def always(until: int, level: int = 3) -> list[TrialEvent]:
    return [advice(minute, level) for minute in range(until)]


def test_whoever_always_says_three_told_of_nothing_and_stood_through_all() -> None:
    found = figures(PROTOCOL, told(*always(60), truth(5, 30), truth(40, 45)), at(60)).total
    assert (found.recall.hits, found.recall.of, found.stood) == (0, 2, 2)
    assert (found.alarms, found.unjudged, found.precision.of) == (1, 1, 0)


@pytest.mark.parametrize(
    ("events", "stood"),
    [
        ([*always(5), advice(5, 0), truth(10, 12)], 0),
        ([*always(5), truth(4 + SILENT_S + 0.5, 12)], 0),
        ([*always(5), truth(4 + SILENT_S - 0.5, 12)], 1),
        ([*always(8), advice(8, 0), advice(9, 3), truth(7, 12)], 0),
        ([*always(20), truth(10, 12, zone="z-2")], 0),
        ([*always(60), truth(60, 61)], 0),
    ],
    ids=["fell", "silent", "not yet silent", "told of anew", "elsewhere", "the trial had ended"],
)
def test_an_alarm_stands_until_it_falls_falls_silent_or_the_trial_ends(events: list[TrialEvent], stood: int) -> None:
    assert figures(PROTOCOL, told(*events), at(60)).total.stood == stood


def test_reports_of_protocols_fixed_before_keep_their_hash() -> None:
    facts = told(*always(60), truth(5, 30))
    before = figures(msgspec.structs.replace(PROTOCOL, judging=JUDGED_ONCE), facts, at(60))
    assert PROTOCOL.judging == JUDGED_STOOD and before.total.stood == 0
    assert b"stood" not in msgspec.json.encode(before)
    quiet = told(advice(5, 3), truth(5, 30))
    assert (
        len(
            {
                metrics.digest_of(figures(msgspec.structs.replace(PROTOCOL, judging=rule), quiet, at(60)))
                for rule in (JUDGED_ONCE, JUDGED_STOOD)
            }
        )
        == 1
    )
