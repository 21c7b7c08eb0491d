"""`nec ledger`: check the record."""

import itertools

import click
import msgspec

from necmergitur.app.settings import Settings
from necmergitur.app.wiring import running_store
from necmergitur.ledger.chain import GENESIS, Break, verify

PAGE = 5_000


@click.group()
def command() -> None:
    """Read and check the append-only record."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def verify_(settings: Settings, *, as_json: bool) -> None:
    """Recompute every hash from the first fact to the last; stop at the first that does not hold."""
    count, head, after = 0, GENESIS, 0
    with running_store(settings) as over:
        for _ in itertools.count():
            with over.transaction() as tx:
                page = list(tx.tail(after, PAGE))
            if not page:
                break
            checked = verify(page, head, after + 1)
            if isinstance(checked, Break):
                raise click.ClickException(f"fact {checked.seq}: {checked.reason}")
            found, head = checked
            count, after = count + found, after + found
    if as_json:
        click.echo(msgspec.json.encode({"facts": count, "head": head.hex()}).decode())
    else:
        click.echo(f"{count} facts hold. Head: {head.hex()}")
