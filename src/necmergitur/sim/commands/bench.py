"""`nec bench`: every figure of docs/benchmarks.md, beside its floor, as JSON on the last line."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec

from necmergitur.innovation.judgements import Unreadable
from necmergitur.sim.bench.figures import load, machine

BENCHES = (
    "start",
    "choice",
    "fleet",
    "evening",
    "press",
    "faults",
    "board",
    "ledger",
    "gate",
    "checkin",
    "page",
    "purge",
    "people",
    "doors",
    "matching",
)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("name", type=click.Choice([*BENCHES, "all"]))
@click.option("--quick", is_flag=True, help="Fewer clients and hours, never fewer checks.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
@click.option("--french", type=_FOLDER, metavar="DIR", help="matching: a judgement set in French (docs/benchmarks.md).")
@click.option(
    "--expertise", type=_FOLDER, metavar="DIR", help="matching: what experts say they know, and their papers."
)
def command(name: str, *, quick: bool, as_json: bool, french: Path | None, expertise: Path | None) -> None:
    """Measure, and print one JSON object as the last line."""
    if (french or expertise) and name not in ("matching", "all"):
        raise click.UsageError("--french and --expertise are for `matching`")
    outside = {"french": french, "expertise_at": expertise}
    names = BENCHES if name == "all" else (name,)
    results: dict[str, Any] = {}
    for each in names:
        if not as_json:
            click.echo(f"measuring {each} ...", err=True)
        try:
            results[each] = _measure(each)(quick=quick, **(outside if each == "matching" else {}))
        except Unreadable as error:
            raise click.UsageError(str(error)) from None
    result = results if name == "all" else results[name]
    result.setdefault("machine", machine())
    result.setdefault("load", load())
    click.echo(msgspec.json.encode(result).decode())


def _measure(name: str) -> Callable[..., dict[str, Any]]:
    measure: Callable[..., dict[str, Any]] = import_module(f"necmergitur.sim.bench.{name}").measure
    return measure
