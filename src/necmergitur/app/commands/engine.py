"""`nec engine`: buttons in, drones out."""

import asyncio

import click
import uvloop

from necmergitur.app import logs, notify
from necmergitur.app.settings import Settings
from necmergitur.app.wiring.engine import engine_parts
from necmergitur.engine.main import run


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Run the engine. `nec run` starts it; alone it needs NEC_DATABASE_URL and NEC_NATS_URL."""
    logs.configure("engine", settings.log_level)
    parts = engine_parts(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(parts, metrics_port=settings.metrics_port, ready=notify.ready, alive=notify.alive))
