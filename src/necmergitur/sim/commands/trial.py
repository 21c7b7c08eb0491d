"""`nec trial`: an evening played again, to compare what may be tried."""

from pathlib import Path

import click

from necmergitur.innovation import candidates, replay
from necmergitur.innovation.candidates import CANDIDATES, advise
from necmergitur.innovation.metrics import Share


@click.group()
def command() -> None:
    """Compare candidates before an experiment."""


@command.command("replay")
@click.argument("counts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seen", required=True, help='Minutes in which it was too full, as "12-18,40-44".')
@click.option("--capacity", type=click.IntRange(1), required=True, help="How many people the place holds.")
@click.option("--tolerance-s", type=click.IntRange(0, 3600), default=120, show_default=True)
def play(counts: Path, seen: str, capacity: int, tolerance_s: int) -> None:
    """Play COUNTS (one count a minute, a line each) into both candidates, and score them on the same events."""
    try:
        evening = candidates.read_counts(counts.read_text(encoding="utf-8-sig"))
        spans = candidates.read_spans(seen)
        levels: dict[str, list[int]] = {
            name: [advise(name, evening[: n + 1], capacity).level for n in range(len(evening))] for name in CANDIDATES
        }
        found = replay.compare(levels, spans, tolerance_s=tolerance_s)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    head = f"{'candidate':<12}{'alarms':>7}{'repeats':>8}{'right':>22}{'told of':>22}"
    click.echo(head + f"{'false/h':>9}{'p50 s':>7}{'p95 s':>7}")
    for name, figures in found.items():
        total = figures.total
        click.echo(
            f"{name:<12}{total.alarms:>7}{total.repeats:>8}{_share(total.precision):>22}{_share(total.recall):>22}"
            f"{_or_none(total.false_alarms_per_hour):>9}{_or_none(total.delay_p50_s):>7}{_or_none(total.delay_p95_s):>7}"
        )


def _share(found: Share) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "-"
    return f"{found.hits}/{found.of} ({found.low:.0%}-{found.high:.0%})"


def _or_none(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
