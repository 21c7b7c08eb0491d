"""The schema: who may do what in it, by PostgreSQL's own word."""

import time
from collections.abc import Callable

import psycopg
import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.web.migrate import APPEND_ONLY, migrate, pending


def rights(url: str, table: str, role: str = "nec_web") -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s AND table_name = %s",
            [role, table],
        )
        return {right for (right,) in rows}


def test_migrating_twice_changes_nothing(database: str, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        assert pending(database) == []
        migrate(database)
        assert pending(database) == []


def test_an_empty_database_is_migrated_within_ten_seconds(
    make_database: Callable[..., str], django_db_blocker: DjangoDbBlocker
) -> None:
    url = make_database()
    began = time.monotonic()
    with django_db_blocker.unblock():
        migrate(url)
        assert pending(url) == []
    assert time.monotonic() - began < 10


def test_pages_write_accounts_but_only_add_to_their_history(database: str) -> None:
    assert rights(database, "accounts_user") == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert rights(database, "live_session") == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    for table in APPEND_ONLY:
        assert rights(database, table) == {"SELECT", "INSERT"}


def test_pages_cannot_write_the_ledger(database: str) -> None:
    with psycopg.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relname = 'ledger_event'")]
    assert tables == ["ledger_event"]
    assert not rights(database, "ledger_event") & {
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
    }


@pytest.mark.parametrize("statement", ["UPDATE account_event SET tag = 'x'", "DELETE FROM account_event"])
def test_history_of_accounts_cannot_be_changed_even_by_the_owner(database: str, statement: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO account_event (at, tag, subject_id, details) VALUES (now(), 'account:role:granted', 1, '{}')"
        )
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement)


def test_other_processes_read_live_tickets_and_never_a_password(database: str) -> None:
    assert rights(database, "live_session", "nec_ledger") == {"SELECT"}
    for table in ("accounts_user", "mfa_authenticator", "django_session", "accounts_enrolmentlink", "web_counter"):
        assert rights(database, table, "nec_ledger") == set(), table


def test_the_worker_may_deliver_webhooks_after_every_migration(
    make_database: Callable[..., str], django_db_blocker: DjangoDbBlocker
) -> None:
    url = make_database()
    with django_db_blocker.unblock():
        migrate(url)
        migrate(url)
    assert rights(url, "webhook_delivery", "nec_ledger") == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert rights(url, "webhook_endpoint", "nec_ledger") == {"SELECT"}


def test_every_change_to_the_models_of_accounts_has_its_migration(db: None) -> None:
    call_command("makemigrations", "accounts", check_changes=True, dry_run=True, verbosity=0)
