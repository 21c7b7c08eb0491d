"""`nec prepare`: what must be true before the first process of a city starts."""

import click

from necmergitur.app import logs
from necmergitur.app.preparing import prepare
from necmergitur.app.settings import Settings


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Migrate, gather static files, make a city if there is none, and print how to come in."""
    logs.configure("prepare", settings.log_level)
    prepare(settings, click.echo).close()
    if settings.demo:
        return
    from necmergitur.web.accounts.enrolment import first_administrator_link

    link = first_administrator_link()
    if link is not None:
        click.echo(
            f"\n  Nobody administers this city yet. Open this link once, within a day:\n  {settings.public_url}{link}\n"
        )
