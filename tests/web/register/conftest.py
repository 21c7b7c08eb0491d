"""The city these tests happen in, with one signed stream, served to browsers that are nobody's."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page

from necmergitur.adapters.postgres.session import SENSORS_HEARD
from necmergitur.governance.authorisations import Authorisation
from necmergitur.web.register import refusals
from necmergitur.web.store import store
from tests import signed
from tests.web.conftest import watched
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures
from tests.web.serving import Served, serve

STREAM = "sensor:c-0001"
PAGE = f"/register/{STREAM}/"


@pytest.fixture
def engine(city: City) -> Iterator[psycopg.Connection[Any]]:  # noqa: F811 -- the fixture
    """What the server knows a running engine by: the connection of its ear."""
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], dbname=settings["NAME"], user=settings["USER"],
        password=settings["PASSWORD"], application_name=SENSORS_HEARD,
    ) as heard:  # fmt: skip
        yield heard


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    """Forget what other tests' records refused."""
    refusals.forget()


def grant(now: datetime | None = None, **changes: Any) -> Authorisation:
    """Sign and grant the trial of a people counter in the old town."""
    at = now or datetime.now(UTC)
    covers = signed.assessment(at).covers
    assessed = signed.assessment(at, covers=type(covers)(**{**_fields(covers), "zones": ("z-1",)}))
    return signed.granted(store(), signed.terms(at, assessed, **changes), at, assessed)


def _fields(of: Any) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


@pytest.fixture
def trial(city: City, engine: Any) -> Authorisation:  # noqa: F811 -- the fixture
    """A running trial: signed, and heard by an engine."""
    return grant()


@pytest.fixture(scope="module")
def served_city(city_template: str) -> Iterator[Served]:  # noqa: F811 -- the fixture
    """The pages, served on the city that every test here finds as it was."""
    with serve(city_template) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, served_city: Served, city: City) -> Iterator[Callable[..., Page]]:  # noqa: F811 -- too
    """`visit("en", "dark")` opens a browser of somebody without an account."""
    contexts: list[BrowserContext] = []

    def opened(language: str = "en", theme: str = "light", **options: Any) -> Page:
        context = chromium.new_context(base_url=served_city.url, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        cookies = {"nec_language": language, "nec_theme": theme}
        context.add_cookies([{"name": name, "value": value, "url": served_city.url} for name, value in cookies.items()])
        return watched(context)

    yield opened
    for context in contexts:
        context.close()
