"""The other doors of the room: shifts, devices, drones, airspace, tests, authorisations, supervision, log, search."""

import csv
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from necmergitur.operations import incidents
from necmergitur.web.console import silence, supervision
from necmergitur.web.console.models import ShiftHandover, SilentHour
from necmergitur.web.facts.models import (
    AirspaceNotice,
    Authorisation,
    Device,
    Drone,
    Incident,
    Qualification,
    TestWindow,
)
from necmergitur.web.store import store
from tests.web.pages import City, queries


def local(when: datetime) -> str:
    return timezone.localtime(when).strftime("%Y-%m-%dT%H:%M")


# --- shifts -------------------------------------------------------------------------------------------------------


def test_a_lead_records_a_qualification_to_the_end_of_its_day(city: City) -> None:
    path = f"/console/shifts/qualification/{city.users['pilot'].pk}/"
    assert city.client("operator").post(path, {"valid_until": "2999-01-01"}).status_code == 403
    lead = city.client("lead")
    assert lead.post(path, {"valid_until": "soon"}).status_code == 422
    assert lead.post(path, {"valid_until": "2001-01-01"}).status_code == 409
    assert lead.post(path, {"valid_until": "2999-01-01"}).status_code == 303
    until = timezone.localtime(Qualification.objects.get(user_id=city.users["pilot"].pk).valid_until)
    assert (until.date().isoformat(), until.hour) == ("2999-01-01", 23)
    assert lead.post(f"/console/shifts/qualification/{city.users['operator'].pk}/", {}).status_code == 404


def test_a_handover_lists_what_is_open_and_is_signed_by_another(city: City) -> None:
    incident = city.press()
    writer, reader = city.client("operator"), city.client("operator2")
    assert writer.post("/console/shifts/handover/", {"note": " "}).status_code == 422
    assert writer.post("/console/shifts/handover/", {"note": "The bridge is shut"}).status_code == 302
    row = ShiftHandover.objects.get()
    assert [one["id"] for one in row.incidents] == [str(incident)]
    own = writer.post(f"/console/shifts/handover/{row.pk}/sign/")
    assert own.status_code == 409
    assert "You wrote this handover." in own.content.decode()
    assert reader.post(f"/console/shifts/handover/{row.pk}/sign/").status_code == 303
    assert reader.post(f"/console/shifts/handover/{row.pk}/sign/").status_code == 409
    row.refresh_from_db()
    assert row.signed_by_id == city.users["operator2"].pk
    page = reader.get("/console/shifts/").content.decode()
    assert "The bridge is shut" in page
    assert "Taken over" in page


def test_even_the_database_refuses_a_handover_signed_by_its_author(city: City) -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        ShiftHandover.objects.create(author_id=1, author_name="x", note="x", signed_by_id=1)


# --- devices --------------------------------------------------------------------------------------------------------


def heard(city: City, device: str, *, deaf: bool = False, battery: int = 80) -> None:
    city.sql(
        "INSERT INTO device_health (device_id, heartbeat_at, battery_pct, rssi_dbm, firmware, deaf)"
        " VALUES (%s, now(), %s, -70, '1.2', %s)",
        device, battery, deaf,
    )  # fmt: skip


