"""`nec restore-check`: what a restored database may not keep."""

import click

from necmergitur.app.settings import Settings
from necmergitur.app.shredding import replay
from necmergitur.app.wiring import running_store


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Destroy again every key and every person's data that was destroyed after the backup was made.

    `nec run` does so too before it starts anything. Fails when the list of destroyed keys (NEC_HOME/shred/list) is
    shorter than the record says: then some that were erased can be read, until you bring the newest copy of the list.
    """
    with running_store(settings) as over:
        done = replay(settings, over)
    told = ", ".join(f"{count} {name}" for name, count in sorted(done.again.items())) or "nothing had come back"
    click.echo(f"{done.listed} names on the list. Destroyed again: {told}.")
    if done.missing:
        raise click.ClickException(f"the list lacks {done.missing} names: find its newest copy before anybody reads")
