"""Grades of solutions."""

from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.innovation.grading import CLAIMED, EVIDENCE_LASTS, Criterion, Grade, Shown, grade, holds, missing

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("criteria", "measured", "name"),
    [
        ((), False, Grade.NONE),
        ((), True, Grade.NONE),
        ((Criterion.DOCUMENTED,), False, Grade.BRONZE),
        ((Criterion.TESTED,), False, Grade.NONE),
        ((Criterion.DOCUMENTED, Criterion.TESTED, Criterion.SECURE), True, Grade.SILVER),
        (CLAIMED, False, Grade.GOLD),
        (CLAIMED, True, Grade.PLATINUM),
    ],
)
def test_a_grade_holds_all_that_is_below_it(criteria: tuple[Criterion, ...], measured: bool, name: Grade) -> None:
    assert grade(holds([Shown(one, NOW) for one in criteria], NOW, measured=measured)) is name


def test_a_field_measure_cannot_be_claimed() -> None:
    held = holds([Shown(one, NOW) for one in Criterion], NOW, measured=False)
    assert grade(held) is Grade.GOLD and missing(held) == (Criterion.MEASURED,)


def test_evidence_grows_old_and_counts_no_sooner_than_it_was_seen() -> None:
    seen = [Shown(Criterion.DOCUMENTED, NOW)]
    assert grade(holds(seen, NOW + EVIDENCE_LASTS - timedelta(seconds=1), measured=False)) is Grade.BRONZE
    assert grade(holds(seen, NOW + EVIDENCE_LASTS, measured=False)) is Grade.NONE
    assert grade(holds(seen, NOW - timedelta(seconds=1), measured=False)) is Grade.NONE
