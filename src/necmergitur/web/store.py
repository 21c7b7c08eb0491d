"""The store that requests write through: one per process, opened on first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.db import connections
from psycopg.conninfo import make_conninfo

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.postgres.store import PostgresStore, PostgresTransaction
from necmergitur.dispatch.incidents import Person
from necmergitur.web.accounts.models import User

CONNECTIONS_MAX = 6  # ours: appends are serialised by one lock, so more writers would only wait
CLOCK = SystemClock()


def store() -> PostgresStore:
    """Return the store of the database that pages read."""
    return _store(_database_url())


@lru_cache(maxsize=4)
def _store(url: str) -> PostgresStore:
    return PostgresStore(url, connections_max=CONNECTIONS_MAX)


@contextmanager
def beside_rows() -> Iterator[PostgresTransaction]:
    """Lend a transaction of facts inside the request's own of rows: after a crash both are there, or neither.

    Raises RuntimeError outside a transaction of rows; else as the store does.
    """
    rows = connections["default"]
    if not rows.in_atomic_block:
        raise RuntimeError("facts beside rows need the rows' own transaction")
    with store().within(rows.connection) as tx:
        yield tx


def _database_url() -> str:
    described = connections["default"].settings_dict
    options = described.get("OPTIONS", {})
    extra = {name: value for name, value in options.items() if name not in {"options", "pool"}}
    return make_conninfo(
        dbname=described["NAME"],
        user=described["USER"] or None,
        password=described["PASSWORD"] or None,
        host=described["HOST"] or None,
        port=described["PORT"] or None,
        **extra,
    )


def person(user: User) -> Person:
    """Return who acts, as facts record them."""
    return Person(user.pk, user.display_name)
