"""`nec worker`: housekeeping and the outbox."""

import asyncio

import click

from necmergitur.app import logs, notify
from necmergitur.app.settings import Settings
from necmergitur.app.wiring.worker import worker_parts
from necmergitur.worker.main import run


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Run the worker. `nec run` starts it."""
    logs.configure("worker", settings.log_level)
    asyncio.run(run(worker_parts(settings), ready=notify.ready, alive=notify.alive))
