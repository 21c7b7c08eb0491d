"""`nec broker`: what a broker of the city's own needs to know."""

from pathlib import Path

import click

from necmergitur.adapters.broker import write_user_map
from necmergitur.app.services import city_authority
from necmergitur.app.settings import Settings


@click.group()
def command() -> None:
    """Serve a broker that runs elsewhere (docs/how-to/deploy.md)."""


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def users(settings: Settings, folder: Path) -> None:
    """Write users.conf into FOLDER: every enrolled device, and the account of our own processes."""
    folder.mkdir(parents=True, exist_ok=True)
    known = write_user_map(settings.home, folder / "users.conf", password=settings.secret("broker").hex())
    click.echo(f"{known} devices written; send the nodes SIGHUP once each has the file.")


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def certificate(settings: Settings, folder: Path) -> None:
    """Write server.pem, server.key and trust.pem into FOLDER, for the names in NEC_SERVER_NAMES."""
    folder.mkdir(parents=True, exist_ok=True)
    files = city_authority(settings).ensure_server(settings.server_names)
    for source in (files.cert, files.key, files.trust):
        target = folder / source.name
        target.touch(mode=0o600)
        target.write_bytes(source.read_bytes())
    click.echo(f"Written for {', '.join(settings.server_names)}.")
