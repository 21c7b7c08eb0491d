"""Ways around a fair hackathon that somebody tried, each refused or made to count for nothing; in PostgreSQL too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon import forming, jury, mine, people
from necmergitur.web.hackathon.models import (
    Announcement,
    Conflict,
    Edition,
    Helper,
    Participant,
    Prize,
    Question,
    Review,
    Submission,
    Voice,
)
from tests.web.hackathon.playing import BLIND, SEEN, Hackathon, badge_of, project, somebody
from tests.web.hackathon.test_pages import SPRING, handed_in, judged, with_teams
from tests.web.pages import audited, queries, record_is_free
from tests.web.papers.reading import read

DESK = "/programme/hackathon/desk/spring/"


def _person(link: str) -> Participant:
    found = people.of_link(link.rstrip("/").rpartition("/")[2])
    assert found is not None
    return found


def _work(number: int) -> Submission:
    return Submission.objects.get(entry__number=number)


def _invited(played: Hackathon, *names: str, **said: str) -> list[str]:
    links = [played.invite("juror", name, **said) for name in names]
    for link in links:
        assert somebody().post(link, {"knows": ""}).status_code == 302
    return links


def _marked(link: str, work: Submission) -> list[int]:
    return [somebody().post(f"{link}{work.pk}/", given).status_code for given in (BLIND, SEEN)]


def test_two_erased_jurors_of_one_work_are_two(played: Hackathon) -> None:
    handed_in(played, 1)
    played.at(Phase.REVIEW)
    for link in _invited(played, "One", "Two"):
        assert link
    assert played.desk("assign", each="2").status_code == 302
    for row in list(Helper.objects.all()):
        review = row.reviews.get()
        for given in (jury.reviews.BLIND, jury.reviews.SEEN):
            assert isinstance(jury.mark(review.pk, dict.fromkeys(given, 5.0), "", timezone.now()), Review)
        people.erase_helper(row, timezone.now())
    _invited(played, "Three")
    assert played.desk("assign", each="2").status_code == 302  # both were read: nobody is asked again
    assert Review.objects.count() == 2


def test_a_juror_who_joins_late_reads_nothing_before_they_said_whom_they_know(played: Hackathon) -> None:
    handed_in(played, 1)
    played.at(Phase.REVIEW)
    (first,) = _invited(played, "First")
    assert played.desk("assign", each="1").status_code == 302
    late = played.invite("juror", "Late")
    assert somebody().post(f"{first}{_work(1).pk}/", {"do": "know"}).status_code == 302
    assert not Review.objects.exists() and late
    with pytest.raises(DatabaseError), transaction.atomic():
        Review.objects.create(juror=Helper.objects.get(name="Late"), submission=_work(1), number=9)


def test_marks_of_a_friends_work_count_for_nothing_once_the_friend_is_named(played: Hackathon) -> None:
    tables = handed_in(played, 1)
    played.at(Phase.REVIEW)
    one, two, three = _invited(played, "One", "Two", "Three")
    assert played.desk("assign", each="3").status_code == 302
    for link in (one, two):
        assert _marked(link, _work(1)) == [302, 302]
    somebody().post(one, {"knows": _person(tables[1][0]).email.replace("@", "+x@").upper()})
    assert Review.objects.filter(void_at__isnull=False).count() == 1
    assert [found.reviews for found in jury.results(played.edition)] == [1]
    with pytest.raises(DatabaseError), transaction.atomic():
        Review.objects.filter(void_at__isnull=False).update(void_at=None)
    played.at(Phase.RESULTS)  # afterwards a friend thought of late changes nothing
    somebody().post(two, {"knows": _person(tables[1][0]).name})
    assert [found.reviews for found in jury.results(played.edition)] == [1] and three


def test_a_friend_who_erases_themselves_after_handing_in_is_still_a_friend(played: Hackathon) -> None:
    tables = handed_in(played, 1)
    played.at(Phase.REVIEW)
    friend, other = (played.invite("juror", name) for name in ("Friend", "Other"))
    somebody().post(friend, {"knows": _person(tables[1][0]).name})
    somebody().post(other, {"knows": ""})
    Conflict.objects.all().delete()
    assert somebody().post(tables[1][0], {"do": "erase"}).status_code == 302
    assert Conflict.objects.get().juror.name == "Friend"


@pytest.mark.parametrize(
    "said",
    [
        {"email": "Person0+jury@PEOPLE.invalid"},
        {"email": "somebody@lab.people.invalid"},
        {"organisation": "organisation-0, S.A.S."},
        {"name": "person nr000"},
    ],
)
def test_a_juror_of_the_team_or_its_house_reads_none_of_it(played: Hackathon, said: dict[str, str]) -> None:
    handed_in(played, 1)
    played.at(Phase.REVIEW)
    played.edition.participants.exclude(name="Person Nr000").update(email="x@elsewhere.invalid", organisation="")
    name = said.pop("name", "Somebody")
    _invited(played, name, **said)
    assert played.desk("assign", each="1").status_code == 409
    assert Conflict.objects.get().why in ("own", "organisation")


def test_a_mentor_who_helped_a_team_is_no_juror_of_it(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    played.at(Phase.WORK)
    helper = played.invite("mentor", "Both", email="both@mentors.invalid")
    assert somebody().post(tables[1][0], {"do": "ask", "text": "How do we count?", "skill": ""}).status_code == 302
    somebody().post(helper, {"do": "take", "question": str(Question.objects.get().pk)})
    played.at(Phase.SUBMISSION)
    assert somebody().post(tables[1][0], project(1)).status_code == 302
    played.at(Phase.REVIEW)
    _invited(played, "Dr Both", email="BOTH+j@mentors.invalid")
    assert played.desk("assign", each="1").status_code == 409
    assert Conflict.objects.get().why == "mentored"


def test_nobody_has_two_links_as_a_juror(played: Hackathon) -> None:
    played.invite("juror", "One", email="one@jury.invalid")
    assert played.desk("invite", kind="juror", name="One more", email="One+2@jury.invalid").status_code == 409
    assert Helper.objects.count() == 1
    played.invite("mentor", "One", email="one@jury.invalid")


def test_one_mailbox_applies_once_however_it_is_spelled(played: Hackathon) -> None:
    played.apply(1, email="ada.lovelace@gmail.com")
    played.apply(2, email="Ada.Love.lace+hack@googlemail.com")
    assert list(Participant.objects.values_list("counts", flat=True)) == [True, False]


def test_a_text_that_names_its_teams_organisation_is_not_blind(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    played.at(Phase.SUBMISSION)
    summary = "Organisation 0 counts people before the gates and warns stewards within a minute, measured in minutes."
    assert somebody().post(tables[1][0], project(1, summary=summary)).status_code == 409
    assert not Submission.objects.exists()


def test_a_reading_whose_marks_were_seen_does_not_begin_anew(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    judged(played)
    played.at(Phase.RESULTS)
    answer = played.analyst.post(f"{DESK}edit/", played._form(Phase.REVIEW))
    assert answer.status_code == 422 and "Marks were given" in answer.content.decode()
    assert played.desk("publish").status_code == 302
    moved = played._form(Phase.RESULTS) | {"results_at": played._form(Phase.REVIEW)["results_at"]}
    assert played.analyst.post(f"{DESK}edit/", moved).status_code == 422
    for said in ({"results_at": timezone.now() + timedelta(days=3)}, {"published_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Edition.objects.update(**said)


# --- what may be taken back ---


def test_a_prize_is_taken_back_until_the_results_are_published(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    judged(played)
    played.at(Phase.RESULTS)
    first, second = Submission.objects.order_by("pk")
    assert played.desk(f"award/{first.pk}", title="First", why="").status_code == 302
    prize = Prize.objects.get()
    assert played.desk(f"take-back/{prize.pk}", why="no").status_code == 422
    assert played.desk(f"take-back/{prize.pk}", why="It was meant for the other.").status_code == 302
    first.project.refresh_from_db()
    assert first.project.state == "submitted"
    assert played.desk(f"experiment/{first.pk}").status_code == 409
    assert played.desk(f"award/{second.pk}", title="first", why="").status_code == 302
    page = played.analyst.get(f"{DESK}jury/").content.decode()
    assert "Prizes taken back" in page and "It was meant for the other." in page
    assert played.desk("publish").status_code == 302
    shown = somebody().get(f"{SPRING}results/").content.decode()
    assert shown.count("<h3>") == 1 and "meant for the other" not in shown
    held = Prize.objects.get(taken_at=None)
    assert played.desk(f"take-back/{held.pk}", why="Too late by now.").status_code == 409
    assert played.desk(f"award/{first.pk}", title="Late", why="").status_code == 409


def test_a_work_that_nobody_marked_is_named_and_may_have_a_prize(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    (juror,) = _invited(played, "One")
    assert played.desk("assign", each="1").status_code == 302
    first, second = Submission.objects.order_by("pk")
    assert _marked(juror, first) == [302, 302]
    played.at(Phase.RESULTS)
    page = played.analyst.get(f"{DESK}jury/").content.decode()
    assert f"Marked by no juror, and so without a place: {second.project.number}" in page and "Not marked" in page
    assert page.count(f"/award/{second.pk}/") == page.count(f"/award/{first.pk}/") == 1
    assert played.desk(f"award/{second.pk}", title="The public's", why="").status_code == 302
    assert played.desk("publish").status_code == 302
    told = f"Marked by no juror, and so without a place: {second.project.number} · {second.project.title}"
    assert told in somebody().get(f"{SPRING}results/").content.decode()
    file = somebody().get(f"{SPRING}results.pdf?lang=en").content
    assert second.project.title in " ".join(read(file)[1].split())


@pytest.mark.parametrize(("number", "why"), [("99", "There is no table 99"), ("abc", "Say a table by its number")])
def test_somebody_is_brought_to_a_table_that_exists(played: Hackathon, number: str, why: str) -> None:
    with_teams(played, 1)
    answer = played.desk(f"move/{Participant.objects.all()[0].pk}", table=number)
    assert answer.status_code in (409, 422) and why in answer.content.decode()


def test_a_prize_an_experiment_came_of_is_not_taken_back(played: Hackathon) -> None:
    handed_in(played, 1)
    played.at(Phase.RESULTS)
    played.desk(f"award/{_work(1).pk}", title="First", why="")
    assert played.desk(f"experiment/{_work(1).pk}").status_code == 302
    answer = played.desk(f"take-back/{Prize.objects.get().pk}", why="It was a mistake.")
    assert answer.status_code == 409 and Prize.objects.get().taken_at is None


def test_a_check_in_is_taken_back_and_stays_in_the_record(played: Hackathon) -> None:
    link = played.apply(1)
    door = f"door/{badge_of(link)}"
    played.desk(door)
    assert Participant.objects.get().checked_in_at is not None
    assert played.desk(door, do="undo").status_code == 302
    assert Participant.objects.get().checked_in_at is None
    assert "Show it when you come in" in somebody().get(link).content.decode()
    assert played.desk(door).status_code == 302 and Participant.objects.get().checked_in_at is not None


def test_an_announcement_is_withdrawn_and_says_so(played: Hackathon) -> None:
    played.desk("announce", text="Lunch is at noon.")
    row = Announcement.objects.get()
    assert somebody().post(f"{DESK}withdraw/{row.pk}/").status_code in (302, 403)
    row.refresh_from_db()
    assert row.withdrawn_at is None
    assert played.desk(f"withdraw/{row.pk}").status_code == 302
    page = somebody().get(SPRING).content.decode()
    assert "Withdrawn" in page and "<s" in page and "Lunch is at noon." in page
    assert "Lunch" not in somebody().get(f"{SPRING}wall/").content.decode()


def test_teams_of_nobody_are_refused_in_plain_words(played: Hackathon) -> None:
    played.at(Phase.TEAMS)
    answer = played.desk("match", teams="3")
    assert answer.status_code == 409 and "Nobody waits for a team" in answer.content.decode()
    played.at(Phase.REGISTRATION)
    for number in range(4):
        played.apply(number)
    played.at(Phase.TEAMS)
    assert "Nobody who is checked in" in played.desk("match", teams="2", present="on").content.decode()


def test_a_team_reads_what_the_jury_wrote_once_the_results_are_public(played: Hackathon) -> None:
    tables = handed_in(played, 1)
    played.at(Phase.REVIEW)
    (link,) = _invited(played, "Juror")
    played.desk("assign", each="1")
    _marked(link, _work(1))
    played.at(Phase.RESULTS)
    assert "Clear." not in somebody().get(tables[1][0]).content.decode()
    played.desk("publish")
    assert "Clear." in somebody().get(tables[1][0]).content.decode()


# --- PostgreSQL, whoever writes ---


def _spring() -> Edition:
    return Edition.objects.get(slug="spring")


BREACHES: dict[str, Callable[[], Any]] = {
    "marks unset, then others": lambda: Review.objects.filter(done_at__isnull=False).update(blind_at=None),
    "marks forgotten": lambda: Review.objects.filter(done_at__isnull=False).delete(),
    "marks given to another work": lambda: Review.objects.update(submission=Submission.objects.last()),
    "marks of another's hand": lambda: Review.objects.update(juror=Helper.objects.filter(kind="juror").last()),
    "a remark changed": lambda: Review.objects.filter(done_at__isnull=False).update(remark="Bad."),
    "a mentor who marks": lambda: Review.objects.create(
        juror=Helper.objects.get(kind="mentor"), submission=Submission.objects.get(entry__number=1), number=8
    ),
    "a juror of the team's name": lambda: Review.objects.create(
        juror=Helper.objects.get(name="person nr000"), submission=Submission.objects.first(), number=8
    ),
    "a prize before the marks": lambda: Prize.objects.create(
        edition=_spring(), submission=Submission.objects.first(), title="Early", at=timezone.now()
    ),
    "late work": lambda: Submission.objects.update(at=timezone.now()),
    "a vote too early": lambda: Voice.objects.create(
        edition=_spring(), submission=Submission.objects.first(), voter="v", at=_spring().work_at
    ),
    "results before their day": lambda: Edition.objects.update(published_at=timezone.now()),
}


@pytest.mark.parametrize("what", BREACHES)
def test_postgresql_refuses(played: Hackathon, what: str) -> None:
    tables = handed_in(played, 2)
    played.at(Phase.REVIEW)
    if what == "a juror of the team's name":
        _person(next(link for held in tables.values() for link in held)).delete()
        one = Participant.objects.filter(member__entry=Submission.objects.first().entry).first()  # type: ignore[union-attr]
        assert one is not None
        Participant.objects.filter(pk=one.pk).update(name="Person NR000 ")
        _invited(played, "person nr000")
    else:
        judged(played)
        played.invite("mentor", "Mentor")
        Helper.objects.filter(kind="mentor").update(declared_at=timezone.now())
    with pytest.raises(DatabaseError) as told, transaction.atomic():
        BREACHES[what]()
    assert getattr(told.value.__cause__, "sqlstate", "") == "NM027"


def test_a_prize_given_stays_readable_in_postgresql(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.RESULTS)
    played.desk(f"award/{_work(1).pk}", title="First", why="")
    for breach in (
        lambda: Prize.objects.all().delete(),
        lambda: Prize.objects.update(submission=_work(2)),
        lambda: Prize.objects.update(title="Last"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            breach()


def test_a_juror_who_did_not_say_whom_they_know_marks_nothing_and_reads_why(played: Hackathon) -> None:
    handed_in(played, 1)
    played.at(Phase.REVIEW)
    [link] = _invited(played, "Juror")
    assert played.desk("assign", each="1").status_code == 302
    Helper.objects.update(declared_at=None)
    answer = somebody().post(f"{link}{_work(1).pk}/", BLIND)
    assert answer.status_code == 409 and "not yet said whom you know" in answer.content.decode()
    assert Review.objects.get().blind_at is None


def test_what_a_juror_may_not_read_after_all_goes_to_another(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    links = _invited(played, "One", "Two")
    assert played.desk("assign", each="1").status_code == 302
    known = Review.objects.get(juror__name="One").submission
    friend = known.entry.members.first().participant.name  # type: ignore[union-attr]
    assert somebody().post(links[0], {"knows": friend}).status_code == 302
    assert Review.objects.get(submission=known, void_at=None).juror.name == "Two"  # type: ignore[union-attr]
    said = somebody()
    page = said.post(links[1], {"knows": friend}, follow=True).content.decode()
    assert "Nobody else may read one of the works" in page
    assert Helper.objects.get(name="Two").knows == friend and not known.reviews.filter(void_at=None).exists()


def test_jurors_and_mentors_erase_themselves_and_what_was_not_marked_goes_to_another(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    links = _invited(played, "One", "Two")
    mentor = played.invite("mentor", "Helper")
    assert played.desk("assign", each="1").status_code == 302
    for link in (links[0], mentor):
        page = somebody().get(link).content.decode()
        assert '<details class="twice">' in page and 'value="erase"' in page
        assert somebody().post(link, {"do": "erase"}).status_code == 302
        assert somebody().get(link).status_code == 404
    assert [one.name for one in Helper.objects.all()] == ["Two"]
    assert {one.juror.name for one in Review.objects.all()} == {"Two"} and Review.objects.count() == 2  # type: ignore[union-attr]


def test_nobody_has_a_certificate_of_what_did_not_take_place(played: Hackathon) -> None:
    link = played.apply(1)
    played.desk(f"door/{badge_of(link)}")
    everybody = f"{DESK}certificates.pdf"
    for place in (f"{link}certificate/", f"{link}certificate.pdf"):
        assert somebody().get(place).status_code == 404
    assert "certificate/" not in somebody().get(link).content.decode()
    assert played.analyst.get(everybody).status_code == 404
    assert everybody not in played.analyst.get(f"{DESK}people/").content.decode()
    played.at(Phase.RESULTS)
    for place in (f"{link}certificate/", f"{link}certificate.pdf"):
        assert somebody().get(place).status_code == 200
    assert played.analyst.get(everybody).status_code == 200


def test_certificates_are_for_whoever_may_see_the_list_of_names_and_cost_the_same_for_many(played: Hackathon) -> None:
    handed_in(played, 2)
    everybody = played.edition.participants.order_by("name")
    everybody.update(checked_in_at=timezone.now())
    played.at(Phase.RESULTS)
    for reader in ("dpo", "lead", "administrator"):
        browser = played.city.client(reader)
        listed, papers = (browser.get(f"{DESK}{place}").status_code for place in ("people/", "certificates.pdf"))
        assert listed == papers != 200
    one = queries(lambda: mine.certified_all(played.edition, everybody.filter(member__entry__number=1)))
    assert queries(lambda: mine.certified_all(played.edition, everybody)) == one


def test_what_somebody_needs_to_come_is_forgotten_once_there_are_results(played: Hackathon) -> None:
    played.apply(1, access_needs="A ramp.")
    people.sweep(timezone.now())
    assert Participant.objects.get().access_needs == "A ramp."
    played.at(Phase.RESULTS)
    people.sweep(timezone.now())
    assert Participant.objects.get().access_needs == "" and Participant.objects.get().name


def test_who_calls_for_help_waits_for_no_teams_to_form(played: Hackathon, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        played.apply(number)
    played.at(Phase.TEAMS)
    free = []
    monkeypatch.setattr(forming.writing, "tell_team", lambda *_said: free.append(record_is_free(played.city)))
    before = len(audited(played.city))
    assert played.desk("match", teams="3").status_code == 302
    assert free == [True] * 3
    assert [what for what, _facts, _by in audited(played.city)[before:]] == ["team:made", "team:ready"] * 3


def test_finding_conflicts_asks_as_often_for_many_jurors_and_works_as_for_few(played: Hackathon) -> None:
    tables = handed_in(played, 4)
    played.at(Phase.REVIEW)
    mate = _person(next(iter(tables.values()))[0])
    for number in range(12):
        said = {"name": f"Juror {number}", "email": f"juror{number}@jury.invalid", "kind": "juror", "knows": mate.name}
        Helper.objects.create(
            id=uuid4(), edition=played.edition, link=f"link {number}", declared_at=timezone.now(), **said
        )
    now, everybody = timezone.now(), jury.jury_of(played.edition)
    few = queries(lambda: jury.exclude(played.edition, everybody[:1], now))
    assert queries(lambda: jury.exclude(played.edition, everybody, now)) == few
    assert set(Conflict.objects.values_list("why", "submission__entry")) == {("known", mate.member.entry_id)}
    assert Conflict.objects.count() == 12
