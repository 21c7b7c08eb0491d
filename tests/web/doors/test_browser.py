"""Open doors in a browser: axe, a telephone, no script, both languages; the desk too."""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from necmergitur.operations.population import pairing
from necmergitur.operations.population.ground import Grounds
from necmergitur.people.crises import Crisis
from necmergitur.people.shelter import Side
from necmergitur.web.doors import views
from necmergitur.web.store import store
from tests.web.conftest import accessibility_problems
from tests.web.doors.test_desk import HALL
from tests.web.doors.test_doors import ASK, OFFER, act, code_of, show, walk
from tests.web.entering import browsers
from tests.web.pages import City
from tests.web.serving import serve

pytestmark = pytest.mark.e2e


@pytest.fixture
def open_page(chromium: Browser, city: City, crisis: Crisis) -> "Callable[..., Page]":
    with serve(city.url) as running, browsers(chromium, running.url, city) as opened:
        yield opened


def agreed(city: City) -> tuple[str, str, str]:
    """Return a host and a guest who have agreed, by their private addresses, and their pair."""
    host, guest = walk("offer", OFFER), walk("ask", ASK)
    act(host, "confirm", code=code_of(Side.HOST, host))
    act(guest, "confirm", code=code_of(Side.GUEST, guest))
    pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC))
    match = re.search(r'name="match" value="([0-9a-f]{32})"', show(host))[1]
    act(host, "yes", match=match)
    act(guest, "yes", match=match)
    act(guest, "there", match=match)
    act(guest, "say", match=match, text="Je porte un manteau rouge")
    return host, guest, match


def test_pages_have_no_serious_finding_on_a_telephone_and_a_desktop(
    open_page: Callable[..., Page], city: City, crisis: Crisis
) -> None:
    city.client("lead").post(f"/console/doors/{crisis.id}/shelter/", HALL)
    fresh = walk("offer", [*OFFER[:-1], {"name": "Zoé", "phone": "06 12 00 00 07"}])
    host, guest, match = agreed(city)
    act(host, "report", match=match, text="x")
    problems: list[str] = []
    public = ("/doors/", "/doors/ask/", "/doors/offer/", "/doors/post/", fresh, host, guest, "/doors/host/x/")
    rooms = ("/console/doors/", f"/console/doors/{crisis.id}/case/{match}/")
    for role, addresses in (("", public), ("lead", rooms)):
        for language, theme, width in (("fr", "dark", 1280), ("en", "light", 360)):
            page = open_page(role, language, theme, viewport={"width": width, "height": 800})
            for address in addresses:
                page.goto(address)
                problems += [f"{address}: {each}" for each in accessibility_problems(page)]
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                problems += [f"{address} {width}: {wide} px too wide"] if wide > 0 else []
                _keep(page, f"{address.strip('/').replace('/', '_')[:24]}-{language}-{width}")
    assert problems == []


def test_the_questions_are_answered_by_keyboard_without_script(open_page: Callable[..., Page], city: City) -> None:
    page = open_page("", "fr", "light", java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto("/doors/")
    page.get_by_role("link", name="J\u2019ai besoin d\u2019un abri").click()
    page.get_by_label("Quartier").select_option("Centre")
    page.get_by_role("button", name="Continuer").press("Enter")
    page.get_by_label("Personnes, vous compris").fill("2")
    page.keyboard.press("Enter")
    page.get_by_label("Il y a des enfants avec nous").check()
    page.get_by_role("button", name="Continuer").press("Enter")
    page.get_by_role("button", name="Continuer").press("Enter")
    page.get_by_label("Prénom").fill("Gaël")
    page.get_by_label("Téléphone portable").fill("06 12 00 00 01")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doors/guest/**")
    page.get_by_label("Le code envoyé à votre téléphone").fill(code_of(Side.GUEST, page.url))
    page.keyboard.press("Enter")
    page.get_by_text("Votre numéro est confirmé.").wait_for()
    page.get_by_text("Nous cherchons un hôte près de vous.").wait_for()
    assert page.complaints == []


def test_a_host_and_guest_see_the_steps_of_meeting(open_page: Callable[..., Page], city: City) -> None:
    host, guest, _match = agreed(city)
    for address in (host, guest):
        page = open_page("", "en", "light", viewport={"width": 360, "height": 740})
        page.goto(address)
        page.get_by_text("Meet in public, at this emergency post:").wait_for()
        assert accessibility_problems(page) == []
        _keep(page, f"agreed-{'host' if 'host' in address else 'guest'}")


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("NEC_SCREENS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
