# ruff: noqa: RUF001 -- as people write a span
"""How figures of a trial are written: as the reader's language writes numbers."""

import pytest
from django.utils import translation

from necmergitur.innovation.metrics import Share
from necmergitur.web.trials import showing


@pytest.mark.parametrize(
    ("language", "whole", "short", "money", "share"),
    [
        ("fr", "5 000", "0,7", "1 200,00", "5/6 = 83 % (44 %–97 %)"),
        ("en", "5,000", "0.7", "1,200.00", "5/6 = 83% (44%–97%)"),
    ],
)
def test_a_figure_is_written_as_its_reader_writes_it(
    language: str, whole: str, short: str, money: str, share: str
) -> None:
    spaces = dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"), " ")
    with translation.override(language):
        said = [showing.number(5_000.0), showing.number(0.7), showing.number(1_200.0, 2)]
        said.append(showing.share(Share(hits=5, of=6, value=5 / 6, low=0.436, high=0.970)))
    assert [one.translate(spaces) for one in said] == [whole, short, money, share]
