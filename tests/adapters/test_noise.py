"""Noise on counts: as much as was promised, no less, no more, and new at each call."""

import math
from statistics import mean

import pytest

from necmergitur.adapters.noise import TooNoisy, noisy

COUNTS = [1_000] * 4_000


def test_noise_is_as_wide_as_the_budget_says() -> None:
    """The mean distance of a two-sided geometric law is known: 2q / (1 - q²), q = exp(-ε / sensitivity)."""
    for epsilon in (0.5, 2.0):
        drawn, margin = noisy(COUNTS, epsilon=epsilon, most_of_one=5)
        q = math.exp(-epsilon / 5)
        assert mean(abs(each - 1_000) for each in drawn) == pytest.approx(2 * q / (1 - q * q), rel=0.1)
        assert sum(abs(each - 1_000) <= margin for each in drawn) / len(drawn) == pytest.approx(0.95, abs=0.02)


def test_noise_favours_no_side_and_is_never_the_same_twice() -> None:
    first, second = (noisy(COUNTS, epsilon=1.0, most_of_one=5)[0] for _ in range(2))
    assert first != second
    assert mean(first) == pytest.approx(1_000, abs=1.0)


def test_no_count_is_below_zero() -> None:
    assert min(noisy([0] * 1_000, epsilon=0.5, most_of_one=5)[0]) == 0


def test_a_budget_that_leaves_only_noise_publishes_nothing() -> None:
    with pytest.raises(TooNoisy):
        noisy([5], epsilon=0.001, most_of_one=5)


def test_the_same_release_drawn_again_and_again_tells_the_count() -> None:
    """Why noise is drawn once and kept: the planted hole is a page that draws it at each view."""
    views = [noisy([7], epsilon=0.5, most_of_one=5)[0][0] for _ in range(3_000)]
    # Zero is the floor, so the middle tells more than the mean.
    assert sorted(views)[len(views) // 2] in (6, 7, 8)
