"""The city these tests happen in, served, and browsers that enter it."""

from tests.web.entering import enter, live_room, served_city  # noqa: F401 -- fixtures
from tests.web.pages import city, city_template  # noqa: F401 -- fixtures
