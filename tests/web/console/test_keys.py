"""The room by keyboard and without one: keys that belong to a field stay there, and what is dangerous asks twice."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from necmergitur.web.facts.models import Incident, IncidentNote
from tests.web.console.evening import complaints
from tests.web.pages import City

pytestmark = pytest.mark.e2e

OUTCOME = "#close-outcome"
CLOSE = "form[data-action=close] button"


def incident_of(page: Page) -> Any:
    return page.locator("#panel article").get_attribute("data-incident")


def test_a_service_is_chosen_with_arrows_and_nothing_typed_is_lost(city: City, enter: Callable[..., Page]) -> None:
    city.press("b-2")
    incident = str(city.press())
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator("#i-handoff summary").click()
    page.locator("#handoff-body").fill("ref 2231")
    page.locator("#i-handoff input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("m")
    assert page.locator("#i-handoff input:checked").input_value() == "17"
    assert incident_of(page) == incident
    assert page.locator("#handoff-body").input_value() == "ref 2231"
    page.get_by_role("button", name="Handed off").click()
    expect(page.locator("#i-timeline")).to_contain_text("ref 2231")
    assert IncidentNote.objects.get().body == "17: ref 2231"


def test_arrows_on_the_map_move_the_map_and_choose_nothing(city: City, enter: Callable[..., Page]) -> None:
    city.press("b-2")
    incident = str(city.press())
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator(".maplibregl-canvas").focus(timeout=30_000)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    assert incident_of(page) == incident


def test_m_opens_the_choice_and_merges_nothing_by_itself(city: City, enter: Callable[..., Page]) -> None:
    incident = str(city.press())
    city.press("b-2", "fire")
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.keyboard.press("m")
    expect(page.locator("#merge-into")).to_be_focused()
    page.wait_for_timeout(300)
    assert Incident.objects.filter(state="merged").count() == 0


def test_a_chosen_outcome_survives_a_fresh_panel(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator(OUTCOME).select_option("helped")
    page.locator("#note-body").fill("calm")
    page.locator("form[data-action=note] button").click()
    expect(page.locator("#i-timeline")).to_contain_text("calm")
    assert page.locator(OUTCOME).input_value() == "helped"


def test_a_held_button_is_guarded_on_an_incidents_own_page_too(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto(f"/console/incidents/{incident}/")
    page.locator(OUTCOME).select_option("helped")
    page.locator(CLOSE).click()
    page.wait_for_timeout(300)
    assert Incident.objects.get(id=incident).state == "open"
    page.locator(CLOSE).focus()
    page.keyboard.down("Enter")
    expect(page.locator("form[data-action=reopen]")).to_be_visible()
    page.keyboard.up("Enter")
    assert Incident.objects.get(id=incident).outcome == "helped"
    assert complaints(page) == []


def test_who_cannot_hold_presses_twice(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator(OUTCOME).select_option("false_alarm")
    # What a screen reader's or voice control's activation is to a page: a click with no pointer behind it.
    page.locator(CLOSE).evaluate("button => button.click()")
    expect(page.locator(CLOSE)).to_have_text("Press again to confirm")
    expect(page.locator("[data-announcer=assertive]")).to_contain_text("Press again to confirm")
    page.wait_for_timeout(500)
    assert Incident.objects.get(id=incident).state == "open"
    page.locator(CLOSE).evaluate("button => button.click()")
    expect(page.locator("form[data-action=reopen]")).to_be_visible()
    assert Incident.objects.get(id=incident).outcome == "false_alarm"


def test_single_keys_can_be_switched_off_and_stay_off(city: City, enter: Callable[..., Page]) -> None:
    first, second = sorted(str(each) for each in (city.press(), city.press("b-2")))
    page = enter("operator")
    page.goto(f"/console/?incident={first}")
    page.keyboard.press("?")
    page.get_by_label("Letters, figures and signs act as keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    for key in ("j", "k", "?"):
        page.keyboard.press(key)
    assert incident_of(page) == first
    assert page.locator("dialog").count() == 0
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Letters, figures and signs act as keys").check()
    page.keyboard.press("Escape")
    for key in ("j", "k", "j"):
        page.keyboard.press(key)
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/console/log/")
    assert second


def test_an_incident_is_taken_and_closed_by_keyboard_alone(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto("/console/")
    page.locator("#queue > li").first.wait_for()
    page.keyboard.press("j")
    page.locator("form[data-action=acknowledge]").wait_for()
    page.keyboard.press("Enter")
    page.locator("form[data-action=act]").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("form[data-next-action]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(OUTCOME)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("#tell-who")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(OUTCOME)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.down("Enter")
    expect(page.locator("form[data-action=reopen]")).to_be_visible(timeout=10_000)
    page.keyboard.up("Enter")
    assert Incident.objects.get(id=incident).outcome == "helped"


def test_skipping_to_the_content_leaves_the_bar_where_it_is(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator("#i-close").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert page.evaluate("window.scrollY") == 0
    assert page.locator(".bar").bounding_box()["y"] >= 0  # type: ignore[index]


# Each key, and where it puts the keyboard; what it needs is in the panel of a call that waits.
KEYS = {
    "t": "#tell-who",
    "c": OUTCOME,
    "n": "#note-body",
    "b": "#callback-body",
    "h": "#i-handoff input[type=radio] >> nth=0",
    "d": "form[data-action=stand_down] button",
    "p": "#place-where",
    "o": "form[data-action=observe] input[type=number] >> nth=0",
}


def test_every_action_of_a_call_has_a_key_that_reaches_it(city: City, enter: Callable[..., Page]) -> None:
    incident = city.person_press()
    city.on_shift()
    city.mission(incident, state="flying", phase="on_scene")
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator("#i-close").wait_for()
    for key, place in KEYS.items():
        page.keyboard.press(key)
        expect(page.locator(place)).to_be_focused()
        # A button keeps no letter to itself; a field gives the keyboard back.
        page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("form[data-action=see]")).to_have_count(0)
    assert Incident.objects.get(id=incident).rung == "seen"
    assert complaints(page) == []


def test_the_list_of_keys_gives_the_keyboard_back(city: City, enter: Callable[..., Page]) -> None:
    city.press()
    page = enter("operator")
    page.goto("/console/")
    page.locator("#queue > li").first.wait_for()
    page.keyboard.press("j")
    page.locator("form[data-action=acknowledge]").wait_for()
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.locator("form[data-action=act]").wait_for()
