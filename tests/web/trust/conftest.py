"""The city these tests happen in, served, and browsers that enter it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.web.conftest import watched
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import Served, serve
from tests.web.trust.writing import Desk


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:  # noqa: F811 -- the fixture
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`enter("dpo")` opens a browser signed in with a role; `enter("")` one that is nobody's."""
    contexts: list[BrowserContext] = []

    def opened(role: str, language: str = "en", theme: str = "light", **options: Any) -> Page:
        context = chromium.new_context(base_url=served_city.url, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        cookies = {"nec_language": language, "nec_theme": theme}
        if role:
            cookies["sessionid"] = city.client(role).cookies["sessionid"].value
        context.add_cookies([{"name": name, "value": value, "url": served_city.url} for name, value in cookies.items()])
        return watched(context)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def desk(city: City) -> Desk:  # noqa: F811 -- the fixture
    """The trust desk as its officer uses it, through forms alone."""
    return Desk(city)
