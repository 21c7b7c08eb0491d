"""What a hackathon refuses, from whoever sends it; what it keeps of people, and how they are erased."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from necmergitur.innovation import teams
from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon import forming, links, people
from necmergitur.web.hackathon.models import (
    Announcement,
    Conflict,
    Edition,
    Entry,
    Helper,
    Member,
    Participant,
    Question,
    Review,
    Skill,
    Submission,
    Voice,
)
from necmergitur.web.programme.models import Project, Team
from tests.web.hackathon.playing import Hackathon, badge_of, project, somebody
from tests.web.pages import City

SPRING = "/programme/hackathon/spring/"
SCRIPT = "<script>alert(1)</script>"


def with_teams(played: Hackathon, count: int, size: int = 3) -> dict[int, list[str]]:
    """Register people, form teams; return the links of each table's people."""
    applied = [played.apply(number) for number in range(count * size)]
    played.at(Phase.TEAMS)
    assert played.desk("match", teams=str(count)).status_code == 302
    found: dict[int, list[str]] = {}
    for link in applied:
        person = people.of_link(link.rstrip("/").rpartition("/")[2])
        assert person is not None
        found.setdefault(person.member.entry.number, []).append(link)
    return dict(sorted(found.items()))


def handed_in(played: Hackathon, count: int = 3) -> dict[int, list[str]]:
    """Have teams hand in."""
    tables = with_teams(played, count)
    played.at(Phase.SUBMISSION)
    for number, held in tables.items():
        assert somebody().post(held[0], project(number)).status_code == 302
    return tables


# --- people ---


def test_a_second_application_is_answered_like_the_first_and_counts_for_nothing(played: Hackathon) -> None:
    first = somebody().post(f"{SPRING}register/", played.said(1))
    again = somebody().post(f"{SPRING}register/", played.said(1, name="Mallory", email="Person1+x@PEOPLE.invalid"))
    assert first.status_code == again.status_code == 302
    assert first.headers["Location"].split("/")[:4] == again.headers["Location"].split("/")[:4]
    pages = [somebody().get(one.headers["Location"]).content.decode() for one in (first, again)]
    assert all("you are registered" in page for page in pages)
    assert list(Participant.objects.values_list("counts", flat=True)) == [True, False]
    assert "Applied twice" in played.analyst.get("/programme/hackathon/desk/spring/people/").content.decode()


