"""Open doors in a browser: axe, a telephone, no script, both languages; the desk too."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

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
from tests.web.test_pages import VIEWPORTS, _keep

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


@pytest.mark.screens
def test_pages_have_no_serious_finding_on_a_telephone_and_a_desktop(
    open_page: Callable[..., Page], city: City, crisis: Crisis
) -> None:
    city.client("lead").post(f"/console/doors/{crisis.id}/shelter/", HALL)
    fresh = walk("offer", [*OFFER[:-1], {"name": "Zoé", "phone": "06 12 00 00 07"}])
    host, guest, match = agreed(city)
    act(host, "report", match=match, text="x")
    problems: list[str] = []
    public = {
        "doors": "/doors/", "doors-ask": "/doors/ask/", "doors-offer": "/doors/offer/", "doors-post": "/doors/post/",
        "doors-code": fresh, "doors-reported": host, "doors-guest": guest, "doors-nothing": "/doors/host/x/",
        "doors-closed": "/drill/doors/",
    }  # fmt: skip
    rooms = {"doors-desk": "/console/doors/", "doors-case": f"/console/doors/{crisis.id}/case/{match}/"}
    for role, addresses in (("", public), ("lead", rooms)):
        for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
            page = open_page(role, language, theme, viewport=VIEWPORTS[size])
            for name, address in addresses.items():
                page.goto(address)
                problems += [f"{address}: {each}" for each in accessibility_problems(page)]
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                problems += [f"{address} {size}: {wide} px too wide"] if wide > 0 else []
                _keep(page, f"{name}-{language}-{theme}-{size}")
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


@pytest.mark.screens
def test_a_host_and_guest_see_the_steps_of_meeting(open_page: Callable[..., Page], city: City) -> None:
    host, guest, _match = agreed(city)
    for language, theme, words in (
        ("en", "light", "Meet in public, at this emergency post:"),
        ("fr", "dark", "Retrouvez-vous en public"),
    ):
        for side, address in (("host", host), ("guest", guest)):
            page = open_page("", language, theme, viewport=VIEWPORTS["phone"])
            page.goto(address)
            page.get_by_text(words).wait_for()
            assert accessibility_problems(page) == []
            _keep(page, f"doors-agreed-{side}-{language}-{theme}-phone")


@pytest.mark.parametrize("kind", ["ask", "offer"])
def test_every_question_has_no_serious_finding(open_page: Callable[..., Page], kind: str) -> None:
    answers = ASK if kind == "ask" else OFFER
    for language, theme in (("fr", "light"), ("en", "dark")):
        page = open_page("", language, theme, viewport=VIEWPORTS["phone"])
        page.goto(f"/doors/{kind}/")
        problems: list[str] = []
        for said in answers[:-1]:
            problems += accessibility_problems(page)
            for name, value in said.items():
                field = page.locator(f"main [name={name}]")
                kind_of = field.first.evaluate("one => one.type")
                if kind_of in ("checkbox", "radio"):
                    for each in value if isinstance(value, list) else [value]:
                        page.locator(f"main [name={name}][value='{each}']").check()
                elif kind_of == "select-one":
                    field.select_option(value)
                else:
                    field.fill(value)
            page.locator("main form .button--primary").click()
        problems += accessibility_problems(page)
        page.locator("main form .button--primary").click()  # a name and a number are missing: said beside them
        problems += accessibility_problems(page)
        assert page.locator(".error-summary").count() == 1
        assert problems == []
