"""Tables of counts that tell of nobody: cells of fewer than ten people are withheld, and cannot be had by subtraction.

A table has rows (zones), columns (kinds of call) and totals of both. Withholding small cells is not enough: a row's
total less its other cells gives the one withheld. So more is withheld, until nobody can place a withheld cell within
less than ten of its true value. That is checked as an attacker would: a table with totals is a flow through a network
(Gusfield 1988; Cox 1995), and how far a withheld cell could move is a greatest flow.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from necmergitur.governance.opinion import GROUP_MIN

PEOPLE_MIN = GROUP_MIN  # ours, everywhere: nothing published tells of fewer than ten people
ROWS_MAX, COLUMNS_MAX = 400, 12  # ours: a city has 240 zones and four kinds of call; checking grows with their product
TOTAL = ""  # the row or the column of totals
_PLENTY = 1 << 20  # more than any count: a withheld cell has no upper limit of its own


class Happened(NamedTuple):
    """One event: where it counts, and whose it is; empty when nobody can tell, as at a street button."""

    row: str
    column: str
    person: str = ""


class Count(msgspec.Struct, frozen=True):
    """How many events, and of how many people: a person who calls ten times is one person."""

    events: int
    people: int


class Table(msgspec.Struct, frozen=True):
    """What may be published: `cells` by (row, column), None where withheld. `TOTAL` names the totals."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], int | None]

    @property
    def withheld(self) -> int:
        """How many cells are not told."""
        return sum(value is None for value in self.cells.values())


class Interval(NamedTuple):
    """The least and the most a withheld cell could be, for whoever holds everything published."""

    least: int
    most: int


Place = tuple[str, str]


def counted(events: Iterable[Happened]) -> dict[Place, Count]:
    """Count events by place. A person counts once in the whole table, so that people of several cells may be summed."""
    seen: set[str] = set()
    found: dict[Place, Count] = {}
    for event in sorted(events):
        place = event.row, event.column
        new = not event.person or event.person not in seen
        seen.add(event.person)
        before = found.get(place, Count(0, 0))
        found[place] = Count(before.events + 1, before.people + new)
    return found


def bounded(events: Iterable[Happened], most: int) -> list[Happened]:
    """Return events of which each known person has at most `most`: how far one person can move the counts."""
    kept: list[Happened] = []
    had: dict[str, int] = {}
    for event in sorted(events):
        had[event.person] = had.get(event.person, 0) + 1
        if not event.person or had[event.person] <= most:
            kept.append(event)
    return kept


def naive(rows: Sequence[str], columns: Sequence[str], counts: Mapping[Place, Count]) -> Table:
    """Return the table with only its small cells withheld. Not safe: `protect` is."""
    full = _with_totals(rows, columns, counts)
    return Table(
        tuple(rows), tuple(columns), {place: None if _small(count) else count.events for place, count in full.items()}
    )


def protect(rows: Sequence[str], columns: Sequence[str], counts: Mapping[Place, Count]) -> Table:
    """Return the table with small cells withheld, and others with them until no small one can be had by subtraction.

    `counts` (of `counted`) has places of these rows and columns; nothing is published as 0, which tells of nobody.
    Raises ValueError when the table is too large to be checked.
    """
    if len(rows) > ROWS_MAX or len(columns) > COLUMNS_MAX:
        raise ValueError(f"a table of {len(rows)} by {len(columns)} is too large to be checked")
    full = _with_totals(rows, columns, counts)
    lines = _lines(rows, columns)
    withheld = {place for place, count in full.items() if _small(count)}
    while True:
        _balance(lines, full, withheld)
        exposed = [
            place
            for place, interval in intervals(rows, columns, {p: c.events for p, c in full.items()}, withheld).items()
            if interval.most - interval.least < PEOPLE_MIN
        ]
        if not exposed:
            break
        before = len(withheld)
        for place in exposed:
            for line in lines:
                if place in line:
                    _withhold_one(line, full, withheld)
        if len(withheld) == before:
            # Nothing is left in their lines: the table has too few people in it to be told at all.
            withheld = set(full)
            break
    cells = {place: None if place in withheld else count.events for place, count in full.items()}
    return Table(tuple(rows), tuple(columns), cells)


