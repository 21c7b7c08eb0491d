"""Bring a database to the present schema, hand its pages the rights they need, and gather static files."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import override_settings
from psycopg import sql

from necmergitur.web import environment
from necmergitur.web.boot import boot

ALIAS = "migration"
WEB_ROLE = "nec_web"

# Tables a page may only add to: changing history needs the owner, and a trigger refuses even then.
APPEND_ONLY = frozenset({"account_event", "opendata_release"})
COUNTERS = "web_counter"
# Password hashes and second factors are the pages' alone; the other processes read only live tickets.
LEDGER_ROLE = "nec_ledger"
READ_BY_LIVE = "live_session"
# What the worker needs to deliver webhooks: given again after each migration. Of a token, when it ends and no more.
GIVEN_TO_WORKER = {
    "webhook_delivery": "SELECT, INSERT, UPDATE, DELETE",
    "webhook_endpoint": "SELECT, UPDATE (disabled_at, disabled_reason)",
    "api_token": "SELECT (id, revoked_at, expires_at)",
}
# Tables whose rights the ledger's own migrations decide.
LEDGER_APP = "facts"

CREATE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nec_web') THEN CREATE ROLE nec_web NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
GRANT nec_web TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO nec_web;
"""

# The role that the processes of a running city log in as, where there is one; PostgreSQL's own superuser made it.
LET_APP_IN = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'necmergitur_app') AND NOT (
    pg_has_role('necmergitur_app', 'nec_ledger', 'MEMBER') AND pg_has_role('necmergitur_app', 'nec_web', 'MEMBER'))
  THEN GRANT nec_ledger, nec_web TO necmergitur_app; END IF;
END $$;
"""


def migrate(database_url: str) -> None:
    """Run every migration on `database_url`, as its owner, then grant. Running it again changes nothing.

    Raises django.db.OperationalError when the database cannot be reached or the owner lacks CREATEROLE
    and the roles do not exist yet.
    """
    boot()
    with _owner_connection(database_url) as alias:
        with connections[alias].cursor() as cursor:
            cursor.execute(CREATE_ROLE)
        call_command("migrate", database=alias, verbosity=0, interactive=False)
        call_command("createcachetable", database=alias, verbosity=0)
        _grant(alias)
        with connections[alias].cursor() as cursor:
            cursor.execute(LET_APP_IN)


def collect_static() -> None:
    """Gather and hash every static file into `NEC_HOME/static`; a later start serves them for ever-cached.

    Raises whitenoise's MissingFileError when a stylesheet names a file the front-end build has not made.
    """
    boot()
    hashed = {
        **settings.STORAGES["staticfiles"],
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
    }
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": hashed}):
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)


def pending(database_url: str) -> list[str]:
    """Return the migrations `database_url` still lacks, as `app.name`, in order."""
    boot()
    with _owner_connection(database_url) as alias:
        executor = MigrationExecutor(connections[alias])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return [f"{step.app_label}.{step.name}" for step, _backwards in plan]


@contextmanager
def _owner_connection(database_url: str) -> Iterator[str]:
    """Lend a connection without SET ROLE and without a pool, so many databases can be migrated in one process."""
    described = environment.database(database_url, "", pooled=False)
    connections.databases[ALIAS] = connections.configure_settings({"default": described})["default"]
    try:
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.databases[ALIAS]


def _grant(alias: str) -> None:
    """Give the pages' role its rights on every managed table outside the ledger's application."""
    options = [model._meta for model in apps.get_models(include_auto_created=True)]  # noqa: SLF001 -- Django's public API
    tables = {each.db_table for each in options if each.managed and each.app_label != LEDGER_APP}
    with connections[alias].cursor() as cursor:
        # A model whose migration is still to be written has no table; `makemigrations --check` is what says so.
        present = set(connections[alias].introspection.table_names(cursor))
        for table in sorted({*tables, COUNTERS} & present):
            rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
            for statement in (f"GRANT {rights} ON {{}} TO {WEB_ROLE}", f"REVOKE ALL ON {{}} FROM {LEDGER_ROLE}"):
                cursor.execute(sql.SQL(statement).format(sql.Identifier(table)).as_string(None))
        cursor.execute(f"GRANT SELECT ON {READ_BY_LIVE} TO {LEDGER_ROLE}")
        for table in sorted(present & set(GIVEN_TO_WORKER)):
            given = sql.SQL(f"GRANT {GIVEN_TO_WORKER[table]} ON {{}} TO {LEDGER_ROLE}")
            cursor.execute(given.format(sql.Identifier(table)).as_string(None))
