"""What everybody reads of what was tried, and grades that rest on evidence."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from necmergitur.innovation.chain import ProjectState
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Evidence, Project
from tests.web.pages import City
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