def _small(count: Count) -> bool:
    """Return whether a cell tells of somebody, and of fewer than ten."""
    return count.events > 0 and count.people < PEOPLE_MIN


def _with_totals(rows: Sequence[str], columns: Sequence[str], counts: Mapping[Place, Count]) -> dict[Place, Count]:
    """Return every cell of a table, its totals included."""
    nothing = Count(0, 0)
    full = {(row, column): counts.get((row, column), nothing) for row in rows for column in columns}

    def total(places: Sequence[Place]) -> Count:
        return Count(sum(full[p].events for p in places), sum(full[p].people for p in places))

    margins = {(row, TOTAL): total([(row, column) for column in columns]) for row in rows}
    margins |= {(TOTAL, column): total([(row, column) for row in rows]) for column in columns}
    return full | margins | {(TOTAL, TOTAL): total(list(full))}


def _lines(rows: Sequence[str], columns: Sequence[str]) -> list[list[Place]]:
    """Return every sum there is in a table: each row and each column, with its total, and the totals' own."""
    across = [[(row, column) for column in (*columns, TOTAL)] for row in (*rows, TOTAL)]
    return across + [[(row, column) for row in (*rows, TOTAL)] for column in (*columns, TOTAL)]


def _balance(lines: Sequence[Sequence[Place]], full: Mapping[Place, Count], withheld: set[Place]) -> None:
    """Withhold more until no sum has a single cell withheld, nor withheld cells that are small together."""
    changed = True
    while changed:  # ends: each turn withholds a cell more, or none
        changed = False
        for line in lines:
            hidden = [place for place in line if place in withheld]
            alone = len(hidden) == 1 or (hidden and sum(full[place].people for place in hidden) < PEOPLE_MIN)
            if alone and _withhold_one(line, full, withheld):
                changed = True


def _withhold_one(line: Sequence[Place], full: Mapping[Place, Count], withheld: set[Place]) -> bool:
    """Withhold the least telling cell of a line, one that is not empty if there is one; return whether one was left.

    A cell that holds nothing protects nothing: whoever knows the place guesses it. Totals go last.
    """
    left = [place for place in line if place not in withheld]
    if not left:
        return False
    chosen = min(left, key=lambda place: (full[place].events == 0, TOTAL in place, full[place].events, place))
    withheld.add(chosen)
    return True


def intervals(
    rows: Sequence[str], columns: Sequence[str], values: Mapping[Place, int], withheld: set[Place]
) -> dict[Place, Interval]:
    """Return what each withheld cell could be for whoever knows all others, and that no count is below zero."""
    nodes = {("row", row): at for at, row in enumerate((*rows, TOTAL))}
    nodes |= {("column", column): len(nodes) + at for at, column in enumerate((*columns, TOTAL))}

    def arc(place: Place) -> tuple[int, int]:
        """Return where a cell flows: inner cells and the grand total from row to column, other totals back."""
        row, column = nodes["row", place[0]], nodes["column", place[1]]
        return (row, column) if (place[0] == TOTAL) == (place[1] == TOTAL) else (column, row)

    room = np.zeros((len(nodes), len(nodes)), dtype=np.int32)
    for place in withheld:
        start, end = arc(place)
        room[start, end] += _PLENTY
        room[end, start] += values[place]
    found = {}
    for place in withheld:
        start, end = arc(place)
        room[start, end] -= _PLENTY
        room[end, start] -= values[place]
        others = csr_array(room)
        more = int(maximum_flow(others, end, start).flow_value)
        less = int(maximum_flow(others, start, end).flow_value)
        room[start, end] += _PLENTY
        room[end, start] += values[place]
        found[place] = Interval(max(0, values[place] - less), values[place] + more)
    return found
