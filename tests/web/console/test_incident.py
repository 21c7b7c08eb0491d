"""One incident on screen: evidence, story, one next action, refusals in words, a person's name behind a reason."""

import re
from datetime import UTC, datetime

import pytest

from necmergitur.dispatch.incidents import OUTCOMES
from necmergitur.operations import incidents
from necmergitur.web.facts.models import Incident, IncidentNote, LedgerEvent, Mission, Outbox, Proposal, ResponderTask
from necmergitur.web.store import store
from tests.web.pages import City, queries

PANEL = {"X-Fragment": "panel"}


def act(city: City, incident: object, action: str, role: str = "operator", **form: object):
    return city.client(role).post(f"/console/incidents/{incident}/{action}/", form, headers=PANEL)


def panel(city: City, incident: object, role: str = "operator") -> str:
    return city.client(role).get(f"/console/incidents/{incident}/panel/").content.decode()


def test_the_panel_has_exactly_one_next_action_and_it_climbs_the_ladder(city: City) -> None:
    incident = city.press()
    seen = []
    for _step in range(3):
        page = panel(city, incident)
        found = re.findall(r'data-action="(\w+)" data-next-action', page)
        assert len(found) <= 1
        seen += found
        if found:
            assert act(city, incident, found[0]).status_code == 200
    assert seen == ["acknowledge", "act"]
    assert Incident.objects.get(id=incident).rung == "acting"


def test_an_action_answers_with_the_fresh_panel_or_leads_back(city: City) -> None:
    incident = city.press()
    answer = act(city, incident, "acknowledge")
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<article")
    browser = city.client("lead")
    plain = browser.post(f"/console/incidents/{incident}/act/", {"next": f"/console/?incident={incident}"})
    assert (plain.status_code, plain.headers["Location"]) == (303, f"/console/?incident={incident}")
    elsewhere = browser.post(f"/console/incidents/{incident}/note/", {"body": "x", "next": "https://evil.example/"})
    assert elsewhere.headers["Location"] == f"/console/incidents/{incident}/"


def test_a_refusal_says_what_whose_and_what_now_and_is_not_an_error(city: City) -> None:
    incident = city.press()
    act(city, incident, "acknowledge")
    again = act(city, incident, "acknowledge", role="operator2")
    assert again.status_code == 409
    page = again.content.decode()
    assert 'class="refusal"' in page
    assert "Somebody has already done this." in page
    assert "Operator Test" in page
    plain = city.client("operator2").post(f"/console/incidents/{incident}/acknowledge/", {})
    assert plain.status_code == 409
    assert "<h1>Not done</h1>" in plain.content.decode()


@pytest.mark.parametrize(
    ("action", "form", "status"),
    [
        ("note", {"body": " "}, 422),
        ("note", {"body": "x" * 2_001}, 422),
        ("hand_off", {"service": "911"}, 422),
        ("close", {"outcome": "gone"}, 422),
        ("close", {}, 422),
        ("merge", {"into": "not an id"}, 422),
        ("split", {"signal": "not an id"}, 409),
        ("tell", {}, 422),
        ("reopen", {}, 409),
        ("unmerge", {}, 409),
    ],
)
def test_a_wrong_form_changes_nothing(city: City, action: str, form: dict[str, str], status: int) -> None:
    incident = city.press()
    before = Incident.objects.get(id=incident).version
    answer = act(city, incident, action, **form)
    assert answer.status_code == status
    assert 'class="refusal"' in answer.content.decode()
    assert Incident.objects.get(id=incident).version == before


def test_an_unknown_incident_or_action_is_not_found(city: City) -> None:
    nowhere = "00000000-0000-7000-8000-00000000ffff"
    browser = city.client("operator")
    assert browser.get(f"/console/incidents/{nowhere}/panel/").status_code == 404
    assert browser.get(f"/console/incidents/{nowhere}/").status_code == 404
    assert browser.post(f"/console/incidents/{city.press()}/explode/").status_code == 404


def test_looking_changes_nothing(city: City) -> None:
    incident = city.press()
    before = LedgerEvent.objects.count()
    browser = city.client("operator")
    for path in ("", "panel/", "sheet/"):
        assert browser.get(f"/console/incidents/{incident}/{path}").status_code == 200
    for action in ("acknowledge", "close", "merge"):
        assert browser.get(f"/console/incidents/{incident}/{action}/").status_code == 405
    assert LedgerEvent.objects.count() == before


def test_every_word_of_the_story_is_told_and_in_both_languages(city: City) -> None:
    incident = city.press()
    city.press()
    city.mission(incident, state="flying", phase="on_scene")
    act(city, incident, "act")
    act(city, incident, "hand_off", service="15", body="reference 2231")
    english = panel(city, incident)
    for words in (
        "Opened: SOS, Rue des Essais 1",
        "1 signal joined (same device)",
        "Pilot accepted",
        "Drone: on scene",
    ):
        assert words in english
    assert "15: reference 2231" in english
    french = city.client("operator", "fr").get(f"/console/incidents/{incident}/panel/").content.decode()
    for words in ("Ouvert\u00a0: SOS, Rue des Essais 1", "1 signal joint (même bouton)", "Drone\u00a0: sur place"):
        assert words in french


