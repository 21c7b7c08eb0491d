"""Two candidates on one evening: the same events, the same rules, figures a hand finds too."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from necmergitur.innovation import candidates
from necmergitur.innovation.replay import compare


def test_two_candidates_are_scored_on_the_same_events() -> None:
    found = compare(
        {"early": [0, 0, 2, 2, 2, 0, 0, 0, 0, 0], "late": [0, 0, 0, 0, 2, 0, 0, 0, 2, 0]}, [(3, 4)], tolerance_s=60
    )
    early, late = found["early"].total, found["late"].total
    assert (early.precision.hits, early.precision.of, early.delay_p50_s) == (1, 1, -60.0)
    assert (late.precision.hits, late.precision.of, late.delay_p50_s) == (1, 2, 60.0)
    assert early.recall.value == late.recall.value == 1.0


def test_candidates_of_different_evenings_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same evening"):
        compare({"one": [0], "other": [0, 1]}, [])


def test_the_command_compares_both(tmp_path: Path) -> None:
    from necmergitur.sim.commands.trial import command

    counts = tmp_path / "evening.csv"
    counts.write_text("minute,count\n" + "".join(f"{n},{c}\n" for n, c in enumerate((60, 90, 120, 150, 180, 100, 60))))
    said = CliRunner().invoke(command, ["replay", str(counts), "--seen", "3-4", "--capacity", "200"])
    assert said.exit_code == 0, said.output
    assert "threshold" in said.output and "trend" in said.output
    wrong = CliRunner().invoke(command, ["replay", str(counts), "--seen", "x", "--capacity", "200"])
    assert wrong.exit_code == 1 and "no span" in wrong.output


@pytest.mark.parametrize("text", ["9" * 400, "1,99999999", "9" * 5_000])
def test_a_count_that_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(candidates.NotAnEvening):
        candidates.read_counts(f"1\n{text}\n")


@pytest.mark.parametrize("text", ["0-999999999999", "5-2", "2880", "9" * 5_000])
def test_a_span_beyond_any_evening_is_refused(text: str) -> None:
    with pytest.raises(candidates.NotAnEvening):
        candidates.read_spans(text)
