"""The responder's telephone: only what one was told of, the same action done once, useful without a network."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from necmergitur.dispatch import incidents as dispatch
from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.kernel.geo import Position
from necmergitur.operations import incidents, observing, responding
from necmergitur.operations.retry import VersionConflict
from necmergitur.operations.writing import write_incidents
from necmergitur.web.facts.models import Incident, IncidentNote, LedgerEvent, ResponderTask
from necmergitur.web.field import reading
from necmergitur.web.field.models import FieldAction
from necmergitur.web.field.reading import compass
from necmergitur.web.store import store
from tests.web.pages import City, queries


def tell(city: City, incident: UUID) -> None:
    by = city.person("operator")
    assert responding.tell(store(), incident, "Team 4", city.users["responder"].pk, by, datetime.now(UTC))


def send(city: City, incident: object, action: str, role: str = "responder", **more: object):
    body = {
        "key": str(uuid4()),
        "user": str(city.users[role].pk),
        "incident_id": str(incident),
        "action": action,
        "at": "2026-05-01T20:00:00Z",
        **more,
    }
    return city.client(role).post("/field/actions/", json.dumps(body), content_type="application/json")


def test_a_responder_sees_what_they_were_told_of_and_nothing_else(city: City) -> None:
    mine, other = city.press(), city.press("b-2", "fire")
    tell(city, mine)
    browser = city.client("responder")
    page = browser.get("/field/").content.decode()
    assert f"/field/incidents/{mine}/" in page
    assert str(other) not in page
    assert browser.get(f"/field/incidents/{mine}/").status_code == 200
    for path in (f"/field/incidents/{other}/", f"/field/incidents/{other}/?fragment=incident"):
        assert browser.get(path).status_code == 404
    assert send(city, other, "acknowledge").status_code == 404


def test_a_released_responder_no_longer_sees_it(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    responding.change(store(), incident, "released", city.person("responder"), datetime.now(UTC))
    assert city.client("responder").get(f"/field/incidents/{incident}/").status_code == 404


def test_when_no_drone_can_come_every_responder_is_shown_the_call(city: City) -> None:
    incident, other = city.press(), city.press("b-2", "fire")
    with store().transaction() as tx:
        held = tx.incident(incident)
        assert held is not None
        responding.tell_on_duty(store().ids, tx, {incident: (held, "no_pilot")}, datetime.now(UTC))
        refused = dispatch.change_drone(held, "refused", "no_pilot on_shift=0", datetime.now(UTC))
        write_incidents(tx, {incident: (held, refused)}, "engine:dispatch", datetime.now(UTC))
    browser = city.client("responder")
    page = browser.get("/field/").content.decode()
    assert "No drone: go and look" in page
    assert str(other) not in page
    assert browser.get(f"/field/incidents/{incident}/").status_code == 200
    assert send(city, incident, "acknowledge").json() == {"ok": True}
    panel = city.client("operator").get(f"/console/incidents/{incident}/panel/").content.decode()
    assert "Responders on duty" in panel


def test_help_can_be_asked_for_once_the_call_was_thought_to_be_over(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    page = city.client("responder").get(f"/field/incidents/{incident}/").content.decode()
    assert 'value="need_help"' in page
    assert 'value="arrive"' not in page
    assert send(city, incident, "need_help").json() == {"ok": True}
    assert Incident.objects.get(id=incident).state == "open"
    timeline = city.client("operator").get(f"/console/incidents/{incident}/").content.decode()
    assert "Responders need help" in timeline


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
        "Old Town.",
        "At the button",
        "2 people down, access blocked",
        "Gate shut",
    ):
        assert words in page
    part = browser.get(f"/field/incidents/{incident}/?fragment=incident").content.decode()
    assert "Gate shut" in part
    assert "<html" not in part


def test_a_place_is_read_latitude_first(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    page = city.client("responder").get(f"/field/incidents/{incident}/").content.decode()
    assert "48.85600, 2.35100</span> (latitude, longitude)" in page


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


def test_what_another_did_on_this_phone_is_not_done_as_oneself(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    answer = send(city, incident, "arrive", role="operator", user=str(city.users["responder"].pk))
    assert (answer.status_code, answer.json()["rule"]) == (401, "somebody_else")
    assert not FieldAction.objects.exists()
    assert [one.state for one in ResponderTask.objects.all()] == ["told"]


def test_a_page_of_one_person_is_not_refreshed_for_another(city: City) -> None:
    incident = city.press()
    tell(city, incident)
    browser = city.client("operator")
    for path in ("/field/?fragment=list", f"/field/incidents/{incident}/?fragment=incident"):
        assert browser.get(path, headers={"X-Me": str(city.users["responder"].pk)}).status_code == 409
        assert browser.get(path, headers={"X-Me": str(city.users["operator"].pk)}).status_code == 200


def test_a_lost_race_is_no_answer_and_the_same_action_passes_later(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = city.press()
    tell(city, incident)
    key = str(uuid4())

    def raced(*_: object) -> None:
        raise VersionConflict

    with monkeypatch.context() as patched:
        patched.setattr(responding, "change", raced)
        assert send(city, incident, "need_help", key=key).status_code == 503
    assert not FieldAction.objects.exists()
    assert send(city, incident, "need_help", key=key).json() == {"ok": True}
    assert ResponderTask.objects.get().state == "need_help"


def test_the_most_urgent_are_listed_when_there_are_too_many(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    calm, urgent = city.press(), city.press("b-2", "fire")
    incidents.climb(store(), calm, "acknowledged", city.person("operator"), datetime.now(UTC))
    city.sql("UPDATE incident SET escalation = 3 WHERE id = %s", urgent)
    monkeypatch.setattr(reading, "SHOWN_MAX", 1)
    for first in (calm, urgent):  # in whatever order the rows lie on disk
        city.sql("UPDATE incident SET label = label WHERE id = %s", first)
        page = city.client("operator").get("/field/").content.decode()
        assert str(urgent) in page
        assert str(calm) not in page


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
    assert 'data-field-action="acknowledge"' not in page
    assert 'data-field-action="arrive"' not in page


def test_the_form_guard_holds_and_a_fresh_token_is_at_hand(city: City) -> None:
    browser = city.client("responder", enforce_csrf_checks=True)
    incident = city.press()
    tell(city, incident)
    me = str(city.users["responder"].pk)
    body = json.dumps({"key": str(uuid4()), "user": me, "incident_id": str(incident), "action": "arrive"})
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
