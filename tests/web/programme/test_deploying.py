"""What is deployed, what everybody reads of what was tried, and grades that rest on evidence."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from necmergitur.innovation.chain import ProjectState
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Deployment, Evidence, Project
from tests.web.pages import City
from tests.web.programme.test_making import NOW, whole_chain
from tests.web.trials.trying import project, reported

DEPLOY = {
    "title": "At the hall",
    "adopter": "Palais des Sports",
    "place": "Main hall",
    "route": "innovation_partnership",
}


def english() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def test_only_an_adopted_experiment_is_deployed_and_its_route_is_recorded(city: City) -> None:
    analyst, of = city.client("analyst"), project(city.users["analyst"], NOW)
    stopped, adopted = (making.make(of, NOW, city.users["analyst"], title=f"Season {n}") for n in (1, 2))
    reported(stopped, NOW, "stop")
    reported(adopted, NOW, "adopt")
    assert analyst.post(f"/programme/desk/experiments/{stopped.pk}/deploy/", DEPLOY).status_code == 409
    address = f"/programme/desk/experiments/{adopted.pk}/deploy/"
    assert analyst.post(address, DEPLOY | {"route": "a friend"}).status_code == 422
    page = analyst.post(address, DEPLOY).headers["Location"]
    shown = english().get(page).content.decode()
    assert "Innovation partnership" in shown and "not told yet" in shown and "NM-1" in shown
    act = f"{page}do/"
    assert analyst.post(f"{act}run/").status_code == 302
    assert analyst.post(f"{act}effect/", {"running_cost_eur": "12000.50", "effect": "Warned twice."}).status_code == 302
    assert "12,000.50" in english().get(page).content.decode()
    assert analyst.post(f"{act}end/", {"reason": "short"}).status_code == 422
    assert analyst.post(f"{act}end/", {"reason": "The hall was rebuilt."}).status_code == 302
    assert "The hall was rebuilt." in english().get(page).content.decode()
    assert Client().post(f"{act}run/").status_code == 302
    assert Deployment.objects.get().state == "ended"


def test_failures_stand_on_the_wall_with_their_reason(city: City) -> None:
    stages, by = whole_chain(city.users["analyst"]), city.users["analyst"]
    reported(making.make(stages[4], NOW, by, title="Another season"), NOW, "stop")
    making.move(stages[4], ProjectState.ABANDONED, NOW, by, reason="too many false alarms at night")
    page = english().get("/programme/wall/").content.decode()
    assert "too many false alarms at night" in page
    assert "Stopped for good" in page and "It did what was promised." in page


def test_a_grade_rests_on_evidence_that_grows_old_and_on_the_citys_own_measure(city: City) -> None:
    of, analyst = project(city.users["analyst"], NOW), city.client("analyst")
    trial = making.make(of, NOW, city.users["analyst"], title="A season")
    address = f"/programme/desk/projects/{of.pk}/grade/"
    said = {"url": "https://densite.example/docs", "note": "Read on 26 November."}
    assert analyst.post(address, said | {"criterion": "measured"}).status_code == 422, "nobody claims a field measure"
    for criterion in ("documented", "tested", "accessible", "secure"):
        assert analyst.post(address, said | {"criterion": criterion}).status_code == 302
    assert "Gold" in analyst.get(address).content.decode()
    reported(trial, NOW)
    assert "Platinum" in analyst.get(address).content.decode()
    Evidence.objects.filter(criterion="secure").update(at=timezone.now() - timedelta(days=366))
    page = analyst.get(address).content.decode()
    assert "Silver" in page and "accessible" in page
    analyst.post(address, {"withdraw": str(Evidence.objects.get(criterion="documented").pk)})
    assert "No grade" in analyst.get(address).content.decode()
    assert "No grade" in english().get("/programme/wall/").content.decode()
    assert Project.objects.count() == 1
    assert city.client("pilot").post(address, said | {"criterion": "documented"}).status_code == 403
