"""`nec authorisation`: check a signed paper anywhere, with no database and no server."""

from pathlib import Path

import click

from necmergitur.adapters import papers
from necmergitur.governance import terms
from necmergitur.governance.signing import Paper, missing


@click.group()
def command() -> None:
    """Check authorisations by their signed papers (docs/how-to/authorise-a-stream.md)."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def verify(file: Path) -> None:
    """Check every signature of an exported paper. Reads FILE and nothing else.

    A signature that holds says that whoever keeps the key of that fingerprint agreed to these terms to the word:
    compare the fingerprint with the one its holder reads to you.
    """
    paper = papers.read(file.read_bytes())
    if not isinstance(paper, Paper):
        raise click.ClickException(f"{paper.rule.replace('_', ' ')}. {paper.detail}")
    asked = paper.terms
    click.echo(f"{asked.label}: {asked.stream} ({asked.payload_schema}) for {asked.purpose}")
    click.echo(
        f"from {asked.valid_from.isoformat()} until {asked.valid_until.isoformat()}, in {', '.join(asked.zones)}"
    )
    click.echo(f"digest {terms.digest(asked).hex()}")
    for one in papers.verdicts(paper):
        said = "holds" if one.against is None else f"REFUSED: {one.against.rule.replace('_', ' ')}"
        click.echo(f"{one.signature.role}: {one.signature.name}, key {one.fingerprint or 'unreadable'}: {said}")
    for role in missing(paper):
        click.echo(f"{role}: MISSING")
    if not papers.holds(paper):
        raise click.ClickException("this paper is not signed as its terms need")
