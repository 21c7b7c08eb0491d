"""The live process on a small city: the real application under uvicorn, a real database, real sessions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from necmergitur.web.boot import boot

boot()

from tests.live.crowding import drill, open_live  # noqa: E402, F401 -- fixtures
from tests.live.serving import Live, serve_live  # noqa: E402 -- models need Django
from tests.web.pages import City, city, city_template  # noqa: E402, F401 -- fixtures
from tests.web.population.opening import opened  # noqa: E402, F401 -- a fixture


@pytest.fixture
def live(city: City, tmp_path: Path) -> Iterator[Live]:  # noqa: F811 -- the fixture
    """The application on the city's database, without a broker."""
    with serve_live(city.url, home=tmp_path) as running:
        yield running


@pytest.fixture
def session(city: City) -> Callable[[str], str]:  # noqa: F811 -- the fixture
    """`session("operator")` signs a role in and returns its cookie, known to the live process."""

    def enter(role: str) -> str:
        browser = city.client(role)
        assert browser.get("/account/").status_code == 200
        return str(browser.cookies["sessionid"].value)

    return enter
