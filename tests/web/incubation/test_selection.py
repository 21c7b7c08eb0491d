"""Selection by blind review, through forms alone: who reads what, what is told to whom, what PostgreSQL refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from necmergitur.innovation.reviews import APPLIED
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.incubation import reviewing
from necmergitur.web.incubation.models import Application, Call, Conflict, Helper, Review
from necmergitur.web.letters.models import Letter
from necmergitur.web.programme.models import Project
from tests.web.incubation.test_incubation import DESK, OTHER, WHY, applied, called, reviewer
from tests.web.pages import City, audited, queries

NAMES = ("Ada Example", "ada@", "Densité", "densite.example", "Bo Autre", "Autre SARL", "autre.example")


class Selecting:
    """A call with two applications, closed, and three reviewers by their links."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.analyst, self.call = called(city, places=2)
        self.mine = [applied(self.call).headers["Location"], applied(self.call, **OTHER).headers["Location"]]
        self.first, self.second = Application.objects.order_by("received_at")
        self.desk = f"{DESK}calls/{self.call.pk}/selection/"

    def close(self) -> None:
        Call.objects.update(closes_at=timezone.now() - timedelta(hours=1))

    def invite(self, name: str, **said: str) -> str:
        answer = self.analyst.post(f"{self.desk}invite/", {"name": name, "language": "en"} | said)
        page = answer.content.decode()
        assert answer.status_code == 200, page
        return "/programme/incubation/reviewer/" + page.split("/programme/incubation/reviewer/")[1].split("<")[0]

    def assign(self, each: int) -> Any:
        return self.analyst.post(f"{self.desk}assign/", {"each": str(each)})


@pytest.fixture
def selecting(city: City) -> Selecting:
    return Selecting(city)


def somebody() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def declared(link: str, knows: str = "") -> str:
    assert somebody().post(link, {"knows": knows}).status_code == 302
    return link


def marks(value: int, remark: str = "") -> dict[str, str]:
    return dict.fromkeys(APPLIED, str(value)) | {"remark": remark}


def reads(link: str) -> list[str]:
    """Return the addresses of what a reviewer has to read."""
    page = somebody().get(link).content.decode()
    return [link + str(one.pk) + "/" for one in Review.objects.order_by("pk") if f'{link}{one.pk}/"' in page]


def test_three_read_without_names_marks_are_levelled_and_the_companies_told(selecting: Selecting) -> None:
    links = [declared(selecting.invite(f"Reviewer {number}")) for number in range(3)]
    assert selecting.assign(2).status_code == 409, "the call is still open"
    selecting.close()
    assert selecting.assign(2).status_code == 302
    loads = sorted(len(reads(link)) for link in links)
    assert loads == [1, 1, 2]
    page = f"{DESK}applications/{selecting.first.pk}/"
    assert selecting.analyst.post(page, {"reason": WHY, "to": "accept"}).status_code == 409, "they still read"
    for link in links:
        for place in reads(link):
            is_first = selecting.first.title in somebody().get(place).content.decode()
            assert somebody().post(place, marks(8 if is_first else 4, "Say how.")).status_code == 302
            assert somebody().post(place, marks(9)).status_code == 409, "marks stand"
    result = selecting.analyst.get(selecting.desk).content.decode()
    assert result.index("Crowd advice") < result.index("Doors that count")
    assert "Ada Example" not in result and "Densité" not in result and 'class="mark"' in result
    assert "Say how." in selecting.analyst.get(page).content.decode()
    assert "Say how." not in somebody().get(selecting.mine[0]).content.decode(), "before the decision nobody is told"
    assert selecting.analyst.post(page, {"reason": WHY, "to": "accept"}).status_code == 302
    refuse = {"reason": "It counts, and says nothing about where.", "to": "refuse"}
    assert selecting.analyst.post(f"{DESK}applications/{selecting.second.pk}/", refuse).status_code == 302
    assert Project.objects.count() == 1
    chosen, refused = (somebody().get(mine).content.decode() for mine in selecting.mine)
    assert WHY in chosen and "Say how." in chosen
    assert "Not chosen" in refused and refuse["reason"] in refused
    assert (
        "Densité SAS" in somebody().get(reads(links[0])[0]).content.decode()
        or "Autre SARL" in somebody().get(reads(links[0])[0]).content.decode()
    ), "once decided it is no secret"


