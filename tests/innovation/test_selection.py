"""When applications are read, and when one may be decided; what a text tells of the company it comes from."""

from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.innovation import reviews, selection
from necmergitur.innovation.reviews import Author, Juror, Work
from necmergitur.innovation.selection import Reading
from necmergitur.kernel.refusal import Refusal

CLOSES = datetime(2027, 3, 1, 12, tzinfo=UTC)
LATER, HOUR = CLOSES + timedelta(days=14), timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "decided", "rule"),
    [
        (CLOSES - HOUR, False, "call_still_open"),
        (CLOSES, False, ""),
        (CLOSES, True, "application_decided"),
        (LATER - HOUR, False, ""),
        (LATER, False, "reading_over"),
    ],
)
def test_applications_are_read_between_the_close_and_the_end_of_the_reading(
    now: datetime, decided: bool, rule: str
) -> None:
    refused = selection.may_read(Reading(CLOSES, LATER, 3, 0, 3), now, decided=decided)
    assert ("" if refused is None else refused.rule) == rule


def test_nothing_is_decided_while_somebody_reads() -> None:
    assert selection.may_decide(Reading(CLOSES, None, 0, 0, 0), CLOSES) is None, "nobody was asked"
    assert selection.may_decide(Reading(CLOSES, None, 0, 0, 2), CLOSES) == Refusal(rule="reviewers_wait")
    assert selection.may_decide(Reading(CLOSES, LATER, 0, 0, 2), LATER) is None, "the desk said that nobody reads"
    named = Reading(CLOSES, LATER, 0, 0, 2)
    assert selection.may_decide(named, LATER - HOUR) == Refusal(rule="reviewers_wait"), "a day named is not yet here"
    missing = selection.may_decide(Reading(CLOSES, LATER, 3, 2, 3), CLOSES)
    assert missing == Refusal(rule="reviews_under_way", facts={"left": "1"})
    assert selection.may_decide(Reading(CLOSES, LATER, 3, 3, 3), CLOSES) is None
    assert selection.may_decide(Reading(CLOSES, LATER, 3, 2, 3), LATER) is None, "the time is over"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Densité counts people.", ["Densité"]),
        ("We count people; densité is what we measure.", []),
        ("Write to us at densite.example for more", ["densite.example"]),
        ("Densitométrie", []),
    ],
)
def test_a_text_that_names_its_company_is_found_and_one_about_the_thing_is_not(text: str, told: list[str]) -> None:
    assert reviews.company_in(text, "Densité SAS", "ada@densite.example") == told


def test_a_legal_form_tells_no_two_companies_apart_and_a_public_mailbox_is_no_house() -> None:
    assert reviews.company("Densité S.A.S.") == reviews.company("DENSITE sarl") == "densite"
    assert (reviews.house_of("ada@Gmail.com"), reviews.house_of("ada@densite.example")) == ("", "densite.example")
    work = Work("1", (Author("Ada Example", "ada@densite.example", "Densité SAS"),))
    assert reviews.conflict(Juror("j", organisation="densite"), work) is not None
    assert reviews.conflict(Juror("j", knows=frozenset({"Densité"})), work) is not None
    assert reviews.conflict(Juror("j", organisation="SAS"), Work("2", (Author("A", "a@b.invalid", "SARL"),))) is None
