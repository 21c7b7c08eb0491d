"""What everybody reads of what was tried, and grades that rest on evidence."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from necmergitur.innovation.chain import DeploymentState, ProjectState
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import grades, making, showing
from necmergitur.web.programme.models import Evidence, Lead, Project, Team
from necmergitur.web.store import store
from necmergitur.web.watch.models import Benchmark, Solution
from necmergitur.web.watch.models import Criterion as BenchmarkCriterion
from tests.web.pages import City, audited, queries
from tests.web.papers.reading import read
from tests.web.programme.test_making import NOW, whole_chain
from tests.web.trials.trying import project, reported


def english() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def test_failures_stand_on_the_wall_with_their_reason(city: City) -> None:
    stages, by = whole_chain(city.users["analyst"]), city.users["analyst"]
    reported(making.make(stages[4], NOW, by, title="Another season"), NOW, "stop")
    making.move(stages[4], ProjectState.ABANDONED, NOW, by, reason="too many false alarms at night")
    page = english().get("/programme/wall/").content.decode()
    assert "too many false alarms at night" in page
    assert "Stopped for good" in page and "It did what was promised." in page


def test_a_draft_is_not_on_the_wall_of_what_was_tried(city: City) -> None:
    stages, by = whole_chain(city.users["analyst"]), city.users["analyst"]
    draft = making.make(stages[4], NOW, by, title="A draft nobody fixed")
    wall = english().get("/programme/wall/").content.decode()
    assert "A season at the hall" in wall and "A draft nobody fixed" not in wall and str(draft.pk) not in wall
    reported(draft, NOW, "stop")
    assert "A draft nobody fixed" in english().get("/programme/wall/").content.decode()


def test_a_grade_rests_on_evidence_that_grows_old_and_on_the_citys_own_measure(city: City) -> None:
    of, analyst = project(city.users["analyst"], NOW), city.client("analyst")
    trial = making.make(of, NOW, city.users["analyst"], title="A season")
    address = f"/programme/desk/projects/{of.pk}/grade/"
    said = {"url": "https://densite.example/docs", "note": "Read on 26 November."}
    assert analyst.post(address, said | {"criterion": "measured"}).status_code == 422, "nobody claims a field measure"
    for criterion in ("documented", "tested", "accessible", "secure"):
        assert analyst.post(address, said | {"criterion": criterion}).status_code == 302
    page = analyst.get(address).content.decode()
    assert "Gold" in page
    (said_beside,) = re.findall(
        r'aria-describedby="([^"]+)"[^>]*name="note"|name="note"[^>]*aria-describedby="([^"]+)"', page
    )
    (hint,) = re.findall(rf'id="{max(said_beside)}"[^>]*>([^<]+)<', page)
    assert "Everybody reads this" in hint and "stays there" in hint, "its writer knows before they write"
    reported(making.make(of, NOW, city.users["analyst"], title="Three seconds"), NOW)
    page = analyst.get(address).content.decode()
    assert "Gold" in page and "Three seconds" not in page, "stopped by hand, before its rule could tell"
    reported(trial, NOW, why="as_good_as_promised")
    assert "Platinum" in analyst.get(address).content.decode()
    Evidence.objects.filter(criterion="secure").update(at=timezone.now() - timedelta(days=366))
    page = analyst.get(address).content.decode()
    assert "Silver" in page and "accessible" in page
    assert analyst.post(address, {"withdraw": "9" * 5_000}).status_code == 302, "a number of nothing"
    before, gone = audited(city), str(Evidence.objects.get(criterion="documented").pk)
    by = f"user:{city.users['analyst'].pk}"
    assert [(what, who) for what, _said, who in before if "evidence" in what] == [("project:evidence", by)] * 4
    analyst.post(address, {"withdraw": gone})
    assert audited(city)[len(before) :] == [("project:evidence:withdrawn", {"evidence": gone}, by)]
    assert "No grade" in analyst.get(address).content.decode()
    assert "No grade" in english().get("/programme/wall/").content.decode()
    public = english().get(f"/programme/solutions/{of.pk}/").content.decode()
    assert "No grade" in public and "https://densite.example/docs" in public and "Taken back" in public
    assert f"/programme/trials/{trial.pk}/" in public
    assert Project.objects.count() == 1
    assert city.client("pilot").post(address, said | {"criterion": "documented"}).status_code == 403


def whose(lead: Lead, team: Team, first: str, second: str) -> None:
    """Say whose lead it is, and who came with the project that followed."""
    Lead.objects.filter(pk=lead.pk).update(organisation=first)
    Team.objects.filter(pk=team.pk).update(organisation=second)


@pytest.mark.parametrize(("first", "second"), [("University of Trials", "Flot"), ("", ""), ("Flot", "Flot Marine")])
def test_a_grade_that_anothers_project_earned_is_not_the_leads(city: City, first: str, second: str) -> None:
    by, now = city.users["analyst"], timezone.now()
    stages = whole_chain(by)
    whose(stages[1], stages[3], first, second)
    Evidence.objects.create(
        project=stages[4], criterion="documented", url="https://d.example/", note="Read.", at=now, by_id=by.pk
    )
    comparison = Benchmark.objects.create(
        id=store().ids.new(), need=stages[0], title="Counting", created_at=now, changed_at=now, created_by_id=by.pk,
        published_at=now,
    )  # fmt: skip
    Solution.objects.create(benchmark=comparison, name="Crush", lead=stages[1])
    BenchmarkCriterion.objects.create(benchmark=comparison, name="No camera")
    page = english().get(f"/programme/benchmarks/{comparison.pk}/").content.decode()
    assert "Crush" in page and "Bronze" not in page and str(stages[4].pk) not in page
    _reader, paper = read(english().get(f"/programme/benchmarks/{comparison.pk}/comparison.pdf").content)
    assert "Crush" in paper and "Grade" not in paper


def test_a_grade_stands_in_words_wherever_the_solution_is_named(city: City) -> None:
    by, now = city.users["analyst"], timezone.now()
    stages = whole_chain(by)
    lead, team, made, trial, deployed = stages[1], *stages[3:]
    whose(lead, team, "Densité SAS", " densite  sas")
    for criterion in ("documented", "tested"):
        Evidence.objects.create(
            project=made, criterion=criterion, url="https://d.example/", note="Read.", at=now, by_id=by.pk
        )
    comparison = Benchmark.objects.create(
        id=store().ids.new(), need=stages[0], title="Counting", created_at=now, changed_at=now, created_by_id=by.pk,
        published_at=now,
    )  # fmt: skip
    Solution.objects.create(benchmark=comparison, name="Lidar", lead=lead)
    BenchmarkCriterion.objects.create(benchmark=comparison, name="No camera")
    analyst, anybody, way = city.client("analyst"), english(), f'href="/programme/solutions/{made.pk}/"'
    for browser, address in (
        (anybody, "/programme/wall/"),
        (anybody, f"/programme/trials/{trial.pk}/"),
        (anybody, "/programme/trials/"),
        (anybody, f"/programme/trials/deployments/{deployed.pk}/"),
        (anybody, f"/programme/needs/NM-{made.chain}/"),
        (anybody, f"/programme/benchmarks/{comparison.pk}/"),
        (analyst, f"/programme/desk/challenges/{team.challenge_id}/"),
        (analyst, f"/programme/trials/desk/{trial.pk}/"),
        (analyst, reverse("incubation:project", args=[made.pk])),
    ):
        answer = browser.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert way in page and "Silver" in page and "The next grade still asks for:" in page, address
    _reader, paper = read(anybody.get(f"/programme/benchmarks/{comparison.pk}/comparison.pdf").content)
    assert "Grade: Silver" in paper


def test_the_wall_costs_the_same_for_one_solution_and_for_many(city: City) -> None:
    by = city.users["analyst"]
    whole_chain(by)
    few = queries(lambda: english().get("/programme/wall/"))
    for _ in range(3):
        whole_chain(by)
    assert queries(lambda: english().get("/programme/wall/")) == few


def test_of_two_solutions_the_one_whose_evidence_still_counts_stands_for_their_team(city: City) -> None:
    by, now = city.users["analyst"], timezone.now()
    team = whole_chain(by)[3]
    first, second = team.projects.get(), making.make(team, NOW, by, title="Another", summary="Another way.")
    for criterion in ("documented", "tested"):
        Evidence.objects.create(
            project=first, criterion=criterion, url="https://d.example/", note="Read.", at=now - timedelta(days=366),
            by_id=by.pk,
        )  # fmt: skip
    Evidence.objects.create(
        project=second, criterion="documented", url="https://d.example/", note="Read.", at=now, by_id=by.pk
    )
    assert grades.project_of(team, now) == second
    assert grades.project_of(team, now - timedelta(days=10)) == first


def test_works_only_handed_in_are_counted_on_the_wall_and_do_not_hide_what_was_tried(city: City) -> None:
    by = city.users["analyst"]
    stages = whole_chain(by)
    made = [making.make(stages[3], NOW, by, title=f"Handed in {at}") for at in range(3)]
    page = english().get("/programme/wall/").content.decode()
    assert "Handed in" not in page and "3 works were handed in" in page and stages[4].title in page
    analyst = city.client("analyst")
    said = {"url": "https://densite.example/docs", "note": "Read on 26 November.", "criterion": "documented"}
    assert analyst.post(f"/programme/desk/projects/{made[0].pk}/grade/", said).status_code == 302
    page = english().get("/programme/wall/").content.decode()
    assert "Handed in 0" in page and "Bronze" in page and "2 works were handed in" in page


def test_trials_of_one_name_are_told_apart_wherever_they_are_listed(city: City) -> None:
    by = city.users["analyst"]
    of = project(by, NOW)
    rows = [making.make(of, NOW + timedelta(minutes=n), by, title="The very same name") for n in range(3)]
    reported(rows[1], NOW, why="as_good_as_promised")
    begun = Trial.objects.get(id=rows[1].pk).begun_at
    assert begun is not None
    names = ["No. 1, not begun", f"No. 2, begun {timezone.localtime(begun):%d.%m.%Y %H:%M}", "No. 3, not begun"]
    desk = city.client("analyst").get("/programme/trials/desk/").content.decode()
    assert all(desk.count(name) == 1 for name in names)
    for address in ("/programme/wall/", "/programme/trials/", f"/programme/solutions/{of.pk}/"):
        assert names[1] in english().get(address).content.decode(), address
    other = making.make(of.team, NOW, by, title="Another solution of the need")
    other = making.move(other, ProjectState.SELECTED, NOW, by)
    fourth = making.make(other, NOW + timedelta(minutes=3), by, title="The very same name")
    assert showing.experiments([fourth])[0]["which"].startswith("No. 4")


def test_a_project_is_in_service_while_its_solution_runs_somewhere(city: City) -> None:
    stages, by = whole_chain(city.users["analyst"]), city.users["analyst"]
    made, deployed = stages[4], stages[6]
    making.move(made, ProjectState.INCUBATED, NOW, by)
    analyst = city.client("analyst")
    pages = [(analyst, reverse("incubation:project", args=[made.pk])), (english(), "/programme/wall/")]

    def said(word: str) -> list[bool]:
        return [word in one.get(at).content.decode() for one, at in pages]

    assert said("Incubated") == [True, True] and said("In service") == [False, False]
    making.move(deployed, DeploymentState.RUNNING, NOW, by)
    assert said("In service") == [True, True] and said("Incubated") == [False, False]
    making.move(deployed, DeploymentState.ENDED, NOW, by, ended_reason="The season is over.")
    assert said("Incubated") == [True, True]
