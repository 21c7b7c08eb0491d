"""The sequential test as it is drawn: its line runs through none of its words."""

from itertools import pairwise
from uuid import uuid4

import pytest
from django.utils.translation import override

from necmergitur.innovation.protocol import Goal, Protocol, Source, Stop
from necmergitur.web.papers.drawings import Line, Word
from necmergitur.web.trials import plot
from tests.web.trials.trying import now


def protocol_of(sample: int) -> Protocol:
    return Protocol(
        id=uuid4(),
        chain=uuid4(),
        title="A season",
        hypotheses=("It tells in time.",),
        goals=(Goal("precision", 0.7),),
        sources=(Source("v-0001", "density", "z-1"),),
        mode="shadow",
        starts=now(),
        ends=now(),
        alarm_level=2,
        tolerance_s=1,
        operators=2,
        sample=sample,
        stop=Stop(good=20, bad=60),
    )


@pytest.mark.parametrize("sample", [6, 20, 50])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("judged", ["", "+" * 6, "+" * 20, "+-" * 10, "-" * 8, "++++-" * 10])
def test_no_word_stands_in_the_way_of_the_line(judged: str, language: str, sample: int) -> None:
    with override(language):
        drawn = plot.odds(protocol_of(sample), [one == "+" for one in judged])
    (line,) = (one for one in drawn.shapes if isinstance(one, Line) and one.kind == "odds__line")
    bounds = [
        one for one in drawn.shapes if isinstance(one, Word) and ":" in one.text.replace("\N{NO-BREAK SPACE}", "")
    ]
    assert len(bounds) == 2
    for word in bounds:
        wide = 6 * len(word.text)
        left, right = (word.at[0] - wide, word.at[0]) if word.anchor == "end" else (word.at[0], word.at[0] + wide)
        points = [
            (a + (c - a) * at / 20, b + (d - b) * at / 20)
            for (a, b), (c, d) in pairwise(line.points)
            for at in range(21)
        ]
        assert not any(left < x < right and word.at[1] - 10 < y < word.at[1] + 2 for x, y in points), word.text
