"""Rows of a spreadsheet (CSV, .xlsx, .ods) as texts.

Office files are archives of XML that somebody outside made: they are read in a child process with little memory and
little time, which a bomb kills without harm.
"""

import csv
import io
import subprocess
import sys
from collections.abc import Sequence

import msgspec

from necmergitur.adapters.watch.texts import text_of
from necmergitur.kernel.refusal import Refusal

CELL_CHARS_MAX = 8_000  # ours: twice the longest text of a need
COLUMNS_MAX = 60  # ours: five times what a need has
CHILD_S_MAX = 15.0  # ours: five hundred rows take a tenth of a second
_OFFICE = b"PK\x03\x04"

Rows = list[list[str]]


def read(raw: bytes, rows_max: int) -> Rows | Refusal:
    """Return the first sheet's rows, the heading too, as texts; an empty row is there without a cell, for the count."""
    rows = _office(raw, rows_max) if raw.startswith(_OFFICE) else _csv(raw, rows_max)
    if isinstance(rows, Refusal):
        return rows
    rows = [[cell.strip()[:CELL_CHARS_MAX] for cell in row[:COLUMNS_MAX]] for row in rows]
    rows = [row if any(row) else [] for row in rows]
    filled = sum(map(bool, rows))
    if filled > rows_max + 1:
        return Refusal(rule="sheet_too_long", facts={"most": str(rows_max)})
    return rows if filled > 1 else Refusal(rule="sheet_empty")


def _csv(raw: bytes, rows_max: int) -> Rows | Refusal:
    if b"\0" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Refusal(rule="sheet_unreadable")
    text = text_of(raw)
    head = text.split("\n", 1)[0]
    delimiter = max(";\t,", key=head.count)
    csv.field_size_limit(CELL_CHARS_MAX * 4)
    rows: Rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > 2 * rows_max:  # empty ones are left out later; so many are no table
                break
    except csv.Error:
        return Refusal(rule="sheet_unreadable")
    return rows


def _office(raw: bytes, rows_max: int) -> Rows | Refusal:
    command: Sequence[str] = (sys.executable, "-m", "necmergitur.adapters.sheet_child", str(2 * rows_max))
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=CHILD_S_MAX, check=False)  # noqa: S603 -- ours
    except subprocess.TimeoutExpired:
        return Refusal(rule="sheet_unreadable")
    if done.returncode:
        return Refusal(rule="sheet_unreadable")
    return msgspec.json.decode(done.stdout, type=Rows)
