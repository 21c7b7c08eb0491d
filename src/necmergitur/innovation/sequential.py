"""Wald's sequential probability ratio test on the share of alarms that were false (A. Wald, 1945).

After each judged alarm the odds of "as bad as nobody accepts" over "as good as promised" are known; the trial ends as
soon as they leave the bounds, which the protocol fixed before: a bad solution is stopped early, and nobody may look at
the figures and choose when to stop.
"""

from collections.abc import Iterable
from math import log
from typing import Literal

import msgspec

from necmergitur.innovation.protocol import PERCENT, Stop

Verdict = Literal["good", "bad", "undecided"]


class Bounds(msgspec.Struct, frozen=True):
    """What one right and one false alarm weigh, and where the test ends on each side."""

    right: float
    false: float
    good: float
    bad: float


def bounds_of(stop: Stop) -> Bounds:
    """Return the test's bounds. Raises ValueError when a share is 0 or 1, or bad is not above good."""
    good, bad, alpha, beta = (share / PERCENT for share in (stop.good, stop.bad, stop.alpha, stop.beta))
    if not 0 < good < bad < 1 or not 0 < alpha < 1 or not 0 < beta < 1:
        raise ValueError("shares lie between 0 and 1, the bad one above the good one")
    return Bounds(log((1 - bad) / (1 - good)), log(bad / good), log(beta / (1 - alpha)), log((1 - beta) / alpha))


def path(bounds: Bounds, outcomes: Iterable[bool]) -> list[float]:
    """Return the log odds after each judged alarm (True: it was right), the first being 0 before any."""
    odds = [0.0]
    for right in outcomes:
        odds.append(odds[-1] + (bounds.right if right else bounds.false))
    return odds


def verdict(bounds: Bounds, outcomes: Iterable[bool], *, sample: int = 1) -> tuple[Verdict, int]:
    """Return what the test says, and after how many alarms. It passes as good only from `sample` alarms on."""
    count = 0
    for count, odds in enumerate(path(bounds, outcomes)):
        if odds >= bounds.bad:
            return "bad", count
        if odds <= bounds.good and count >= sample:
            return "good", count
    return "undecided", count
