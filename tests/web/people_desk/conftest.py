"""The city these tests happen in, served, and browsers that enter it; with an assessment of a crisis's services."""

import pytest

from tests.web.crises.assessed import sign
from tests.web.entering import enter, live_room, served_city  # noqa: F401 -- fixtures
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures


@pytest.fixture(autouse=True)
def _assessed(city: City) -> None:  # noqa: F811 -- the fixture
    sign()