def ids(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="mono">([^<]+)</th>', page)


def test_devices_are_filtered_by_state_kind_and_words(city: City) -> None:
    heard(city, "b-1", deaf=True)
    heard(city, "b-2", battery=12)
    browser = city.client("technician")
    for query, expected in (
        ("", ["b-1", "b-2", "p-1", "p-2"]),
        ("?show=deaf", ["b-1"]),
        ("?show=low", ["b-2"]),
        ("?show=never", ["p-1", "p-2"]),
        ("?kind=personal", ["p-1", "p-2"]),
        ("?q=quai", ["b-2"]),
        ("?q=z-1", ["b-1"]),
        ("?show=nonsense&kind=nonsense&page=nonsense", ["b-1", "b-2", "p-1", "p-2"]),
    ):
        assert ids(browser.get(f"/console/devices/{query}").content.decode()) == expected, query


def test_a_list_of_devices_costs_the_same_for_four_and_for_a_hundred(city: City) -> None:
    browser = city.client("technician")
    heard(city, "b-1")
    browser.get("/console/devices/")
    few = queries(lambda: browser.get("/console/devices/"))
    city.sql(
        "INSERT INTO device (id, kind, transport, label, zone_id, lon, lat, installed_at)"
        " SELECT 'm-' || n, 'post', 'mqtt', 'Rue ' || n, 'z-1', 2.35, 48.85, now() FROM generate_series(1, 150) n"
    )
    city.sql("INSERT INTO device_health (device_id, heartbeat_at) SELECT id, now() FROM device WHERE id LIKE 'm-%%'")
    many = browser.get("/console/devices/")
    assert len(ids(many.content.decode())) == 100
    assert "1 / 2" in many.content.decode()
    assert queries(lambda: browser.get("/console/devices/")) == few


def test_the_place_of_a_personal_button_is_never_shown(city: City) -> None:
    city.sql("UPDATE device SET zone_id = 'z-2', lon = 2.3456789, lat = 48.8567891 WHERE id = 'p-1'")
    for role in ("technician", "lead", "operator"):
        page = city.client(role).get("/console/devices/?kind=personal").content.decode()
        assert "Docks" not in page
        assert "2.345" not in page
        assert "48.856" not in page


def test_only_a_technician_retires_a_button(city: City) -> None:
    assert city.client("lead").post("/console/devices/b-1/retire/").status_code == 403
    assert city.client("technician").post("/console/devices/b-1/retire/").status_code == 303
    assert Device.objects.get(id="b-1").retired_at is not None
    assert city.client("technician").post("/console/devices/nothing/retire/").status_code == 404


# --- drones, airspace, tests -------------------------------------------------------------------------------------------


def test_a_drone_is_grounded_with_a_reason_and_returned(city: City) -> None:
    browser = city.client("technician")
    assert city.client("operator").post("/console/fleet/D-1/", {"enabled": "0", "reason": "x"}).status_code == 403
    assert browser.post("/console/fleet/D-1/", {"enabled": "0", "reason": ""}).status_code == 422
    assert browser.post("/console/fleet/D-1/", {"enabled": "0", "reason": "cracked blade"}).status_code == 303
    assert not Drone.objects.get(id="D-1").enabled
    assert "cracked blade" in browser.get("/console/fleet/?show=grounded").content.decode()
    assert ids(browser.get("/console/fleet/?show=grounded").content.decode()) == ["D-1"]
    assert browser.post("/console/fleet/D-1/", {"enabled": "1"}).status_code == 303
    assert Drone.objects.get(id="D-1").enabled
    assert browser.post("/console/fleet/D-99/", {"enabled": "1"}).status_code == 422


def test_a_drone_that_landed_in_a_street_is_not_shown_as_ready(city: City) -> None:
    browser = city.client("technician")
    city.sql("DELETE FROM drone_state WHERE drone_id = 'D-1'")
    city.sql("INSERT INTO drone_state (drone_id, at, phase, linked) VALUES ('D-1', now(), 'landed', true)")
    assert "Not in its dock" in browser.get("/console/fleet/").content.decode()
    city.sql("UPDATE drone SET enabled = false, disabled_reason = 'landed_away' WHERE id = 'D-1'")
    assert "landed away from its dock" in browser.get("/console/fleet/?show=grounded").content.decode()


def test_the_fleet_costs_the_same_queries_for_two_and_for_many(city: City) -> None:
    browser = city.client("technician")
    browser.get("/console/fleet/")
    few = queries(lambda: browser.get("/console/fleet/"))
    city.sql("INSERT INTO dock SELECT 'm-' || n, 'z-1', 2.35, 48.85 FROM generate_series(1, 40) n")
    city.sql(
        "INSERT INTO drone (id, dock_id, zone_id, link_url, system_id, speed_m_s)"
        " SELECT 'M-' || n, 'm-' || n, 'z-1', '', n, 15 FROM generate_series(1, 40) n"
    )
    city.sql("INSERT INTO drone_state (drone_id, at, phase, linked) SELECT id, now(), 'standby', true FROM drone")
    assert queries(lambda: browser.get("/console/fleet/")) == few


@pytest.mark.parametrize(
    ("around", "place", "expected"),
    [("dock:k-1", "", (2.351, 48.855)), ("", "48.86, 2.36", (2.36, 48.86)), ("incident", "", (2.351, 48.856))],
)
def test_a_helicopter_is_announced_around_a_place_and_ended(
    city: City, around: str, place: str, expected: tuple[float, float]
) -> None:
    if around == "incident":
        around = f"incident:{city.press()}"
    form = {"around": around, "place": place, "radius_m": "800", "minutes": "20", "reason": "SAMU"}
    browser = city.client("duty_officer")
    assert browser.post("/console/airspace/announce/", form).status_code == 303
    notice = AirspaceNotice.objects.get()
    assert (round(notice.lon, 4), round(notice.lat, 4), notice.radius_m) == (*expected, 800)
    assert "SAMU" in browser.get("/console/airspace/").content.decode()
    assert browser.post(f"/console/airspace/{notice.id}/end/").status_code == 303
    assert AirspaceNotice.objects.get().ends_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "change",
    [{"around": "dock:nowhere"}, {"around": "", "place": "here"}, {"around": "", "place": "91, 2"}, {"radius_m": "9000"},
     {"minutes": "600"}, {"radius_m": "-3"}, {"minutes": ""}],
)  # fmt: skip
def test_a_helicopter_nowhere_is_refused(city: City, change: dict[str, str]) -> None:
    form = {"around": "dock:k-1", "radius_m": "800", "minutes": "20", "reason": "", **change}
    assert city.client("lead").post("/console/airspace/announce/", form).status_code in (409, 422)
    assert not AirspaceNotice.objects.exists()


