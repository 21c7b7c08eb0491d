"""`nec status`: what the supervisor of this home last reported."""

import os
from datetime import UTC, datetime

import click
import msgspec

from necmergitur.app.settings import Settings
from necmergitur.app.specs import Report, state_file


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
@click.pass_context
def command(ctx: click.Context, settings: Settings, *, as_json: bool) -> None:
    """Show every process of this city; the exit code is 0 only when all of them run."""
    report = read(settings)
    if report is None:
        raise click.ClickException(f"no city is running in {settings.home}")
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        for process in report.processes:
            age_s = int((datetime.now(UTC) - process.since).total_seconds())
            restarts = f"  restarted {process.restarts} times" if process.restarts else ""
            click.echo(f"{process.name:<10} {process.state:<9} {age_s:>8} s  pid {process.pid or '-'}{restarts}")
    if not report.up or any(process.state != "running" for process in report.processes):
        ctx.exit(1)


def read(settings: Settings) -> Report | None:
    """Return the report of a supervisor that is alive; None when there is none or it was killed."""
    try:
        report = msgspec.json.decode(state_file(settings.home).read_bytes(), type=Report)
        os.kill(report.pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return report
