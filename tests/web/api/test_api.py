"""/api/v1/: each token opens its scopes and nothing else; the same rules as the room; nothing personal leaks."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.operations import incidents, observing
from necmergitur.web.api import tokens
from necmergitur.web.api.endpoints import api
from necmergitur.web.api.models import ApiToken, WebhookEndpoint
from necmergitur.web.facts.models import Incident, Signal
from necmergitur.web.store import store
from tests.web.pages import City, queries
from tests.web.shutting import shut_calls

NOWHERE = "00000000-0000-7000-8000-00000000ffff"


class Partner:
    """A caller with a token of some scopes."""

    def __init__(self, city: City, *scopes: str, devices: list[str] | None = None) -> None:
        end = datetime.now(UTC) + timedelta(days=1)
        self.row, self.token = tokens.create("Metro", list(scopes), devices or [], end, city.users["administrator"])
        self.client = Client()

    def get(self, path: str, **query: Any):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers())

    def post(self, path: str, body: Any):
        return self.client.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=self.headers()
        )

    def delete(self, path: str):
        return self.client.delete(f"/api/v1{path}", headers=self.headers())

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


# --- tokens -----------------------------------------------------------------------------------------------------


def test_a_token_is_kept_as_a_digest_only(city: City) -> None:
    partner = Partner(city, "incidents:read")
    stored = str(city.sql("SELECT t::text FROM api_token t"))
    assert partner.token not in stored
    assert partner.token[tokens.HINT_LENGTH :] not in stored


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nec_wrong", "Basic nec_wrong", "Bearer " + "x" * 5_000])
def test_without_a_good_token_nothing_opens(city: City, header: str) -> None:
    answer = Client().get("/api/v1/incidents", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()["rule"]) == (401, "token_unknown")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "change", [{"revoked_at": datetime(2020, 1, 1, tzinfo=UTC)}, {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}]
)
def test_an_ended_token_opens_nothing(city: City, change: dict[str, Any]) -> None:
    partner = Partner(city, "incidents:read")
    ApiToken.objects.update(**change)
    assert partner.get("/incidents").status_code == 401


CALLS = {
    "incidents:read": [("get", "/incidents"), ("get", f"/incidents/{NOWHERE}")],
    "places:read": [],
    "words:read": [],
    "incidents:act": [
        ("post", f"/incidents/{NOWHERE}/climb"),
        ("post", f"/incidents/{NOWHERE}/notes"),
        ("post", f"/incidents/{NOWHERE}/close"),
    ],
    "missions:read": [("get", "/missions"), ("get", f"/missions/{NOWHERE}")],
    "devices:read": [("get", "/devices")],
    "observations:read": [("get", "/observations")],
    "data:read": [("get", "/data"), ("get", f"/data/{NOWHERE}")],
    "signals:write": [("post", "/signals")],
    "webhooks:manage": [("get", "/webhooks"), ("post", "/webhooks"), ("delete", "/webhooks/1")],
}

# What opens files rather than calls is tried in tests/web/find/test_exchange.py.
FILES = {"people:read", "people:full", "people:write"}


def test_a_partner_is_shown_calls_on_the_gates_word_alone(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = Partner(city, "incidents:read")
    assert partner.get("/incidents").status_code == 200
    shut_calls(monkeypatch)
    assert partner.get("/incidents").status_code == 401


def call(partner: Partner, method: str, path: str):
    if method == "post":
        return partner.post(path, {})
    return partner.get(path) if method == "get" else partner.delete(path)


def test_each_scope_opens_its_calls_and_no_other(city: City) -> None:
    assert set(CALLS) | FILES == set(tokens.SCOPES)
    for scope in CALLS:
        partner = Partner(city, scope)
        for needed, calls in CALLS.items():
            for method, path in calls:
                answer = call(partner, method, path)
                if needed == scope:
                    assert answer.status_code in (200, 404, 422), (scope, path)
                else:
                    assert (answer.status_code, answer.json()["rule"]) == (403, "scope_missing"), (scope, path)


def test_every_call_of_the_document_asks_for_a_scope(city: City) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    described = {
        (method, path.removeprefix("/api/v1"))
        for path, methods in document["paths"].items()
        for method in methods
        if not path.startswith("/api/v1/presses") and path != "/api/v1/me"
    }
    tried = {
        (method, path.replace(NOWHERE, "{pk}").replace("/webhooks/1", "/webhooks/{pk}"))
        for calls in CALLS.values()
        for method, path in calls
    }
    assert described == tried


def test_a_planted_call_without_a_scope_is_caught(city: City) -> None:
    described = {("get", "/planted"), *((method, path) for calls in CALLS.values() for method, path in calls)}
    assert described != {(method, path) for calls in CALLS.values() for method, path in calls}


def test_a_session_of_the_room_is_no_token(city: City) -> None:
    assert city.client("administrator").get("/api/v1/incidents").status_code == 401


def test_the_last_use_is_kept_to_the_minute(city: City) -> None:
    partner = Partner(city)
    assert partner.get("/me").json()["name"] == "Metro"
    first = ApiToken.objects.get().last_used_at
    partner.get("/me")
    assert ApiToken.objects.get().last_used_at == first is not None


# --- incidents ----------------------------------------------------------------------------------------------------


def test_incidents_are_listed_filtered_and_paged(city: City) -> None:
    street, personal = city.press(), city.person_press("p-1", kind="fire")
    partner = Partner(city, "incidents:read")
    everything = partner.get("/incidents").json()
    assert [one["id"] for one in everything["items"]] == [str(personal), str(street)]
    assert everything["count"] == 2
    for query, expected in (
        ({"kind": "fire"}, [personal]),
        ({"state": "closed"}, []),
        ({"until": "2020-01-01T00:00:00Z"}, []),
        ({"since": "2020-01-01T00:00:00"}, [personal, street]),
        ({"per_page": 1, "page": 2}, [street]),
        ({"test": "true"}, []),
        ({"kind": "\x00"}, []),
    ):
        assert [one["id"] for one in partner.get("/incidents", **query).json()["items"]] == [
            str(one) for one in expected
        ]
    assert partner.get(f"/incidents/{street}").json()["number"] == everything["items"][1]["number"]


def test_a_place_is_told_only_with_its_scope(city: City) -> None:
    street = city.press()
    partner = Partner(city, "incidents:read")
    for answer in (partner.get("/incidents").json()["items"][0], partner.get(f"/incidents/{street}").json()):
        assert answer["place"] is None
        assert not {"lon", "lat", "label", "zone_id", "owner_name", "drone_reason"} & set(answer)
    refused = partner.get("/incidents", zone_id="z-1")
    assert (refused.status_code, refused.json()["rule"]) == (403, "scope_missing")
    told = Partner(city, "incidents:read", "places:read")
    assert told.get(f"/incidents/{street}").json()["place"] == {
        "lon": 2.351,
        "lat": 48.856,
        "accuracy_m": 15.0,
        "zone_id": "z-1",
        "label": "Rue des Essais 1",
    }
    assert told.get("/incidents", zone_id="z-1").json()["count"] == 1
    assert told.get("/incidents", zone_id="z-2").json()["count"] == 0


def test_a_personal_calls_place_leaves_to_the_nearest_kilometre(city: City) -> None:
    incident = city.person_press("p-1", 2.35312, 48.85687)
    city.sql("UPDATE incident SET zone_id = 'z-1'")
    partner = Partner(city, *tokens.SCOPES)
    place = partner.get(f"/incidents/{incident}").json()["place"]
    assert place == {"lon": 2.35, "lat": 48.86, "accuracy_m": 1_000.0, "zone_id": None, "label": ""}
    assert partner.get("/incidents", zone_id="z-1").json()["count"] == 0, "a zone is a finer place"


def test_no_name_of_a_person_leaves(city: City) -> None:
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="on_scene")
    by, now = city.person("operator"), datetime.now(UTC)
    incidents.climb(store(), incident, "acknowledged", by, now)
    incidents.seek_drone(store(), incident, by, now)
    observing.file_observation(store(), incident, mission, ObservationFacts(fire=True), "x", city.person("pilot"), now)
    city.sql("UPDATE incident SET drone_reason = 'asked by Operator Test'")
    city.sql("UPDATE device SET label = 'Ada Example' WHERE id = 'p-1'")
    partner = Partner(city, *tokens.SCOPES)
    paths = ("/incidents", f"/incidents/{incident}", "/missions", f"/missions/{mission}", "/devices", "/observations")
    for path in paths:
        text = partner.get(path).content.decode()
        for name in ("Operator Test", "Pilot Test", "Ada Example"):
            assert name not in text, path


@pytest.mark.parametrize("query", [{"state": "x"}, {"page": 0}, {"per_page": 9_999}, {"since": "soon"}])
def test_a_wrong_question_is_answered_422(city: City, query: dict[str, Any]) -> None:
    answer = Partner(city, "incidents:read").get("/incidents", **query)
    assert (answer.status_code, answer.json()["rule"]) == (422, "malformed")


def test_duress_holders_and_notes_never_leave_by_the_api(city: City) -> None:
    incident = city.person_press()
    city.sql("UPDATE incident SET duress = true")
    partner = Partner(city, *tokens.SCOPES)
    for path in ("/incidents", f"/incidents/{incident}", "/devices", "/missions", "/observations", "/openapi.json"):
        text = partner.get(path).content.decode()
        assert '"duress"' not in text
        assert "Ada Example" not in text
    assert "personal_device" not in partner.get(f"/incidents/{incident}").json()


def test_a_partner_climbs_writes_and_closes_under_its_own_name(city: City) -> None:
    incident = city.press()
    partner = Partner(city, "incidents:act")
    climbed = partner.post(f"/incidents/{incident}/climb", {"rung": "acknowledged"})
    assert (climbed.status_code, climbed.json()["mine"]) == (200, True)
    assert Incident.objects.get().owner_id == -partner.row.pk
    again = partner.post(f"/incidents/{incident}/climb", {"rung": "seen"})
    assert (again.status_code, again.json()["rule"]) == (409, "already_climbed")
    noted = partner.post(f"/incidents/{incident}/notes", {"body": "Agent sent"})
    assert (noted.status_code, noted.json()["author_name"]) == (200, "Metro")
    assert "body" not in noted.json()
    closed = partner.post(f"/incidents/{incident}/close", {"outcome": "helped"})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert partner.post(f"/incidents/{incident}/close", {"outcome": "helped"}).status_code == 409
    assert partner.post(f"/incidents/{NOWHERE}/close", {"outcome": "helped"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [("climb", {"rung": "gone"}), ("notes", {"body": ""}), ("notes", {"body": "x" * 3_000}), ("notes", {"body": "\x00"}),
     ("close", {"outcome": "x"}), ("close", []), ("notes", None)],
)  # fmt: skip
def test_a_wrong_command_changes_nothing(city: City, path: str, body: Any) -> None:
    incident = city.press()
    before = Incident.objects.get().version
    assert Partner(city, "incidents:act").post(f"/incidents/{incident}/{path}", body).status_code == 422
    assert Incident.objects.get().version == before


# --- missions, devices, observations --------------------------------------------------------------------------------


def test_missions_and_observations_are_read(city: City) -> None:
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="on_scene")
    facts = ObservationFacts(people_down=1)
    observing.file_observation(
        store(), incident, mission, facts, "north side", city.person("pilot"), datetime.now(UTC)
    )  # fmt: skip
    partner = Partner(city, "missions:read", "observations:read")
    assert partner.get("/missions", incident_id=incident).json()["items"][0]["phase"] == "on_scene"
    assert partner.get(f"/missions/{mission}").json()["drone_id"] == "D-1"
    assert partner.get(f"/missions/{NOWHERE}").status_code == 404
    assert partner.get("/missions", state="ended").json()["items"] == []
    seen = partner.get("/observations", incident_id=incident).json()["items"][0]
    assert (seen["facts"]["people_down"], seen["note"]) == (1, None)
    told = Partner(city, "observations:read", "words:read").get("/observations").json()["items"][0]
    assert told["note"] == "north side"


def test_a_personal_button_has_no_place_in_the_api(city: City) -> None:
    city.sql("UPDATE device SET zone_id = 'z-2', lon = 2.35, lat = 48.85 WHERE id = 'p-1'")
    city.sql("INSERT INTO device_health (device_id, heartbeat_at, battery_pct) VALUES ('b-1', now(), 50)")
    items = {one["id"]: one for one in Partner(city, "devices:read").get("/devices").json()["items"]}
    assert (items["p-1"]["zone_id"], items["p-1"]["lon"], items["p-1"]["lat"]) == (None, None, None)
    assert (items["b-1"]["zone_id"], items["b-1"]["battery_pct"]) == ("z-1", 50)
    found = Partner(city, "devices:read").get("/devices", zone_id="z-2").json()
    assert [one["id"] for one in found["items"]] == ["b-2"]


@pytest.mark.parametrize("path", ["/incidents", "/devices", "/missions", "/observations"])
def test_a_list_costs_the_same_queries_for_one_and_for_many(city: City, path: str) -> None:
    partner = Partner(city, *tokens.SCOPES)
    incident = city.press()
    partner.get(path)
    few = queries(lambda: partner.get(path))
    for number in range(3):
        city.person_press("p-1" if number % 2 else "p-2", 2.345 + number / 300)
        city.sql("UPDATE incident SET personal_device = NULL")
        by, now = city.person("pilot"), datetime.now(UTC)
        observing.file_observation(store(), incident, None, ObservationFacts(fire=True), "", by, now)
    city.mission(incident)
    assert queries(lambda: partner.get(path)) == few


# --- signals ----------------------------------------------------------------------------------------------------------


def signal(**changes: Any) -> dict[str, Any]:
    return {
        "device": "p-1",
        "boot_id": 1,
        "seq": 1,
        "kind": "medical",
        "claimed_time": "2026-05-01T20:00:00Z",
        **changes,
    }


def test_a_partners_call_reaches_the_queue_once(city: City) -> None:
    partner = Partner(city, "signals:write", devices=["p-1"])
    body = signal(position={"lon": 2.353, "lat": 48.857, "accuracy_m": 20})
    first = partner.post("/signals", body)
    assert (first.status_code, first.json()["lamp"], first.json()["duplicate"]) == (201, "lit", False)
    again = partner.post("/signals", body)
    assert (again.status_code, again.json()["signal_id"]) == (200, first.json()["signal_id"])
    assert again.json()["duplicate"] is True
    assert (Signal.objects.count(), Incident.objects.get().kind) == (1, "medical")


def test_a_partner_calls_only_for_its_own_buttons(city: City) -> None:
    partner = Partner(city, "signals:write", devices=["p-2", "gone"])
    assert partner.post("/signals", signal()).json()["rule"] == "device_not_yours"
    assert partner.post("/signals", signal(device="gone")).status_code in (404, 409, 422)
    assert not Signal.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"seq": -1}, {"boot_id": 2**63}, {"kind": "cancel"}, {"device": "a b"}, {"position": {"lon": 999, "lat": 0}}],
)
def test_a_malformed_call_is_refused(city: City, change: dict[str, Any]) -> None:
    partner = Partner(city, "signals:write", devices=["p-1"])
    assert partner.post("/signals", signal(**change)).status_code == 422


# --- webhooks over the API ------------------------------------------------------------------------------------------------


HOOK = {"name": "Desk", "url": "https://partner.example/hook", "events": ["incident.opened"]}


def test_a_partner_manages_its_own_webhooks_only(city: City) -> None:
    one, other = Partner(city, "webhooks:manage"), Partner(city, "webhooks:manage")
    made = one.post("/webhooks", HOOK)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in one.get("/webhooks").json()[0]
    assert other.get("/webhooks").json() == []
    assert other.delete(f"/webhooks/{made.json()['id']}").status_code == 404
    assert one.delete(f"/webhooks/{made.json()['id']}").status_code == 204
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"url": "http://partner.example/"}, {"url": "ftp://x/"}, {"url": "https://u:p@x/"}, {"url": "x"}, {"events": []},
     {"events": ["everything"]}, {"url": "https://x:99999/"}, {"name": "\x00"}],
)  # fmt: skip
def test_a_wrong_webhook_is_refused(city: City, change: dict[str, Any]) -> None:
    assert Partner(city, "webhooks:manage").post("/webhooks", {**HOOK, **change}).status_code in (409, 422)
    assert not WebhookEndpoint.objects.exists()


def test_a_token_makes_only_so_many(city: City) -> None:
    partner = Partner(city, "webhooks:manage")
    codes = [partner.post("/webhooks", HOOK).status_code for _each in range(11)]
    assert codes == [201] * 10 + [409]


# --- the document ------------------------------------------------------------------------------------------------------------


def test_the_document_tells_of_presses_and_of_every_answer() -> None:
    document = api.get_openapi_schema()
    assert {"/api/v1/presses", "/api/v1/presses/{device}/{boot_id}/{seq}"} <= set(document["paths"])
    assert document["components"]["securitySchemes"]["DeviceCredential"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            answers = {str(code) for code in told["responses"]}
            assert "401" in answers or path.startswith("/api/v1/presses/"), (method, path)


# --- the administrator's page ----------------------------------------------------------------------------------------------


def test_an_administrator_makes_and_ends_tokens(city: City) -> None:
    browser = city.client("administrator")
    form = {"name": "Metro", "scopes": ["signals:write"], "devices": "p-1, p-2", "days": "30"}
    page = browser.post("/console/partners/tokens/new/", form)
    assert "nec_" in page.content.decode()
    row = ApiToken.objects.get()
    assert (row.scopes, row.devices) == (["signals:write"], ["p-1", "p-2"])
    assert "Metro" in browser.get("/console/partners/").content.decode()
    assert browser.post(f"/console/partners/tokens/{row.pk}/revoke/").status_code == 302
    assert ApiToken.objects.get().revoked_at is not None
    for change in ({"devices": "p-99"}, {"scopes": []}, {"days": "9999"}, {"scopes": ["root"]}):
        assert browser.post("/console/partners/tokens/new/", {**form, **change}).status_code == 422
    assert city.client("lead").post("/console/partners/tokens/new/", form).status_code == 403


def test_a_revoked_token_takes_its_webhooks_with_it(city: City) -> None:
    one, other = Partner(city, "webhooks:manage"), Partner(city, "webhooks:manage")
    one.post("/webhooks", HOOK)
    other.post("/webhooks", HOOK)
    browser = city.client("administrator")
    assert browser.post(f"/console/partners/tokens/{one.row.pk}/revoke/").status_code == 302
    left = {row.created_by_name: row.disabled_reason for row in WebhookEndpoint.objects.exclude(disabled_at=None)}
    assert left == {tokens.owner(one.row): "its token was revoked"}
    assert "its token was revoked" in browser.get("/console/partners/").content.decode()


def test_an_administrator_makes_tries_stops_renews_and_drops_a_webhook(city: City) -> None:
    browser = city.client("administrator")
    form = {"name": "Desk", "url": "https://partner.example/hook", "events": ["incident.opened"]}
    assert "whsec_" in browser.post("/console/partners/webhooks/new/", form).content.decode()
    row = WebhookEndpoint.objects.get()
    first = bytes(row.secret_sealed)
    assert browser.post(f"/console/partners/webhooks/{row.pk}/try/").status_code == 302
    assert row.deliveries.get().kind == "ping"
    assert "ping" in browser.get("/console/partners/").content.decode()
    browser.post(f"/console/partners/webhooks/{row.pk}/off/")
    row.refresh_from_db()
    assert row.disabled_at is not None
    assert "whsec_" in browser.post(f"/console/partners/webhooks/{row.pk}/renew/").content.decode()
    row.refresh_from_db()
    assert row.disabled_at is None
    assert bytes(row.secret_sealed) != first
    browser.post(f"/console/partners/webhooks/{row.pk}/drop/")
    assert not WebhookEndpoint.objects.exists()
    wrong = browser.post("/console/partners/webhooks/new/", {**form, "url": "http://x/"})
    assert wrong.status_code == 422
    assert "https://" in wrong.content.decode()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"device":' + b"[" * 7 + b"]" * 7 + b"}", "nested deeper than 6"),
        (b'{"device":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "400011 bytes; at most 65536"),
        (b'{"device":"' + b"a" * 70_000 + b'"}', "70013 bytes; at most 65536"),
        (b'{"device":"' + b"a" * 3_000_000 + b'"}', "At most 65536 bytes."),
        (b'{"device":', "Expecting value: line 1 column 11 (char 10)"),
    ],
)
def test_a_body_too_long_or_too_deep_is_refused_before_it_is_parsed(city: City, body: bytes, why: str) -> None:
    partner = Partner(city, "signals:write", devices=["p-1"])
    answer = Client(headers=partner.headers()).post("/api/v1/signals", body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (422, {"rule": "malformed", "detail": why})
