"""The board: the queue in the first bytes, the same order everywhere, a constant number of queries."""

import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from necmergitur.live.readings import SQL
from necmergitur.operations import incidents
from necmergitur.web.console import queue, state
from necmergitur.web.facts.models import Incident, Mission
from necmergitur.web.store import store
from tests.web.pages import City, queries


def test_the_queue_is_in_the_first_bytes(city: City) -> None:
    incident = city.press()
    page = city.client("operator").get("/console/").content.decode()
    assert f'id="q-{incident}"' in page
    assert "Rue des Essais 1" in page
    assert page.index(f'id="q-{incident}"') < page.index('id="map"')


def test_a_chosen_incident_is_in_the_first_bytes_too(city: City) -> None:
    incident = city.press()
    page = city.client("operator").get(f"/console/?incident={incident}").content.decode()
    assert f'data-incident="{incident}"' in page
    assert f'data-selected="{incident}"' in page


@pytest.mark.parametrize("unknown", ["not-an-id", "00000000-0000-7000-8000-00000000ffff"])
def test_an_unknown_choice_shows_the_board_without_a_panel(city: City, unknown: str) -> None:
    page = city.client("operator").get(f"/console/?incident={unknown}")
    assert page.status_code == 200
    assert "<article" not in page.content.decode()


def test_the_board_costs_the_same_queries_for_one_incident_and_for_many(city: City) -> None:
    browser = city.client("operator")
    city.press()
    browser.get("/console/")
    few = queries(lambda: browser.get("/console/"))
    for number in range(12):
        city.person_press("p-1" if number % 2 else "p-2", 2.345 + number / 1000, 48.853)
        city.sql("UPDATE incident SET state = 'open', personal_device = NULL")
    assert Incident.objects.count() > 1
    assert queries(lambda: browser.get("/console/")) == few


def test_the_first_state_has_the_very_shape_the_live_process_sends(city: City) -> None:
    incident = city.press()
    city.mission(incident, state="flying", phase="transit")
    page = city.client("operator").get("/console/").content.decode()
    initial = json.loads(re.search(r'id="board-initial" type="application/json">(.*?)</script>', page)[1])
    with store().cursor() as cursor:
        live = {
            name: [msgspec.json.decode(row[0]) for row in cursor.execute(SQL[f"{name}_now"])]
            for name in ("incidents", "missions")
        }
    for name, fields in (("incidents", state.INCIDENT_FIELDS), ("missions", state.MISSION_FIELDS)):
        for ours, theirs in zip(initial[name], live[name], strict=True):
            assert set(ours) == set(fields)
            assert {name: _same(ours[name]) for name in fields} == {name: _same(theirs[name]) for name in fields}
    assert initial["seq"] == state.last_seq()
    assert initial["pilots"] == {"on_shift": 0, "free": 0}


