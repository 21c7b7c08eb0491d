"""A database with a city in it for the measurements of the ledger: real PostgreSQL with fsync, nothing else running."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import embedded_postgres
from necmergitur.app.settings import PREFIX, SECRET_PREFIX, Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import city as cities
from necmergitur.sim import papers
from necmergitur.sim.demo.prepare import flights_asked, put_fleet, put_geozones, put_pilots
from necmergitur.territory.generated import generate
from necmergitur.territory.model import CityPlan

MIGRATE_S_MAX = 240.0
QUARTERS = 8


class Town:
    """A store on its own server, and what the server has used of the processor."""

    def __init__(self, home: Path, server: EmbeddedPostgres) -> None:
        self.home = home
        self.store = PostgresStore(server.url, connections_max=6)
        assert server.pid is not None
        self._server = psutil.Process(server.pid)

    def database_ns(self) -> int:
        """Return the nanoseconds PostgreSQL's processes have run so far, to the nanosecond (schedstat)."""
        family = [self._server, *self._server.children()]
        return sum(_ran_ns(process.pid) for process in family)

    def posts(self) -> list[str]:
        """Return the ids of all street buttons."""
        with self.store.cursor() as cursor:
            return [row[0] for row in cursor.execute("SELECT id FROM device WHERE kind = 'post' ORDER BY id")]


def _ran_ns(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0


@contextmanager
def town(*, zones: int, buttons: int, seed: int) -> Iterator[Town]:
    """Found a city with drones, pilots and their law; take it down with everything it wrote."""
    home = Path(tempfile.mkdtemp(prefix="nec-bench-"))
    inherited = {n: v for n, v in os.environ.items() if n.startswith(SECRET_PREFIX) or not n.startswith(PREFIX)}
    settings = Settings.from_environment({**inherited, "NEC_HOME": str(home)})
    server = embedded_postgres(settings)
    try:
        server.start()
        environ = {**inherited, "NEC_HOME": str(home), "NEC_DATABASE_URL": server.url}
        command = [sys.executable, "-m", "necmergitur.app.cli", "migrate"]
        subprocess.run(command, env=environ, check=True, capture_output=True, timeout=MIGRATE_S_MAX)  # noqa: S603 -- ours
        founded = Town(home, server)
        now = datetime.now(UTC)
        made = generate(seed, CityPlan(zones=zones, buttons=buttons, seed=seed), QUARTERS)
        cities.install(founded.store, made, f"generated for a measurement, seed {seed}", MACHINE, now)
        put_fleet(founded.store, settings.sim_port)
        # An invented assessment without the desk's rows: pages, which write those, are not part of what is measured.
        authorised = papers.authorise(founded.store, flights_asked(founded.store.ids.new(), now), now)
        if isinstance(authorised, Refusal):
            raise RuntimeError(f"the town may not fly: {authorised}")  # noqa: TRY004 -- no type is wrong
        put_geozones(founded.store, now)
        put_pilots(founded.store, now)
        yield founded
        founded.store.close()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
