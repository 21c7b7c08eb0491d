"""`nec ledger`: check the record."""

import click
import msgspec

from necmergitur.app.settings import Settings
from necmergitur.app.wiring import running_store
from necmergitur.operations.checking import check_ledger


@click.group()
def command() -> None:
    """Read and check the append-only record."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def verify_(settings: Settings, *, as_json: bool) -> None:
    """Recompute every hash from the first fact to the last; stop at the first that does not hold."""
    with running_store(settings) as over:
        outcome = check_ledger(over)
    if not isinstance(outcome, tuple):
        raise click.ClickException(f"fact {outcome.seq}: {outcome.reason}")
    count, head = outcome
    if as_json:
        click.echo(msgspec.json.encode({"facts": count, "head": head.hex()}).decode())
    else:
        click.echo(f"{count} facts hold. Head: {head.hex()}")