def told(link: str) -> list[str]:
    """Return what a reviewer's pages tell of whoever applied."""
    pages = [somebody().get(place).content.decode() for place in (link, *reads(link))]
    return [name for page in pages for name in NAMES if name.lower() in page.lower()]


def test_no_page_of_a_reviewer_names_anybody_before_the_decision(selecting: Selecting) -> None:
    link = declared(selecting.invite("Reviewer"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    assert len(reads(link)) == 2
    assert told(link) == []


def test_a_planted_name_on_a_reviewers_page_is_found(selecting: Selecting) -> None:
    link = declared(selecting.invite("Reviewer"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    Application.objects.filter(pk=selecting.first.pk).update(summary="By Ada Example of Densité SAS.")
    assert set(told(link)) >= {"Ada Example", "Densité"}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"summary": "Ada Example counts people at gates, without images."}, "Ada Example"),
        ({"summary": "Nouvelle counts people at gates, without images."}, "Nouvelle"),
        ({"summary": "Look at nouvelle.example for how it counts."}, "nouvelle.example"),
    ],
)
def test_an_application_that_names_itself_goes_back_with_the_word_and_what_was_typed(
    city: City, changes: dict[str, str], word: str
) -> None:
    _analyst, call = called(city)
    answer = applied(call, organisation="Nouvelle SAS", contact_email="ada@nouvelle.example", **changes)
    page = answer.content.decode()
    assert answer.status_code == 422 and word in page and changes["summary"] in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    "who",
    [
        {"email": "ADA@densite.example"},
        {"email": "someone.else@densite.example"},
        {"organisation": "densite sarl"},
    ],
)
def test_a_reviewer_of_their_own_company_reads_it_never(selecting: Selecting, who: dict[str, str]) -> None:
    link = declared(selecting.invite("Colleague", **who))
    others = [declared(selecting.invite(f"Reviewer {number}")) for number in range(2)]
    selecting.close()
    assert selecting.assign(3).status_code == 409, "only two may read the first"
    assert selecting.assign(2).status_code == 302
    assert Conflict.objects.filter(reviewer__name="Colleague").values_list("application", flat=True)[0] == (
        selecting.first.pk
    )
    assert "Crowd advice" not in somebody().get(link).content.decode()
    assert [len(reads(other)) for other in others] in ([1, 2], [2, 1], [2, 2])


