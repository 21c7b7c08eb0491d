"""Pilots against calls: the figures of the dispatch notes, computed there by another programme."""

import pytest

from necmergitur.dispatch.staffing import PILOTS_MAX, pilots_needed


@pytest.mark.parametrize(("calls_per_h", "pilots"), [(0, 0), (5, 5), (20, 11), (50, 21), (100, 35)])
def test_pilots_needed_match_the_published_table(calls_per_h: float, pilots: int) -> None:
    assert pilots_needed(calls_per_h) == pilots


def test_more_calls_never_need_fewer_pilots() -> None:
    needed = [pilots_needed(rate / 2) for rate in range(300)]
    assert needed == sorted(needed)


@pytest.mark.parametrize("calls_per_h", [-1, PILOTS_MAX * 100])
def test_an_impossible_rate_is_refused(calls_per_h: float) -> None:
    with pytest.raises(ValueError):
        pilots_needed(calls_per_h)
