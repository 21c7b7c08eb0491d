"""An edition's phases, what may be done in each, and how many people make a team."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from necmergitur.innovation import editions
from necmergitur.innovation.editions import Act, Dates, Phase
from necmergitur.kernel.refusal import Refusal

FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
DATES = Dates(*(FIRST + timedelta(days=number) for number in range(6)))


def test_phases_follow_each_other_by_their_dates() -> None:
    seen = [editions.phase_of(DATES, FIRST + timedelta(days=number, seconds=0)) for number in range(-1, 7)]
    assert seen == [*Phase, Phase.RESULTS]
    assert editions.ends_at(DATES, Phase.SUBMISSION) == DATES.review_at
    assert editions.ends_at(DATES, Phase.ANNOUNCED) == DATES.registration_at
    assert editions.ends_at(DATES, Phase.RESULTS) is None


def test_nothing_is_handed_in_after_the_end_nor_before_its_time() -> None:
    assert editions.may(Act.SUBMIT, DATES, DATES.review_at - timedelta(microseconds=1)) is None
    late = editions.may(Act.SUBMIT, DATES, DATES.review_at)
    assert isinstance(late, Refusal) and late.facts["phase"] == "review"
    assert isinstance(editions.may(Act.SUBMIT, DATES, DATES.work_at), Refusal)


def test_dates_out_of_order_make_no_edition() -> None:
    assert editions.check_dates(DATES) is None
    swapped = msgspec.structs.replace(DATES, work_at=DATES.submission_at)
    assert isinstance(editions.check_dates(swapped), Refusal)
    endless = msgspec.structs.replace(DATES, results_at=FIRST + timedelta(days=400))
    assert isinstance(editions.check_dates(endless), Refusal)


@pytest.mark.parametrize(("people", "teams"), [(1, 1), (40, 1), (400, 401), (9, 1), (3, 2), (0, 1), (5, 0)])
def test_a_team_of_one_or_of_forty_is_refused(people: int, teams: int) -> None:
    assert isinstance(editions.sizes(people, teams), Refusal)


def test_everybody_finds_a_place() -> None:
    assert editions.sizes(400, 80) == [5] * 80
    uneven = editions.sizes(403, 80)
    assert isinstance(uneven, list) and sum(uneven) == 403 and set(uneven) == {5, 6}


def test_each_theme_that_is_wished_has_a_team() -> None:
    assert editions.shares({"a": 300, "b": 99, "c": 1}, 80) == {"a": 60, "b": 19, "c": 1}
    assert sum(editions.shares({"a": 1, "b": 1, "c": 1}, 80).values()) == 80
    assert editions.shares({"a": 0, "b": 0}, 4) == {"a": 2, "b": 2}
