"""The city these tests happen in, and its analyst."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.web.entering import browsers, served_city  # noqa: F401 -- fixtures
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import Served


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`enter("analyst")` opens a browser signed in with a role, in the light; `enter("")` one that is nobody's."""
    with browsers(chromium, served_city.url, city, "light") as opened:
        yield opened
