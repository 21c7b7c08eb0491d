"""`nec run`: the whole city under one supervisor."""

import asyncio

import click
import msgspec

from necmergitur.app.lock import AlreadyRunning, held_lock
from necmergitur.app.processes import CannotStart, stages
from necmergitur.app.settings import Settings
from necmergitur.app.supervisor import StartFailed, Supervisor


@click.command()
@click.option("--demo", is_flag=True, help="A simulated, living city with labelled accounts, on loopback only.")
@click.option("--only", multiple=True, metavar="PROCESS", help="Start only these (repeat).")
@click.option("--without", multiple=True, metavar="PROCESS", help="Start everything but these (repeat).")
@click.pass_obj
def command(settings: Settings, *, demo: bool, only: tuple[str, ...], without: tuple[str, ...]) -> None:
    """Start the city: database, broker, engine, pages, worker. Ctrl-C stops all of it."""
    if demo:
        settings = msgspec.structs.replace(settings, demo=True)
    try:
        with held_lock(settings.home):
            planned = stages(settings, only=only, without=without)
            welcome = f"\n  Nec Mergitur is up: {settings.public_url}\n"
            asyncio.run(Supervisor(settings.home, planned, welcome=welcome).run())
    except (AlreadyRunning, CannotStart, StartFailed) as error:
        raise click.ClickException(str(error)) from error
