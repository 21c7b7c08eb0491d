"""`nec drone`: the vehicles, one per dock, each on a link of its own."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from necmergitur.adapters.pki import write_private
from necmergitur.adapters.postgres.queries import load
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE, running_store
from necmergitur.dispatch.flight_time import CRUISE_M_S
from necmergitur.kernel.geo import Position
from necmergitur.operations import airspace
from necmergitur.operations.ports import DroneRecord

SIGNING_KEY_BYTES = 32  # MAVLink 2 message signing: SHA-256 over a 32-byte key


@click.group()
def command() -> None:
    """Install, list and ground drones."""


@command.command()
@click.argument("drone_id")
@click.option("--dock", required=True, help="The dock it lives in (nec drone docks).")
@click.option("--link", required=True, help="Where it speaks MAVLink 2: udp://host:port.")
@click.option("--camera", default="", help="Its live picture: http:// or https:// and an address it answers at.")
@click.option(
    "--camera-kind",
    type=click.Choice(["mjpeg", "whep"]),
    default="mjpeg",
    show_default=True,
    help="How the picture is opened: multipart JPEG, or WebRTC by WHEP.",
)
@click.option("--system-id", default=1, show_default=True, help="Its MAVLink system id, on its own link.")
@click.option("--speed", default=CRUISE_M_S, show_default=True, help="Cruise speed, metres a second.")
@click.option("--key", "key_file", type=click.Path(path_type=Path), help="File for its signing key; made when missing.")
@click.pass_obj
def add(  # noqa: PLR0913 -- one option for each thing said of a drone
    settings: Settings,
    *,
    drone_id: str,
    dock: str,
    link: str,
    camera: str,
    camera_kind: str,
    system_id: int,
    speed: float,
    key_file: Path | None,
) -> None:
    """Install a drone in a dock, or change how it is reached. A running engine opens its link within seconds.

    Drones in the air meanwhile carry on. A key or a dock given anew counts from then on.
    """
    address = urlsplit(link)
    if address.scheme != "udp" or not address.hostname or not address.port:
        raise click.ClickException("a link looks like udp://10.0.0.7:14550")
    if camera and urlsplit(camera).scheme not in ("http", "https"):
        raise click.ClickException("a camera's address begins with http:// or https://")
    path = key_file or settings.home / "drones" / f"{drone_id}.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, secrets.token_bytes(SIGNING_KEY_BYTES).hex().encode())
    with running_store(settings) as over:
        with over.cursor() as cursor:
            row = cursor.execute(load("city")["dock"], {"id": dock}).fetchone()
        if row is None:
            raise click.ClickException(f"no dock is called {dock}")
        record = DroneRecord(
            id=drone_id,
            dock=Position(row[1], row[2]),
            zone_id=row[0],
            link_url=link,
            camera_url=camera,
            camera_kind=camera_kind,
            system_id=system_id,
            signing_key=bytes.fromhex(path.read_text().strip()),
            speed_m_s=speed,
            enabled=True,
            disabled_reason="",
        )
        with over.transaction() as tx:
            tx.put_drones([record], [dock])
    click.echo(f"{drone_id} lives in {dock}. Give the vehicle the signing key in {path}.")
    click.echo("A running engine opens the link within seconds; Devices, Fleet shows whether it is heard.")


@command.command("docks")
@click.pass_obj
def docks_(settings: Settings) -> None:
    """List docks and the drones in them."""
    with running_store(settings) as over, over.cursor() as cursor:
        for dock_id, zone, drone in cursor.execute(load("city")["docks_and_drones"]):
            click.echo(f"{dock_id}  {zone}  {drone or '-'}")


@command.command()
@click.argument("drone_id")
@click.option("--reason", required=True)
@click.pass_obj
def ground(settings: Settings, *, drone_id: str, reason: str) -> None:
    """Keep a drone on the ground until further notice."""
    _set(settings, drone_id, enabled=False, reason=reason)


@command.command()
@click.argument("drone_id")
@click.pass_obj
def release(settings: Settings, *, drone_id: str) -> None:
    """Return a grounded drone to service."""
    _set(settings, drone_id, enabled=True, reason="")


def _set(settings: Settings, drone_id: str, *, enabled: bool, reason: str) -> None:
    with running_store(settings) as over:
        refusal = airspace.set_drone(over, drone_id, enabled=enabled, reason=reason, by=MACHINE, now=datetime.now(UTC))
    if refusal is not None:
        raise click.ClickException(refusal.detail or refusal.rule)
    click.echo(f"{drone_id}: {'in service' if enabled else 'grounded'}.")
