"""A stream says so many readings under its paper, and never as much as speech needs."""

from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.governance import budget
from necmergitur.governance.budget import Allowance, full, spend
from necmergitur.governance.constants import ENVELOPE_BITS, STREAM_BITS_PER_S
from necmergitur.governance.modalities import MODALITIES
from necmergitur.kernel.refusal import Refusal

NOW = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)
COUNTS = MODALITIES["crowd_count"]


def said(rate_per_minute: int, every_s: float, for_s: float) -> tuple[int, set[str]]:
    """Say a reading every `every_s`; return how many passed and what stopped the others."""
    left, now, passed, rules = full(rate_per_minute, NOW), NOW, 0, set()
    while now < NOW + timedelta(seconds=for_s):
        outcome = spend(left, COUNTS, now)
        if isinstance(outcome, Allowance):
            left, passed = outcome, passed + 1
        else:
            rules.add(outcome.rule)
        now += timedelta(seconds=every_s)
    return passed, rules


def test_a_device_as_signed_is_never_refused() -> None:
    assert said(1, 60, 3_600) == (60, set())
    assert said(1, 59.9, 3_600) == (61, set()), "its minute is not ours"


def test_more_readings_than_signed_are_refused() -> None:
    passed, rules = said(1, 6, 3_600)
    assert rules == {"rate_exceeded"}
    assert passed <= 62


def test_slow_exfiltration_under_a_generous_paper_meets_the_bit_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    each = COUNTS.bits + ENVELOPE_BITS
    passed, rules = said(60_000, 0.01, 600)
    assert rules == {"bit_budget_exceeded"}
    assert passed * each / 600 <= STREAM_BITS_PER_S * 1.06, "with what was saved up, 30 s in 600"
    monkeypatch.setattr(budget, "STREAM_BITS_PER_S", 1_000_000)  # the planted hole
    assert said(60_000, 0.01, 600)[0] * each / 600 > 9_000, "speech would pass"


def test_a_clock_set_back_gives_nothing() -> None:
    left = full(1, NOW)
    for second in (0, -3_600):
        spent = spend(left, COUNTS, NOW + timedelta(seconds=second))
        assert isinstance(spent, Allowance)
        left = spent
    refused = spend(left, COUNTS, NOW)
    assert isinstance(refused, Refusal)
    assert refused.rule == "rate_exceeded"
