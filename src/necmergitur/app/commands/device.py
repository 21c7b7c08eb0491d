"""`nec device`: keys and certificates of the buttons."""

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from necmergitur.adapters.pins import credential_hash, pin_digest
from necmergitur.adapters.pki import CityAuthority, write_private
from necmergitur.adapters.postgres.queries import load
from necmergitur.app.probing import tell_broker
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE, running_store
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import devices
from necmergitur.operations.registry import NewDevice

CREDENTIAL_BYTES = 32  # 256 random bits: a plain hash of it is enough

# A key of another form would never be heard: what the readers of both formats take (adapters/alarms).
KEYS = {"dc09": re.compile("[0-9A-Fa-f]{3,16}"), "lorawan": re.compile("[0-9A-Fa-f]{16}")}


@click.group()
def command() -> None:
    """Enrol and retire buttons."""


@command.command()
@click.argument("device_ids", nargs=-1)
@click.option("--all", "everyone", is_flag=True, help="Every street button that has no certificate yet.")
@click.option("--into", default=Path("devices"), show_default=True, type=click.Path(path_type=Path))
@click.pass_obj
def enrol(settings: Settings, *, device_ids: tuple[str, ...], everyone: bool, into: Path) -> None:
    """Make a key and a certificate for street buttons (by id), and let the broker know them."""
    with running_store(settings) as over:
        with over.cursor() as cursor:
            posts = {row[0] for row in cursor.execute(load("registry")["posts"])}
            known = {row[0] for row in cursor.execute(load("registry")["certificates"])}
        unknown = sorted(set(device_ids) - posts)
        if unknown:
            raise click.ClickException(f"no street button is called {', '.join(unknown)}")
        wanted = sorted(posts - known) if everyone else sorted(set(device_ids))
        if not wanted:
            raise click.ClickException("name buttons, or --all for those without a certificate")
        authority = CityAuthority.open(settings.home / "pki")
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        subjects: dict[str, str] = {}
        for credential in authority.issue_devices(wanted):
            write_private(into / f"{credential.device_id}.key.pem", credential.key_pem)
            (into / f"{credential.device_id}.cert.pem").write_bytes(credential.cert_pem)
            subjects[credential.device_id] = credential.subject
        (into / "city.pem").write_bytes(authority.trust_pem)
        with over.transaction() as tx:
            tx.set_certificates(subjects)
        tell_broker(settings, over)
    click.echo(f"{len(wanted)} buttons enrolled; keys, certificates and the city's authority are in {into}/.")


@command.command("personal")
@click.argument("device_id")
@click.option("--label", default="Personal button", show_default=True)
@click.option("--holder", help="Who holds it: sealed, opened only for an incident, and each opening is logged.")
@click.option("--cancel-pin", prompt="PIN that takes a call back", hide_input=True, confirmation_prompt=True)
@click.option("--duress-pin", prompt="PIN that pretends to (duress)", hide_input=True, confirmation_prompt=True)
@click.pass_obj
def personal(
    settings: Settings, *, device_id: str, label: str, holder: str | None, cancel_pin: str, duress_pin: str
) -> None:
    """Hand out a personal button; prints its credential once."""
    key = settings.secret("subject")
    cancel, duress = pin_digest(key, device_id, cancel_pin), pin_digest(key, device_id, duress_pin)
    if not cancel or not duress or cancel_pin == duress_pin:
        raise click.ClickException("two different PINs of 4 to 8 digits")
    if abs(int(cancel_pin) - int(duress_pin)) == 1:
        raise click.ClickException("the duress PIN must not be the other plus or minus one: it is the first guess")
    credential = secrets.token_urlsafe(CREDENTIAL_BYTES)
    device = NewDevice(
        id=device_id,
        kind="personal",
        transport="https",
        label=label,
        credential_hash=credential_hash(credential),
        cancel_hash=cancel,
        duress_hash=duress,
    )
    now = datetime.now(UTC)
    with running_store(settings) as over:
        _unless_refused(devices.enrol(over, [device], MACHINE, now))
        if holder:
            devices.set_holder(over, device_id, holder, MACHINE, now)
    click.echo(f"device      {device_id}\ncredential  {credential}\nKeep it: it is shown once.")


@command.command("foreign")
@click.argument("device_id")
@click.option("--transport", required=True, type=click.Choice(["dc09", "lorawan"]))
@click.option("--key", "external_key", required=True, help="DC-09 account, or LoRaWAN devEUI.")
@click.option("--label", required=True, help="Where it hangs, as the control room should read it.")
@click.option("--lon", type=float, required=True)
@click.option("--lat", type=float, required=True)
@click.pass_obj
def foreign(
    settings: Settings, *, device_id: str, transport: str, external_key: str, label: str, lon: float, lat: float
) -> None:
    """Make a button of another make known: an alarm panel (DC-09) or a LoRaWAN button."""
    if not KEYS[transport].fullmatch(external_key):
        raise click.ClickException("an account is 3 to 16 hexadecimal digits, a devEUI exactly 16")
    place = Position(lon, lat)
    key = external_key.upper() if transport == "dc09" else external_key.lower()
    with running_store(settings) as over:
        with over.transaction() as tx:
            zone = tx.zone_at(place)
        if zone is None:
            raise click.ClickException("this place lies outside the city's zones")
        device = NewDevice(
            id=device_id,
            kind="post",
            transport=transport,
            label=label,
            zone_id=zone[0],
            place=place,
            external_key=key,
        )
        _unless_refused(devices.enrol(over, [device], MACHINE, datetime.now(UTC)))
    click.echo(f"{device_id} is known as {key}, in {zone[1]}.")


@command.command()
@click.argument("device_ids", nargs=-1, required=True)
@click.pass_obj
def retire(settings: Settings, *, device_ids: tuple[str, ...]) -> None:
    """Take buttons out of service. A press from one still reaches a human, flagged."""
    with running_store(settings) as over:
        _unless_refused(devices.retire(over, device_ids, MACHINE, datetime.now(UTC)))
    click.echo(f"{len(device_ids)} retired.")


def _unless_refused(outcome: object) -> None:
    """Raise ClickException with what was refused, and why."""
    if isinstance(outcome, Refusal):
        raise click.ClickException(outcome.detail or outcome.rule)
