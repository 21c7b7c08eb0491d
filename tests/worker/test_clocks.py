"""A database whose clock is not ours refuses flights: every screen says so before it does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.worker.main import CLOCKS_DIFFER_MAX, compare_clocks


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    opened = PostgresStore(database)
    yield opened
    opened.close()


@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_that_differ_are_an_alarm_until_they_agree(store: PostgresStore, sign: int) -> None:
    def off() -> datetime:
        return datetime.now(UTC) + sign * (CLOCKS_DIFFER_MAX + timedelta(seconds=5))

    assert not compare_clocks(store, lambda: datetime.now(UTC))
    assert compare_clocks(store, off)
    with store.cursor() as cursor:
        raised = cursor.execute("SELECT name, detail FROM system_alarm WHERE cleared_at IS NULL").fetchall()
    assert raised == [("clocks_differ", f"{-20 * sign:+d} s")]
    assert not compare_clocks(store, lambda: datetime.now(UTC))
    with store.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM system_alarm WHERE cleared_at IS NULL").fetchone() == (0,)
