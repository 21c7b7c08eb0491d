"""Phases of an incubation, and what a year came to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from necmergitur.innovation.phases import FOLLOWS, OVER, Phase, Step, may_enter, years


def at(year: int, day: int) -> datetime:
    return datetime(year, 1, day, tzinfo=UTC)


def test_giving_up_is_open_from_every_phase_and_ends_it() -> None:
    for phase, following in FOLLOWS.items():
        assert following & {Phase.STOPPED, Phase.ABANDONED}, phase
    assert {Phase.STOPPED, Phase.ABANDONED, Phase.PERENNIAL, Phase.EXCLUDED} == OVER


@pytest.mark.parametrize(
    ("now_in", "phase", "reason", "rule"),
    [
        (Phase.INVESTIGATION, Phase.TRANSFER, "a good reason", "phase_does_not_follow"),
        (Phase.STOPPED, Phase.CONSTRUCTION, "a good reason", "phase_does_not_follow"),
        (Phase.INVESTIGATION, Phase.STOPPED, "  no  ", "reason_missing"),
    ],
)
def test_a_phase_follows_from_the_one_before_with_a_reason(now_in: Phase, phase: Phase, reason: str, rule: str) -> None:
    refused = may_enter(now_in, phase, reason)
    assert refused is not None and refused.rule == rule


def test_a_years_indicators_are_counted_from_dated_steps() -> None:
    steps = [
        Step("a", Phase.INVESTIGATION, at(2025, 1)),
        Step("a", Phase.CONSTRUCTION, at(2025, 11)),
        Step("b", Phase.INVESTIGATION, at(2025, 1)),
        Step("b", Phase.STOPPED, at(2025, 21)),
        Step("a", Phase.ABANDONED, at(2026, 1)),
    ]
    first, second = years(steps, UTC)
    assert first.entered == {"investigation": 2, "construction": 1, "stopped": 1}
    assert first.days == {"investigation": 15.0}
    assert (first.under_way, second.under_way) == (1, 0)
    assert second.entered == {"abandoned": 1}
    assert second.days == {"construction": 355.0}


def test_a_year_begins_where_the_city_is() -> None:
    begun = Step("a", Phase.INVESTIGATION, datetime(2026, 3, 1, tzinfo=UTC))
    after_midnight = Step("a", Phase.CONSTRUCTION, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))  # 0:30 in Paris
    first, second = years([begun, after_midnight], ZoneInfo("Europe/Paris"))
    assert (first.year, first.entered, first.days) == (2026, {"investigation": 1}, {})
    assert (second.year, second.entered) == (2027, {"construction": 1})
