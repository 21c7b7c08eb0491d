"""`nec account`: people, from the server's own shell, when the pages cannot help."""

import click

from necmergitur.app.services import ensure_postgres
from necmergitur.app.settings import Settings
from necmergitur.app.web_environment import export_for_web

PEOPLE_WHO_APPROVE = 2


@click.group()
@click.pass_obj
def command(settings: Settings) -> None:
    """Let people in, or back in (docs/how-to/restore-second-factor.md)."""
    export_for_web(settings, ensure_postgres(settings))
    from necmergitur.web.boot import boot

    boot()


@command.command()
@click.pass_obj
def first_link(settings: Settings) -> None:
    """Print the one-time link of the first administrator, while no administrator can sign in."""
    from necmergitur.web.accounts.enrolment import first_administrator_link

    path = first_administrator_link()
    if path is None:
        raise click.ClickException("an administrator can already sign in: ask them, or use `restore-second-factor`")
    click.echo(settings.public_url + path)


@command.command()
@click.argument("email")
@click.option("--reason", prompt="How did you make sure it is really them?")
@click.pass_obj
def restore_second_factor(settings: Settings, email: str, reason: str) -> None:
    """Print a one-time link for EMAIL, who lost phone, key or password. Two colleagues must be at the keyboard.

    Each types their own password and a present code (or a recovery code). Both are named in the history.
    """
    from necmergitur.web.accounts.recovery import Approver, restore_from_shell

    approvers = []
    for number in range(1, PEOPLE_WHO_APPROVE + 1):
        click.echo(f"Person {number} of {PEOPLE_WHO_APPROVE} (administrator, room lead or duty officer)")
        approvers.append(
            Approver(
                email=click.prompt("  address"),
                password=click.prompt("  password", hide_input=True),
                code=click.prompt("  code now"),
            )
        )
    outcome = restore_from_shell(email, approvers, reason=reason)
    if not isinstance(outcome, str):
        raise click.ClickException(f"refused ({outcome.rule}): {outcome.detail}")
    click.echo("Everything they signed in with has stopped working. Give them this link yourself; it works once, 24 h:")
    click.echo(settings.public_url + outcome)