def test_missing_airspace_zones_are_said_loudly(city: City) -> None:
    assert "no drone flies" in city.client("pilot").get("/console/airspace/").content.decode()


def test_a_test_window_is_declared_and_counts_the_buttons_it_heard(city: City) -> None:
    browser = city.client("technician")
    assert city.client("operator").post("/console/tests/declare/", {}).status_code == 403
    form = {"reason": "Monthly test", "minutes": "30", "where": "zones", "zones": ["z-1", "z-2"]}
    assert browser.post("/console/tests/declare/", {**form, "zones": []}).status_code == 422
    assert browser.post("/console/tests/declare/", {**form, "minutes": "6000"}).status_code == 422
    assert browser.post("/console/tests/declare/", {**form, "starts_at": "yesterday"}).status_code == 422
    assert browser.post("/console/tests/declare/", form).status_code == 303
    assert TestWindow.objects.get().zones == ["z-1", "z-2"]
    city.press("b-1", "test")
    city.press("b-1", "test")
    city.press("b-2", "test")
    page = browser.get("/console/tests/").content.decode()
    assert re.search(r'<td class="num">2</td>', page)
    assert "Running" in page
    later = {**form, "where": "all", "starts_at": local(datetime.now(UTC) + timedelta(days=1))}
    assert browser.post("/console/tests/declare/", later).status_code == 303
    assert TestWindow.objects.order_by("-id")[0].zones is None


# --- authorisations -----------------------------------------------------------------------------------------------------


def grant(city: City, **changes: object) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "label": "Night flights", "holder": "City", "legal_basis": "Order 12", "purpose": "emergency_response",
        "valid_from": local(now - timedelta(hours=1)), "valid_until": local(now + timedelta(days=9)), "where": "zones",
        "zones": ["z-1"], "ceiling_m": "90", "geozones": "LF-P 23, LF-R 1", "assessment": str(city.assess_flights().id),
        "operator_class": "civil_security", **changes,
    }  # fmt: skip


def test_a_lead_enters_an_authorisation_and_the_gate_has_it_at_once(city: City) -> None:
    assert city.client("duty_officer").post("/console/authorisations/new/", grant(city)).status_code == 403
    browser = city.client("lead")
    assert browser.post("/console/authorisations/new/", grant(city)).status_code == 302
    row = Authorisation.objects.get(kind="flight")
    assert (row.zones, row.conditions["ceiling_m"], row.conditions["geozones"]) == (
        ["z-1"],
        90.0,
        ["LF-P 23", "LF-R 1"],
    )
    assert (row.modality, row.granted_by) == ("drone_flight", f"user:{city.users['lead'].pk}")
    with store().transaction() as tx:
        assert row.id in {one.id for one in tx.gate_table(datetime.now(UTC)).by_modality["drone_flight"]}
    page = city.client("pilot").get("/console/authorisations/").content.decode()
    assert "Night flights" in page
    assert "Calls for help" in page


def test_what_came_with_the_installation_is_said_in_the_readers_language(city: City) -> None:
    page = city.client("pilot", "fr").get("/console/authorisations/").content.decode()
    for said in ("Appels à l\u2019aide", "Registre des décisions", "La ville", "RGPD, art. 5.2", "installation"):
        assert said in page
    for code in ("Calls for help", "Record of decisions", "GDPR", "system:install", ">city<"):
        assert code not in page


def test_who_grants_and_withdraws_is_a_name_on_the_page_and_a_number_in_the_record(city: City) -> None:
    """The public log shows facts of authorisations whole."""
    browser = city.client("lead")
    assert browser.post("/console/authorisations/new/", grant(city)).status_code == 302
    row = Authorisation.objects.get(kind="flight")
    assert browser.post(f"/console/authorisations/{row.id}/revoke/", {"reason": "over"}).status_code in (302, 303)
    facts = city.sql("SELECT actor || payload::text FROM ledger_event WHERE stream LIKE 'authorisation:%%'")
    assert len(facts) == 2 and not any("Lead Test" in fact for (fact,) in facts)
    page = city.client("pilot").get("/console/authorisations/").content.decode()
    assert page.count("Lead Test") == 2 and "user:" not in page