def test_a_hand_off_tells_partners_and_prints_a_sheet(city: City) -> None:
    incident = city.press()
    assert act(city, incident, "hand_off", service="18", body="Caserne Nord").status_code == 200
    assert IncidentNote.objects.get(kind="hand_off").body == "18: Caserne Nord"
    assert Outbox.objects.filter(kind="incident_handed_off").count() == 1
    sheet = city.client("operator").get(f"/console/incidents/{incident}/sheet/?for=18").content.decode()
    for words in ("18, fire and rescue", "48.856000, 2.351000", "somebody at a street button", "Taken by"):
        assert words in sheet


def test_a_sheet_reads_as_french_does(city: City) -> None:
    incident = city.press()
    act(city, incident, "note", body="porte bleue")
    act(city, incident, "tell", unit="Caserne Nord")
    sheet = city.client("operator", "fr").get(f"/console/incidents/{incident}/sheet/").content.decode()
    for words in ("«\u00a0porte bleue\u00a0»", "Caserne Nord\u00a0: Prévenu"):
        assert words in sheet
    assert "“" not in sheet and "Nord: " not in sheet


def test_a_zone_the_label_already_names_is_not_named_again(city: City) -> None:
    incident = city.press()
    assert "Old Town" in panel(city, incident)
    city.sql("UPDATE zone SET label = 'Port, zone 7' WHERE id = 'z-1'")
    city.sql("UPDATE incident SET label = 'Quay, zone 7, no 12'")
    assert "Port, zone 7" not in panel(city, incident)
    city.sql("UPDATE incident SET label = 'Quay, zone 71, no 12'")
    assert "Port, zone 7" in panel(city, incident)


def test_closing_needs_an_outcome_and_can_be_undone(city: City) -> None:
    incident = city.press()
    page = panel(city, incident)
    assert all(f'value="{name}"' in page for name in OUTCOMES)
    assert re.search(r"<button[^>]*data-hold[^>]*>Close", page)
    assert act(city, incident, "close", outcome="helped").status_code == 200
    assert Incident.objects.get(id=incident).state == "closed"
    assert 'data-action="reopen"' in panel(city, incident)
    assert act(city, incident, "reopen").status_code == 200
    assert Incident.objects.get(id=incident).state == "open"


def test_merging_and_undoing_from_either_side(city: City) -> None:
    one, other = city.press(), city.press("b-2", "fire")
    assert one != other
    assert act(city, other, "merge", into=str(one)).status_code == 200
    assert "Merged here:" in panel(city, one)
    assert "Merged into" in panel(city, other)
    assert act(city, other, "unmerge").status_code == 200
    assert Incident.objects.get(id=other).state == "open"


def test_splitting_moves_the_chosen_signals_and_never_the_last(city: City) -> None:
    incident = city.press()
    city.press()
    signals = re.findall(r'name="signal" value="([^"]+)"', panel(city, incident))
    assert len(signals) == 2
    assert act(city, incident, "split", signal=signals).status_code == 409
    assert act(city, incident, "split", signal=signals[:1]).status_code == 200
    assert Incident.objects.filter(state="open").count() == 2
    assert "moved away" in panel(city, incident)


def test_a_proposal_is_decided_once(city: City) -> None:
    city.person_press("p-1")
    city.person_press("p-2", 2.3531, 48.8570)
    proposal = Proposal.objects.get()
    shown = panel(city, proposal.incident_id)
    assert "Perhaps the same as" in shown
    browser = city.client("operator")
    # Two people called: merging is refused in words, and the proposal stays.
    refused = browser.post(
        f"/console/proposals/{proposal.id}/accept/", {"incident": str(proposal.incident_id)}, headers=PANEL
    )
    assert refused.status_code == 409
    assert "Two people called" in refused.content.decode()
    json = {"Accept": "application/json"}
    assert browser.post(f"/console/proposals/{proposal.id}/decline/", headers=json).json() == {"ok": True}
    again = browser.post(f"/console/proposals/{proposal.id}/decline/", headers=json)
    assert (again.status_code, again.json()["rule"]) == (409, "proposal_decided")


def test_why_no_drone_is_said_in_words(city: City) -> None:
    incident = city.press()
    reason = "no_drone free=0 battery=12 wind=3"
    city.sql("UPDATE incident SET drone = 'refused', drone_reason = %s WHERE id = %s", reason, incident)
    page = panel(city, incident)
    assert "No drone can take this flight now." in page
    assert "0 usable, 12 with too little battery, 3 kept down by wind" in page
    assert "dispatch rules" in page
    assert "Send people." in page
    assert "no_drone" not in page


