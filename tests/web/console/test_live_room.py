"""The room as it lives: the real stream, news as they come, and what is said when they stop coming."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from necmergitur.operations import flying
from necmergitur.web.facts.models import Incident, Mission
from necmergitur.web.store import store
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.serving import Served, serve

pytestmark = pytest.mark.e2e

SPOKEN = "[data-announcer=assertive]"
PATIENCE_MS = 20_000
DESKTOP = {"width": 1440, "height": 900}
BUTTONS = 20_000


def enter_live(enter: Callable[..., Page], room: Served, role: str, path: str, language: str = "en") -> Page:
    page = enter(role, language, at=room.url, viewport=DESKTOP)
    # Every change of what is spoken, from before the first.
    page.add_init_script(
        """window.spoken = []; document.addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
            const said = document.querySelector("[data-announcer=assertive]")?.textContent;
            if (said && said !== window.spoken.at(-1)) window.spoken.push(said);
        }).observe(document.body, {subtree: true, childList: true, characterData: true}))"""
    )
    page.goto(path)
    page.wait_for_selector("html[data-live-status=live]", timeout=PATIENCE_MS)
    return page


def test_an_operator_walks_the_board_by_keyboard_and_hears_what_is_new(
    city: City, live_room: Served, enter: Callable[..., Page]
) -> None:
    first = str(city.press())
    page = enter_live(enter, live_room, "operator", "/console/")
    page.keyboard.press("j")
    expect(page.locator("form[data-action=acknowledge]")).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.locator("form[data-action=act]")).to_be_visible(timeout=PATIENCE_MS)
    assert Incident.objects.get(id=first).rung == "acknowledged"

    second = str(city.press("b-2", "fire"))
    expect(page.locator(f"#q-{second}")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(SPOKEN)).to_have_text("New call: Fire, Quai du Port 2.")
    selected = page.locator(".qrow[aria-current=true]")
    for key, incident in (("k", second), ("j", first), ("ArrowUp", second), ("ArrowDown", first)):
        page.keyboard.press(key)
        expect(selected).to_have_attribute("data-id", incident)

    mute = page.locator("[data-live=mute]")
    for pressed in ("true", "false"):
        page.keyboard.press("s")
        expect(mute).to_have_attribute("aria-pressed", pressed)
    page.keyboard.press("n")
    expect(page.locator("#note-body")).to_be_focused()
    page.keyboard.type("jk")
    assert page.locator("#note-body").input_value() == "jk"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Do the next action of this incident")
    assert accessibility_problems(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/console/shifts/")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_stopped_stream_is_said_within_seconds_and_once(
    city: City, live_room: Served, enter: Callable[..., Page]
) -> None:
    city.press()
    page = enter_live(enter, live_room, "operator", "/console/")
    page.wait_for_timeout(1_500)
    live_room.process.send_signal(signal.SIGSTOP)
    banner = page.locator("#live-status")
    expect(banner).to_contain_text("Live data stopped", timeout=8_000)
    shown = banner.text_content()
    page.wait_for_timeout(2_200)
    assert banner.text_content() != shown, "its age is right for eyes"
    said = page.evaluate("window.spoken")
    assert [line for line in said if "Live data stopped" in line] == said[-1:]
    live_room.process.send_signal(signal.SIGCONT)
    expect(page.locator("[data-announcer=polite]")).to_have_text("Live again.", timeout=PATIENCE_MS)
    expect(banner).to_be_hidden()


def test_a_pilot_answers_by_keyboard_and_learns_of_a_colleague(
    city: City, live_room: Served, enter: Callable[..., Page]
) -> None:
    city.on_shift()
    incident = city.press()
    page = enter_live(enter, live_room, "pilot", "/console/pilot/")
    mission = city.mission(incident)
    expect(page.locator(SPOKEN)).to_contain_text("Flight offered. SOS, Rue des Essais 1, D-1", timeout=PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.locator(".flight")).to_be_visible(timeout=PATIENCE_MS)
    assert Mission.objects.get(id=mission).state == "accepted"
    expect(page.locator(".flight")).to_contain_text("No other pilot is on shift.")
    page.set_viewport_size({"width": 1600, "height": 900})
    expect(page.locator(".plot")).to_have_count(3)
    boxes = [plot.bounding_box() or {} for plot in page.locator(".plot").all()]
    assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes)), (
        "plots lie beside one another"
    )
    assert min(box["width"] for box in boxes) > 100
    city.on_shift("pilot2")
    expect(page.locator("#pilot-colleague")).to_contain_text("Pilot2 Test", timeout=PATIENCE_MS)
    land = page.locator("[data-order=land]")
    land.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert Mission.objects.get(id=mission).order_name != "land"
    page.keyboard.down("Enter")
    expect(page.locator(".pilot__said")).not_to_be_empty()
    page.keyboard.up("Enter")
    assert accessibility_problems(page) == []
    assert page.locator(".shiftbar").get_by_text("On shift").is_visible()
    city.sql("UPDATE pilot_shift SET ended_at = now() WHERE user_id = %s", city.users["pilot"].pk)
    expect(page.locator(".shiftbar")).to_contain_text("Not on shift", timeout=PATIENCE_MS)


def test_every_order_of_a_pilot_has_a_key_and_a_landing_a_held_one(
    city: City, live_room: Served, enter: Callable[..., Page]
) -> None:
    city.on_shift(), city.on_shift("pilot2")
    mission = city.mission(city.press(), state="flying", phase="on_scene")
    page = enter_live(enter, live_room, "pilot", "/console/pilot/")
    expect(page.locator(".flight")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#pilot-colleague")).to_contain_text("Pilot2 Test", timeout=PATIENCE_MS)
    page.keyboard.press("p")
    expect(page.locator("#pilot-colleague")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator("#pilot-observe input[name=people_down]")).to_be_focused()
    page.keyboard.press("Escape")
    for key, order in (("h", "hold"), ("b", "descend"), ("u", "fly"), ("r", "return")):
        page.keyboard.press(key)
        wait_order(page, mission, order)
    page.keyboard.press("l")
    page.wait_for_timeout(300)
    assert Mission.objects.get(id=mission).order_name == "return"
    page.keyboard.down("l")
    wait_order(page, mission, "land")
    page.keyboard.up("l")


def test_a_pilot_who_is_given_the_controls_hears_it(city: City, live_room: Served, enter: Callable[..., Page]) -> None:
    city.on_shift("pilot"), city.on_shift("pilot2")
    mission = city.mission(city.press(), state="flying", phase="on_scene", role="pilot2")
    page = enter_live(enter, live_room, "pilot", "/console/pilot/")
    expect(page.get_by_role("heading", name="No flight")).to_be_visible(timeout=PATIENCE_MS)
    flying.hand_over(store(), mission, city.person("pilot"), city.person("pilot2"), datetime.now(UTC))
    expect(page.locator(SPOKEN)).to_contain_text("D-1: a colleague gave you the controls", timeout=PATIENCE_MS)
    expect(page.locator(".flight")).to_be_visible()
    assert page.evaluate("window.spoken.filter((line) => line.includes('gave you')).length") == 1


def wait_order(page: Page, mission: UUID, order: str) -> None:
    """Wait until the mission's order is this one."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while Mission.objects.get(id=mission).order_name != order:
        assert time.monotonic() < deadline, order
        page.wait_for_timeout(100)


