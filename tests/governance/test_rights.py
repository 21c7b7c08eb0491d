"""Rights of persons: a month, three at most and told within the first, and no refusal without its article."""

from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.governance.rights import GROUNDS, KINDS, Case, answer, cited, extend, months_after
from necmergitur.kernel.refusal import Refusal

ASKED = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
PROVEN = Case(kind="erase", received_at=ASKED, proven=True)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),  # no such date: the month's last day (Regulation 1182/71, art. 3(2)(c))
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2026, 3, 15), 1, (2026, 4, 15)),
        ((2026, 11, 30), 3, (2027, 2, 28)),
        ((2026, 12, 1), 1, (2027, 1, 1)),
    ],
)
def test_a_month_ends_on_the_same_date_or_the_last(start: tuple, months: int, end: tuple) -> None:
    assert months_after(datetime(*start, 9, 30, tzinfo=UTC), months) == datetime(*end, 9, 30, tzinfo=UTC)


def rule(refusal: Refusal | None) -> str:
    assert refusal is not None
    return refusal.rule


def test_a_refusal_without_a_ground_that_fits_is_refused() -> None:
    assert rule(answer(PROVEN, "refused", "", "no")) == "right_ground_missing"
    assert rule(answer(PROVEN, "refused", "because", "no")) == "right_ground_missing"
    assert rule(answer(PROVEN, "partly", "compelling", "no")) == "right_ground_unfit"
    assert rule(answer(PROVEN, "granted", "archive", "yes")) == "right_ground_unfit"
    assert rule(answer(PROVEN, "refused", "legal_claims", " ")) == "reason_missing"
    assert answer(PROVEN, "refused", "legal_claims", "a judge asked for it") is None
    assert cited("erase", "refused", "legal_claims") == "GDPR art. 17(3)(e)"
    assert cited("erase", "granted", "") == "GDPR art. 17"


@pytest.mark.parametrize("proven", [None, False])
def test_nothing_is_told_to_somebody_who_may_be_another(proven: bool | None) -> None:
    case = Case(kind="access", received_at=ASKED, proven=proven)
    for outcome, ground in (("granted", ""), ("partly", "others_rights"), ("nothing_held", "")):
        assert rule(answer(case, outcome, ground, "here")) == "right_not_proven"
    assert answer(case, "refused", "not_identified", "we cannot tell") is None


def test_the_deadline_is_extended_once_in_time_and_with_a_reason() -> None:
    assert rule(extend(PROVEN, "holidays", "x", ASKED)) == "right_extension_reason_unknown"
    assert rule(extend(PROVEN, "number", " ", ASKED)) == "reason_missing"
    assert rule(extend(PROVEN, "number", "x", PROVEN.due_at)) == "right_extension_late"
    assert extend(PROVEN, "number", "x", PROVEN.due_at - timedelta(seconds=1)) is None
    extended = Case(kind="erase", received_at=ASKED, extended=True)
    assert extended.due_at == datetime(2026, 4, 30, 9, 30, tzinfo=UTC)
    assert rule(extend(extended, "number", "x", ASKED)) == "right_extended_already"


def test_every_ground_and_every_kind_names_its_article() -> None:
    assert all("art." in article for article in KINDS.values())
    assert all("art." in article and kinds for article, kinds in GROUNDS.values())
