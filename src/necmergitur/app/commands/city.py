"""`nec city`: put a territory in place of the one that stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.geozones_file import read_geozones
from necmergitur.adapters.citydata.importing import read_city
from necmergitur.adapters.postgres.city import is_migrated
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import ensure_postgres
from necmergitur.app.settings import Settings
from necmergitur.app.web_environment import export_for_web
from necmergitur.app.wiring import MACHINE, running_store
from necmergitur.operations import city as cities
from necmergitur.territory.constants import DEFAULT_BUTTONS, DEFAULT_ZONES
from necmergitur.territory.generated import generate
from necmergitur.territory.geozones import GeozoneSet, usable
from necmergitur.territory.inventory import Reimport, standing_of
from necmergitur.territory.model import City, CityPlan
from necmergitur.territory.report import report

PATH = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Import or invent the territory: zones, docks, buttons, streets, geozones."""


@command.command("import")
@click.option("--quarters", required=True, type=PATH, help="GeoJSON polygons of the city's quarters.")
@click.option("--streets", required=True, type=PATH, help="Street graph: junctions, then streets.")
@click.option("--geozones", type=PATH, help="ED-269 or ED-318 zones to read at the same time.")
@click.option("--name", help="The city's name; the quarters file's name otherwise.")
@click.option("--zones", default=DEFAULT_ZONES, show_default=True, help="Zones, one dock and one drone each.")
@click.option("--buttons", default=DEFAULT_BUTTONS, show_default=True, help="Street buttons.")
@click.option("--check", is_flag=True, help="Read and report; store nothing.")
@click.pass_obj
def import_(
    settings: Settings,
    *,
    quarters: Path,
    streets: Path,
    geozones: Path | None,
    name: str | None,
    zones: int,
    buttons: int,
    check: bool,
) -> None:
    """Cut a real city into zones, site its docks and place its buttons. Running it again updates.

    What is recognised keeps its id; what is gone is retired, never deleted; a bad file changes nothing.
    """
    with _store(settings) as over:
        old = cities.inventory(over)
        try:
            read = read_geozones(geozones) if geozones else None
            city = read_city(
                quarters,
                streets,
                name=name or quarters.stem.replace("quartier_", "").replace("_", " ").title(),
                plan=CityPlan(zones=zones, buttons=buttons),
                standing=standing_of(old),
            )
        except CityDataError as error:
            raise click.ClickException(str(error)) from error
        if check:
            click.echo(msgspec.json.format(msgspec.json.encode(report(city))).decode())
            return
        now = datetime.now(UTC)
        plan = cities.install(over, city, quarters.name, MACHINE, now)
        if read is not None:
            cities.read_geozones(over, read, MACHINE, now)
    _tell(city, plan)
    if read is not None:
        _tell_geozones(read, now)


@command.command("generate")
@click.option("--seed", default=1, show_default=True)
@click.option("--zones", default=DEFAULT_ZONES, show_default=True)
@click.option("--buttons", default=DEFAULT_BUTTONS, show_default=True)
@click.pass_obj
def generate_(settings: Settings, *, seed: int, zones: int, buttons: int) -> None:
    """Invent a plausible city: an outline, a river, avenues, quarters."""
    city = generate(seed, CityPlan(zones=zones, buttons=buttons))
    with _store(settings) as over:
        plan = cities.install(over, city, f"generated, seed {seed}", MACHINE, datetime.now(UTC))
    _tell(city, plan)


@command.command("geozones")
@click.argument("path", type=PATH)
@click.pass_obj
def geozones_(settings: Settings, path: Path) -> None:
    """Read an ED-269 or ED-318 file. An empty or stale set grounds every drone, and says so."""
    now = datetime.now(UTC)
    try:
        read = read_geozones(path)
    except CityDataError as error:
        raise click.ClickException(str(error)) from error
    with running_store(settings) as over:
        cities.read_geozones(over, read, MACHINE, now)
    _tell_geozones(read, now)


@contextmanager
def _store(settings: Settings) -> Iterator[PostgresStore]:
    """Lend a store, over tables made now when this is the first thing ever done here."""
    url = ensure_postgres(settings)
    if not is_migrated(url):
        click.echo("Making the database ...")
        export_for_web(settings, url)
        from necmergitur.web.migrate import migrate

        migrate(url)
    with running_store(settings) as over:
        yield over


def _tell_geozones(read: GeozoneSet, now: datetime) -> None:
    """Say what could not be understood, and whether drones fly with this set."""
    for problem in read.problems:
        click.echo(f"  zone {problem.index} {problem.zone_id}: {problem.reason}")
    refusal = usable(read, now)
    click.echo(f"{len(read.zones)} geozones read." if refusal is None else f"No flight with this set: {refusal.detail}")


def _tell(city: City, plan: Reimport) -> None:
    """Say what changed, in lines a person reads."""
    click.echo(f"{city.name}: {len(city.zones)} zones, {len(city.docks)} docks, {len(city.buttons)} buttons.")
    for what, changes in (("zones", plan.zones), ("docks", plan.docks), ("buttons", plan.buttons)):
        click.echo(
            f"  {what}: {len(changes.kept)} kept, {len(changes.moved)} moved, {len(changes.added)} new, "
            f"{len(changes.retired)} retired"
        )
    for note in city.notes:
        click.echo(f"  note: {note}")
