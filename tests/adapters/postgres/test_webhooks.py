"""Deliveries to partners: queued once for each partner that asked, as the worker's own role."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.webhooks import Webhooks
from necmergitur.operations.checking import Head, Report, check_ledger

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)


class _Still:
    def now(self):
        return NOW


@pytest.fixture
def webhooks(store: PostgresStore) -> Webhooks:
    return Webhooks(store, _Still(), b"\x01" * 32)


def _endpoint(database: str, name: str, events: list[str], by: str = "test") -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO webhook_endpoint (name, url, secret_sealed, events, created_by_name, created_at,"
            " disabled_reason) VALUES (%s, 'https://partner.invalid/', '', %s, %s, now(), '')",
            [name, events, by],
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


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "told"),
    [(LATER, None, ["tokens"]), (NOW, None, []), (LATER, EARLIER, [])],
    ids=["in use", "expired", "revoked"],
)
def test_a_partner_whose_token_is_over_is_told_nothing_more(
    database: str, webhooks: Webhooks, expires_at: datetime, revoked_at: datetime | None, told: list[str]
) -> None:
    with psycopg.connect(database) as connection:
        made = connection.execute(
            "INSERT INTO api_token (name, token_hash, hint, scopes, devices, created_by_id, created_by_name, created_at,"
            " expires_at) VALUES ('Metro', 'x', 'x', '{}', '{}', 1, 'x', %s, %s) RETURNING id",
            [EARLIER, LATER],
        ).fetchone()
    assert made
    _endpoint(database, "tokens", ["incident.opened"], by=f"token:{made[0]}")
    webhooks.fan_out("incident_opened", {"number": "2026-0001"}, "incident_opened:1")
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE api_token SET expires_at = %s, revoked_at = %s", [expires_at, revoked_at])
    webhooks.fan_out("incident_opened", {"number": "2026-0002"}, "incident_opened:2")
    # What was queued while the token was good waits too: it is not sent after its end.
    assert webhooks.deliver_due() == 2 * len(told)
    with psycopg.connect(database) as connection:
        queued = connection.execute("SELECT count(*) FROM webhook_delivery").fetchone()
    assert queued == (1 + len(told),)


def test_an_event_carries_a_head_of_the_record(database: str, store: PostgresStore, webhooks: Webhooks) -> None:
    _endpoint(database, "asked", ["incident.opened"])
    webhooks.fan_out("incident_opened", {"number": "2026-0001"}, "effect-1")
    with psycopg.connect(database) as connection:
        (body,) = connection.execute("SELECT body FROM webhook_delivery").fetchone()
    head = Head.parse(json.loads(body)["record"])
    assert isinstance(check_ledger(store, head), Report)


def test_nothing_is_due_without_a_partner(webhooks: Webhooks) -> None:
    webhooks.fan_out("incident_opened", {"number": "2026-0001"}, "effect-2")
    assert webhooks.deliver_due() == 0
    assert webhooks.forget_old() == 0


def test_the_worker_reads_when_a_token_ends_and_nothing_else_of_it(store: PostgresStore) -> None:
    with store.cursor() as cursor:
        cursor.execute("SELECT id, revoked_at, expires_at FROM api_token")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), store.cursor() as cursor:
        cursor.execute("SELECT token_hash FROM api_token")
