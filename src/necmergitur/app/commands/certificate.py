"""`nec certificate`: the broker's certificate and the city's authority, and how they are replaced."""

from collections.abc import Callable

import click

from necmergitur.adapters.broker import BrokerFailed, reload_broker
from necmergitur.adapters.pki import CityAuthority
from necmergitur.app.services import city_authority
from necmergitur.app.settings import Settings


@click.group()
def command() -> None:
    """Replace certificates without cutting a device off (docs/how-to/rotate-certificates.md)."""


@command.command()
@click.pass_obj
def show(settings: Settings) -> None:
    """Print what a device must trust."""
    click.echo(city_authority(settings).trust_pem, nl=False)


@command.command()
@click.pass_obj
def rotate_server(settings: Settings) -> None:
    """Give the broker a new key and certificate; devices notice nothing."""
    _change(settings, lambda authority: authority.rotate_server(settings.server_names))
    click.echo("The broker has a new certificate.")


@command.command()
@click.pass_obj
def rotate_authority(settings: Settings) -> None:
    """Begin to replace the city's authority: both are trusted, new devices are signed by the new one."""

    def begin(authority: CityAuthority) -> None:
        authority.begin_rotation()
        authority.ensure_server(settings.server_names)

    _change(settings, begin)
    click.echo("Both authorities are trusted. Give `nec certificate show` to every device, then `switch-server`.")


@command.command()
@click.pass_obj
def switch_server(settings: Settings) -> None:
    """Sign the broker's certificate by the new authority: once every device trusts it."""
    _change(settings, lambda authority: authority.switch_server(settings.server_names))
    click.echo("The broker shows a certificate of the new authority. Renew the devices, then `retire-authority`.")


@command.command()
@click.confirmation_option(prompt="Devices that still hold a certificate of the old authority will be refused. Go on?")
@click.pass_obj
def retire_authority(settings: Settings) -> None:
    """End the rotation: devices of the old authority are refused."""
    _change(settings, lambda authority: authority.finish_rotation())
    click.echo("Only the new authority is trusted.")


def _change(settings: Settings, change: Callable[[CityAuthority], object]) -> None:
    try:
        change(city_authority(settings))
        reload_broker(settings.home)
    except (BrokerFailed, ValueError) as error:
        raise click.ClickException(str(error)) from error
