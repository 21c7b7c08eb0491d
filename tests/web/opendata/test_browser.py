"""The page of open data in a real browser: both languages, both themes, phone and desktop, by keyboard, by axe."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from necmergitur.web.opendata import publishing
from tests.web.conftest import accessibility_problems, watched
from tests.web.opendata.test_opendata import MONTH, NOW, called
from tests.web.pages import City
from tests.web.serving import Served, serve
from tests.web.test_pages import VIEWPORTS, by_keyboard

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.mark.parametrize("role", ["", "dpo"])
def test_the_page_is_whole_in_every_language_theme_and_size(
    role: str, chromium: Browser, served_city: Served, city: City
) -> None:
    called(city, "z-1", "sos", 60)
    called(city, "z-1", "fire", 4)
    for slug in ("calls", "hours"):
        publishing.publish(slug, MONTH, city.person("dpo"), NOW)
    context = chromium.new_context(base_url=served_city.url)
    if role:
        session = city.client(role).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": served_city.url}])
    page = watched(context)
    problems: list[str] = []
    for language in ("fr", "en"):
        for theme in ("light", "dark"):
            cookies = {"nec_language": language, "nec_theme": theme}
            context.add_cookies([{"name": n, "value": v, "url": served_city.url} for n, v in cookies.items()])
            page.goto("/register/data/")
            for size, viewport in VIEWPORTS.items():
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                where = f"{role} {language} {theme} {size}"
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                problems += [f"{where}: {wide} px too wide"] if wide > 0 else []
                problems += [f"{where}: {each}" for each in accessibility_problems(page)]
                if folder := os.environ.get("NEC_LOOK_AT"):
                    page.screenshot(
                        path=str(Path(folder) / f"opendata-{role}-{language}-{theme}-{size}.png"), full_page=True
                    )
    problems += by_keyboard(page)
    with page.expect_download() as downloading:
        page.locator("#calls a").click()
    assert downloading.value.suggested_filename == "calls-2026-03.csv"
    assert problems == []
    assert page.complaints == []  # type: ignore[attr-defined]
    context.close()
