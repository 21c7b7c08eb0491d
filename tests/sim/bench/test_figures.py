"""A figure is a sample that was seen, and a trace is read as Chromium writes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.sim.bench.board import FRAME_US, UPDATE, scripting_ms
from necmergitur.sim.bench.figures import load, machine, percentile

MAIN = {"pid": 7, "tid": 1}


@pytest.mark.parametrize(("share", "value"), [(0, 1), (1, 1), (50, 50), (95, 95), (99, 99), (100, 100)])
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value


@given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_never_better_than_a_sample_that_was_seen(samples: list[int], share: int) -> None:
    found = percentile([float(s) for s in samples], share)
    assert found in samples
    assert sum(s <= found for s in samples) >= len(samples) * share / 100


def test_no_samples_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 99)


def test_a_figure_names_its_machine_and_load() -> None:
    assert machine()["cores"] >= 1
    assert len(load()) == 3


# --- traces ---------------------------------------------------------------------------------------------


def update(at_ms: float) -> dict[str, Any]:
    return {"name": UPDATE, "ph": "I", "ts": int(at_ms * 1000), **MAIN}


def work(at_ms: float, took_ms: float, name: str = "FunctionCall", **more: Any) -> dict[str, Any]:
    return {"name": name, "ph": "X", "ts": int(at_ms * 1000), "dur": int(took_ms * 1000), **MAIN, **more}


def test_each_update_is_charged_with_the_scripts_that_run_until_the_next() -> None:
    trace = [
        work(50, 9),  # before the first update: not charged
        update(100), work(100.1, 2), work(120, 3, "FireAnimationFrame"),
        update(1000), work(1001, 7),
        update(2000), work(2001, 99),  # cut by the end of the trace: not counted
    ]  # fmt: skip
    assert scripting_ms(trace) == [5.0, 7.0]


def test_a_script_inside_another_is_counted_once() -> None:
    trace = [update(0), work(1, 10, "TimerFire"), work(2, 8), work(3, 2, "RunMicrotasks"), update(500)]
    assert scripting_ms(trace) == [10.0]


def test_painting_and_other_threads_are_not_the_pages_scripts() -> None:
    other = {"tid": 2}
    trace = [update(0), work(1, 10, "Paint"), work(1, 10, "RasterTask"), work(1, 10, **other), work(5, 1), update(500)]
    assert scripting_ms(trace) == [1.0]


def test_updates_of_one_frame_are_one_update() -> None:
    trace = [update(0), update(FRAME_US / 2000), work(20, 4), update(500), work(501, 1), update(900)]
    assert scripting_ms(trace) == [4.0, 1.0]


def test_the_threads_own_time_is_used_where_the_trace_has_it() -> None:
    trace = [update(0), work(1, 40, tdur=5_000), update(500)]
    assert scripting_ms(trace) == [5.0]


@pytest.mark.parametrize("trace", [[], [work(1, 1)], [update(0), work(1, 1)]])
def test_a_trace_without_updates_is_no_figure(trace: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="live update"):
        scripting_ms(trace)
