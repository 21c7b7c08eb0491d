"""`nec ledger`: check the record, prove a fact of it, take away what an auditor needs."""

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from necmergitur.app.settings import Settings
from necmergitur.app.wiring import running_store
from necmergitur.operations.checking import Head, Report, check_ledger

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
    "from_head",
    callback=_head,
    metavar="SEQ:HASH",
    help="Begin at a head kept earlier, and prove that nothing before it was cut or replaced.",
)
@click.option(
    "--export", "exported", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Check an export alone."
)
@click.option("--key-file", type=FILE, help="With --export: the log's key, had from somebody you trust.")
@click.option("--witness-file", type=FILE, help="With --export: the witnesses' keys, one a line.")
@click.option("--since", type=FILE, help="With --export: a checkpoint kept earlier, which this log must continue.")
@click.pass_obj
def verify_(
    settings: Settings,
    *,
    as_json: bool,
    from_head: Head | None,
    exported: Path | None,
    key_file: Path | None,
    witness_file: Path | None,
    since: Path | None,
) -> None:
    """Recompute every hash from the first fact to the last; hold what is read of them against them.

    That is incidents, missions, authorisations, and the assessments and terms these rest on. Then the public log
    against the facts. Stops at the first hash that does not hold. Time that goes back is told, and is no failure. With
    --export, checks what `nec ledger export` wrote: no database, no network.
    """
    if exported is not None:
        _verify_export(exported, key_file, witness_file, since, as_json=as_json)
        return
    from necmergitur.adapters.publiclog.proofs import check_tree
    from necmergitur.app.wiring.publiclog import log_folder

    with running_store(settings) as over:
        outcome = check_ledger(over, from_head)
        if not isinstance(outcome, Report):
            raise click.ClickException(f"fact {outcome.seq}: {outcome.reason}")
        signed = check_tree(over, log_folder(settings), settings.secret("log"))
    if isinstance(signed, str):
        raise click.ClickException(f"the public log: {signed}")
    click.echo(_as_json(outcome, signed) if as_json else _in_words(outcome, signed))
    if outcome.differing:
        raise click.ClickException(f"not what its facts tell: {', '.join(outcome.differing)}")


def _verify_export(
    exported: Path, key_file: Path | None, witness_file: Path | None, since: Path | None, *, as_json: bool
) -> None:
    from necmergitur.adapters.publiclog.export import Wrong, audit

    try:
        found = audit(exported, key_file, witness_file, since)
    except Wrong as why:
        raise click.ClickException(str(why)) from None
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    click.echo(f"{found.facts} facts of {found.origin} hold under the root {found.root}. {found.shown} are shown.")
    if not found.shown:
        click.echo("Not one is shown: whoever gave you this kept back what everybody may see.")
    if found.since is not None:
        click.echo(f"They continue the {found.since} that were signed earlier.")
    for name, at in found.witnesses.items():
        click.echo(f"Witness {name} signed at {datetime.fromtimestamp(at, UTC).isoformat()}.")
    if not found.witnesses:
        click.echo("No witness vouches: another history may have been shown to others.")
    if key_file is None:
        click.echo("The key is the export's own: compare it with one you were given (--key-file).")


@command.command("prove")
@click.argument("seq", type=click.IntRange(min=1))
@click.option("--whole", is_flag=True, help="Show who and what too, which the public may not see of every fact.")
@click.option("--public", is_flag=True, help="As far as anybody may see it, as the log's own page gives it.")
@click.pass_obj
def prove_(settings: Settings, *, seq: int, whole: bool, public: bool) -> None:
    """Print the proof that fact SEQ is in the log, as JSON."""
    from necmergitur.adapters.publiclog.proofs import as_json
    from necmergitur.app.wiring.publiclog import prover
    from necmergitur.kernel.refusal import Refusal

    with running_store(settings) as over:
        proves = prover(settings, over)
        proof = proves.public(seq, datetime.now(UTC)) if public else proves.any(seq, "whole" if whole else "header")
    if isinstance(proof, Refusal):
        raise click.ClickException(f"{proof.rule}: {proof.detail}")
    click.echo(as_json(proof).decode(), nl=False)


@command.command("export")
@click.argument("into", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export_(settings: Settings, *, into: Path) -> None:
    """Write what an auditor needs into the folder INTO: the tree, its checkpoint, and every fact anybody may see."""
    from necmergitur.adapters.publiclog.export import write_export
    from necmergitur.app.wiring.publiclog import log_folder, prover

    with running_store(settings) as over:
        try:
            checkpoint = write_export(prover(settings, over), log_folder(settings), into, datetime.now(UTC))
        except FileExistsError as error:
            raise click.ClickException(str(error)) from None
        except FileNotFoundError:
            raise click.ClickException("nothing was signed yet: the worker signs within a second of a fact") from None
    click.echo(f"{checkpoint.size} facts of {checkpoint.origin} are in {into}.")


def _as_json(found: Report, signed: int) -> str:
    said = msgspec.to_builtins(found) | {"head": found.head.hash.hex(), "seq": found.head.seq, "signed": signed}
    return msgspec.json.encode(said).decode()


def _in_words(found: Report, signed: int) -> str:
    lines = [f"{found.facts} facts hold. Head: {found.head}"]
    if signed:
        lines.append(f"The public log holds the first {signed} of them, as they are.")
    if found.erased:
        lines.append(f"{found.erased} sealed parts were erased.")
    if found.backwards:
        lines.append(f"Time goes back {len(found.backwards)} times, first at fact {found.backwards[0]}.")
    return "\n".join(lines)
