"""The responder's telephone: only what one was told of, the same action done once, useful without a network."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.kernel.geo import Position
from necmergitur.operations import incidents, observing, responding
from necmergitur.web.facts.models import Incident, IncidentNote, LedgerEvent, ResponderTask
from necmergitur.web.field.models import FieldAction
from necmergitur.web.field.reading import compass
from necmergitur.web.store import store
from tests.web.pages import City, queries


def tell(city: City, incident: UUID) -> None:
    by = city.person("operator")
    assert responding.tell(store(), incident, "Team 4", city.users["responder"].pk, by, datetime.now(UTC))


def send(city: City, incident: object, action: str, role: str = "responder", **more: object):
    body = {"key": str(uuid4()), "incident_id": str(incident), "action": action, "at": "2026-05-01T20:00:00Z", **more}
    return city.client(role).post("/field/actions/", json.dumps(body), content_type="application/json")


def test_a_responder_sees_what_they_were_told_of_and_nothing_else(city: City) -> None:
    mine, other = city.press(), city.press("b-2", "fire")
    tell(city, mine)
    browser = city.client("responder")
    page = browser.get("/field/").content.decode()
    assert f"/field/incidents/{mine}/" in page
    assert str(other) not in page
    assert browser.get(f"/field/incidents/{mine}/").status_code == 200
    for path in (f"/field/incidents/{other}/", f"/field/incidents/{other}.json"):
        assert browser.get(path).status_code == 404
    assert send(city, other, "acknowledge").status_code == 404
    assert [one["id"] for one in browser.get("/field/incidents.json").json()["incidents"]] == [str(mine)]


def test_a_released_responder_no_longer_sees_it(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    responding.change(store(), incident, "released", city.person("responder"), datetime.now(UTC))
    assert city.client("responder").get(f"/field/incidents/{incident}/").status_code == 404


def test_whoever_answers_calls_sees_all_open_ones(city: City) -> None:
    incident = city.press()
    assert str(incident) in city.client("operator").get("/field/").content.decode()
    assert city.client("operator").get(f"/field/incidents/{incident}/").status_code == 200


def test_the_page_gives_the_way_in_and_what_the_drone_saw(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    facts = ObservationFacts(people_down=2, access_blocked=True)
    observing.file_observation(
        store(), incident, None, facts, "Gate shut", city.person("pilot"), datetime.now(UTC)
    )  # fmt: skip
    browser = city.client("responder")
    page = browser.get(f"/field/incidents/{incident}/").content.decode()
    for words in (
        "geo:48.856000,2.351000",
        "Zone Old Town.",
        "At the button",
        "2 people down, access blocked",
        "Gate shut",
    ):
        assert words in page
    kept = browser.get(f"/field/incidents/{incident}.json").json()
    assert set(kept) == {"incident", "observations", "way_in", "fetched_at"}
    assert kept["observations"][0]["text"] == "Gate shut"
    assert kept["incident"]["id"] == str(incident)


@pytest.mark.parametrize(
    ("end", "words"),
    [((2.36, 48.85), "east"), ((2.35, 48.86), "north"), ((2.34, 48.85), "west"), ((2.34, 48.8435), "south-west")],
)
def test_a_direction_has_a_name(end: tuple[float, float], words: str) -> None:
    from django.utils import translation

    with translation.override("en"):
        assert compass(Position(2.35, 48.85), Position(*end)) == words


@pytest.mark.parametrize(
    ("action", "state"), [("acknowledge", "acknowledged"), ("arrive", "arrived"), ("need_help", "need_help")]
)
def test_an_answer_changes_the_task(city: City, action: str, state: str) -> None:
    incident = city.press()
    tell(city, incident)
    assert send(city, incident, action).json() == {"ok": True}
    assert ResponderTask.objects.get(user_id=city.users["responder"].pk).state == state
    panel = city.client("operator").get(f"/console/incidents/{incident}/panel/").content.decode()
    assert "Responder" in panel


def test_the_same_action_sent_twice_is_done_once_and_answered_the_same(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    key = str(uuid4())
    first = send(city, incident, "need_help", key=key, text="stretcher")
    facts = LedgerEvent.objects.count()
    again = send(city, incident, "need_help", key=key, text="stretcher")
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (200, {"ok": True})
    assert LedgerEvent.objects.count() == facts
    assert IncidentNote.objects.filter(body="stretcher").count() == 1
    assert FieldAction.objects.get().claimed_at == datetime(2026, 5, 1, 20, tzinfo=UTC)


def test_a_refused_action_is_refused_again_under_its_key(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    key = str(uuid4())
    first = send(city, incident, "dance", key=key)
    assert (first.status_code, first.json()["rule"]) == (422, "responder_state_unknown")
    assert send(city, incident, "dance", key=key).status_code == 422


def test_somebody_elses_key_opens_nothing(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    key = str(uuid4())
    send(city, incident, "arrive", key=key)
    assert send(city, incident, "arrive", role="operator", key=key).status_code == 409


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"key": 1}', b"[" * 5_000, b'"x"', b'{"key":"x","incident_id":"y","action":"z"}',
             b" " * 9_000]
)  # fmt: skip
def test_a_malformed_action_is_refused(city: City, body: bytes) -> None:
    answer = city.client("responder").post("/field/actions/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["rule"]) == (422, "malformed")
    assert not FieldAction.objects.exists()


def test_the_buttons_work_without_scripts(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    browser = city.client("responder")
    answer = browser.post(f"/field/incidents/{incident}/act/", {"action": "arrive"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/field/incidents/{incident}/")
    assert "Arrived" in browser.get(f"/field/incidents/{incident}/").content.decode()
    refused = browser.post(f"/field/incidents/{incident}/act/", {"action": "dance"})
    assert refused.status_code == 422
    assert "This answer does not exist." in refused.content.decode()


def test_a_closed_incident_says_so(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    page = city.client("responder").get(f"/field/incidents/{incident}/").content.decode()
    assert "This incident is over." in page
    assert "data-field-action" not in page


def test_the_form_guard_holds_and_a_fresh_token_is_at_hand(city: City) -> None:
    browser = city.client("responder", enforce_csrf_checks=True)
    incident = city.press()
    tell(city, incident)
    body = json.dumps({"key": str(uuid4()), "incident_id": str(incident), "action": "arrive"})
    assert browser.post("/field/actions/", body, content_type="application/json").status_code == 403
    token = browser.get("/field/csrf.json").json()["token"]
    done = browser.post("/field/actions/", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert done.status_code == 200


def test_the_service_worker_is_served_from_its_own_folder(client) -> None:
    answer = client.get("/field/sw.js")
    assert answer.headers["Content-Type"] == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_list_costs_the_same_queries_for_one_and_for_many(city: City) -> None:
    tell(city, city.press())
    browser = city.client("responder")
    browser.get("/field/")
    few = queries(lambda: browser.get("/field/"))
    for number in range(4):
        tell(city, city.person_press("p-1" if number % 2 else "p-2", 2.345 + number / 300))
        city.sql("UPDATE incident SET personal_device = NULL")
    assert Incident.objects.count() > 2
    assert queries(lambda: browser.get("/field/")) == few
