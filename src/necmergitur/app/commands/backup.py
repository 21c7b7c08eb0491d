"""`nec backup`: two dumps, the data and its keys, for two places."""

from datetime import UTC, datetime
from pathlib import Path

import click

from necmergitur.adapters.backup import BackupFailed, back_up_data, back_up_keys
from necmergitur.app.services import ensure_postgres
from necmergitur.app.settings import Settings


@click.command()
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="A folder for the data.")
@click.option(
    "--keys-to",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="A folder elsewhere, for the keys that open what is sealed in the data.",
)
@click.pass_obj
def command(settings: Settings, to: Path, keys_to: Path) -> None:
    """Dump the database while it serves: the data without any key into one folder, the keys into another.

    Whoever holds one of them reads nothing that is sealed. The list of destroyed keys (NEC_HOME/shred/list) belongs to
    neither: copy it whenever you like, and never go back to an older copy.
    """
    to, keys_to = to.absolute(), keys_to.absolute()
    if to == keys_to:
        raise click.BadParameter("the keys go elsewhere than the data", param_hint="--keys-to")
    url, stamp = ensure_postgres(settings), datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    for folder in (to, keys_to):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        back_up_data(url, to / f"nec-{stamp}.dump")
        # After the data: every key that the data needs is among them.
        back_up_keys(url, keys_to / f"nec-{stamp}.keys")
    except BackupFailed as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{to / f'nec-{stamp}.dump'}\n{keys_to / f'nec-{stamp}.keys'}")
