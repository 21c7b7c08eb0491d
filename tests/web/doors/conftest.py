"""A small city with a drill of open doors in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.governance.breakglass import Who
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.doors import views
from necmergitur.web.population import state
from necmergitur.web.store import store
from tests.web.crises.assessed import sign
from tests.web.entering import enter, live_room, served_city  # noqa: F401 -- fixtures
from tests.web.pages import MIDDLE, City, city, city_template  # noqa: F401 -- fixtures


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test comes from one address: none is counted with those before it."""
    monkeypatch.setattr(views, "MAKING", Limit(1_000))


@pytest.fixture
def crisis(city: City) -> Iterator[Crisis]:  # noqa: F811 -- the fixture
    sign()
    now = datetime.now(UTC)
    asked = Asked(
        id=store().ids.new(),
        incident_id=city.press(),
        name="République",
        middle=MIDDLE,
        radius_m=2_000.0,
        services=("safe", "find", "doors"),
        languages=("fr", "en"),
        kept=timedelta(days=7),
        drill=False,
        reason="shots heard",
    )
    lead, duty = (Who(city.users[role].pk, role) for role in ("lead", "duty_officer"))
    assert isinstance(crises.ask(store(), asked, lead, now), Crisis)
    opened = crises.confirm(store(), state.KEYS, asked.id, duty, datetime.now(UTC))
    assert isinstance(opened, Crisis), opened
    state._held.clear()
    yield opened
    state.KEYS.destroy(opened.id)
    state._held.clear()
