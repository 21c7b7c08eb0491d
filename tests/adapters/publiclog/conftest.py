"""A town's record in PostgreSQL, and a notary beside it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.ledger.checkpoint import NoteSigner
from necmergitur.operations.registry import Audited
from tests.adapters.postgres.conftest import As, as_intruder, database, empty_database, scene, shared_database

__all__ = ["As", "as_intruder", "database", "empty_database", "scene", "shared_database"]
ORIGIN = "city.example/log"
SECRET = bytes(range(32))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def signer(seed: int = 1) -> NoteSigner:
    return NoteSigner(ORIGIN, bytes([seed]) * 32)


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    """A record with nothing in it."""
    opened = PostgresStore(database)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path / "log-tiles")


@pytest.fixture
def notary(store: PostgresStore, folder: LogFolder) -> Notary:
    return Notary(store, folder, signer(), SECRET)


@pytest.fixture
def write(store: PostgresStore) -> Callable[[int], int]:
    """`write(n)` appends n facts and returns the number of the last."""
    told = 0

    def append(count: int, words: str = 'é"\\\n\t\u2028 x') -> int:
        nonlocal told
        facts = []
        for n in range(count):
            event = Audited("lead:qualification:set", words, {"n": str(told + n)})
            facts.append(Fact(stream="audit:test", version=told + n + 1, event=event, actor="user:1", personal=b"s"))
        told += count
        with store.transaction() as tx:
            return tx.append(gate.admit_record(facts, NOW))

    return append
