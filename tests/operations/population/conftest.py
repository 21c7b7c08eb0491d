"""Crises are played on PostgreSQL alone: what they promise is what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from tests.logins import as_app
from tests.operations.accounts import give_role
from tests.operations.population.scene import Night, assessed
from tests.operations.town import TOWN, install


@pytest.fixture
def night(empty_database: str, tmp_path: Path) -> Iterator[Night]:
    install(empty_database, TOWN)
    for account, role in ((101, "operator"), (102, "lead"), (103, "duty_officer"), (104, "dpo"), (106, "lead")):
        give_role(empty_database, account, role)
    store = PostgresStore(as_app(empty_database))
    playing = Night(store, tmp_path)
    assessed(playing)
    yield playing
    store.close()
