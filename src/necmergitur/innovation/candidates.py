"""Two plain candidates for crowd advice, and an evening to try them on: what any solution on trial is held against.

One holds the count against a threshold, the other against where the count is going. What a vendor's own program advised
on the same evening stands beside them as a column of the file.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from necmergitur.innovation import sandbox
from necmergitur.innovation.protocol import LEVEL_MAX

Candidate = Literal["threshold", "trend"]
CANDIDATES: tuple[Candidate, ...] = ("threshold", "trend")
LEVELS = (0.6, 0.8, 1.0)  # ours: shares of what a place holds from which level 1, 2 and 3 are advised
AHEAD = 2  # ours: the trend looks so many steps ahead
BACK = 3  # ours: and so many back
MINUTES_MAX = 2_880  # ours: an evening is at most two days
COLUMNS_MAX = 4  # ours: vendors compared on one evening
DIGITS_MAX = 8  # ours: nobody counts ten million people in a minute
SPANS_MAX = 200  # ours: notes of an evening
FULL = 0.9  # ours: of a simulated evening, from which share of what it holds a place was too full
LULL = 3  # ours: minutes below it that do not end it


# Why a text is no evening, by rule; pages say it in the reader's language.
WHY = {
    "line_no_count": "line {number} is no count",
    "line_no_levels": "line {number} is no count with a level for each vendor",
    "level_out_of_range": "line {number}: a level is from 0 to 3",
    "headings": "a heading for each vendor, each once, at most four",
    "minutes": "an evening has from 1 minute to two days",
    "span": "'{text}' is no span of minutes",
    "spans_too_many": "at most 200 spans of minutes",
    "no_file": "there is no file, or it is larger than 200 kB",
    "no_text": "the file is no text",
    "nothing_said": "the trial's keys have said nothing",
    "no_counts": "no key of the trial counts people: only what its keys advised can be compared",
    "no_column": "there is no column {number} of levels",
}


class NotAnEvening(ValueError):
    """What was sent is no evening: `rule` says why, `facts` where."""

    def __init__(self, rule: str, **facts: object) -> None:
        super().__init__(WHY[rule].format(**facts))
        self.rule, self.facts = rule, facts


class Said(msgspec.Struct, frozen=True):
    """One advice: a level, and how sure it says it is, in hundredths."""

    level: int
    confidence: int


class Evening(msgspec.Struct, frozen=True):
    """Counts, minute by minute, and what vendors' programs advised on them, by the heading of their column."""

    counts: list[int]
    columns: dict[str, list[int]]


def advise(candidate: Candidate, counts: Sequence[int], capacity: int) -> Said:
    """Return what a candidate advises after the last of `counts`. Raises ValueError without any."""
    if not counts or capacity < 1:
        raise ValueError("nothing was counted")
    expected = float(counts[-1])
    if candidate == "trend" and len(counts) > 1:
        known = counts[-BACK:]
        expected += AHEAD * (known[-1] - known[0]) / (len(known) - 1)
    share = expected / capacity
    level = sum(share >= bound for bound in LEVELS)
    nearest = min(abs(share - bound) for bound in LEVELS)
    return Said(level, min(99, round(50 + 250 * nearest)))


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < DIGITS_MAX


def read_counts(text: str) -> list[int]:
    """Read an evening: one count a line, or `minute,count` with or without a head. Raises NotAnEvening."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        last = line.rpartition(",")[2].strip()
        if _is_count(last):
            found.append(int(last))
        elif line.strip() and number > 1:
            raise NotAnEvening("line_no_count", number=number)
    return found


def read_evening(text: str) -> Evening:
    """Read `minute,count` and, with a head, a column of levels for each vendor. Raises NotAnEvening."""
    lines = [line for line in text.splitlines() if line.strip()]
    head = [one.strip() for one in lines[0].replace(";", ",").split(",")] if lines else []
    names = head[2:]
    if not names or any(one.isdecimal() for one in head):
        return Evening(_bounded(read_counts(text.replace(";", ","))), {})
    if len(names) > COLUMNS_MAX or len(set(names)) != len(names) or not all(0 < len(one) <= 40 for one in names):  # noqa: PLR2004 -- a heading
        raise NotAnEvening("headings")
    counts: list[int] = []
    columns: dict[str, list[int]] = {name: [] for name in names}
    for number, line in enumerate(lines[1:], 2):
        cells = [one.strip() for one in line.replace(";", ",").split(",")]
        if len(cells) != len(head) or not all(map(_is_count, cells[1:])):
            raise NotAnEvening("line_no_levels", number=number)
        counts.append(int(cells[1]))
        for name, cell in zip(names, cells[2:], strict=True):
            if int(cell) > LEVEL_MAX:
                raise NotAnEvening("level_out_of_range", number=number)
            columns[name].append(int(cell))
    return Evening(_bounded(counts), columns)


def _bounded(counts: list[int]) -> list[int]:
    if not 0 < len(counts) <= MINUTES_MAX:
        raise NotAnEvening("minutes")
    return counts


def read_spans(text: str) -> list[tuple[int, int]]:
    """Read minutes as "12-18, 40-44". Raises NotAnEvening."""
    found = []
    for one in text.split(","):
        if not one.strip():
            continue
        first, _, last = one.strip().partition("-")
        last = last or first
        if not (_is_count(first) and _is_count(last)):
            raise NotAnEvening("span", text=one.strip()[:40])
        if not int(first) <= int(last) < MINUTES_MAX:
            raise NotAnEvening("span", text=one.strip()[:40])
        found.append((int(first), int(last)))
    if len(found) > SPANS_MAX:
        raise NotAnEvening("spans_too_many")
    return found


def simulated(place: str) -> tuple[Evening, int, list[tuple[int, int]]]:
    """Return a simulated evening at a place, what it holds, and when it was too full. Raises KeyError."""
    holds = sandbox.PLACES[place][0]
    counts = [
        next(one.people for one in sandbox.minute_of("replay", minute).places if one.place == place)
        for minute in range(sandbox.MINUTES)
    ]
    spans: list[tuple[int, int]] = []
    for minute, count in enumerate(counts):
        if count < FULL * holds:
            continue
        if spans and minute - spans[-1][1] <= LULL:
            spans[-1] = (spans[-1][0], minute)
        else:
            spans.append((minute, minute))
    return Evening(counts, {}), holds, spans
