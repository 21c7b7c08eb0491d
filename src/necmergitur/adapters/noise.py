"""Counts with noise, by OpenDP: one person more or less can hardly be told from what is published.

The library is loaded when it is first asked for: it is large, and only a release needs it.
"""

from collections.abc import Sequence
from math import log

SCALE_MAX = 1_000.0  # ours: with more noise than this a count of a zone says nothing
MARGIN_SHARE = 0.95  # how often a count is within its margin


class TooNoisy(Exception):
    """So little may be spent that nothing of the counts would be left."""


def noisy(counts: Sequence[int], *, epsilon: float, most_of_one: int) -> tuple[list[int], int]:
    """Return `counts` with discrete Laplace noise, none below zero, and the margin that 95 in 100 are within.

    `epsilon` is what the whole vector spends; `most_of_one`, by how much one person moves all counts together. Drawn
    anew at each call, so a caller keeps what it got: noise drawn twice averages out. Raises TooNoisy.
    """
    import opendp.prelude as dp  # noqa: PLC0415 -- 265 MB that only a release needs

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    scale = most_of_one / epsilon
    if scale > SCALE_MAX:
        raise TooNoisy(f"a scale of {scale:.0f}")
    measurement = dp.m.make_laplace(*space, scale=scale)
    # The library's own proof of what is spent, not our arithmetic; its arithmetic rounds up in the last digit.
    spent: float = measurement.map(most_of_one)  # type: ignore[no-untyped-call]
    if spent > epsilon * (1 + 1e-9):
        raise AssertionError(f"{spent} would be spent, {epsilon} is allowed")
    drawn: list[int] = measurement(list(counts))
    return [max(0, each) for each in drawn], round(scale * log(1 / (1 - MARGIN_SHARE)))
