"""A town in a PostgreSQL of the test's own, seen as each role sees it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.postgres.store import PostgresStore
from tests.logins import as_app
from tests.operations.emptied import empty_database, shared_database
from tests.operations.scene import Scene
from tests.operations.town import TOWN, install

__all__ = ["empty_database", "shared_database"]
As = Callable[..., Any]


@pytest.fixture
def database(empty_database: str) -> str:
    return empty_database


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    install(database, TOWN)
    opened = PostgresStore(as_app(database))
    yield opened
    opened.close()


@pytest.fixture
def scene(store: PostgresStore) -> Scene:
    return Scene(store)


@pytest.fixture
def as_role(database: str) -> As:
    """`as_role("nec_web")` lends a cursor that holds only that role's rights."""

    @contextmanager
    def lend(role: str) -> Iterator[psycopg.Cursor[Any]]:
        with psycopg.connect(database, options=f"-c role={role}") as connection, connection.cursor() as cursor:
            yield cursor

    return lend


@pytest.fixture
def as_intruder(database: str, postgres: EmbeddedPostgres) -> As:
    """Lend a superuser's cursor with every trigger of ours asleep: what a thief of the disk could do."""

    @contextmanager
    def lend() -> Iterator[psycopg.Cursor[Any]]:
        name = str(conninfo_to_dict(database)["dbname"])
        with psycopg.connect(postgres.admin_url, dbname=name) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            yield cursor

    return lend
