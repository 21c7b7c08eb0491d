"""`nec migrate`: bring the database to this version's schema."""

import click

from necmergitur.app.services import ensure_postgres
from necmergitur.app.settings import Settings
from necmergitur.app.web_environment import export_for_web


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Run every migration. Running it again changes nothing."""
    url = ensure_postgres(settings)
    export_for_web(settings, url)
    from necmergitur.web.migrate import migrate

    migrate(url)
    click.echo("The database is up to date.")
