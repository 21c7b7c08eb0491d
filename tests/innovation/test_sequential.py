"""The sequential test keeps the error rates its protocol promises, on simulated alarms."""

import random
from statistics import mean

import pytest

from necmergitur.innovation.protocol import Stop
from necmergitur.innovation.sequential import bounds_of, path, verdict

STOP = Stop(good=20, bad=60, alpha=5, beta=10)


def run(false_share: float, rng: random.Random) -> tuple[str, int]:
    return verdict(bounds_of(STOP), (rng.random() >= false_share for _ in range(5_000)))


@pytest.mark.parametrize(("share", "wrong", "most"), [(0.20, "bad", 0.05), (0.60, "good", 0.10)])
def test_it_errs_no_more_often_than_its_bounds_say(share: float, wrong: str, most: float) -> None:
    rng = random.Random(20261126)
    said = [run(share, rng) for _ in range(4_000)]
    rate = mean(says == wrong for says, _ in said)
    print(f"false share {share}: '{wrong}' in {100 * rate:.1f} % of 4,000, after {mean(n for _, n in said):.1f} alarms")
    assert rate <= most
    assert all(says != "undecided" for says, _ in said)


def test_it_passes_nothing_as_good_before_enough_was_judged_and_stops_the_bad_at_once() -> None:
    bounds = bounds_of(STOP)
    assert verdict(bounds, [True] * 10)[0] == "good"
    assert verdict(bounds, [True] * 10, sample=11) == ("undecided", 10)
    assert verdict(bounds, [False] * 3, sample=1_000) == ("bad", 3)
    assert verdict(bounds, []) == ("undecided", 0)


def test_the_path_is_what_a_hand_adds_up() -> None:
    bounds = bounds_of(STOP)
    walked = path(bounds, [True, False])
    assert walked == pytest.approx([0.0, -0.693147, -0.693147 + 1.098612], abs=1e-6)
    assert (bounds.good, bounds.bad) == pytest.approx((-2.251292, 2.890372), abs=1e-6)


@pytest.mark.parametrize("stop", [Stop(good=0, bad=50), Stop(good=50, bad=50), Stop(good=20, bad=100)])
def test_shares_that_make_no_test_are_refused(stop: Stop) -> None:
    with pytest.raises(ValueError, match="shares"):
        bounds_of(stop)
