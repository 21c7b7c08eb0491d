"""`nec bench`: every figure of docs/benchmarks.md, beside its floor, as JSON on the last line."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import click
import msgspec

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
)


@click.command()
@click.argument("name", type=click.Choice([*BENCHES, "all"]))
@click.option("--quick", is_flag=True, help="Fewer clients and hours, never fewer checks.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(name: str, *, quick: bool, as_json: bool) -> None:
    """Measure, and print one JSON object as the last line."""
    names = BENCHES if name == "all" else (name,)
    results: dict[str, Any] = {}
    for each in names:
        if not as_json:
            click.echo(f"measuring {each} ...", err=True)
        results[each] = _measure(each)(quick=quick)
    result = results if name == "all" else results[name]
    result.setdefault("machine", machine())
    result.setdefault("load", load())
    click.echo(msgspec.json.encode(result).decode())


def _measure(name: str) -> Callable[..., dict[str, Any]]:
    measure: Callable[..., dict[str, Any]] = import_module(f"necmergitur.sim.bench.{name}").measure
    return measure
