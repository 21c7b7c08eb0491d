"""One database for many tests, emptied before each: a tenth of the cost of making one."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres

# Only a superuser with our triggers asleep can.
EMPTY = """
SET session_replication_role = replica;
DO $$ BEGIN EXECUTE (
  SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ') || ' RESTART IDENTITY' FROM pg_tables
  WHERE schemaname IN ('public', 'holders', 'population') AND tablename NOT LIKE 'django%'
    AND tablename NOT IN ('auth_group', 'auth_permission', 'gate_table_version', 'ledger_scope', 'personal_access')); END $$;
"""


@pytest.fixture(scope="session")
def shared_database(migrated_url: str, make_database: Callable[..., str]) -> str:
    """One migrated database for all tests of operations."""
    return make_database(template=conninfo_to_dict(migrated_url)["dbname"])


@pytest.fixture
def empty_database(shared_database: str, postgres: EmbeddedPostgres) -> str:
    """The shared database as it was when it was migrated: nothing but the standing authorisations."""
    name = str(conninfo_to_dict(shared_database)["dbname"])
    with psycopg.connect(postgres.admin_url, dbname=name) as connection:
        standing = connection.execute("SELECT * FROM authorisation WHERE kind = 'standing' ORDER BY id").fetchall()
        assert len(standing) == 2
        connection.execute(EMPTY)
        connection.execute("ALTER SEQUENCE incident_number RESTART")
        for row in standing:
            values = [psycopg.types.json.Jsonb(v) if isinstance(v, dict) else v for v in row]
            connection.execute(f"INSERT INTO authorisation VALUES ({', '.join(['%s'] * len(row))})", values)
    return shared_database
