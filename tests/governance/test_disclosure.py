"""Counts by place: who subtracts learns nothing. The attacker here is a linear programme, not the code that protects."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from necmergitur.governance.disclosure import (
    PEOPLE_MIN,
    TOTAL,
    Count,
    Happened,
    Table,
    bounded,
    counted,
    intervals,
    naive,
    protect,
)

Counts = dict[tuple[str, str], Count]


def counts_of(grid: list[list[int]]) -> tuple[list[str], list[str], Counts]:
    rows = [f"z-{n}" for n in range(len(grid))]
    columns = [f"k-{n}" for n in range(len(grid[0]))]
    return (
        rows,
        columns,
        {(r, c): Count(n, n) for r, line in zip(rows, grid, strict=True) for c, n in zip(columns, line, strict=True)},
    )


def attack(table: Table) -> dict[tuple[str, str], tuple[float, float]]:
    """Solve for the least and the most each withheld cell can be, from everything published."""
    hidden = [place for place, value in table.cells.items() if value is None]
    at = {place: n for n, place in enumerate(hidden)}
    sums, rights = [], []
    lines = [[(r, c) for c in (*table.columns, TOTAL)] for r in (*table.rows, TOTAL)]
    lines += [[(r, c) for r in (*table.rows, TOTAL)] for c in (*table.columns, TOTAL)]
    for line in lines:
        *parts, total = line
        row, right = np.zeros(len(hidden)), 0.0
        for place, sign in [*((p, 1) for p in parts), (total, -1)]:
            value = table.cells[place]
            if value is None:
                row[at[place]] += sign
            else:
                right -= sign * value
        sums.append(row)
        rights.append(right)
    found = {}
    for place in hidden:
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(hidden))
            aim[at[place]] = sign
            solved = linprog(aim, A_eq=np.array(sums), b_eq=rights, bounds=(0, None))
            ends.append(sign * solved.fun if solved.status == 0 else sign * -np.inf)
        found[place] = (ends[0], ends[1])
    return found


QUARTERS = [[120, 45, 31], [80, 3, 22], [64, 28, 17]]


def test_subtracting_tells_the_one_small_cell_of_a_naive_table() -> None:
    """The planted hole: three calls for violence in one zone, withheld, and told by the total."""
    rows, columns, counts = counts_of(QUARTERS)
    published = naive(rows, columns, counts)
    assert published.withheld == 1 and published.cells["z-1", "k-1"] is None
    assert attack(published) == {("z-1", "k-1"): (3.0, 3.0)}


def test_the_same_attack_on_a_protected_table_learns_nothing() -> None:
    rows, columns, counts = counts_of(QUARTERS)
    published = protect(rows, columns, counts)
    assert published.cells["z-1", "k-1"] is None
    for place, (least, most) in attack(published).items():
        assert most - least >= PEOPLE_MIN, (place, least, most)
    assert published.withheld == 4  # the cell, one in its row, one in its column, and the corner between
    assert published.cells[TOTAL, TOTAL] == 410


def test_ten_calls_of_one_person_are_one_person() -> None:
    rows, columns, counts = counts_of([[40, 50], [60, 70]])
    counts["z-0", "k-0"] = Count(events=40, people=1)
    assert protect(rows, columns, counts).cells["z-0", "k-0"] is None


def test_a_person_counts_once_wherever_they_call() -> None:
    calls = [Happened("z-1", "sos", "p-7")] * 12 + [Happened("z-2", "sos", "p-7")] * 3 + [Happened("z-2", "sos")] * 2
    assert counted(calls) == {("z-1", "sos"): Count(12, 1), ("z-2", "sos"): Count(5, 2)}
    assert counted(reversed(calls)) == counted(calls)


def test_one_person_moves_counts_by_so_much_and_no_more() -> None:
    calls = [Happened("z-1", "night", "p-7")] * 12 + [Happened("z-2", "day", "p-7")] * 3 + [Happened("z-2", "day")] * 9
    assert counted(bounded(calls, 5)) == {("z-1", "night"): Count(5, 1), ("z-2", "day"): Count(9, 9)}


def test_two_small_cells_of_a_row_are_not_told_by_their_sum() -> None:
    rows, columns, counts = counts_of([[4, 3, 90], [50, 60, 70], [55, 65, 75]])
    table = protect(rows, columns, counts)
    assert [table.cells["z-0", c] for c in columns] == [None, None, None] or table.cells["z-0", TOTAL] is None
    assert all(most - least >= PEOPLE_MIN for least, most in attack(table).values())


def test_a_table_without_small_cells_is_told_whole_and_nothing_is_nobody() -> None:
    rows, columns, counts = counts_of([[10, 0], [25, 300]])
    table = protect(rows, columns, counts)
    assert table.withheld == 0
    assert [table.cells[r, c] for r in rows for c in columns] == [10, 0, 25, 300]
    assert [table.cells[r, TOTAL] for r in rows] == [10, 325]


def test_a_city_of_nine_calls_tells_nothing() -> None:
    table = protect(*counts_of([[4, 0], [0, 5]]))
    assert all(value is None or value == 0 for value in table.cells.values())
    assert table.cells["z-0", "k-0"] is None and table.cells[TOTAL, TOTAL] is None


def test_one_column_has_its_totals_too() -> None:
    table = protect(*counts_of([[120], [3], [40], [15]]))
    assert table.cells["z-1", "k-0"] is None
    assert all(most - least >= PEOPLE_MIN for least, most in attack(table).values())


def test_a_table_too_large_to_check_is_not_published() -> None:
    with pytest.raises(ValueError, match="too large"):
        protect([str(n) for n in range(401)], ["a"], {})


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=5)
    )
)
def test_no_table_lets_a_withheld_cell_be_placed_within_ten(grid: list[list[int]]) -> None:
    rows, columns, counts = counts_of(grid)
    table = protect(rows, columns, counts)
    for (row, column), count in counts.items():
        assert table.cells[row, column] in (None, count.events)
        assert not 0 < (table.cells[row, column] or 0) < PEOPLE_MIN
    if any(0 < n < PEOPLE_MIN for line in grid for n in line) and any(v is not None for v in table.cells.values()):
        for place, (least, most) in attack(table).items():
            assert most - least >= PEOPLE_MIN, (place, least, most, table)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3), st.randoms())
def test_what_an_attacker_can_learn_is_what_a_linear_programme_says(
    grid: list[list[int]], chance: random.Random
) -> None:
    """The check inside `protect` against another method, whatever is withheld."""
    rows, columns, counts = counts_of(grid)
    whole = naive(rows, columns, {p: Count(c.events, 99) for p, c in counts.items()})
    withheld = {place for place in whole.cells if chance.random() < 0.5}
    hidden = Table(whole.rows, whole.columns, {p: None if p in withheld else v for p, v in whole.cells.items()})
    mine = intervals(rows, columns, {p: v for p, v in whole.cells.items() if v is not None}, withheld)
    for place, (least, most) in attack(hidden).items():
        assert mine[place].least == pytest.approx(least, abs=1e-6), place
        assert mine[place].most == pytest.approx(most, abs=1e-6) or (most == np.inf and mine[place].most > 500_000)
