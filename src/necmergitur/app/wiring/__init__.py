"""Join adapters to operations: the one place that knows which implementation stands behind each port.

Each process has a module of its own here, so that none loads what only another needs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from necmergitur.adapters.postgres.city import is_migrated
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import ensure_postgres
from necmergitur.app.settings import Settings
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.geo import Position
from necmergitur.operations.intake import Ground

# Who acts when a command line does: an operator of the machine, not of the control room.
MACHINE = Person(0, "nec")
# Ours: longer than the longest statement may take (statement_timeout, 15 s); then presses are spooled.
PATIENCE_S = 20.0
# Where a call without a place is shown before a city exists; then the city's own middle counts.
NOWHERE = Position(2.3488, 48.8534)


def store(settings: Settings, connections_max: int = 2, patience_s: float | None = None) -> PostgresStore:
    """Return a store over the settings' database; a process that serves people gives PATIENCE_S."""
    return PostgresStore(settings.database_url, connections_max=connections_max, patience_s=patience_s)


@contextmanager
def running_store(settings: Settings) -> Iterator[PostgresStore]:
    """Lend a store over the installation's database, started for the occasion when it is not running.

    Raises ClickException when nothing was ever put in it.
    """
    url = ensure_postgres(settings)
    if not is_migrated(url):
        raise click.ClickException("There is no city here yet: put one in (nec city import), or start (nec run).")
    over = PostgresStore(url, connections_max=2)
    try:
        yield over
    finally:
        over.close()


def ground(*, exercise: bool = False) -> Ground:
    """Return what intake needs to know before it asks the city, and whether what is pressed now is an `exercise`."""
    return Ground(NOWHERE, exercise)