@pytest.mark.parametrize(("ticked", "may_look"), [({"recording": "on"}, True), ({}, False)])
def test_a_lead_says_whether_the_camera_may_look(city: City, ticked: dict[str, str], may_look: bool) -> None:
    browser = city.client("lead")
    assert (
        "checked" in browser.get("/console/authorisations/new/").content.decode().partition('name="recording"')[2][:80]
    )
    assert browser.post("/console/authorisations/new/", grant(city, **ticked)).status_code == 302
    assert Authorisation.objects.get(kind="flight").conditions["recording"] is may_look


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"label": ""}, "id_label"),
        ({"valid_until": "2001-01-01T00:00"}, "id_valid_until"),
        ({"zones": []}, "id_zones"),
        ({"zones": ["z-9"]}, "id_zones"),
        ({"valid_from": "then"}, "id_valid_from"),
        ({"ceiling_m": "9000"}, "id_ceiling_m"),
        ({"ceiling_m": "121"}, "id_ceiling_m"),
        ({"ceiling_m": "39"}, "id_ceiling_m"),
        ({"transit_m": "39"}, "id_transit_m"),
        ({"ceiling_m": "50", "transit_m": "60"}, "id_transit_m"),
    ],
)
def test_a_wrong_authorisation_is_said_beside_its_field(city: City, change: dict[str, object], beside: str) -> None:
    answer = city.client("lead").post("/console/authorisations/new/", grant(city, **change))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'href="#{beside}' in page
    assert f'id="{beside}-error"' in page or f'id="{beside}_0-error"' in page
    assert not Authorisation.objects.filter(kind="flight").exists()


def test_revoking_needs_a_reason_and_a_standing_one_never_ends(city: City) -> None:
    granted = city.authorise_flights()
    browser = city.client("lead")
    path = f"/console/authorisations/{granted.id}/revoke/"
    assert browser.post(path, {"reason": ""}).status_code == 422
    assert city.client("operator").post(path, {"reason": "x"}).status_code == 403
    assert browser.post(path, {"reason": "wind"}).status_code == 303
    assert Authorisation.objects.get(id=granted.id).revoked_reason == "wind"
    standing = Authorisation.objects.filter(kind="standing").first()
    assert browser.post(f"/console/authorisations/{standing.id}/revoke/", {"reason": "x"}).status_code == 409
    assert (
        f"/console/authorisations/{standing.id}/revoke/" not in browser.get("/console/authorisations/").content.decode()
    )


def test_silent_buttons_are_counted_each_hour_at_their_worst(city: City) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    heard(city, "b-1", deaf=True)
    heard(city, "b-2", deaf=True)
    assert silence.count(hour - timedelta(minutes=55)) == 2
    city.sql("UPDATE device_health SET deaf = false")
    assert silence.count(hour - timedelta(minutes=5)) == 0
    city.sql("UPDATE device_health SET deaf = true WHERE device_id = 'b-1'")
    shown = supervision.figures("day", hour + timedelta(minutes=20))["data"]["deaf"]
    assert len(shown) == 25
    assert [devices for _hour, devices in shown[-3:]] == [None, 2, 1]
    silence.count(hour + timedelta(days=366))
    silence.count(hour + timedelta(days=366, hours=1))
    assert [row.devices for row in SilentHour.objects.order_by("hour")] == [1, 1]


# --- supervision ----------------------------------------------------------------------------------------------------------


def test_percentiles_are_of_the_nearest_rank() -> None:
    times = [float(n) for n in range(1, 101)]
    assert [supervision.percentile(times, share) for share in (0.5, 0.95, 1.0)] == [50.0, 95.0, 100.0]
    assert supervision.percentile([7.0], 0.95) == 7.0


def test_a_distribution_counts_every_time_once_and_gathers_the_latest() -> None:
    found = supervision.distribution([-1.0, 3.0, 7.0, 12.0, 5_000.0])
    assert sum(found["counts"]) == found["n"] == 5
    assert len(found["counts"]) == supervision.BINS_MAX
    assert supervision.distribution([]) is None


