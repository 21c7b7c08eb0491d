"""`nec ledger`: check the record."""

import click
import msgspec

from necmergitur.app.settings import Settings
from necmergitur.app.wiring import running_store
from necmergitur.operations.checking import Head, Report, check_ledger


@click.group()
def command() -> None:
    """Read and check the append-only record."""


def _head(_context: click.Context, _parameter: click.Parameter, given: str | None) -> Head | None:
    try:
        return None if given is None else Head.parse(given)
    except ValueError:
        raise click.BadParameter("a sequence number, a colon and 64 hexadecimal digits") from None


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--from-head",
    "since",
    callback=_head,
    metavar="SEQ:HASH",
    help="Begin at a head kept earlier, and prove that nothing before it was cut or replaced.",
)
@click.pass_obj
def verify_(settings: Settings, *, as_json: bool, since: Head | None) -> None:
    """Recompute every hash from the first fact to the last; hold incidents, missions and authorisations against them.

    Stops at the first hash that does not hold. Time that goes back is told, and is no failure.
    """
    with running_store(settings) as over:
        outcome = check_ledger(over, since)
    if not isinstance(outcome, Report):
        raise click.ClickException(f"fact {outcome.seq}: {outcome.reason}")
    click.echo(_as_json(outcome) if as_json else _in_words(outcome))
    if outcome.differing:
        raise click.ClickException(f"not what its facts tell: {', '.join(outcome.differing)}")


def _as_json(found: Report) -> str:
    said = msgspec.to_builtins(found) | {"head": found.head.hash.hex(), "seq": found.head.seq}
    return msgspec.json.encode(said).decode()


def _in_words(found: Report) -> str:
    lines = [f"{found.facts} facts hold. Head: {found.head}"]
    if found.erased:
        lines.append(f"{found.erased} sealed parts were erased.")
    if found.backwards:
        lines.append(f"Time goes back {len(found.backwards)} times, first at fact {found.backwards[0]}.")
    return "\n".join(lines)