def test_of_two_applications_the_one_whose_author_came_is_the_one_in_the_team(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    played.at(Phase.REGISTRATION)
    lost = tables[1][0]
    again = played.apply(0)
    played.at(Phase.WORK)
    assert "table 1" not in somebody().get(again).content.decode()
    assert played.desk(f"door/{badge_of(again)}").status_code == 302
    assert "table 1" in somebody().get(again).content.decode()
    assert "table 1" not in somebody().get(lost).content.decode()
    assert played.desk(f"door/{badge_of(lost)}").status_code == 409


def test_no_link_is_kept_and_a_wrong_one_opens_nothing(played: Hackathon) -> None:
    link = played.apply(1).rstrip("/").rpartition("/")[2]
    person = Participant.objects.get()
    assert link not in str(person.__dict__) and person.link == links.digest(link)
    answer = somebody().get(f"/programme/hackathon/mine/{person.link}/")
    assert answer.status_code == 404
    assert somebody().get(f"/programme/hackathon/jury/{link}/").status_code == 404
    shown = somebody().get(f"/programme/hackathon/mine/{link}/")
    assert shown.headers["X-Robots-Tag"] == "noindex" and shown.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in shown.headers["Cache-Control"]


def test_a_badge_checks_nobody_in_without_the_desks_account(played: Hackathon) -> None:
    badge = badge_of(played.apply(1))
    door = f"/programme/hackathon/desk/spring/door/{badge}/"
    assert somebody().post(door).status_code == 302
    assert Participant.objects.get().checked_in_at is None
    assert played.city.client("pilot").post(door).status_code == 403


def test_scripts_in_texts_are_words(played: Hackathon) -> None:
    link = played.apply(1, name=f"A{SCRIPT}", access_needs=SCRIPT)
    played.desk("announce", text=SCRIPT)
    everywhere = [link, SPRING, f"{SPRING}wall/"]
    for address in everywhere:
        page = somebody().get(address).content.decode()
        assert SCRIPT not in page and "&lt;script&gt;" in page
    assert SCRIPT not in played.analyst.get("/programme/hackathon/desk/spring/people/").content.decode()


def test_an_application_needs_skills_of_the_list_and_the_code_of_conduct(played: Hackathon) -> None:
    for wrong in ({"conduct": ""}, {"skills": []}, {"skills": ["alchemy"]}, {"wish_1": "x"}, {"email": "nobody"}):
        answer = somebody().post(f"{SPRING}register/", played.said(1, **wrong))
        assert answer.status_code == 422, wrong
        assert "Person Nr001" in answer.content.decode()  # what was typed stays
    assert not Participant.objects.exists()


def test_a_program_that_registers_is_held_back(played: Hackathon) -> None:
    answers = [somebody().post(f"{SPRING}register/", played.said(n)).status_code for n in range(45)]
    assert answers.count(302) == 40 and answers[-1] == 429


def test_whoever_erases_themselves_is_gone_and_their_teams_work_stays(played: Hackathon) -> None:
    tables = handed_in(played, 1)
    answer = somebody().post(tables[1][0], {"do": "erase"})
    assert answer.status_code == 302
    assert Participant.objects.count() == 2 and Entry.objects.get().members.count() == 2
    assert somebody().get(tables[1][0]).status_code == 404
    assert Submission.objects.count() == 1


def test_a_year_after_the_results_nobody_is_left_and_marks_remain(played: Hackathon) -> None:
    handed_in(played)
    played.at(Phase.REVIEW)
    jurors = judged(played)
    assert jurors
    later = timezone.now() + timedelta(days=364)
    assert people.sweep(later) == 0 or played.edition.results_at <= later - timedelta(days=365)
    assert people.sweep(timezone.now() + timedelta(days=370)) > 0
    assert not Participant.objects.exists() and not Helper.objects.exists() and not Member.objects.exists()
    assert Review.objects.filter(done_at__isnull=False).count() == 3
    assert Project.objects.count() == 3


# --- teams ---


def test_no_two_who_would_both_rather_be_together_are_kept_apart(played: Hackathon) -> None:
    for number in range(30):
        played.apply(number)
    applied = forming.waiting(played.edition, present=False)
    placed = forming.placing(played.edition, applied, 6)
    assert isinstance(placed, tuple)
    asking, offered, _ = forming.market(played.edition, applied, [5] * 6)
    assert len(placed[1]) == 30 and teams.blocking(asking, offered, placed[1]) == []


@pytest.mark.parametrize("count", ["1", "30", "29"])
def test_a_team_of_one_or_of_forty_is_refused_at_the_desk(played: Hackathon, count: str) -> None:
    for number in range(30):
        played.apply(number)
    played.at(Phase.TEAMS)
    assert played.desk("match", teams=count).status_code in (409, 422)
    assert not Team.objects.exists()


def test_a_team_made_by_hand_is_a_stage_of_the_chain_and_nobody_is_moved_out_of_bounds(played: Hackathon) -> None:
    tables = with_teams(played, 2, size=2)
    played.at(Phase.REGISTRATION)
    for number in (20, 21, 22):
        played.apply(number)
    played.at(Phase.WORK)
    late = [str(one.pk) for one in forming.waiting(played.edition, present=False)]
    theme = str(played.themes[0].pk)
    assert played.desk("hand", challenge=theme, people=late[:1]).status_code in (409, 422)
    assert played.desk("hand", challenge=theme, people=late).status_code == 302
    assert Team.objects.count() == 3 and Team.objects.last().chain == played.themes[0].chain  # type: ignore[union-attr]
    person = Member.objects.filter(entry__number=1).first()
    assert person is not None and tables
    assert played.desk(f"move/{person.participant_id}", table="2").status_code in (409, 422)  # one would be left alone
    assert played.desk(f"move/{late[0]}", table="1").status_code == 302


# --- handing in ---


def test_nothing_is_handed_in_before_or_after_its_time(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    for phase, status in ((Phase.WORK, 409), (Phase.SUBMISSION, 302), (Phase.REVIEW, 409), (Phase.RESULTS, 409)):
        played.at(phase)
        assert somebody().post(tables[1][0], project(1, title=f"In {phase}")).status_code == status
    assert Project.objects.get().title == "In submission"


def test_a_team_mends_what_it_handed_in_and_has_one_project(played: Hackathon) -> None:
    tables = handed_in(played, 1)
    assert somebody().post(tables[1][1], project(1, title="Better")).status_code == 302
    assert Project.objects.get().title == "Better"


def test_a_text_that_names_its_authors_comes_back_with_what_was_typed(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    played.at(Phase.SUBMISSION)
    summary = "By person nr000 and friends: counts people before the gates, measured in minutes."
    answer = somebody().post(tables[1][0], project(1, summary=summary))
    assert answer.status_code == 409 and summary in answer.content.decode()
    assert not Project.objects.exists()
    answer = somebody().post(tables[1][0], project(1, demo="javascript:alert(1)"))
    assert answer.status_code == 422


# --- the jury ---


def judged(played: Hackathon, each: int = 1) -> list[str]:
    """Have two jurors mark everything."""
    invited = [played.invite("juror", f"Juror {number}") for number in range(2)]
    for link in invited:
        somebody().post(link, {"knows": ""})
    assert played.desk("assign", each=str(each)).status_code == 302
    for link in invited:
        for pk in Submission.objects.values_list("pk", flat=True):
            somebody().post(f"{link}{pk}/", {"need": "7", "measure": "6", "freedoms": "8"})
            somebody().post(f"{link}{pk}/", {"works": "5", "trial": "5", "remark": ""})
    return invited


def test_a_juror_who_reviews_a_friend_is_refused(played: Hackathon) -> None:
    tables = handed_in(played, 2)
    played.at(Phase.REVIEW)
    friend, other = (played.invite("juror", name) for name in ("Friend", "Other"))
    assert played.desk("assign", each="1").status_code == 409  # nobody said yet whom they know
    somebody().post(friend, {"knows": "Person Nr000"})
    somebody().post(other, {"knows": ""})
    assert played.desk("assign", each="2").status_code == 409  # one work has but one juror who may
    assert played.desk("assign", each="1").status_code == 302
    mine = next(number for number, held in tables.items() if any(_is(link, "Person Nr000") for link in held))
    known = Submission.objects.get(entry__number=mine)
    answer = somebody().post(f"{friend}{known.pk}/", {"need": "10", "measure": "10", "freedoms": "10"})
    assert answer.status_code == 409 and "You know somebody of this team" in answer.content.decode()
    assert Review.objects.get(submission=known).juror.name == "Other"  # type: ignore[union-attr]


def _is(link: str, name: str) -> bool:
    person = people.of_link(link.rstrip("/").rpartition("/")[2])
    return person is not None and person.name == name


def test_a_juror_who_recognises_a_work_hands_it_to_another(played: Hackathon) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    invited = [played.invite("juror", f"Juror {number}") for number in range(3)]
    for link in invited:
        somebody().post(link, {"knows": ""})
    played.desk("assign", each="1")
    review = Review.objects.first()
    assert review is not None and review.juror is not None
    address = next(
        f"{link}{review.submission_id}/"
        for link in invited
        if people.helper_of(link.rstrip("/").rpartition("/")[2], "juror") == review.juror
    )
    assert somebody().post(address, {"do": "know"}).status_code == 302
    assert Conflict.objects.get().why == "declared"
    after = Review.objects.get(submission_id=review.submission_id)
    assert after.juror_id != review.juror_id
    assert somebody().get(address).status_code == 409


def test_marks_given_stand_and_what_a_work_shows_opens_after_them(played: Hackathon) -> None:
    handed_in(played, 1)
    played.at(Phase.REVIEW)
    link = played.invite("juror", "Juror")
    somebody().post(link, {"knows": ""})
    played.desk("assign", each="1")
    address = f"{link}{Submission.objects.get().pk}/"
    assert "demo.invalid" not in somebody().get(address).content.decode()
    assert somebody().post(address, {"need": "11", "measure": "6", "freedoms": "8"}).status_code == 422
    somebody().post(address, {"need": "7", "measure": "6", "freedoms": "8"})
    assert "demo.invalid" in somebody().get(address).content.decode()
    somebody().post(address, {"need": "1", "measure": "1", "freedoms": "1", "works": "5", "trial": "5"})
    review = Review.objects.get()
    assert (review.blind, review.seen) == ({"need": 7, "measure": 6, "freedoms": 8}, {"works": 5, "trial": 5})
    assert somebody().post(address, {"works": "9", "trial": "9"}).status_code == 409
    played.at(Phase.RESULTS)
    assert somebody().get(address).status_code == 409


def test_the_desk_sees_no_mark_while_others_are_given(played: Hackathon) -> None:
    handed_in(played)
    played.at(Phase.REVIEW)
    judged(played)
    address = "/programme/hackathon/desk/spring/jury/"
    assert "What the jury says" not in played.analyst.get(address).content.decode()
    assert played.desk(f"award/{Submission.objects.first().pk}", title="First").status_code == 409  # type: ignore[union-attr]
    played.at(Phase.RESULTS)
    assert "What the jury says" in played.analyst.get(address).content.decode()
    assert played.desk(f"experiment/{Submission.objects.first().pk}").status_code == 409  # type: ignore[union-attr]


# --- the public ---


def test_one_browser_has_one_vote_and_a_script_is_held_back(played: Hackathon) -> None:
    handed_in(played)
    played.at(Phase.REVIEW)
    first, second = Submission.objects.values_list("pk", flat=True)[:2]
    browser = somebody()
    for chosen in (first, second):
        assert browser.post(f"{SPRING}projects/", {"for": str(chosen)}).status_code == 302
    assert [one.submission_id for one in Voice.objects.all()] == [second]
    script = [somebody().post(f"{SPRING}projects/", {"for": str(first)}).status_code for _ in range(35)]
    assert script[-1] == 429 and Voice.objects.count() == 30
    made_up = somebody()
    made_up.cookies["nec_programme"] = "n" * 43  # no number of ours: no way around the limit
    assert made_up.post(f"{SPRING}projects/", {"for": str(first)}).status_code == 429
    page = browser.get(f"{SPRING}projects/").content.decode()
    assert "Person Nr" not in page and "Your vote" in page
    played.at(Phase.RESULTS)
    assert browser.post(f"{SPRING}projects/", {"for": str(first)}).status_code == 409


# --- mentors ---


def test_of_two_mentors_one_has_a_question(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    assert somebody().post(tables[1][0], {"do": "ask", "text": "How?", "skill": ""}).status_code == 409
    played.at(Phase.WORK)
    assert somebody().post(tables[1][0], {"do": "ask", "text": "How?", "skill": ""}).status_code == 302
    one, other = (played.invite("mentor", name) for name in ("Mona", "Max"))
    asked = Question.objects.get()
    for link in (one, other):
        somebody().post(link, {"question": str(asked.pk), "do": "take"})
    somebody().post(other, {"question": str(asked.pk), "do": "done"})
    asked.refresh_from_db()
    assert asked.taken_by is not None and asked.taken_by.name == "Mona" and asked.done_at is None


def test_a_key_to_the_simulated_city_ends_with_the_edition(played: Hackathon) -> None:
    tables = with_teams(played, 1)
    played.at(Phase.WORK)
    page = somebody().post(tables[1][0], {"do": "key"}).content.decode()
    found = re.search(r"sim_[\w-]{43}", page)
    assert found is not None and found[0] not in somebody().get(tables[1][0]).content.decode()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {found[0]}"}
    city = f"{SPRING}city/?minute=60"
    answer = somebody().get(city, **bearer)
    assert answer.status_code == 200 and answer.json()["simulated"] is True
    assert somebody().get(city).status_code == 401
    assert somebody().get(city, HTTP_AUTHORIZATION="Bearer sim_guess").status_code == 401
    assert somebody().get(f"{SPRING}city/?minute=240", **bearer).status_code == 422
    assert somebody().get("/api/v1/incidents", **bearer).status_code in (401, 404)
    second = somebody().post(tables[1][1], {"do": "key"}).content.decode()
    assert "sim_" in second and somebody().get(city, **bearer).status_code == 401  # the team's last key counts
    key = re.search(r"sim_[\w-]{43}", second)
    assert key is not None
    played.at(Phase.REVIEW)
    assert somebody().get(city, HTTP_AUTHORIZATION=f"Bearer {key[0]}").status_code == 403


# --- what PostgreSQL refuses by itself ---


def a_juror_of_a_friend(_played: Hackathon) -> None:
    review = Review.objects.first()
    assert review is not None
    Conflict.objects.create(juror=review.juror, submission=review.submission, why="known")
    review.save()


def marks_that_change(_played: Hackathon) -> None:
    Review.objects.update(blind={"need": 10})


def a_crowd(played: Hackathon) -> None:
    when = played.edition.registration_at
    for number in range(50, 57):
        said = {"name": f"N{number}", "email": f"n{number}@people.invalid", "skills": ["code"], "wishes": []}
        assert isinstance(people.register(played.edition, when, said), str)
    entry = Entry.objects.first()
    Member.objects.bulk_create(
        Member(entry=entry, participant=one) for one in forming.waiting(played.edition, present=False)
    )


def two_votes_of_one_browser(played: Hackathon) -> None:
    for submission in Submission.objects.all()[:2]:
        Voice.objects.create(edition=played.edition, submission=submission, voter="a" * 64, at=timezone.now())


@pytest.mark.parametrize("breach", [a_juror_of_a_friend, marks_that_change, a_crowd, two_votes_of_one_browser])
def test_postgresql_keeps_a_hackathon_fair_by_itself(played: Hackathon, breach: Callable[[Hackathon], None]) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    judged(played)
    with pytest.raises(DatabaseError), transaction.atomic():
        breach(played)


# --- the desk ---


def test_the_desk_is_the_analysts_and_dates_must_make_an_edition(played: Hackathon, city: City) -> None:
    for address in ("", "spring/", "spring/jury/"):
        assert city.client("pilot").get(f"/programme/hackathon/desk/{address}").status_code == 403
        assert city.client("lead").get(f"/programme/hackathon/desk/{address}").status_code == 200
    assert city.client("lead").get("/programme/hackathon/desk/spring/people/").status_code == 403
    assert city.client("lead").post("/programme/hackathon/desk/spring/announce/", {"text": "x"}).status_code == 403
    form = played._form(Phase.WORK)
    for wrong in ({"slug": "desk"}, {"work_at": form["results_at"]}, {"challenges": []}, {"places": "1"}):
        answer = played.analyst.post("/programme/hackathon/desk/new/", form | {"slug": "other"} | wrong)
        assert answer.status_code == 422, wrong
    assert Edition.objects.count() == 1 and not Announcement.objects.exists()


def test_the_wall_renews_itself_until_it_is_held(played: Hackathon) -> None:
    assert int(somebody().get(f"{SPRING}wall/").headers["Refresh"]) == 20
    assert "Refresh" not in somebody().get(f"{SPRING}wall/?still=1").headers


def test_every_skill_a_team_seeks_is_one_people_may_bring() -> None:
    assert {one for _, team in forming.wanted({"a": 8}, [5] * 8) for one in team.wanted} == set(Skill.values)
