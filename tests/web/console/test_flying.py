"""The pilot's screen and what the drone saw: only the mission's pilot commands, only on scene is there a picture."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from necmergitur.governance.authorisations import Conditions
from necmergitur.operations import responding
from necmergitur.web.facts.models import Mission, Observation, PilotShift, Still
from necmergitur.web.store import store
from tests.web.pages import City

JSON = {"Accept": "application/json"}


def command(city: City, mission: object, action: str, role: str = "pilot", **form: object):
    return city.client(role).post(f"/console/missions/{mission}/{action}/", form, headers=JSON)


def picture(side: int = 40, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Maker of this camera"
    Image.new("RGB", (side, side), "red").save(out, kind, exif=exif)
    return out.getvalue()


def test_an_offer_is_accepted_by_its_pilot_and_nobody_else(city: City) -> None:
    mission = city.mission(city.press())
    city.on_shift()
    assert command(city, mission, "accept", role="pilot2").json()["rule"] == "offered_to_another"
    assert command(city, mission, "accept", role="operator").status_code == 403
    assert command(city, mission, "accept").json() == {"ok": True}
    assert Mission.objects.get(id=mission).state == "accepted"


def test_a_refusal_reaches_the_island_in_words(city: City) -> None:
    mission = city.mission(city.press())
    answer = command(city, mission, "accept")
    assert answer.status_code == 409
    assert answer.json() == {
        "rule": "not_on_shift",
        "detail": "You are not on shift.",
        "what_now": "Start a shift first.",
    }


def test_an_offer_is_declined(city: City) -> None:
    mission = city.mission(city.press())
    assert command(city, mission, "decline").json() == {"ok": True}
    assert Mission.objects.get(id=mission).state == "ended"


@pytest.mark.parametrize(
    ("action", "order"),
    [("hold", "hold"), ("resume", "fly"), ("descend", "descend"), ("return", "return"), ("land", "land")],
)
def test_orders_go_to_the_drone(city: City, action: str, order: str) -> None:
    mission = city.mission(city.press(), state="flying", phase="transit")
    assert command(city, mission, action).json() == {"ok": True}
    assert Mission.objects.get(id=mission).order_name == order
    assert command(city, mission, action, role="pilot2").json()["rule"] == "not_your_mission"


def test_a_mission_is_handed_to_a_pilot_on_shift(city: City) -> None:
    mission = city.mission(city.press(), state="flying", phase="transit")
    other = str(city.users["pilot2"].pk)
    assert command(city, mission, "hand_over", pilot_id=other).json()["rule"] == "not_on_shift"
    city.on_shift("pilot2")
    assert (
        command(city, mission, "hand_over", pilot_id=str(city.users["operator"].pk)).json()["rule"] == "pilot_unknown"
    )
    assert command(city, mission, "hand_over", pilot_id=other).json() == {"ok": True}
    assert Mission.objects.get(id=mission).pilot_id == city.users["pilot2"].pk


def test_nobody_moves_somebody_elses_mission_to_a_third_person(city: City) -> None:
    mission = city.mission(city.press(), state="flying", phase="transit", role="pilot2")
    city.on_shift("operator")
    city.users["operator"].grants.create(role="pilot")
    answer = command(city, mission, "hand_over", pilot_id=str(city.users["operator"].pk))
    assert answer.json()["rule"] == "not_your_mission"
    assert Mission.objects.get(id=mission).pilot_id == city.users["pilot2"].pk


def test_the_pilots_page_works_without_scripts(city: City) -> None:
    mission = city.mission(city.press())
    city.on_shift()
    browser = city.client("pilot")
    assert f"/console/missions/{mission}/accept/" in browser.get("/console/pilot/").content.decode()
    done = browser.post(f"/console/missions/{mission}/accept/")
    assert (done.status_code, done.headers["Location"]) == (303, "/console/pilot/")
    flying = browser.get("/console/pilot/").content.decode()
    for action in ("hold", "resume", "descend", "return", "land"):
        assert f"/console/missions/{mission}/{action}/" in flying


def test_a_shift_starts_pauses_and_ends_with_a_word_for_the_next(city: City) -> None:
    browser = city.client("pilot")
    assert browser.post("/console/pilot/shift/start/", {"hours": "99", "max_missions": "1"}).status_code == 422
    assert browser.post("/console/pilot/shift/start/", {"hours": "8", "max_missions": "2"}).status_code == 303
    assert browser.post("/console/pilot/shift/start/", {"hours": "8", "max_missions": "2"}).status_code == 409
    assert browser.post("/console/pilot/shift/pause/").status_code == 303
    assert PilotShift.objects.get().paused
    assert "Paused" in browser.get("/console/pilot/").content.decode()
    assert browser.post("/console/pilot/shift/resume/").status_code == 303
    assert browser.post("/console/pilot/shift/end/", {"handover_note": "D-2 pulls left"}).status_code == 303
    assert PilotShift.objects.get().handover_note == "D-2 pulls left"
    assert "D-2 pulls left" in city.client("lead").get("/console/shifts/").content.decode()


def test_the_observation_form_follows_the_flight_and_keeps_what_is_typed(city: City) -> None:
    browser = city.client("pilot")
    assert browser.get("/console/pilot/observe/?shown=").status_code == 204
    mission = city.mission(city.press(), state="flying", phase="on_scene")
    fresh = browser.get("/console/pilot/observe/?shown=")
    assert f'value="{mission}"' in fresh.content.decode()
    assert browser.get(f"/console/pilot/observe/?shown={mission}").status_code == 204


def test_an_observation_is_filed_and_seen_at_once(city: City) -> None:
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="on_scene")
    form = {"mission": mission, "people_down": "2", "smoke": "on", "note": "By the fountain"}
    assert city.client("pilot").post(f"/console/incidents/{incident}/observe/", form).status_code == 303
    filed = Observation.objects.get()
    assert (filed.facts["people_down"], filed.facts["smoke"], filed.note) == (2, True, "By the fountain")
    page = city.client("operator").get(f"/console/incidents/{incident}/panel/").content.decode()
    assert "2 people down, smoke" in page
    assert "By the fountain" in page


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({}, "Tick a box"),
        ({"people_down": "many"}, "not possible"),
        ({"people_down": "-1"}, "not possible"),
        ({"people_down": "99999999999"}, "not possible"),
        ({"fire": "on", "nothing_seen": "on"}, "choose"),
    ],
)
def test_a_senseless_observation_is_refused_in_words(city: City, form: dict[str, str], rule: str) -> None:
    incident = city.press()
    answer = city.client("pilot").post(f"/console/incidents/{incident}/observe/", form, headers={"X-Fragment": "panel"})
    assert answer.status_code in (409, 422)
    assert rule in answer.content.decode()
    assert not Observation.objects.exists()


def test_a_still_loses_its_metadata_expires_and_logs_each_view(city: City) -> None:
    incident = city.press()
    raw = picture()
    assert b"Maker of this camera" in raw
    sent = SimpleUploadedFile("x.jpg", raw, "image/jpeg")
    path = f"/console/incidents/{incident}/still/"
    assert city.client("pilot").post(path, {"picture": sent, "interior": "on"}).status_code == 303
    still = Still.objects.get()
    assert still.expires_at - still.taken_at == timedelta(hours=48)
    assert city.client("responder").get(f"/console/stills/{still.id}/").status_code == 403, "not told of this call"
    assert city.sql("SELECT viewed_by FROM still_view") == []
    assert responding.tell(store(), incident, "Engine 1", city.users["responder"].pk, city.person("lead"), city.now)
    shown = city.client("responder").get(f"/console/stills/{still.id}/")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in shown.headers["Cache-Control"]
    assert b"Maker" not in shown.content
    assert not Image.open(io.BytesIO(shown.content)).getexif()
    assert city.sql("SELECT viewed_by FROM still_view") == [(f"user:{city.users['responder'].pk}",)]
    city.sql("UPDATE responder_task SET state = 'released'")
    assert city.client("responder").get(f"/console/stills/{still.id}/").status_code == 403
    assert city.client("technician").get(f"/console/stills/{still.id}/").status_code == 403
    city.sql("ALTER TABLE still DISABLE TRIGGER USER")  # a still's hour never changes: here time passes instead
    city.sql("UPDATE still SET expires_at = now() - interval '1 minute'")
    city.sql("ALTER TABLE still ENABLE TRIGGER USER")
    assert city.client("operator").get(f"/console/stills/{still.id}/").status_code == 410


@pytest.mark.parametrize("raw", [b"", b"not a picture", picture(kind="JPEG")[:200]])
def test_what_is_no_picture_is_refused(city: City, raw: bytes) -> None:
    incident = city.press()
    answer = city.client("pilot").post(
        f"/console/incidents/{incident}/still/",
        {"picture": SimpleUploadedFile("x.jpg", raw, "image/jpeg")},
        headers={"X-Fragment": "panel"},
    )
    assert answer.status_code in (200, 409, 422)
    assert answer.status_code != 200
    assert not Still.objects.exists()


def test_away_from_the_scene_no_picture_can_be_kept(city: City) -> None:
    mission = city.mission(city.press(), state="flying", phase="transit")
    answer = city.client("pilot").post(f"/console/missions/{mission}/still/", {}, headers=JSON)
    assert (answer.status_code, answer.json()["rule"]) == (409, "picture_off_scene")


def test_a_silent_camera_is_said(city: City) -> None:
    mission = city.mission(city.press(), state="flying", phase="on_scene")
    city.sql("UPDATE drone SET camera_url = 'http://127.0.0.1:9/stream'")
    answer = city.client("pilot").post(f"/console/missions/{mission}/still/", {}, headers=JSON)
    assert (answer.status_code, answer.json()["rule"]) == (409, "camera_silent")


def test_the_picture_is_in_the_page_only_on_scene(city: City) -> None:
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="transit")
    browser = city.client("operator")
    away = browser.get(f"/console/missions/{mission}/panel/").content.decode()
    assert f' src="/live/picture/{mission}"' not in away
    city.sql("UPDATE mission SET phase = 'on_scene' WHERE id = %s", mission)
    there = browser.get(f"/console/missions/{mission}/panel/").content.decode()
    assert f' src="/live/picture/{mission}"' in there


def test_a_picture_that_nothing_authorises_is_neither_shown_nor_kept_and_says_why(city: City) -> None:
    city.flight_conditions = Conditions(recording=False)
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="on_scene")
    shown = city.client("operator").get(f"/console/missions/{mission}/panel/").content.decode()
    assert f' src="/live/picture/{mission}"' not in shown
    assert "No authorisation covers the picture. A lead may authorise the camera." in shown
    answer = city.client("pilot").post(f"/console/missions/{mission}/still/", {}, headers=JSON)
    assert (answer.status_code, answer.json()["rule"]) == (409, "picture_not_authorised")
    form = city.client("lead").get("/console/authorisations/").content.decode()
    assert "the camera may not look" in form


def test_now_is_read_from_the_clock_and_not_from_the_form(city: City) -> None:
    mission = city.mission(city.press())
    city.on_shift()
    city.sql("UPDATE mission SET offer_expires_at = now() - interval '1 second' WHERE id = %s", mission)
    answer = command(city, mission, "accept", now=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    assert answer.json()["rule"] == "offer_expired"
