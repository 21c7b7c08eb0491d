"""`nec engine`: buttons in, drones out."""

import asyncio
import sys

import click
import uvloop

from necmergitur.app import logs, notify
from necmergitur.app.settings import Settings
from necmergitur.app.wiring.engine import engine_parts
from necmergitur.engine.main import run

# A press waits for the interpreter a few times on its way to the commit, behind telemetry and the choice of drones.
# Python's own 5 ms doubles its time to the lamp in a burst (measured: p50 79 ms against 52, p99 190 against 156).
SWITCH_S = 0.001


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Run the engine. `nec run` starts it; alone it needs NEC_DATABASE_URL and NEC_NATS_URL."""
    logs.configure("engine", settings.log_level)
    sys.setswitchinterval(SWITCH_S)
    parts = engine_parts(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(parts, metrics_port=settings.metrics_port, ready=notify.ready, alive=notify.alive))
