"""A drill in which people check in, and what a test asks of it."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.operations.population import crises
from necmergitur.people.crises import Asked, Crisis
from tests.live.serving import Live, serve_live
from tests.operations.accounts import give_role
from tests.web.pages import City

OFFICERS = (9001, 9002)


def once() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


@pytest.fixture
def drill(city: City, tmp_path: Path) -> Crisis:
    """A drill, opened by two officers of the test's own."""
    for account in OFFICERS:
        give_role(city.url, account, "duty_officer")
    store, now = PostgresStore(city.url), datetime.now(UTC)
    asked = Asked(
        id=store.ids.new(),
        incident_id=None,
        name="Exercice",
        middle=Position(2.35, 48.86),
        radius_m=2_000.0,
        services=("safe",),
        languages=("fr",),
        kept=timedelta(days=1),
        drill=True,
        reason="a test",
        vital=True,
    )
    state = crises.ask(store, asked, Who(OFFICERS[0], "duty_officer"), now)
    assert isinstance(state, Crisis), state
    state = crises.confirm(store, KeyFiles(tmp_path), state.id, Who(OFFICERS[1], "duty_officer"), now)
    assert isinstance(state, Crisis), state
    store.close()
    return state


@pytest.fixture
def open_live(city: City, tmp_path: Path, drill: Crisis) -> Iterator[Callable[..., Live]]:
    held: list[AbstractContextManager[Live]] = []

    def make(**parts: Any) -> Live:
        held.append(serve_live(city.url, home=tmp_path, **parts))
        running = held[-1].__enter__()
        deadline = time.monotonic() + 10
        while post(running, {"status": "safe"})[0] == 409 and time.monotonic() < deadline:
            time.sleep(0.1)
        return running

    yield make
    for one in held:
        one.__exit__(None, None, None)


def post(live: Live, body: dict[str, Any], path: str = "/api/v1/checkins?drill=1", **headers: str) -> tuple[int, Any]:
    return live.ask(path, method="POST", body=json.dumps(body).encode(), content_type="application/json", **headers)


def counted(city: City) -> int:
    with psycopg.connect(city.url) as connection:
        return connection.execute("SELECT count(*) FROM population.checkin").fetchone()[0]
