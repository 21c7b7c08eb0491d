"""The city these tests happen in, served, browsers that enter it, and the officer's desk."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.trust.signing import asking
from necmergitur.web.trust.signing.constants import ATTEMPTS_MAX
from tests.web.entering import browsers, served_city  # noqa: F401 -- fixtures
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import Served
from tests.web.trust.writing import Desk


@pytest.fixture(autouse=True)
def nobody_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts of addresses are counted anew for each test: all its parties share one."""
    monkeypatch.setattr(asking, "attempts", Limit(ATTEMPTS_MAX))


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`enter("dpo")` opens a browser signed in with a role, in the light; `enter("")` one that is nobody's."""
    with browsers(chromium, served_city.url, city, "light") as opened:
        yield opened


@pytest.fixture
def desk(city: City) -> Desk:  # noqa: F811 -- the fixture
    """The trust desk as its officer uses it, through forms alone."""
    return Desk(city)
