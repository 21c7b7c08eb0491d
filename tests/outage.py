"""A database that is killed in the middle of things, and comes back."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres


@contextmanager
def database_away(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Kill -9 the session's server until the block ends.

    It runs without fsync, so what was committed is written out first: a durable server needs no such courtesy.
    """
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    postgres.kill()
    try:
        yield
    finally:
        postgres.start()
