"""The city these hackathons happen in, its analyst, and browsers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.hackathon import mine, voting
from necmergitur.web.programme import voting as needs
from tests.web.entering import browsers, served_city  # noqa: F401 -- fixtures
from tests.web.hackathon.playing import Hackathon
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import Served


@pytest.fixture(autouse=True)
def nobody_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one address did is counted anew for each test."""
    monkeypatch.setattr(voting, "newcomers", Limit(voting.NEWCOMERS_MAX))
    monkeypatch.setattr(voting, "applications", Limit(voting.APPLICATIONS_MAX))
    monkeypatch.setattr(needs, "needs_stated", Limit(needs.NEEDS_MAX))
    monkeypatch.setattr(mine, "asked", Limit(voting.QUESTIONS_MAX))


@pytest.fixture
def played(city: City) -> Hackathon:  # noqa: F811 -- the fixture
    """A hackathon with two challenges, open for registration."""
    return Hackathon(city)


@pytest.fixture
def enter(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`enter("analyst")` opens a browser signed in with a role, in the light; `enter("")` one that is nobody's."""
    with browsers(chromium, served_city.url, city, "light") as opened:
        yield opened