def test_response_times_count_real_calls_from_the_press_to_the_scene(city: City) -> None:
    incident = city.press()
    city.mission(incident, state="flying", phase="on_scene")
    opened = Incident.objects.get(id=incident).opened_at
    city.sql("UPDATE mission SET on_scene_at = %s", opened + timedelta(seconds=42))
    incidents.climb(store(), incident, "seen", city.person("operator"), opened + timedelta(seconds=4))
    now = datetime.now(UTC)
    found = supervision.figures("day", now)
    assert found["data"]["response"]["n"] == 1
    assert found["data"]["response"]["p50_s"] == 42.0
    assert [round(one["times"]["mean_s"]) for one in found["answers"][:1]] == [4]
    assert found["opened"] == 1
    assert sum(count for _hour, count in found["data"]["load"]) == 1
    assert len(found["data"]["load"]) in (25, 26)
    city.sql("UPDATE incident SET test = true")
    assert supervision.figures("day", now)["opened"] == 0


def test_supervision_needs_its_role_and_downloads_the_same_figures(city: City) -> None:
    city.press()
    assert city.client("operator").get("/console/supervisor/").status_code == 403
    browser = city.client("duty_officer")
    assert browser.get("/console/supervisor/?period=week").status_code == 200
    lines = list(csv.reader(browser.get("/console/supervisor/hours.csv").content.decode().splitlines()))
    assert lines[0] == ["hour", "incidents", "pilots_on_shift", "pilots_needed", "silent_buttons"]
    assert sum(int(line[1]) for line in lines[1:]) == 1
    assert browser.get("/console/supervisor/response.csv").content.decode().splitlines() == ["on_scene_s"]
    assert browser.get("/console/supervisor/other.csv").status_code == 404


def test_supervision_costs_the_same_queries_for_one_call_and_for_many(city: City) -> None:
    browser = city.client("lead")
    city.press()
    browser.get("/console/supervisor/")
    few = queries(lambda: browser.get("/console/supervisor/"))
    for number in range(5):
        city.sql("UPDATE incident SET state = 'closed', closed_at = now()")
        city.mission(city.press("b-2" if number % 2 else "b-1"), state="flying", phase="on_scene")
        city.sql("UPDATE mission SET state = 'ended', ended_at = now()")
    assert queries(lambda: browser.get("/console/supervisor/")) == few


# --- log and search ---------------------------------------------------------------------------------------------------------


def test_the_log_tells_every_incident_in_order_and_prints_as_text(city: City) -> None:
    first, second = city.press(), city.press("b-2", "fire")
    incidents.write_note(store(), first, "note", "A van blocks the lane", city.person("operator"), datetime.now(UTC))
    browser = city.client("operator")
    page = browser.get("/console/log/").content.decode()
    numbers = {str(one.id): one.number for one in Incident.objects.all()}
    for incident in (first, second):
        assert numbers[str(incident)] in page
    assert "A van blocks the lane" in page
    text = browser.get("/console/log/?as=text")
    assert text.headers["Content-Type"].startswith("text/plain")
    body = text.content.decode()
    assert "<" not in body.replace("«", "")
    assert body.index("Opened: SOS") < body.index("A van blocks the lane")
    assert "Still open" in body


@pytest.mark.parametrize("query", ["?hours=4", "?hours=nonsense", "?day=2001-02-03", "?day=2001-13-41", "?day=x"])
def test_any_period_of_the_log_answers(city: City, query: str) -> None:
    assert city.client("pilot").get(f"/console/log/{query}").status_code == 200


def test_the_log_costs_the_same_queries_however_much_happened(city: City) -> None:
    browser = city.client("operator")
    city.press()
    browser.get("/console/log/")
    few = queries(lambda: browser.get("/console/log/"))
    for number in range(4):
        incident = city.person_press("p-1" if number % 2 else "p-2", 2.345 + number / 300)
        incidents.write_note(store(), incident, "note", "x", city.person("operator"), datetime.now(UTC))
        incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    assert queries(lambda: browser.get("/console/log/")) == few


def test_search_finds_by_number_place_device_and_words(city: City) -> None:
    street, personal = city.press(), city.person_press()
    incidents.write_note(store(), street, "note", "red umbrella 100%", city.person("operator"), datetime.now(UTC))
    browser = city.client("operator")
    number = Incident.objects.get(id=personal).number
    for words, expected in (
        (number, [personal]),
        ("des essais", [street]),
        ("p-1", [personal]),
        ("umbrella", [street]),
        ("100%", [street]),
        ("nothing of the kind", []),
    ):
        page = browser.get("/console/search/", {"q": words}).content.decode()
        found = re.findall(r'href="/console/incidents/([0-9a-f-]{36})/"', page)
        assert set(found) == {str(one) for one in expected}, words
    assert "2" in browser.get("/console/search/").content.decode()
