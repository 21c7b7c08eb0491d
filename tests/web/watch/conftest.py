"""The city these tests happen in, its analyst, and a site to be watched."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from necmergitur.adapters.watch.fetching import Fetcher
from necmergitur.web.watch.gathering import Watch
from tests.adapters.watch.sites import Hours, Site
from tests.web.entering import browsers, served_city  # noqa: F401 -- fixtures
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import Served


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`enter("analyst")` opens a browser signed in with a role, in the light; `enter("")` one that is nobody's."""
    with browsers(chromium, served_city.url, city, "light") as opened:
        yield opened


@pytest.fixture
def site() -> Iterator[Site]:
    """A listening site."""
    one = Site()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def hours() -> Hours:
    """A clock of these tests' own."""
    return Hours()


@pytest.fixture
def watch(hours: Hours) -> Watch:
    """The worker's watch, let onto this machine."""
    return Watch(Fetcher(hours.now, "https://city.example/programme/", "private", sleep=hours.sleep), hours.now)
