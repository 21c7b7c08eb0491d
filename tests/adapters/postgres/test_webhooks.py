"""Deliveries to partners: queued once for each partner that asked, as the worker's own role."""

from datetime import UTC, datetime

import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.webhooks import Webhooks

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


class _Still:
    def now(self):
        return NOW


@pytest.fixture
def webhooks(store: PostgresStore) -> Webhooks:
    return Webhooks(store, _Still(), b"\x01" * 32)


def _endpoint(database: str, name: str, events: list[str]) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO webhook_endpoint (name, url, secret_sealed, events, created_by_name, created_at,"
            " disabled_reason) VALUES (%s, 'https://partner.invalid/', '', %s, 'test', now(), '')",
            [name, events],
        )


def test_an_effect_is_queued_for_the_partners_that_asked_for_it(database: str, webhooks: Webhooks) -> None:
    _endpoint(database, "asked", ["incident.opened"])
    _endpoint(database, "did not", ["incident.escalated"])
    webhooks.fan_out("incident_opened", {"number": "2026-0001"}, "effect-1")
    with psycopg.connect(database) as connection:
        queued = connection.execute(
            "SELECT e.name, d.kind FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id"
        ).fetchall()
    assert queued == [("asked", "incident.opened")]


def test_nothing_is_due_without_a_partner(webhooks: Webhooks) -> None:
    webhooks.fan_out("incident_opened", {"number": "2026-0001"}, "effect-2")
    assert webhooks.deliver_due() == 0
    assert webhooks.forget_old() == 0