@pytest.mark.parametrize("knows", ["ada example", "ADA@densite.example", "Densité"])
def test_a_friend_declared_late_is_taken_away_marks_and_all_and_somebody_else_reads_it(
    selecting: Selecting, knows: str
) -> None:
    friend = declared(selecting.invite("Friend"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    place = next(each for each in reads(friend) if "Crowd advice" in somebody().get(each).content.decode())
    assert somebody().post(place, marks(10)).status_code == 302
    other = declared(selecting.invite("Other"))
    declared(friend, knows)
    assert not Review.objects.filter(reviewer__name="Friend", application=selecting.first).exists()
    assert Review.objects.filter(reviewer__name="Other", application=selecting.first).exists()
    assert somebody().get(place).status_code == 404
    assert "Crowd advice" in somebody().get(other).content.decode()


def test_a_friend_who_is_named_once_the_reading_is_over_takes_no_marks_away(selecting: Selecting) -> None:
    friend = declared(selecting.invite("Friend"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    place = next(each for each in reads(friend) if "Crowd advice" in somebody().get(each).content.decode())
    assert somebody().post(place, marks(10)).status_code == 302
    assert selecting.analyst.post(f"{selecting.desk}end/").status_code == 302
    reviewer(selecting.call, "Other")
    before = list(Review.objects.order_by("pk").values())
    declared(friend, "Ada Example")
    assert list(Review.objects.order_by("pk").values()) == before, "marks stand, and nobody is asked any more"
    assert Helper.objects.get(name="Friend").knows == "Ada Example" and not Conflict.objects.exists()


def test_what_an_erased_reviewer_did_not_read_goes_to_somebody_else_who_is_told(selecting: Selecting) -> None:
    gone = declared(selecting.invite("Gone"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    first, second = reads(gone)
    assert somebody().post(first, marks(7)).status_code == 302
    left = Review.objects.get(done_at=None).application
    other = declared(selecting.invite("Other", email="other@reader.example"))
    with override_settings(EMAIL_HOST="127.0.0.1"):
        assert somebody().post(gone, {"do": "erase"}).status_code == 302
    assert somebody().get(second).status_code == 404
    row = Review.objects.get(done_at=None)
    assert (row.reviewer, row.application) == (Helper.objects.get(name="Other"), left), "one of two: marks stay"
    assert left.title in somebody().get(other).content.decode() and Review.objects.count() == 2
    assert Letter.objects.filter(kind="to_read").count() == 1


def test_a_reviewers_page_costs_the_same_for_one_application_and_for_many(selecting: Selecting) -> None:
    link = declared(selecting.invite("Reviewer"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    many = queries(lambda: somebody().get(link))
    Review.objects.filter(application=selecting.second).delete()
    assert queries(lambda: somebody().get(link)) == many


def test_whoever_recognises_an_application_says_so_and_somebody_else_reads_it(selecting: Selecting) -> None:
    one, other = (declared(selecting.invite(name)) for name in ("One", "Other"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    place = reads(one)[0]
    assert somebody().post(place, {"do": "know"}).status_code == 302
    assert reads(one) == [] and len(reads(other)) == 2
    assert selecting.assign(1).status_code == 302
    assert reads(one) == []


def test_a_reviewer_who_said_nothing_of_whom_they_know_stops_the_assignment(selecting: Selecting) -> None:
    declared(selecting.invite("Ready"))
    link = selecting.invite("Silent <Sam>")
    selecting.close()
    answer = selecting.assign(1)
    assert answer.status_code == 409 and not Review.objects.exists()
    said = answer.content.decode()
    assert "Silent &lt;Sam&gt;" in said and "Ready" not in said, "the desk reads who it is"
    assert "Sam" not in somebody().get(selecting.mine[0]).content.decode()
    page = taken_back(selecting, "Silent <Sam>")
    assert "opens nothing any more" in page and somebody().get(link).status_code == 404
    assert selecting.assign(1).status_code == 302 and Review.objects.count() == 2


def taken_back(selecting: Selecting, name: str) -> str:
    """Have the desk take a reviewer's invitation back, twice pressed; return the page that says so."""
    helper = Helper.objects.get(name=name).pk
    address = f"{DESK}calls/{selecting.call.pk}/disinvite/{helper}/"
    assert f'action="{address}"' in selecting.analyst.get(selecting.desk).content.decode()
    before = len(audited(selecting.city))
    answer = selecting.analyst.post(address, follow=True)
    assert selecting.analyst.post(address).status_code == 302
    by = f"user:{selecting.city.users['analyst'].pk}"
    said = {"helper": str(helper), "kind": "reviewer"}
    assert audited(selecting.city)[before:] == [("challenge:call:helper:taken_back", said, by)], "once, and no name"
    return str(answer.content.decode())


def test_marks_of_a_reviewer_who_was_taken_back_stay_and_others_read_the_rest(selecting: Selecting) -> None:
    first = declared(selecting.invite("First"))
    selecting.close()
    assert selecting.assign(1).status_code == 302
    place, unread = reads(first)
    assert somebody().post(place, marks(7)).status_code == 302
    lead = selecting.city.client("lead")
    address = f"{DESK}calls/{selecting.call.pk}/disinvite/{Helper.objects.get().pk}/"
    assert lead.post(address).status_code == 403 and Helper.objects.exists()
    assert "disinvite" not in lead.get(selecting.desk).content.decode()
    assert "too few reviewers now" in taken_back(selecting, "First")
    kept = Review.objects.get()
    assert (kept.reviewer, kept.number, kept.done_at is not None) == (None, 1, True)
    assert somebody().get(unread).status_code == 404
    second = declared(selecting.invite("Second"))
    assert len(reads(second)) == 1, "what was not read"
    declared(selecting.invite("Third"))
    assert "opens nothing any more" in taken_back(selecting, "Second")
    assert Review.objects.get(done_at=None).reviewer == Helper.objects.get(name="Third")


def test_without_any_reviewer_left_the_desk_decides_alone(selecting: Selecting) -> None:
    selecting.invite("Silent")
    selecting.close()
    page = f"{DESK}applications/{selecting.first.pk}/"
    assert selecting.analyst.post(page, {"reason": WHY, "to": "accept"}).status_code == 409
    taken_back(selecting, "Silent")
    assert "decides alone" in selecting.analyst.get(page).content.decode()
    assert selecting.analyst.post(page, {"reason": WHY, "to": "accept"}).status_code == 302


def test_the_desk_ends_the_reading_when_somebody_never_answers(selecting: Selecting) -> None:
    link = declared(selecting.invite("Absent"))
    selecting.close()
    selecting.assign(1)
    assert selecting.analyst.post(f"{selecting.desk}end/").status_code == 302
    assert somebody().post(reads(link)[0], marks(5)).status_code == 409
    page = f"{DESK}applications/{selecting.first.pk}/"
    assert selecting.analyst.post(page, {"reason": WHY, "to": "accept"}).status_code == 302


def test_nothing_is_decided_while_invited_reviewers_wait_unless_the_desk_says_that_it_decides_alone(
    selecting: Selecting,
) -> None:
    page, mine = f"{DESK}applications/{selecting.first.pk}/", selecting.mine[0]
    assert "decides alone" in selecting.analyst.get(page).content.decode()
    declared(selecting.invite("Waiting"))
    for closed in (False, True):
        if closed:
            selecting.close()
        shown = selecting.analyst.get(page).content.decode()
        assert "Reviewers were invited" in shown and "decides alone" not in shown
        assert selecting.analyst.post(page, {"reason": WHY, "to": "refuse"}).status_code == 409
    assert Application.objects.filter(accepted=None).count() == 2
    assert "Decide without reviewers" in selecting.analyst.get(selecting.desk).content.decode()
    assert selecting.analyst.post(f"{selecting.desk}end/").status_code == 302
    assert "A decision is not changed" in selecting.analyst.get(page).content.decode()
    assert "the desk decided alone" not in somebody().get(mine).content.decode()
    assert selecting.analyst.post(page, {"reason": WHY, "to": "refuse"}).status_code == 302
    assert "the desk decided alone" in somebody().get(mine).content.decode()
    late = selecting.analyst.post(f"{selecting.desk}invite/", {"name": "Late", "language": "en"})
    assert late.status_code == 409 and "nobody is asked to read any more" in late.content.decode()


def test_a_call_that_says_until_when_reviewers_read_takes_reviewers_until_then(selecting: Selecting) -> None:
    Call.objects.update(read_by=timezone.now() + timedelta(days=30))
    declared(selecting.invite("Early"))
    selecting.close()
    page = f"{DESK}applications/{selecting.first.pk}/"
    assert selecting.analyst.post(page, {"reason": WHY, "to": "refuse"}).status_code == 409, "they have read nothing"
    selecting.invite("In time")
    Call.objects.update(read_by=timezone.now() - timedelta(minutes=1))
    assert selecting.analyst.post(f"{selecting.desk}invite/", {"name": "Late", "language": "en"}).status_code == 409


def test_where_something_was_decided_before_reviewers_wait_for_ever_the_desk_may_say_that_it_goes_on_alone(
    selecting: Selecting,
) -> None:
    selecting.close()
    reviewer(selecting.call)
    Application.objects.filter(pk=selecting.first.pk).update(accepted=False, decided_at=timezone.now())
    assert "Decide without reviewers" in selecting.analyst.get(selecting.desk).content.decode()
    assert selecting.analyst.post(f"{selecting.desk}end/").status_code == 302
    page = f"{DESK}applications/{selecting.second.pk}/"
    assert selecting.analyst.post(page, {"reason": WHY, "to": "accept"}).status_code == 302


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"contact_email": "other@densite.example"}, False),
        (
            {"contact_email": "x@mail.example", "organisation": "DENSITE", "title": "crowd ADVICE", "summary": "Else."},
            False,
        ),
        ({"contact_email": "other@densite.example", "title": "Lifts", "summary": "Says which lift is stuck."}, True),
        ({"contact_email": "x@third.example", "organisation": "Third"}, True),
    ],
)
def test_a_company_applies_once_with_one_project(city: City, changes: dict[str, str], kept: bool) -> None:
    _analyst, call = called(city)
    applied(call)
    answer = applied(call, **changes)
    assert answer.status_code == (302 if kept else 409), answer.content.decode()
    assert Application.objects.count() == (2 if kept else 1)


def test_what_a_reviewer_said_is_erased_and_their_marks_stay_by_a_number(selecting: Selecting) -> None:
    link = declared(selecting.invite("Gone", email="gone@reader.example"), "a friend")
    selecting.close()
    selecting.assign(1)
    somebody().post(reads(link)[0], marks(7))
    assert somebody().post(link, {"do": "erase"}).status_code == 302
    assert not Helper.objects.exists() and somebody().get(link).status_code == 404
    kept = Review.objects.get()
    assert (kept.reviewer, kept.number) == (None, 1)


def test_reviewers_are_erased_a_year_after_the_call_closed(selecting: Selecting) -> None:
    selecting.invite("Old")
    now = timezone.now()
    Call.objects.update(closes_at=now - timedelta(days=366))
    assert reviewing.sweep(now) == 0, "invited today: links do not die in the hand"
    Helper.objects.update(added_at=now - timedelta(days=366))
    assert reviewing.sweep(now) == 1 and not Helper.objects.exists()


def reader(call: Call, **said: Any) -> Helper:
    made = reviewing.invite(call, {"kind": "reviewer", "name": "R"} | said, timezone.now())
    assert not isinstance(made, Refusal)
    return made[0]


def own(selecting: Selecting) -> None:
    Review.objects.create(
        reviewer=reader(selecting.call, email="ADA@densite.example"), application=selecting.first, number=1
    )


def colleague(selecting: Selecting) -> None:
    Review.objects.create(
        reviewer=reader(selecting.call, organisation="densité sas"), application=selecting.first, number=1
    )


def friend(selecting: Selecting) -> None:
    one = reader(selecting.call)
    Conflict.objects.create(reviewer=one, application=selecting.first, why="known")
    Review.objects.create(reviewer=one, application=selecting.first, number=1)


def mentor(selecting: Selecting) -> None:
    Review.objects.create(reviewer=reader(selecting.call, kind="mentor"), application=selecting.first, number=1)


def rewritten(selecting: Selecting) -> None:
    one = Review.objects.create(
        reviewer=reader(selecting.call),
        application=selecting.first,
        number=1,
        marks={"need": 2},
        done_at=timezone.now(),
    )
    Review.objects.filter(pk=one.pk).update(marks={"need": 9})


def decided(selecting: Selecting) -> None:
    one = reader(selecting.call)
    Application.objects.filter(pk=selecting.first.pk).update(accepted=False)
    Review.objects.create(reviewer=one, application=selecting.first, number=1)


@pytest.mark.parametrize("breach", [own, colleague, friend, mentor, rewritten, decided])
def test_postgresql_refuses_an_unfair_review_by_itself(
    selecting: Selecting, breach: Callable[[Selecting], None]
) -> None:
    with pytest.raises(DatabaseError, match="incubation"), transaction.atomic():
        breach(selecting)


def test_nobody_reads_twice_by_two_links(selecting: Selecting) -> None:
    selecting.invite("One", email="one@reader.example")
    again = {"name": "One again", "language": "en", "email": "One+b@reader.example"}
    answer = selecting.analyst.post(f"{selecting.desk}invite/", again)
    assert answer.status_code == 409 and "was added already" in answer.content.decode()
    assert Helper.objects.count() == 1
