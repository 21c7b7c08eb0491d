"""Crises of a small city: `opened` and `closes`, for the conftest of a room that imports them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from necmergitur.governance.breakglass import Who
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from necmergitur.web.population import state
from necmergitur.web.store import store
from tests.web.pages import MIDDLE, City

Opens = Callable[..., Crisis]


@pytest.fixture
def opened(city: City) -> Opens:
    """`opened()` opens a crisis about a call, `opened(drill=True)` a drill."""

    def open_one(*, drill: bool = False, **changes: Any) -> Crisis:
        parts: dict[str, Any] = {
            "id": store().ids.new(),
            "incident_id": None if drill else city.press("b-1"),
            "name": "Halles",
            "middle": MIDDLE,
            "radius_m": 2_000.0,
            "services": ("safe", "find", "doors"),
            "languages": ("fr", "en"),
            "kept": timedelta(days=7),
            "drill": drill,
            "reason": "shots heard in several streets",
            "vital": True,
        }
        now = datetime.now(UTC)
        officer, lead = city.users["duty_officer"].pk, city.users["lead"].pk
        asked = crises.ask(store(), Asked(**(parts | changes)), Who(officer, "duty_officer"), now)
        assert isinstance(asked, Crisis), asked
        made = crises.confirm(store(), state.KEYS, asked.id, Who(lead, "lead"), datetime.now(UTC))
        assert isinstance(made, Crisis), made
        state.forget()
        return made

    state.forget()
    return open_one


@pytest.fixture
def closes(city: City) -> Callable[[Crisis], None]:
    """`closes(crisis)` closes it, as a lead does."""

    def close(crisis: Crisis) -> None:
        done = crises.close(store(), crisis.id, Who(city.users["lead"].pk, "lead"), datetime.now(UTC))
        assert isinstance(done, Crisis), done
        state.forget()

    return close
