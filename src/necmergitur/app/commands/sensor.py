"""`nec sensor`: sensors made known, listed and taken out of service."""

from datetime import UTC, datetime
from pathlib import Path

import click

from necmergitur.adapters.pki import DEVICE_ID, CityAuthority, write_private
from necmergitur.app.probing import tell_broker
from necmergitur.app.sensing import enrol_sensor
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE, running_store
from necmergitur.governance.modalities import MODALITIES
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import sensing


@click.group()
def command() -> None:
    """Enrol and retire sensors. What one says is taken only under a signed authorisation (docs/how-to/devices.md)."""


@command.command()
@click.argument("sensor_id")
@click.option("--modality", type=click.Choice(sorted(MODALITIES)), default="crowd_count", show_default=True)
@click.option("--label", required=True, help="Where it hangs, as the register should say it.")
@click.option("--lon", type=float, required=True)
@click.option("--lat", type=float, required=True)
@click.option("--rate", default=1, show_default=True, help="Readings a minute.")
@click.option("--into", default=Path("devices"), show_default=True, type=click.Path(path_type=Path))
@click.pass_obj
def enrol(
    settings: Settings, *, sensor_id: str, modality: str, label: str, lon: float, lat: float, rate: int, into: Path
) -> None:
    """Make a sensor known, with a key and a certificate. Enrolling one again gives it a new place and a new key."""
    if not DEVICE_ID.fullmatch(sensor_id):
        raise click.ClickException("an id is letters, digits, '-' and '_', 64 at most")
    with running_store(settings) as over:
        made = enrol_sensor(
            settings,
            over,
            sensor_id,
            modality=modality,
            label=label,
            place=Position(lon, lat),
            rate_per_minute=rate,
            now=datetime.now(UTC),
        )
    if isinstance(made, Refusal):
        raise click.ClickException(made.detail or made.rule)
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(into / f"{sensor_id}.key.pem", made.key_pem)
    (into / f"{sensor_id}.cert.pem").write_bytes(made.cert_pem)
    (into / "city.pem").write_bytes(CityAuthority.open(settings.home / "pki").trust_pem)
    click.echo(f"{sensor_id} enrolled; its key, its certificate and the city's authority are in {into}/.")
    click.echo("It says nothing before a signed authorisation opens its stream.")


@command.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """List sensors: what each is, what it was last told, and when it was last heard."""
    with running_store(settings) as over, over.transaction() as tx:
        known = tx.sensors()
    for one in known:
        told = "runs" if one.told_run else f"stopped ({one.told_why or 'never told'})"
        heard = "never heard" if one.answered_at is None else f"heard {one.answered_at:%Y-%m-%d %H:%M:%S}Z"
        click.echo(f"{one.id}\t{one.payload_schema}\t{one.zone_id}\t{one.rate_per_minute}/min\t{told}\t{heard}")


@command.command()
@click.argument("sensor_ids", nargs=-1, required=True)
@click.pass_obj
def retire(settings: Settings, *, sensor_ids: tuple[str, ...]) -> None:
    """Take sensors out of service: the broker lets them in no more, and nothing they say is taken."""
    with running_store(settings) as over:
        for sensor_id in sensor_ids:
            outcome = sensing.retire(over, sensor_id, MACHINE, datetime.now(UTC))
            if isinstance(outcome, Refusal):
                raise click.ClickException(f"no sensor is called {sensor_id}")
        tell_broker(settings, over)
    click.echo(f"{len(sensor_ids)} retired.")
