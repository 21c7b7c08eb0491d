"""The personal button in a real browser, before the real door: by keyboard, without a network, taken back with a PIN."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from necmergitur.web.facts.models import Incident, Signal
from necmergitur.web.press import invitations
from tests.web.conftest import accessibility_problems, watched
from tests.web.pages import City
from tests.web.serving import SERVE_LIVE, Served, serve

pytestmark = pytest.mark.e2e

PINS = {"cancel_pin": "4711", "duress_pin": "9035"}
HERE = {"longitude": 2.3501, "latitude": 48.8561, "accuracy": 12}
BACK_MS_MAX = 20_000  # the page repeats after at most eight seconds, and waits ten for an answer


@pytest.fixture(scope="module")
def served_city(city_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The pages and the door of presses, served on the city that every test here finds as it was."""
    with serve(city_template, SERVE_LIVE, NEC_HOME=str(tmp_path_factory.mktemp("home"))) as running:
        yield running


@pytest.fixture
def phone(chromium: Browser, served_city: Served) -> Iterator[BrowserContext]:
    """A telephone that says where it is."""
    context = chromium.new_context(
        base_url=served_city.url,
        viewport={"width": 390, "height": 844},
        geolocation=HERE,
        permissions=["geolocation"],
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "nec_language", "value": "en", "url": served_city.url}])
    yield context
    context.close()


@pytest.fixture
def button(phone: BrowserContext, city: City) -> Page:
    """The page, carrying a button through its link."""
    token = invitations.create("p-1", PINS, city.person("technician"), datetime.now(UTC))
    page = watched(phone)
    page.goto(f"/press/enrol/{token}/")
    page.get_by_role("main").get_by_role("button").click()
    expect(said(page)).to_contain_text("Ready.")
    return page


def said(page: Page) -> Locator:
    return page.get_by_role("status").and_(page.locator("#press-status"))


def press_by_keyboard(page: Page, name: str) -> None:
    """Walk to a button with the tabulator, and press it."""
    wanted = page.get_by_role("button", name=name)
    for _ in range(30):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard never reaches “{name}”")


def test_it_says_that_it_cannot_ring_keeps_trying_and_rings_when_the_network_is_back(
    phone: BrowserContext, button: Page
) -> None:
    phone.set_offline(True)
    expect(said(button)).to_contain_text("No network: this button cannot ring now.")
    press_by_keyboard(button, "Call for help")
    button.wait_for_timeout(2_500)  # it has tried in vain more than once
    expect(said(button)).to_contain_text("It will keep trying while this page is open. In danger, call 112.")
    assert not Signal.objects.filter(device_id="p-1").exists()
    phone.set_offline(False)
    expect(said(button)).to_have_text("Your call has been received.", timeout=BACK_MS_MAX)
    assert Signal.objects.filter(device_id="p-1").count() == 1
    incident = Incident.objects.get(personal_device="p-1")
    assert (incident.placed, incident.lon, incident.lat) == (True, HERE["longitude"], HERE["latitude"])


def test_a_telephone_that_may_not_say_where_it_is_tells_its_holder_so(phone: BrowserContext, button: Page) -> None:
    phone.clear_permissions()
    press_by_keyboard(button, "Call for help")
    expect(said(button)).to_contain_text("Your call has been received. Where you are is not known yet")
    incident = Incident.objects.get(personal_device="p-1")
    assert (incident.placed, incident.drone_reason) == (False, "place_unknown")


def test_a_page_closed_while_it_was_trying_rings_when_it_is_opened_again(phone: BrowserContext, button: Page) -> None:
    phone.set_offline(True)
    press_by_keyboard(button, "Fire")
    button.wait_for_timeout(1_500)
    phone.set_offline(False)
    button.goto("/press/")
    expect(said(button)).to_have_text("Your call has been received.", timeout=BACK_MS_MAX)
    assert Signal.objects.get(device_id="p-1").kind == "fire"


def test_a_wrong_pin_is_said_and_the_right_one_takes_the_call_back_by_keyboard(button: Page) -> None:
    press_by_keyboard(button, "Call for help")
    expect(said(button)).to_have_text("Your call has been received.")
    assert accessibility_problems(button) == []
    take_back(button, "0000")
    expect(said(button)).to_have_text("This PIN was not accepted. Your call still stands.")
    assert not Incident.objects.get(personal_device="p-1").cancelled
    take_back(button, PINS["cancel_pin"])
    expect(said(button)).to_have_text("Cancelled.")
    assert Incident.objects.get(personal_device="p-1").cancelled
    # The form has gone; the keyboard still has a place, on the button that calls.
    expect(button.get_by_role("button", name="Call for help")).to_be_focused()
    assert button.complaints == []  # type: ignore[attr-defined]


def test_a_button_that_is_no_longer_known_says_so_in_the_readers_language(
    phone: BrowserContext, button: Page, served_city: Served, city: City
) -> None:
    # The button moved to another telephone: this one's credential is void.
    token = invitations.create("p-1", PINS, city.person("technician"), datetime.now(UTC))
    assert isinstance(invitations.accept(token), str)
    phone.add_cookies([{"name": "nec_language", "value": "fr", "url": served_city.url}])
    button.reload()
    press_by_keyboard(button, "Appeler à l\u2019aide")
    expect(said(button)).to_contain_text("Votre appel n\u2019a pas été reçu")
    expect(said(button)).to_contain_text("112")
    assert "Call" not in said(button).inner_text()


def take_back(page: Page, pin: str) -> None:
    """Type a PIN and send it, without a mouse."""
    page.locator("#press-pin").focus()
    page.keyboard.type(pin)
    page.keyboard.press("Enter")
