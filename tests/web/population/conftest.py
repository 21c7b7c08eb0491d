"""A small city in which a crisis is open, or a drill, or neither."""

from tests.web.entering import enter, live_room, served_city  # noqa: F401 -- fixtures
from tests.web.pages import city, city_template  # noqa: F401 -- fixtures
from tests.web.population.opening import closes, opened  # noqa: F401 -- fixtures
