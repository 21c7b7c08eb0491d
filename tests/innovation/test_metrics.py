"""Figures are what a hand counts from the facts, and nothing the vendor says of itself moves them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.metrics import Told, figures, percentile, wilson
from necmergitur.innovation.protocol import (
    Goal,
    Protocol,
    Source,
    Stop,
    TrialAdvised,
    TrialBegun,
    TrialComplaint,
    TrialCost,
    TrialEvent,
    TrialStopped,
    TrialTruth,
)

START = datetime(2026, 11, 26, 18, tzinfo=UTC)
PROTOCOL = Protocol(
    id=UUID(int=1),
    chain=7,
    title="A season at the hall",
    hypotheses=("It comes in time.",),
    goals=(Goal("precision", 0.6), Goal("recall", 0.5), Goal("delay_p95_s", 60), Goal("cost_eur", 10)),
    sources=(Source("v-1", "density", "z-1"), Source("v-2", "density", "z-2")),
    mode="shadow",
    starts=START,
    ends=START + timedelta(hours=2),
    alarm_level=2,
    tolerance_s=60,
    operators=3,
    sample=5,
    stop=Stop(good=20, bad=60),
)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def advice(minutes: float, level: int, sensor: str = "v-1", **more: Any) -> TrialAdvised:
    said = {"confidence": 50, "boot_id": 1, "seq": int(minutes * 60)} | more
    return TrialAdvised(sensor, at(minutes), int(at(minutes).timestamp() // 60), level, **said)


def truth(since: float, until: float, *, present: bool = True, zone: str = "z-1") -> TrialTruth:
    return TrialTruth("density", zone, at(since), at(until), present, "steward")


def told(*events: TrialEvent) -> list[Told]:
    return [
        Told(START, TrialBegun((), "")),
        *(Told(at(60), event) for event in events),
        Told(at(60), TrialStopped("by_hand")),
    ]


# One evening at two sites: alarms at 5 (right), 20 (false), 40 (nobody looked), and at the other site at 30 (right).
EVENING = (
    advice(4, 1), advice(5, 2), advice(6, 3), advice(7, 0),
    advice(20, 2), advice(21, 0), advice(40, 3), advice(41, 1),
    advice(30, 2, "v-2"), advice(31, 0, "v-2"),
    truth(4.5, 8), truth(50, 55), truth(19, 25, present=False), truth(30.5, 33, zone="z-2"),
    TrialCost("licence", 900), TrialCost("staff", 300), TrialComplaint("privacy", "z-1", at(30)),
)  # fmt: skip


def test_an_evening_s_figures_are_those_of_a_hand() -> None:
    found = figures(PROTOCOL, told(*EVENING), at(60))
    total = found.total
    assert (total.advice, total.alarms, total.unjudged, total.false_alarms) == (10, 4, 1, 1)
    assert (total.precision.hits, total.precision.of) == (2, 3)
    assert (total.recall.hits, total.recall.of) == (2, 3)
    assert found.operator_hours == 3.0 and total.false_alarms_per_hour == pytest.approx(1 / 3, abs=1e-4)
    assert (total.delay_p50_s, total.delay_p95_s) == (-30.0, 30.0)
    assert (found.cost_cents, found.costs, found.complaints) == (1_200, (("licence", 900), ("staff", 300)), 1)
    assert [(row.zone_id, row.precision.hits, row.precision.of) for row in found.rows] == [("z-1", 1, 2), ("z-2", 1, 1)]
    assert [goal.holds for goal in found.goals] == [True, True, True, False]
    assert found.outcome == "fail"
    assert sorted(found.outcomes) == [False, True, True]


def test_what_a_vendor_says_of_itself_moves_no_figure() -> None:
    boasts = tuple(
        msgspec.structs.replace(one, confidence=100, minute=one.minute + 3) if isinstance(one, TrialAdvised) else one
        for one in EVENING
    )
    assert metrics.digest_of(figures(PROTOCOL, told(*boasts), at(60))) == metrics.digest_of(
        figures(PROTOCOL, told(*EVENING), at(60))
    )


def test_advice_of_a_key_that_is_not_in_the_protocol_counts_nowhere() -> None:
    found = figures(PROTOCOL, told(*EVENING, advice(10, 3, "v-9")), at(60))
    assert found.total.alarms == 4


def test_one_long_alarm_is_one_and_silence_ends_it() -> None:
    found = figures(PROTOCOL, told(*(advice(n, 3) for n in range(10)), advice(30, 3)), at(60))
    assert found.total.alarms == 2


def test_a_note_that_it_was_there_outweighs_one_that_it_was_not() -> None:
    notes = (truth(0, 20, present=False), truth(5, 6), truth(0, 20, present=False))
    found = figures(PROTOCOL, told(advice(5, 2), *notes), at(60))
    assert found.outcomes == (True,)


def test_nothing_measured_is_no_figure_and_decides_nothing() -> None:
    found = figures(PROTOCOL, [], at(60))
    assert found.total.precision.value is None and found.total.delay_p95_s is None
    assert found.outcome == "unknown" and found.operator_hours == 0.0


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(8, 10, 0.490162, 0.943318), (0, 5, 0.0, 0.434482), (5, 5, 0.565518, 1.0)]
)
def test_wilson_s_interval_is_the_published_one(hits: int, of: int, low: float, high: float) -> None:
    share = wilson(hits, of)
    assert share.low == pytest.approx(low, abs=1e-5) and share.high == pytest.approx(high, abs=1e-5)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2
    assert percentile([5.0], 0.95) == 5.0
    assert percentile([], 0.5) is None


def test_a_protocol_is_one_text_and_reads_back() -> None:
    text = protocol.text_of(PROTOCOL)
    assert protocol.read(text) == PROTOCOL
    assert protocol.digest_of(text) == protocol.digest_of(protocol.text_of(protocol.read(text)))
    assert protocol.check(PROTOCOL, START) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"hypotheses": ()}, "trial_hypotheses_missing"),
        ({"goals": ()}, "trial_goals_missing"),
        ({"goals": (Goal("recall", 1), Goal("recall", 0.5))}, "trial_goals_twice"),
        ({"goals": (Goal("precision", 70),)}, "trial_goals_out_of_range"),
        ({"goals": (Goal("recall", 0),)}, "trial_goals_out_of_range"),
        ({"goals": (Goal("cost_eur", float("nan")),)}, "trial_goals_out_of_range"),
        ({"sources": ()}, "trial_sources_missing"),
        ({"ends": START}, "trial_ends_before_start"),
        ({"ends": START + timedelta(days=400)}, "trial_ends_too_late"),
        ({"alarm_level": 4}, "trial_alarm_level_out_of_range"),
        ({"tolerance_s": -1}, "trial_tolerance_s_out_of_range"),
        ({"stop": Stop(good=60, bad=20)}, "trial_bad_not_above_good"),
        ({"sample": 0}, "trial_sample_out_of_range"),
    ],
)
def test_a_protocol_that_decides_nothing_is_refused(changes: dict[str, Any], rule: str) -> None:
    refused = protocol.check(msgspec.structs.replace(PROTOCOL, **changes), START)
    assert [one.rule for one in refused] == [rule]


# A text fixed before one event made one alarm right, with its hash, and the hash of figures computed then.
FIXED_BEFORE = (
    '{"alarm_level":2,"chain":7,"ends":"2026-11-26T20:00:00Z","goals":[{"metric":"precision","value":0.6},'
    '{"metric":"recall","value":0.5},{"metric":"delay_p95_s","value":60.0},{"metric":"cost_eur","value":10.0}],'
    '"hypotheses":["It comes in time."],"id":"00000000-0000-0000-0000-000000000001","mode":"shadow","operators":3,'
    '"sample":5,"sources":[{"sensor_id":"v-1","use":"density","zone_id":"z-1"},{"sensor_id":"v-2","use":"density",'
    '"zone_id":"z-2"}],"starts":"2026-11-26T18:00:00Z","stop":{"alpha":5,"bad":60,"beta":10,"complaints":0,"good":20},'
    '"title":"A season at the hall","tolerance_s":60}'
)
FLAPS = (advice(5, 2), advice(6, 0), advice(7, 3), advice(8, 0), truth(4, 9))


def test_a_protocol_and_a_report_fixed_before_keep_their_hashes() -> None:
    before = protocol.read(FIXED_BEFORE)
    assert protocol.text_of(before) == FIXED_BEFORE
    assert protocol.digest_of(FIXED_BEFORE) == "1a9e5d75fe65febc5282237cad0f434ae6f6b3348e1ff91fea9628357a466a89"
    evening, flaps = figures(before, told(*EVENING), at(60)), figures(before, told(*FLAPS), at(60))
    assert metrics.digest_of(evening) == "aad6e85b894982950bfc9963bae149b57dbaf3d6a7559fcb55851cc1e9f2bccf"
    assert metrics.digest_of(flaps) == "7e39dd35600d76db1c250eb8385c2b8df3ca5bc8cb4f0f3632c9f58420bfe637"
    assert flaps.outcomes == (True, True)
    assert [one.rule for one in protocol.check(before, START)] == ["trial_judging_unknown"]


def test_the_rule_for_alarms_is_part_of_what_is_hashed() -> None:
    text = protocol.text_of(PROTOCOL)
    assert '"judging":3' in text and protocol.read(text).judging == 3


def test_advice_that_falls_and_rises_within_one_event_is_right_once() -> None:
    flapping = [advice(5 + n, 3 if n % 2 == 0 else 0) for n in range(10)]
    found = figures(PROTOCOL, told(*flapping, truth(4, 16)), at(60))
    assert (found.total.alarms, found.total.repeats, found.total.unjudged, found.total.false_alarms) == (5, 4, 0, 0)
    assert (found.total.precision.hits, found.total.precision.of, found.outcomes) == (1, 1, (True,))
    assert found.total.recall.value == 1.0 and found.total.delay_p50_s == 60.0


def test_two_keys_of_one_use_and_site_share_an_event() -> None:
    both = msgspec.structs.replace(PROTOCOL, sources=(Source("v-1", "density", "z-1"), Source("v-3", "density", "z-1")))
    said = (advice(5, 3), advice(5.5, 3, "v-3"), advice(6, 0), advice(6.5, 0, "v-3"), advice(7, 3), advice(8, 3, "v-3"))
    found = figures(both, told(*said, truth(4, 9)), at(60))
    assert (found.total.alarms, found.total.repeats, found.outcomes) == (4, 3, (True,))


@pytest.mark.parametrize("notes", [(truth(0, 30), truth(0, 10)), (truth(0, 10), truth(0, 30))])
def test_events_that_overlap_make_one_alarm_right_each_whatever_their_order(notes: tuple[TrialTruth, ...]) -> None:
    said = (advice(5, 3), advice(6, 0), advice(20, 3), advice(21, 0), advice(25, 3))
    found = figures(PROTOCOL, told(*said, *notes), at(60))
    assert (found.total.repeats, found.outcomes) == (1, (True, True))
    between = figures(PROTOCOL, told(notes[0], *said, notes[1]), at(60))
    assert (between.total.repeats, between.outcomes) == (1, (True, True))


def test_the_tolerance_of_an_event_excuses_one_alarm_where_nothing_was_seen() -> None:
    said = (advice(5, 3), advice(6, 0), advice(9.5, 3), advice(10, 0), advice(12, 3))
    found = figures(PROTOCOL, told(*said, truth(4, 9), truth(9, 20, present=False)), at(60))
    assert (found.total.repeats, found.total.false_alarms, found.outcomes) == (0, 2, (True, False, False))
    unseen = figures(PROTOCOL, told(*said[:4], truth(4, 9)), at(60))
    assert (unseen.total.repeats, unseen.total.false_alarms) == (1, 0)


def test_flapping_where_nothing_was_is_false_each_time() -> None:
    flapping = [advice(5 + n, 3 if n % 2 == 0 else 0) for n in range(6)]
    assert figures(PROTOCOL, told(*flapping, truth(0, 30, present=False)), at(60)).outcomes == (False,) * 3


def test_a_note_that_comes_late_adds_to_what_was_judged_and_reorders_none_of_it() -> None:
    facts = (
        advice(5, 3), advice(6, 0), truth(4, 30),
        advice(40, 3), advice(41, 0), truth(39, 42, present=False),
        advice(20, 3), advice(21, 0),
    )  # fmt: skip
    before = figures(PROTOCOL, told(*facts), at(60)).outcomes
    assert before == (True, False)
    for late in (truth(0, 10), truth(19, 22), truth(0, 38)):
        after = figures(PROTOCOL, told(*facts, late), at(60)).outcomes
        assert after == (*before, True), late


def test_many_notes_and_alarms_are_judged_at_once() -> None:
    flapping = [advice(n / 10, 3 if n % 2 == 0 else 0, seq=n) for n in range(4_000)]
    found = figures(PROTOCOL, told(*flapping, *(truth(n, n + 20) for n in range(0, 400, 5))), at(60))
    assert found.total.precision.hits == 80 and found.total.repeats == 1_920


def test_a_note_that_was_taken_back_counts_nowhere_and_that_it_was_is_said() -> None:
    notes = (truth(4, 9), truth(19, 25, present=False))
    facts = told(advice(5, 3), advice(6, 0), *notes, protocol.TrialTruthWithdrawn(4, "It was the other square."))
    found = figures(PROTOCOL, facts, at(60))
    assert (found.withdrawn, found.total.recall.of, found.total.unjudged, found.outcomes) == (1, 0, 1, ())