def _same(value: object) -> object:
    """Two spellings of one instant or one 32-bit figure are the same."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.fromisoformat(value)
    return round(value, 4) if isinstance(value, float) else value


def test_escalated_and_unanswered_come_first_then_by_deadline_then_by_age(city: City) -> None:
    now = datetime.now(UTC)

    def one(number: str, **more: object) -> Incident:
        usual = {"rung": "received", "escalation": 0, "due_at": now, "opened_at": now}
        return Incident(id=number, number=number, state="open", **{**usual, **more})

    acting = one("acting", rung="acting", due_at=None)
    soon, late = one("soon", due_at=now + timedelta(seconds=5)), one("late", due_at=now + timedelta(seconds=50))
    escalated = one("escalated", escalation=2, due_at=now + timedelta(seconds=90))
    acknowledged = one("acknowledged", rung="acknowledged", due_at=now + timedelta(seconds=1))
    ordered = queue.order([acting, late, acknowledged, soon, escalated])
    assert [each.number for each in ordered] == ["escalated", "soon", "late", "acknowledged", "acting"]


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({}, "serious"),
        ({"escalation": 1}, "critical"),
        ({"due_at": datetime(2020, 1, 1, tzinfo=UTC)}, "critical"),
        ({"duress": True, "rung": "acting"}, "critical"),
        ({"rung": "acting"}, "ours"),
        ({"rung": "acting", "drone": "refused"}, "attention"),
        ({"rung": "acting", "cancelled": True}, "attention"),
        ({"test": True}, "attention"),
        ({"state": "closed"}, "resolved"),
        ({"state": "merged"}, "resolved"),
    ],
)
def test_a_state_has_its_tone(changes: dict[str, object], tone: str) -> None:
    now = datetime.now(UTC)
    usual = {
        "state": "open", "rung": "received", "escalation": 0, "due_at": now + timedelta(seconds=5), "duress": False,
        "test": False, "cancelled": False, "kind": "sos", "drone": "none",
    }  # fmt: skip
    assert queue.tone_of(Incident(**{**usual, **changes}), now) == tone


@pytest.mark.parametrize(
    ("seconds", "text"), [(6.2, "00:07"), (0, "00:00"), (-0.5, "+00:00"), (-12.9, "+00:12"), (75, "01:15")]
)
def test_a_deadline_counts_down_then_up(seconds: float, text: str) -> None:
    assert queue.countdown(seconds) == text


def test_only_one_screen_of_rows_is_painted(city: City) -> None:
    now = datetime.now(UTC)
    many = [
        Incident(
            id=f"{n:03}", number=str(n), state="open", rung="received", escalation=0, due_at=now, opened_at=now,
            duress=False, test=False, cancelled=False, kind="sos", drone="none", signal_count=1, label="x", owner_name="",
        )
        for n in range(500)
    ]  # fmt: skip
    assert len(queue.rows(many, {}, now)) == queue.ROWS_MAX


def test_the_mission_shown_is_the_one_still_on() -> None:
    old, live = (
        Mission(incident_id="i", state="ended", last_seq=9),
        Mission(incident_id="i", state="flying", last_seq=3),
    )
    assert queue.missions_by_incident([live, old]) == {"i": live}
    assert queue.missions_by_incident([old, live]) == {"i": live}


def test_a_technician_starts_at_the_devices_and_a_responder_is_refused(city: City) -> None:
    assert city.client("technician").get("/console/").headers["Location"] == "/console/devices/"
    assert city.client("responder").get("/console/").status_code == 403


def test_closed_incidents_leave_the_queue_for_the_quiet_list(city: City) -> None:
    incident = city.press()
    assert incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    page = city.client("operator").get("/console/").content.decode()
    assert f'id="q-{incident}"' not in page
    assert f'data-id="{incident}"' in page


def test_the_map_is_fetched_once_and_compressed(city: City) -> None:
    browser = city.client("operator")
    first = browser.get("/console/map/city.json", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    again = browser.get("/console/map/city.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = browser.get("/console/map/city.json").json()
    assert plain["box"] == [2.34, 48.85, 2.36, 48.86]
    assert [zone["id"] for zone in plain["zones"]] == ["z-1", "z-2"]
    assert plain["docks"][0]["drone_id"] == "D-1"
    assert plain["streets"] == [[[2.35, 48.855], [2.352, 48.857]]]


def test_the_map_of_buttons_changes_with_them_and_holds_no_personal_one(city: City) -> None:
    browser = city.client("operator")
    before = browser.get("/console/map/buttons.json")
    assert before.json()["ids"] == ["b-1", "b-2"]
    city.sql("UPDATE device SET retired_at = now() WHERE id = 'b-2'")
    after = browser.get("/console/map/buttons.json", headers={"If-None-Match": before.headers["ETag"]})
    assert after.json()["ids"] == ["b-1"]


def test_pressing_a_simulated_button_needs_a_demonstration(city: City) -> None:
    assert city.client("operator").post("/console/demo/press/b-1/").status_code == 404
