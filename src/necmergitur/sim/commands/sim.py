"""`nec sim`: simulated vehicles, buttons and people. For demonstrations, rehearsals and measurements."""

import asyncio

import click
import uvloop

from necmergitur.app import logs, notify
from necmergitur.app.preparing import prepare as prepare_city
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
    """Prepare the city, then the demonstration's drones, certificates, authorisations, pilots and accounts."""
    logs.configure("prepare", settings.log_level)
    if not settings.demo:
        raise click.ClickException("Only in a demonstration: nec run --demo, or NEC_DEMO=1.")
    over = prepare_city(settings, click.echo)
    from necmergitur.sim.demo import prepare as demo

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
@click.pass_obj
def programme(settings: Settings) -> None:
    """Live the innovation programme's worked example: sources, parties, a vendor, an observer."""
    logs.configure("programme", settings.log_level)
    if not settings.demo:
        raise click.ClickException("Only in a demonstration: nec run --demo, or NEC_DEMO=1.")
    settings = attach(settings)
    export_for_web(settings)
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.sim.tour.run import run_tour

    over = store(settings, 2)
    notify.ready()
    run_tour(settings, over)
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


@command.command()
@click.argument("sensor_id", default="C-001")
@click.option("--rate", type=click.IntRange(1, 600), help="Readings a minute.")
@click.option("--firmware", help="What it says its program is.")
@click.option("--zone", help="Where it says it is.")
@click.option("--field", help="One more field that each of its readings has; empty for none.")
@click.option("--hide/--admit", default=None, help="Whether it keeps silent about how often it speaks.")
@click.pass_obj
def sensor(
    settings: Settings,
    *,
    sensor_id: str,
    rate: int | None,
    firmware: str | None,
    zone: str | None,
    field: str | None,
    hide: bool | None,
) -> None:
    """Have the demonstration's crowd counter behave otherwise than assessed; without options, say how it behaves."""
    from necmergitur.sim.demo.counters import change_manner

    given = {
        "rate_per_minute": rate,
        "firmware": firmware,
        "zone_id": zone,
        "field": field,
        "admits": None if hide is None else not hide,
    }
    try:
        after = change_manner(settings.home, sensor_id, **{n: v for n, v in given.items() if v is not None})
    except OSError as missing:
        raise click.ClickException(f"no demonstration in {settings.home}: nec run --demo") from missing
    click.echo(
        f"{sensor_id}: {after.rate_per_minute} readings a minute, firmware {after.firmware},"
        f" {'admitted' if after.admits else 'not admitted'}"
        + (f", one more field: {after.field}." if after.field else ".")
    )
