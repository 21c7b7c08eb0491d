"""The city these tests happen in."""

from tests.web.pages import city, city_template  # noqa: F401 -- fixtures
