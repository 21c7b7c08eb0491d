"""Experiments through forms alone: a protocol fixed, a trial noted, stopped, reported, left; and what everybody reads."""

import hashlib
import time
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from necmergitur.operations import ending
from necmergitur.operations.sensing import Memory
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme.models import Deployment, Experiment
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.trials.trying import VENDOR, now, paper, project, reported, say, vendor

DESK = "/programme/trials/desk/"


def local(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


def typed(**changes: Any) -> dict[str, Any]:
    said = {
        "hypotheses": "It tells two minutes before the stewards.\nIt disturbs nobody in vain.",
        "sources": [VENDOR],
        "use": "density",
        "mode": "shadow",
        "starts": local(now() + timedelta(minutes=1)),
        "ends": local(now() + timedelta(hours=3)),
        "alarm_level": "2",
        "tolerance_s": "120",
        "operators": "2",
        "sample": "5",
        "good": "20",
        "bad": "60",
        "alpha": "5",
        "beta": "10",
        "complaints": "0",
        "goal_precision": "0.7",
        "goal_recall": "0.5",
    }
    return said | changes


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def nobody() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def made(city: City) -> tuple[Client, Experiment]:
    found = project(city.users["analyst"], now())
    analyst = city.client("analyst")
    assert "Crowd advice" in text_of(analyst, DESK)
    answer = analyst.post(f"{DESK}of/{found.pk}/", {"title": "A season at the hall"})
    row = Experiment.objects.get()
    assert answer.headers["Location"] == f"{DESK}{row.pk}/"
    return analyst, row


def test_an_analyst_goes_from_a_project_to_an_exit_and_everybody_reads_how(city: City) -> None:
    vendor(now())
    analyst, row = made(city)
    at, public = f"{DESK}{row.pk}/", f"/programme/trials/{row.pk}/"
    assert "is being written" in text_of(nobody(), public)
    assert analyst.post(f"{at}protocol/", typed(hypotheses="A draft.")).status_code == 302
    assert "A draft." in text_of(analyst, at) and not Trial.objects.exists()
    answer = analyst.post(f"{at}protocol/", typed(freeze="1", goal_recall="70"))
    assert "write 70 in a hundred as 0.7" in answer.content.decode() and 'value="70"' in answer.content.decode()
    answer = analyst.post(f"{at}protocol/", typed(freeze="1", bad="10"))
    assert answer.status_code == 422 and "must lie above" in answer.content.decode()
    assert "disturbs nobody in vain" in answer.content.decode(), "what was typed is kept"
    soon = timezone.localtime(now() + timedelta(seconds=2))
    assert analyst.post(f"{at}protocol/", typed(freeze="1", starts=f"{soon:%Y-%m-%dT%H:%M:%S}")).status_code == 302
    found = Trial.objects.get()
    text = Client().get(f"{public}protocol.json").content
    assert hashlib.sha256(text).hexdigest() == found.digest
    assert found.digest in text_of(nobody(), public) and found.digest in text_of(analyst, at)
    answer = analyst.post(f"{at}begin/")
    assert answer.status_code == 422 and "No signed paper" in answer.content.decode()
    from necmergitur.innovation import protocol

    paper(protocol.read(found.protocol), now())
    assert analyst.post(f"{at}begin/").status_code == 302
    memory = Memory(None)
    time.sleep(max(0.0, (soon - now()).total_seconds()))  # what is said before the period counts for nothing
    for seq, level in ((1, 0), (2, 3), (3, 0)):
        assert say(memory, now(), seq, level) == ""
    ending.look_at_all(store(), now())
    note = {"place": "density@z-1", "since": local(now()), "until": local(now()), "present": "yes", "seen": "steward"}
    assert analyst.post(f"{at}truth/", note).status_code == 302
    assert analyst.post(f"{at}complaint/", {"about": "privacy", "zone": "z-1"}).status_code == 302
    assert analyst.post(f"{at}cost/", {"of": "licence", "euros": "12.50"}).status_code == 302
    assert analyst.post(f"{at}protocol/", typed(freeze="1", goal_precision="0.1")).status_code == 409
    assert analyst.post(f"{at}stop/", {"reason": "no"}).status_code == 422
    assert analyst.post(f"{at}stop/", {"reason": "The evening is over."}).status_code == 302
    assert say(memory, now(), 4, 3) == "authorisation_revoked"
    assert analyst.post(f"{at}report/").status_code == 302
    assert analyst.post(f"{at}exit/", {"how": "adopt", "reason": "It did what was promised."}).status_code == 302
    page = text_of(nobody(), public)
    for words in (
        "1/1 = 100%",
        "12.50",
        "A change of the fixed protocol",
        "Figures it is judged by",
        "The evening is over.",
        ">How it ends</h2><p><strong>Adopt: the city takes it into service",
        "It did what was promised.",
    ):
        assert words in page, words
    assert "A season at the hall" in text_of(nobody(), "/programme/trials/")
    row.refresh_from_db()
    assert (row.state, row.exit) == ("reported", "adopt")


def test_the_desk_is_the_analyst_s_and_nobody_else_begins_anything(city: City) -> None:
    _analyst, row = made(city)
    assert Client().get(DESK).status_code == 302
    assert city.client("operator").get(f"{DESK}{row.pk}/").status_code == 403
    assert city.client("lead").get(f"{DESK}{row.pk}/").status_code == 200
    assert city.client("lead").post(f"{DESK}{row.pk}/protocol/", typed(freeze="1")).status_code == 403


def test_a_form_that_is_wrong_keeps_what_was_typed(city: City) -> None:
    analyst, row = made(city)
    answer = analyst.post(f"{DESK}{row.pk}/protocol/", typed(freeze="1", sources=["v-none"]))
    assert answer.status_code == 422 and "disturbs nobody in vain" in answer.content.decode()
    assert not Trial.objects.exists()


def test_everything_is_said_in_french_too(city: City) -> None:
    _analyst, row = made(city)
    french = city.client("analyst", "fr")
    assert "Expérimentations" in text_of(french, DESK)
    assert "Figer le protocole" in text_of(french, f"{DESK}{row.pk}/")


def test_what_was_adopted_is_deployed_followed_and_on_the_wall_beside_what_failed(city: City) -> None:
    analyst, row = made(city)
    vendor(now())
    deploy = {
        "title": "Advice at the hall",
        "adopter": "The hall",
        "place": "Square of the hall",
        "route": "innovation_partnership",
        "running_cost_eur": "",
    }
    assert analyst.post(f"{DESK}{row.pk}/deploy/", deploy).status_code == 409
    reported(row, now())
    assert "Record the deployment" in text_of(analyst, f"{DESK}{row.pk}/")
    assert analyst.post(f"{DESK}{row.pk}/deploy/", deploy | {"route": "gift"}).status_code == 422
    where = analyst.post(f"{DESK}{row.pk}/deploy/", deploy).headers["Location"]
    assert analyst.post(f"{DESK}{row.pk}/deploy/", deploy).headers["Location"] == where, "pressed twice"
    assert "Innovation partnership" in text_of(nobody(), where)
    assert nobody().post(f"{where}move/", {"to": "running"}).status_code in (302, 403)
    said = {"to": "effect", "effect": "Eleven evenings, two exits opened in time.", "running_cost_eur": "4200"}
    assert analyst.post(f"{where}move/", said).status_code == 409, "it is only planned"
    analyst.post(f"{where}move/", {"to": "running"})
    assert analyst.post(f"{where}move/", said).status_code == 409, "it is in service since today"
    assert "once it has been in service for a month" in text_of(analyst, where)
    Deployment.objects.update(running_at=now() - timedelta(days=100))
    assert analyst.post(f"{where}move/", {"to": "effect", "effect": "short"}).status_code == 422
    analyst.post(f"{where}move/", said)
    assert "after 3 months in service" in text_of(nobody(), where)
    analyst.post(f"{where}move/", {"to": "ended", "reason": "The hall closed for works."})
    page = text_of(nobody(), where)
    assert "two exits opened in time" in page and "4,200.00" in page and "closed for works" in page
    wall = text_of(nobody(), "/programme/wall/")
    assert "It did what was promised." in wall and "closed for works" in wall and "Innovation partnership" in wall


def test_a_button_pressed_twice_makes_one_experiment_and_another_later_makes_another(city: City) -> None:
    analyst, row = made(city)
    again = f"{DESK}of/{row.project_id}/"
    assert analyst.post(again, {"title": row.title}).headers["Location"] == f"{DESK}{row.pk}/"
    assert analyst.post(again, {"title": "Another season"}).headers["Location"] != f"{DESK}{row.pk}/"
    assert Experiment.objects.count() == 2
    vendor(now())
    reported(row, now())
    assert analyst.post(again, {"title": row.title}).headers["Location"] != f"{DESK}{row.pk}/"


def test_an_exit_to_extend_leads_to_another_protocol_of_the_same_project(city: City) -> None:
    analyst, row = made(city)
    reported(row, now(), "extend", "as_good_as_promised")
    assert "under a protocol of its own, is the next step" in text_of(analyst, f"{DESK}{row.pk}/")
    grade = f"/programme/desk/projects/{row.project_id}/grade/"
    page = text_of(analyst, grade)
    assert "To be extended" in page and f"{DESK}{row.pk}/again/" in page
    assert "No evidence yet" not in page and f"/programme/trials/{row.pk}/#report" in page
    first = analyst.post(f"{DESK}{row.pk}/again/").headers["Location"]
    assert analyst.post(f"{DESK}{row.pk}/again/").headers["Location"] == first, "pressed twice"
    assert Experiment.objects.count() == 2 and "To be extended" not in text_of(analyst, grade)