def test_an_incidents_own_page_follows_its_drone(city: City, live_room: Served, enter: Callable[..., Page]) -> None:
    incident = city.press()
    mission = city.mission(incident, state="flying", phase="climb")
    page = enter_live(enter, live_room, "operator", f"/console/incidents/{incident}/", language="fr")
    expect(page.locator("[data-telemetry=phase]")).to_have_text("En montée")
    expect(page.locator(".plot")).to_have_count(3, timeout=PATIENCE_MS)
    flying.reached(store(), mission, "transit", datetime.now(UTC))
    expect(page.locator("[data-telemetry=phase]")).to_have_text("En route", timeout=PATIENCE_MS)
    expect(page.locator(".plot").first).to_contain_text("Hauteur")


def test_the_map_stays_usable_with_20_000_buttons(city: City, enter: Callable[..., Page]) -> None:
    city.sql(
        "INSERT INTO device (id, kind, transport, label, zone_id, lon, lat, installed_at)"
        " SELECT 'm-' || n, 'post', 'mqtt', 'Post ' || n, 'z-1', 2.34 + (n %% 200) * 0.0001, 48.85 + (n / 200) * 0.0001, now()"
        " FROM generate_series(1, %s) AS n",
        BUTTONS,
    )
    here, there = str(city.press()), str(city.person_press("p-1", 2.3520, 48.8560))
    page = enter("operator", viewport=DESKTOP)
    page.goto(f"/console/?incident={here}")
    page.locator(".maplibregl-canvas").wait_for(timeout=PATIENCE_MS)
    with page.expect_response("**/buttons.json", timeout=PATIENCE_MS) as answered:
        page.keyboard.press("f")
    assert answered.value.ok
    # Settled: a second without any task over 200 ms, on a machine without a GPU.
    page.wait_for_function(
        """() => { window.lastLong ??= (new PerformanceObserver((list) => {
                for (const one of list.getEntries()) if (one.duration > 200) window.lastLong = performance.now();
            }).observe({type: "longtask"}), performance.now());
            return performance.now() - window.lastLong > 1000; }""",
        timeout=30_000,
    )
    box = page.locator("#map").bounding_box()
    assert box is not None
    # 73 m east, at 1.1 m to the pixel.
    page.mouse.click(box["x"] + box["width"] / 2 + 66, box["y"] + box["height"] / 2)
    expect(page.locator("#panel article")).to_have_attribute("data-incident", there, timeout=PATIENCE_MS)


def test_the_button_in_the_middle_of_a_simulated_map_is_offered_by_keyboard_and_not_pressed_by_the_same_key(
    city: City, enter: Callable[..., Page]
) -> None:
    with serve(city.url, NEC_DEMO="1") as demonstration:
        page = enter("operator", at=demonstration.url, viewport=DESKTOP)
        with page.expect_response("**/buttons.json", timeout=PATIENCE_MS):
            page.goto("/console/")
            page.locator(".maplibregl-canvas").focus(timeout=PATIENCE_MS)
            page.keyboard.press("+")
        offer = page.locator(".press-offer button")
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while offer.count() == 0:
            assert time.monotonic() < deadline
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
        expect(offer).to_be_focused()
        assert page.locator(".press-offer__said").inner_text() == ""
        page.keyboard.press("Escape")
        expect(page.locator(".maplibregl-canvas")).to_be_focused()