def test_a_drone_is_sought_again_and_stood_down(city: City) -> None:
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="transit")
    assert "data-hold" in re.search(r'data-action="stand_down".*?</form>', panel(city, incident), re.DOTALL)[0]
    assert act(city, incident, "stand_down").status_code == 200
    assert Mission.objects.get(id=mission).order_name == "return"
    assert act(city, incident, "seek").status_code == 200
    assert Incident.objects.get(id=incident).drone == "searching"


def test_responders_are_told_by_name_or_as_a_unit(city: City) -> None:
    incident = city.press()
    assert act(city, incident, "tell", responder=str(city.users["responder"].pk)).status_code == 200
    assert act(city, incident, "tell", unit="VSAV 12").status_code == 200
    assert act(city, incident, "tell", responder=str(city.users["pilot"].pk)).status_code == 422
    assert {(one.unit, one.user_id) for one in ResponderTask.objects.all()} == {
        ("Responder Test", city.users["responder"].pk),
        ("VSAV 12", None),
    }


def test_duress_is_marked_in_the_room_and_nowhere_else(city: City) -> None:
    incident = city.person_press()
    city.sql("UPDATE incident SET duress = true WHERE id = %s", incident)
    assert "Their screen says cancelled" in panel(city, incident)
    assert "Duress" in city.client("operator").get("/console/").content.decode()
    assert "duress" not in city.client("technician").get("/console/devices/").content.decode().lower()


def test_the_panel_costs_the_same_queries_however_long_the_story(city: City) -> None:
    incident = city.press()
    browser = city.client("operator")
    path = f"/console/incidents/{incident}/panel/"
    browser.get(path)
    few = queries(lambda: browser.get(path))
    for _each in range(5):
        city.press()
    mission = city.mission(incident, state="flying", phase="on_scene")
    city.sql("UPDATE mission SET state = 'ended', ended_at = now(), end_reason = 'docked' WHERE id = %s", mission)
    for words in ("one", "two", "three"):
        incidents.write_note(store(), incident, "note", words, city.person("operator"), datetime.now(UTC))
    assert queries(lambda: browser.get(path)) == few


# --- who holds a personal button --------------------------------------------------------------------------------


def test_a_name_is_opened_with_a_reason_shown_once_and_logged(city: City) -> None:
    incident = city.person_press()
    browser = city.client("operator")
    path = f"/console/incidents/{incident}/holder/"
    assert "Ada Example" not in browser.get(path).content.decode()
    refused = browser.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "Ada Example" not in refused.content.decode()
    assert city.sql("SELECT count(*) FROM holders.opening") == [(0,)]
    opened = browser.post(path, {"reason": "no answer on call-back"})
    assert "Ada Example" in opened.content.decode()
    assert "no-store" in opened.headers["Cache-Control"]
    by = f"user:{city.users['operator'].pk}"
    assert city.sql("SELECT device_id, opened_by, reason FROM holders.opening") == [
        ("p-1", by, "no answer on call-back")
    ]
    for again in (path, f"/console/incidents/{incident}/", "/console/", "/console/log/", "/console/devices/"):
        assert "Ada Example" not in browser.get(again).content.decode()


def test_the_way_to_a_name_stays_open_when_the_call_was_merged_into_a_street_buttons(city: City) -> None:
    street, personal = city.press(), city.person_press()
    assert incidents.merge(store(), personal, street, city.person("operator"), datetime.now(UTC))
    browser = city.client("operator")
    path = f"/console/incidents/{street}/holder/"
    assert path in browser.get(f"/console/incidents/{street}/panel/").content.decode()
    assert "p-1" in browser.get(path).content.decode()
    assert "Ada Example" in browser.post(path, {"reason": "no answer on call-back"}).content.decode()
    assert city.sql("SELECT device_id, incident_id FROM holders.opening") == [("p-1", street)]
    timeline = browser.get(f"/console/incidents/{street}/").content.decode()
    assert "merged into this one" in timeline


def test_a_name_stays_shut_for_a_street_button_a_closed_incident_and_other_roles(city: City) -> None:
    street, personal = city.press(), city.person_press()
    assert city.client("operator").get(f"/console/incidents/{street}/holder/").status_code == 404
    for role in ("pilot", "technician", "administrator", "responder"):
        assert city.client(role).post(f"/console/incidents/{personal}/holder/", {"reason": "x"}).status_code == 403
    act(city, personal, "close", outcome="helped")
    late = city.client("operator").post(f"/console/incidents/{personal}/holder/", {"reason": "curious"})
    assert late.status_code == 409
    assert "Ada Example" not in late.content.decode()
    assert city.sql("SELECT count(*) FROM holders.opening") == [(0,)]
