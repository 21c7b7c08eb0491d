"""The city served, and browsers that enter it: fixtures for the rooms whose conftest imports them."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.web.conftest import watched
from tests.web.pages import City
from tests.web.serving import SERVE_LIVE, Served, serve


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.fixture
def live_room(city: City) -> Iterator[Served]:
    """The pages with the live process in front, started on the city as this test finds it."""
    with serve(city.url, SERVE_LIVE) as running:
        yield running
        running.process.send_signal(signal.SIGCONT)  # whatever the test did to it, it must hear that it should stop


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:
    """`enter("operator")` opens a browser signed in with a role; `enter("")` one that is nobody's."""
    with browsers(chromium, served_city.url, city) as opened:
        yield opened


@contextmanager
def browsers(chromium: Browser, address: str, city: City, default_theme: str = "dark") -> Iterator[Callable[..., Page]]:
    """Yield what opens a browser for a role, and close all it opened."""
    contexts: list[BrowserContext] = []

    def opened(role: str, language: str = "en", theme: str = default_theme, at: str = "", **options: Any) -> Page:
        base = at or address
        context = chromium.new_context(base_url=base, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        cookies = {"nec_language": language, "nec_theme": theme}
        if role:
            cookies["sessionid"] = city.client(role).cookies["sessionid"].value
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
        return watched(context)

    yield opened
    for context in contexts:
        context.close()
