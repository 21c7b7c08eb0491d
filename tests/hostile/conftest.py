"""A city to attack: one crowd counter at its post, its paper signed, and what the engine does with each message."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.sensors import Sensor
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import readings, sensing, streams
from necmergitur.operations.readings import Asked
from necmergitur.operations.sensing import Heard, Memory
from necmergitur.operations.sensors import Refused
from tests.adapters.postgres.conftest import as_intruder, as_role
from tests.operations.emptied import empty_database, shared_database
from tests.operations.scene import LEAD, Scene
from tests.operations.town import TOWN, install
from tests.streams import COUNTER, STREAM, TECHNICIAN, sensor

__all__ = ["as_intruder", "as_role", "empty_database", "shared_database"]


class City:
    """What an attacker finds, and what the engine around it does."""

    def __init__(self, url: str, store: PostgresStore) -> None:
        self.url, self.store, self.scene = url, store, Scene(store)

    @property
    def now(self) -> datetime:
        return self.scene.now

    def hear(self, *bodies: bytes, at: datetime | None = None, memory: Memory | None = None) -> dict[str, int]:
        """Let an engine hear messages of the counter, and count what is refused as the engine counts it.

        Return how many each rule refused, "" for those that entered.
        """
        when = at or self.now
        heard = [Heard(COUNTER, body, when) for body in bodies]
        outcome = sensing.take(self.store, memory or Memory(), heard, when)
        counts: Counter[str] = Counter()
        for (_, rule), count in outcome.items():
            counts[rule] += count
        minute = when.replace(second=0, microsecond=0)
        refused = [Refused(STREAM, rule, minute, count) for rule, count in counts.items() if rule]
        if refused:
            streams.count_refused(self.store, refused, when)
        return dict(counts)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look at the database as its owner."""
        with psycopg.connect(self.url) as owner:
            return owner.execute(query, values or None).fetchall()

    def read(self, purpose: str = "crowd_safety") -> list[Any] | str:
        """Read everything back as a lead for a purpose, as the paper permits or not; return the rule of a refusal."""
        since, until = self.now - timedelta(days=1), self.now + timedelta(days=1)
        asked = Asked(stream=STREAM, role="lead", purpose=purpose, since=since, until=until, by=LEAD)
        found = readings.read(self.store, asked, self.now)
        if isinstance(found, Refusal):
            return found.rule
        return [msgspec.json.decode(row.payload) for row in found]

    def readings(self) -> int:
        """Return how many readings are stored."""
        return int(self.rows("SELECT count(*) FROM reading")[0][0])

    def counted(self, rule: str) -> int:
        """Return how often `rule` refused, as it will be published."""
        ((count,),) = self.rows("SELECT coalesce(sum(count), 0) FROM reading_refusal WHERE rule = %s", rule)
        return int(count)

    def as_writer(self, statement: str, values: Any = None) -> str:
        """Run a statement with the rights of whoever writes facts; return the guard that fired, "" when none did."""
        try:
            with self.store.cursor() as cursor:
                cursor.execute(statement, values)
        except psycopg.DatabaseError as refused:
            return refused.sqlstate or "?"
        return ""


def refused_as(attack: Any) -> str:
    """Run what may raise a guard's refusal; return its code, "" when nothing fired."""
    try:
        attack()
    except StoreRefused as refused:
        return refused.code
    return ""


@pytest.fixture
def city(empty_database: str) -> Iterator[City]:
    install(empty_database, TOWN)
    store = PostgresStore(empty_database)
    made = City(empty_database, store)
    assert isinstance(sensing.enrol(store, sensor(made.now), TECHNICIAN, made.now), Sensor)
    yield made
    store.close()
