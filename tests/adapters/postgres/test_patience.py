"""A server that stands still is Unreachable in bounded time, and usable again when it moves."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.ports import Unreachable


@contextmanager
def standing_still(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Stop every process of the server, as a dead disk does: connected, and silent."""
    assert postgres.pid is not None
    server = psutil.Process(postgres.pid)
    stopped = [server, *server.children(recursive=True)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            process.send_signal(signal.SIGCONT)


def test_a_server_that_stands_still_is_unreachable_in_bounded_time(postgres: EmbeddedPostgres, database: str) -> None:
    store = PostgresStore(database, patience_s=1.0)
    with store.transaction() as tx:
        tx.devices(["post-1"])
    with standing_still(postgres):
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(Unreachable), store.transaction() as tx:
                tx.devices(["post-1"])
        with pytest.raises(Unreachable), store.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert time.monotonic() - began < 20
    deadline = time.monotonic() + 15
    while True:
        try:
            with store.transaction() as tx:
                assert tx.devices(["post-1"]) == {}
            break
        except Unreachable:
            assert time.monotonic() < deadline
    store.close()


def test_a_store_that_is_given_no_bound_waits(database: str) -> None:
    store = PostgresStore(database)
    with store.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1.2)")
    store.close()
