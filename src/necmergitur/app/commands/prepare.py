"""`nec prepare`: what must be true before the first process of a city starts."""

import click

from necmergitur.app import logs, wiring
from necmergitur.app.founding import found_city
from necmergitur.app.probing import enrol_probe
from necmergitur.app.settings import Settings
from necmergitur.app.shredding import replay
from necmergitur.app.static_files import gather_static
from necmergitur.app.web_environment import export_for_web


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Migrate, gather static files, make a city if there is none, and print how to come in."""
    logs.configure("prepare", settings.log_level)
    export_for_web(settings)
    from necmergitur.web.migrate import collect_static, migrate

    migrate(settings.database_url)
    gather_static(settings, collect_static)
    over = wiring.store(settings)
    try:
        replayed = replay(settings, over)
        if replayed.again:
            told = ", ".join(f"{count} {name}" for name, count in sorted(replayed.again.items()))
            click.echo(f"  Erased persons had come back with a backup; destroyed again: {told}.")
        made = found_city(settings, over)
        if made:
            click.echo(made)
        enrol_probe(settings, over)
    finally:
        over.close()
    if settings.demo:
        return
    from necmergitur.web.accounts.enrolment import first_administrator_link

    link = first_administrator_link()
    if link is not None:
        click.echo(
            f"\n  Nobody administers this city yet. Open this link once, within a day:\n  {settings.public_url}{link}\n"
        )
