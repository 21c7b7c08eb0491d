"""`nec sim`: simulated vehicles, buttons and people. For demonstrations, rehearsals and measurements."""

import asyncio

import click
import uvloop

from necmergitur.app import logs, notify
from necmergitur.app.services import attach
from necmergitur.app.settings import Settings
from necmergitur.app.web_environment import export_for_web
from necmergitur.app.wiring import store


@click.group()
def command() -> None:
    """Simulate what surrounds the product: drones, buttons, people."""


@command.command()
@click.pass_obj
def prepare(settings: Settings) -> None:
    """Make the demonstration's drones, certificates, authorisations, pilots and accounts."""
    logs.configure("sim", settings.log_level)
    if not settings.demo:
        raise click.ClickException("Only in a demonstration: nec run --demo, or NEC_DEMO=1.")
    export_for_web(settings)
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.sim.demo import prepare as demo

    over = store(settings)
    try:
        click.echo(demo.prepare(settings, over, demo.now()))
    finally:
        over.close()


@command.command()
@click.option("--seed", default=1)
@click.option("--calls-per-hour", default=20.0, help="Scripted calls; 0 for a silent city.")
@click.pass_obj
def city(settings: Settings, seed: int, calls_per_hour: float) -> None:
    """Run the living city: fleet, buttons and people."""
    logs.configure("sim", settings.log_level)
    from necmergitur.sim.demo.city import run_city

    settings = attach(settings)
    over = store(settings, 4)
    notify.ready()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_city(settings, over, seed=seed, calls_per_hour=calls_per_hour))
    over.close()


@command.command()
@click.option("--seed", default=1)
@click.option("--time-scale", default=1.0)
@click.pass_obj
def fleet(settings: Settings, seed: int, time_scale: float) -> None:
    """Run only the simulated vehicles, for the drones the database knows."""
    logs.configure("sim-fleet", settings.log_level)
    from necmergitur.sim.demo.city import fleet_config
    from necmergitur.sim.fleet.server import run

    over = store(attach(settings))
    config = fleet_config(over, seed=seed, time_scale=time_scale)
    over.close()
    notify.ready()
    run(config)
