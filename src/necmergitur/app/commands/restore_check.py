"""`nec restore-check`: what a restored database may not keep, and whether its public log can go on."""

import click

from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.app.settings import Settings
from necmergitur.app.shredding import replay
from necmergitur.app.wiring import publiclog, running_store

BEGIN_ANEW = """The public log {name} cannot go on: {why}.
If the true record or the log's own folder can still be found, bring it back. If they are lost, the log has ended:
  1. stop the worker, and move {folder} to {folder}-ended; keep it public for ever, it is the proof of what was
  2. set NEC_LOG_NAME={name}-2, a name that was never used
  3. start; give {folder}/key to every witness and to whoever checks
  4. say in public from when to when the record has a hole, and why"""


@click.command()
@click.option(
    "--list-is-lost",
    is_flag=True,
    help="No whole copy of the list is left anywhere. The record says so for good; erase again whoever asked for it.",
)
@click.pass_obj
def command(settings: Settings, list_is_lost: bool) -> None:
    """Destroy again every key and every person's data that was destroyed after the backup was made.

    `nec run` does so too before it starts anything. Fails when the list of destroyed keys (NEC_HOME/shred/list) is
    not what the record says: until you bring its newest copy, nothing that is sealed about a person is opened, but
    for calls that are open. Fails, and says what to do, when the public log cannot go on over the restored record.
    """
    with running_store(settings) as over:
        done = replay(settings, over, give_up=list_is_lost)
        log = publiclog.notary(settings, over)
        why = log.why_not()
    told = ", ".join(f"{count} {name}" for name, count in sorted(done.again.items())) or "nothing had come back"
    click.echo(f"{done.listed} names on the list. Destroyed again: {told}.")
    if why:
        click.echo(_guide(settings, log, why))
    if done.missing:
        raise click.ClickException(f"the list lacks {done.missing} names: find its newest copy before anybody reads")
    if why:
        raise click.ClickException("the public log cannot go on")


def _guide(settings: Settings, log: Notary, why: str) -> str:
    return BEGIN_ANEW.format(name=log.name, why=why, folder=settings.home / "log-tiles")
