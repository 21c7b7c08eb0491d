"""Effects committed with their facts are carried out, once as far as anybody can tell, whoever dies meanwhile."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.ports import Effect
from necmergitur.worker import outbox
from necmergitur.worker.outbox import KEPT, LEASE, Outbox

START = datetime(2026, 3, 1, 20, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Killed(BaseException):
    """The worker dies in the middle of an effect."""


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    over = PostgresStore(database)
    with over.transaction() as tx:
        tx.enqueue([Effect(kind="told", dedupe="told:1", payload={"number": "1"}, due_at=START)])
    yield over
    over.close()


def test_an_effect_of_a_worker_that_died_is_taken_again_under_the_same_name(store: PostgresStore) -> None:
    clock, seen = Clock(), []

    def dies(_kind: str, _payload: Mapping[str, Any], dedupe: str) -> None:
        seen.append(dedupe)
        raise Killed

    def tells(_kind: str, _payload: Mapping[str, Any], dedupe: str) -> None:
        seen.append(dedupe)

    with pytest.raises(Killed):
        Outbox(store, clock, {"told": dies}).deliver_due()
    next_worker = Outbox(store, clock, {"told": tells})
    assert next_worker.deliver_due() == 0
    clock.at += LEASE + timedelta(seconds=1)
    assert next_worker.deliver_due() == 1
    assert next_worker.deliver_due() == 0
    assert seen == ["told:1", "told:1"]


def test_what_was_done_long_ago_is_forgotten_and_what_is_due_is_not(store: PostgresStore) -> None:
    clock = Clock()
    outbox = Outbox(store, clock, {})
    outbox.deliver_due()
    with store.transaction() as tx:
        tx.enqueue([Effect(kind="told", dedupe="told:2", payload={}, due_at=START + timedelta(days=90))])
    assert outbox.forget_old() == 0
    clock.at += KEPT + timedelta(seconds=1)
    assert outbox.forget_old() == 1
    with store.cursor() as cursor:
        assert cursor.execute("SELECT dedupe FROM outbox").fetchall() == [("told:2",)]


def test_an_effect_is_tried_for_a_day() -> None:
    pauses = [min(outbox.RETRY_FIRST * 2**tried, outbox.RETRY_MAX) for tried in range(outbox.ATTEMPTS_MAX - 1)]
    assert sum(pauses, timedelta()) >= timedelta(days=1)
