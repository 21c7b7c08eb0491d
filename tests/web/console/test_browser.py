"""The room in a real browser: both languages, both themes, desktop and phone, axe, the keyboard, and no script at all.

`make screens` refreshes the kept screenshots.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from necmergitur.operations import incidents, responding
from necmergitur.web.facts.models import Incident, IncidentNote, Observation, ResponderTask, Signal
from necmergitur.web.press import invitations
from necmergitur.web.store import store
from tests.web.conftest import accessibility_problems
from tests.web.console.evening import complaints, evening
from tests.web.pages import City
from tests.web.serving import Served
from tests.web.test_pages import _keep, _prefer, by_keyboard

pytestmark = pytest.mark.e2e

VIEWPORTS = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
# What axe sees differs by theme and by size, hardly by language: each theme and size once, each language twice.
BY_AXE = {("fr", "dark", "desktop"), ("fr", "light", "phone"), ("en", "light", "desktop"), ("en", "dark", "phone")}

PAGES = {
    "board": ("operator", "/console/?incident={street}"),
    "incident": ("operator", "/console/incidents/{fire}/"),
    "sheet": ("operator", "/console/incidents/{street}/sheet/?for=15"),
    "holder": ("operator", "/console/incidents/{person}/holder/"),
    "pilot": ("pilot", "/console/pilot/"),
    "shifts": ("lead", "/console/shifts/"),
    "devices": ("technician", "/console/devices/"),
    "fleet": ("technician", "/console/fleet/"),
    "airspace": ("lead", "/console/airspace/"),
    "tests": ("lead", "/console/tests/"),
    "supervisor": ("lead", "/console/supervisor/"),
    "authorisations": ("lead", "/console/authorisations/"),
    "grant": ("lead", "/console/authorisations/new/"),
    "log": ("operator", "/console/log/"),
    "search": ("operator", "/console/search/?q=Rue"),
    "partners": ("administrator", "/console/partners/"),
    "token": ("administrator", "/console/partners/tokens/new/"),
    "button_invite": ("technician", "/press/invite/"),
    "field": ("responder", "/field/"),
    "field_incident": ("responder", "/field/incidents/{street}/"),
    "press": ("", "/press/"),
}
# The board's rows are reached by j and k, and the pilot's orders by their own keys: tests of their own walk them
# (test_keys.py, test_live_room.py).
ISLANDS = {"board", "pilot"}
SETTLE_MS = 150


@pytest.mark.screens
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_every_language_theme_and_size(
    name: str, city: City, served_city: Served, enter: Callable[..., Page]
) -> None:
    role, template = PAGES[name]
    path = template.format(**evening(city))
    page = enter(role)
    problems: list[str] = []
    for language, theme in product(("fr", "en"), ("dark", "light")):
        _prefer(page.context, served_city, language, theme)
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        for size, viewport in VIEWPORTS.items():
            page.set_viewport_size(viewport)
            page.wait_for_timeout(SETTLE_MS)
            where = f"{name} {language} {theme} {size}"
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            problems += [f"{where}: {wide} px too wide"] if wide > 0 else []
            if (language, theme, size) in BY_AXE:
                problems += [f"{where}: {each}" for each in accessibility_problems(page)]
            _keep(page, f"{name}-{language}-{theme}-{size}")
    if name not in ISLANDS:
        page.set_viewport_size(VIEWPORTS["desktop"])
        problems += by_keyboard(page)
    assert problems + complaints(page) == []


def test_an_operator_works_without_javascript(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator", java_script_enabled=False)
    page.goto("/console/")
    page.get_by_role("link", name="Rue des Essais 1").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("button", name="Help is on its way")).to_be_visible()
    page.locator("#note-body").fill("Caller is calm")
    page.get_by_role("button", name="Write", exact=True).first.click()
    expect(page.locator("#i-timeline")).to_contain_text("Caller is calm")
    page.locator("#close-outcome").select_option("helped")
    page.get_by_role("button", name="Close (hold)").click()
    expect(page.get_by_role("button", name="reopen")).to_be_visible()
    assert Incident.objects.get(id=incident).outcome == "helped"


def test_the_panel_answers_in_place_and_keeps_a_half_typed_note(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator("#note-body").fill("half a sen")
    page.locator("form[data-action=acknowledge] button").click()
    expect(page.locator("form[data-action=act]")).to_be_visible()
    assert page.locator("#note-body").input_value() == "half a sen"
    assert page.url.endswith(f"?incident={incident}")
    assert Incident.objects.get(id=incident).rung == "acknowledged"
    assert complaints(page) == []


def test_a_dangerous_action_needs_a_second_of_holding(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto(f"/console/?incident={incident}")
    page.locator("#close-outcome").select_option("false_alarm")
    button = page.locator("form[data-action=close] button")
    button.click()
    page.wait_for_timeout(300)
    assert Incident.objects.get(id=incident).state == "open"
    button.hover()
    page.mouse.down()
    expect(page.locator("form[data-action=reopen]")).to_be_visible(timeout=10_000)
    page.mouse.up()
    assert Incident.objects.get(id=incident).outcome == "false_alarm"


def test_a_refusal_is_shown_where_it_happened(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    # The news does not come: from the start, or what the page asks for while it loads would still bring it.
    page.route("**/panel/", lambda route: route.abort())
    page.goto(f"/console/?incident={incident}")
    incidents.climb(store(), incident, "acting", city.person("lead"), datetime.now(UTC))
    page.locator("form[data-action=acknowledge] button").click()
    expect(page.locator("#panel .refusal")).to_contain_text("Somebody has already done this.")
    expect(page.locator("#panel .refusal")).to_contain_text("Lead Test")


def test_a_pilot_files_what_is_seen_beside_the_flight_and_typing_survives_polling(
    city: City, enter: Callable[..., Page]
) -> None:
    page = enter("pilot")
    page.goto("/console/pilot/")
    assert page.locator("#pilot-observe h2").count() == 0
    incident = city.press()
    city.mission(incident, state="flying", phase="on_scene")
    note = page.locator("#pilot-observe textarea")
    note.fill("two people by the")
    page.wait_for_timeout(5_000)
    assert note.input_value() == "two people by the"
    page.get_by_label("People down").fill("2")
    page.get_by_role("button", name="File it").click()
    page.wait_for_url("**/console/pilot/")
    assert Observation.objects.get(incident_id=incident).facts["people_down"] == 2
    assert complaints(page) == []


def test_a_responder_answers_from_the_telephone(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    responding.tell(
        store(), incident, "Responder Test", city.users["responder"].pk, city.person("operator"), datetime.now(UTC)
    )
    page = enter("responder", viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/field/")
    page.get_by_role("link", name="Rue des Essais 1").tap()
    page.locator("#help-text").fill("stretcher")
    page.get_by_role("button", name="I need help").tap()
    expect(page.locator("#field-outbox")).to_contain_text("Sent at")
    assert ResponderTask.objects.get().state == "need_help"
    assert IncidentNote.objects.get().body == "stretcher"
    assert complaints(page) == []


def test_a_link_makes_a_telephone_ring_without_javascript(city: City, enter: Callable[..., Page]) -> None:
    token = invitations.create(
        "p-1", {"cancel_pin": "4711", "duress_pin": "9035"}, city.person("technician"), datetime.now(UTC)
    )
    page = enter("", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.goto(f"/press/enrol/{token}/")
    page.get_by_role("button", name="Put the button on this phone").click()
    page.get_by_role("button", name="Call for help").click()
    expect(page.locator("#press-status")).to_have_text("Your call has been received.")
    assert Signal.objects.get().device_id == "p-1"
    incidents.climb(store(), Incident.objects.get().id, "seen", city.person("operator"), datetime.now(UTC))
    page.get_by_role("link", name="Has someone seen my call?").click()
    expect(page.locator("#press-status")).to_have_text("Someone has seen your call.")


def test_the_button_keeps_its_secret_out_of_the_address(city: City, enter: Callable[..., Page]) -> None:
    token = invitations.create("p-1", {}, city.person("technician"), datetime.now(UTC))
    page = enter("", viewport={"width": 390, "height": 844})
    page.goto(f"/press/enrol/{token}/")
    page.get_by_role("button", name="Put the button on this phone").click()
    expect(page.locator("#press-status")).to_contain_text("Ready.")
    page.wait_for_function("() => location.hash === ''")
    assert "p-1" in page.evaluate("localStorage.getItem('nec-press')")


def test_the_log_prints_black_on_white_without_buttons(city: City, enter: Callable[..., Page]) -> None:
    evening(city)
    page = enter("operator")
    page.goto("/console/log/")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".bar__nav").is_visible()
    assert not page.locator("form.filter").is_visible()
    assert page.locator(".logtable").is_visible()


COLOUR = "shape => getComputedStyle(shape).backgroundColor"
# On an element of its own: a row that is drawn anew meanwhile has no colour at all.
NAMED = """(_, name) => {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}"""


def test_what_is_resolved_is_green_and_fades_to_grey_in_five_seconds(city: City, enter: Callable[..., Page]) -> None:
    incident = city.press()
    page = enter("operator")
    page.goto("/console/")
    page.locator("#quiet summary").click()
    incidents.close(store(), incident, "helped", city.person("operator"), datetime.now(UTC))
    city.sql("UPDATE incident SET closed_at = now() + interval '20 seconds'")  # a slow machine draws late
    page.reload()
    page.locator("#quiet summary").click()
    shape = page.locator(".quiet__row .shape")
    expect(shape).to_have_count(1)
    green, grey = (shape.evaluate(NAMED, name) for name in ("--resolved", "--grey-8"))
    assert shape.evaluate("shape => getComputedStyle(shape).animationDuration") == "5s"
    assert shape.evaluate(COLOUR) != grey
    assert green != grey
    city.sql("UPDATE incident SET closed_at = now() - interval '5 seconds'")
    page.reload()
    page.locator("#quiet summary").click()
    expect(shape).to_have_css("background-color", grey)
    page.emulate_media(reduced_motion="reduce")
    city.sql("UPDATE incident SET closed_at = now()")
    page.reload()
    page.locator("#quiet summary").click()
    expect(shape).to_have_css("background-color", grey)
