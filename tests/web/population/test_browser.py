"""A telephone without script says how it is, in front of the whole product; every page in both languages and sizes."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.operations.population.checkins import text_of
from necmergitur.web.boot import boot
from necmergitur.web.population.prerender import render_pages
from tests.conftest import HOME
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.population.opening import Opens
from tests.web.population.test_mine import says
from tests.web.population.test_portal import notice
from tests.web.serving import SERVE_LIVE, Served, serve
from tests.web.test_pages import VIEWPORTS, _keep, by_keyboard

boot()
pytestmark = pytest.mark.e2e
NARROWEST = {"width": 320, "height": 640}


@pytest.fixture
def front(city: City) -> Iterator[Served]:
    """The live process in front, over pages rendered ahead."""
    render_pages(HOME)
    with serve(city.url, SERVE_LIVE) as running:
        yield running


@pytest.fixture
def phone(chromium: Browser, front: Served) -> Iterator[Page]:
    """A small telephone whose browser runs no script."""
    context = chromium.new_context(base_url=front.url, java_script_enabled=False, locale="en-GB", viewport=NARROWEST)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def until_open(page: Page, address: str) -> None:
    deadline = time.monotonic() + 10
    while not page.goto(address) or not page.locator("form").count():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_telephone_without_script_says_it_is_safe_shares_changes_and_erases(
    phone: Page, opened: Opens, city: City
) -> None:
    opened()
    until_open(phone, "/safe")
    phone.get_by_label("Your name").fill("Zoé Example")
    phone.get_by_role("button", name="Send").click()
    assert phone.locator("input[name=once]").count() == 1, "the browser held it back, or the page shows it again"
    phone.get_by_text("I am safe", exact=True).click()
    phone.get_by_text("Tell your family and friends").click()
    phone.get_by_label("Person 1").fill("not an address")
    phone.get_by_role("button", name="Send").click()
    assert phone.get_by_role("alert").is_visible()
    assert phone.get_by_label("Your name").input_value() == "Zoé Example"
    phone.get_by_label("Person 1").fill("maman@example.org")
    phone.get_by_role("button", name="Send again").click()
    assert phone.get_by_role("heading", name="It is recorded").is_visible()
    assert "1 person will be told" in phone.locator("main").inner_text()
    receipt, share = phone.url, phone.locator(".link").first.inner_text()
    assert phone.context.cookies() == []
    phone.goto(share.replace(share.split("/safe/")[0], phone.url.split("/safe/")[0]))
    assert "Zoé Example" in phone.locator("h1").inner_text()
    phone.goto(receipt)
    phone.get_by_role("button", name="I am hurt").click()
    assert "The rescue services see your call" in phone.locator("main").inner_text()
    phone.get_by_role("button", name="Erase me").click()
    assert phone.get_by_role("heading", name="All is erased").is_visible()
    assert city.sql("SELECT count(*) FROM population.checkin") == [(0,)]


def test_who_asks_for_help_needs_no_name(phone: Page, opened: Opens) -> None:
    opened()
    until_open(phone, "/safe")
    phone.locator("label[for=need_help]").click()
    phone.get_by_role("button", name="Send").click()
    assert "The rescue services see your call" in phone.locator("main").inner_text()


@pytest.mark.screens
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_whole_in_every_language_theme_and_size(
    chromium: Browser, front: Served, opened: Opens, city: City, scheme: Any
) -> None:
    crisis = opened()
    opened(drill=True)
    notice(city)
    said = says(crisis, contact="06 12 34 56 78", tell=["maman@example.org"])
    assert KeyFiles(HOME).of(crisis.id) is not None
    context = chromium.new_context(base_url=front.url, color_scheme=scheme)
    page = context.new_page()
    until_open(page, "/safe")
    addresses = {
        "safe": "/safe",
        "safe-drill": "/drill/safe",
        "safe-receipt": f"/safe/{text_of(said.link)}",
        "safe-shared": f"/safe/s/{text_of(said.share)}",
        "safe-nothing": "/safe/AAAAAAAAAAAAAAAAAAAAAA",
        "portal-crisis": "/",
        "portal-easy": "/easy/",
        "portal-offline": "/offline/",
        "portal-status": "/status/",
    }
    problems: list[str] = []
    for name, address in addresses.items():
        for language in ("fr", "en"):
            context.add_cookies(
                [
                    {"name": n, "value": v, "url": front.url}
                    for n, v in (("nec_language", language), ("nec_theme", scheme))
                ]
            )
            page.goto(f"{address}?lang={language}")
            for size, viewport in {"narrow": NARROWEST, **VIEWPORTS}.items():
                page.set_viewport_size(viewport)
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                where = f"{name} {language} {scheme} {size}"
                problems += [f"{where}: {wide} px too wide"] if wide > 0 else []
                if size == "narrow":
                    problems += [f"{where}: {each}" for each in accessibility_problems(page)]
                else:
                    _keep(page, f"{name}-{language}-{scheme}-{size}")
        problems += [f"{name}: {each}" for each in by_keyboard(page)]
    context.close()
    assert problems == []


@pytest.mark.parametrize("script", [True, False])
def test_on_a_crowded_network_a_telephone_works_a_little_or_waits(
    chromium: Browser, opened: Opens, city: City, script: bool
) -> None:
    opened(drill=True)
    render_pages(HOME)
    with serve(city.url, SERVE_LIVE, NEC_CHECKINS_PER_S="0.05") as running:  # one at once
        context = chromium.new_context(base_url=running.url, java_script_enabled=script, locale="en-GB")
        page = context.new_page()
        for name in ("Bob", "Zo\u00e9"):
            until_open(page, "/drill/safe")
            page.get_by_label("I am safe").check()
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Send").click()
        if script:
            page.wait_for_url("**/drill/safe/*", timeout=60_000)
        else:
            page.get_by_text("very many messages come from your network").wait_for()
            assert page.get_by_label("Your name").input_value() == "Zo\u00e9"
            page.get_by_label("I need help").check()
            page.get_by_role("button", name="Send again").click()
            page.wait_for_url("**/drill/safe/*")
        context.close()


def test_a_lead_writes_a_notice_by_keyboard(enter: Callable[..., Page], city: City) -> None:
    page = enter("lead")
    page.goto("/console/notices/")
    page.get_by_label("In French").fill("Évitez le pont.")
    page.get_by_label("In English").fill("Avoid the bridge.")
    page.get_by_label("In English").focus()
    send = page.get_by_role("button", name="Ask a second person")
    for _ in range(8):
        page.keyboard.press("Tab")
        if send.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("You wrote it: somebody else approves.")).to_be_visible()
    assert accessibility_problems(page) == []
    for language, theme, name in (("en", "dark", "Approve"), ("fr", "light", "Approuver")):
        second = enter("duty_officer", language, theme, viewport=VIEWPORTS["phone"])
        second.goto("/console/notices/")
        assert second.get_by_role("button", name=name).is_visible()
        assert accessibility_problems(second) == []


def test_without_a_network_the_installed_page_shows_the_numbers_and_keeps_nothing_said(
    chromium: Browser, front: Served, opened: Opens
) -> None:
    crisis = opened()
    context = chromium.new_context(base_url=front.url, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(f"/safe/{text_of(says(crisis).link)}")
    kept = page.evaluate(
        """async () => { const all = []; for (const name of await caches.keys())
            for (const one of await (await caches.open(name)).keys()) all.push(new URL(one.url).pathname);
            return all; }"""
    )
    assert "/offline/" in kept
    assert [one for one in kept if one != "/offline/" and not one.startswith("/static/")] == []
    front.process.terminate()
    front.process.wait(10)
    page.goto("/")
    assert page.get_by_role("heading", name="No network").is_visible()
    assert page.get_by_role("link", name="112").is_visible()
    context.close()
