"""Judgement sets as lines."""

import pytest

from necmergitur.innovation import judgements


def test_lines_are_read_and_the_best_grade_is_wanted() -> None:
    read = judgements.read("# a comment\nq1\td1\t2\nq1\td2\t2\nq1\td3\t1\n\nq2\td1\t0\n")
    assert read.grades["q1"] == {"d1": 2, "d2": 2, "d3": 1}
    assert read.wanted("q1") == {"d1", "d2"}
    assert read.wanted("q2") == frozenset()


@pytest.mark.parametrize(
    ("line", "told"),
    [("q1 d1 1", "line 1"), ("q1\td1\tgood", "'good'"), ("q1\td1\t1\tmore", "line 1"), ("q1\td1\tnan", "'nan'")],
)
def test_a_line_that_says_nothing_is_told_by_its_number(line: str, told: str) -> None:
    with pytest.raises(judgements.Unreadable, match=told):
        judgements.read(line)
