"""The city these tests happen in, served, and browsers that enter it."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.web.conftest import watched
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import SERVE_LIVE, Served, serve


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:  # noqa: F811 -- the fixture
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.fixture
def live_room(city: City) -> Iterator[Served]:  # noqa: F811 -- the fixture
    """The pages with the live process in front, started on the city as this test finds it."""
    with serve(city.url, SERVE_LIVE) as running:
        yield running
        running.process.send_signal(signal.SIGCONT)  # whatever the test did to it, it must hear that it should stop


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`enter("operator")` opens a browser signed in with a role; `enter("")` one that is nobody's."""
    contexts: list[BrowserContext] = []

    def opened(role: str, language: str = "en", theme: str = "dark", at: str = "", **options: Any) -> Page:
        address = at or served_city.url
        context = chromium.new_context(base_url=address, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        cookies = {"nec_language": language, "nec_theme": theme}
        if role:
            cookies["sessionid"] = city.client(role).cookies["sessionid"].value
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        return watched(context)

    yield opened
    for context in contexts:
        context.close()
