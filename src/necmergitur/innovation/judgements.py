"""Judgement sets as lines: query id, document id and grade, by tabulators."""

from collections.abc import Mapping
from math import isfinite, nan

import msgspec

FIELDS = 3


class Judged(msgspec.Struct, frozen=True):
    """What people said: for each query, documents with their grades."""

    grades: Mapping[str, Mapping[str, float]]

    def wanted(self, query: str) -> frozenset[str]:
        """Return the documents with the best grade of a query, above nought."""
        found = self.grades[query]
        top = max(found.values(), default=0.0)
        return frozenset(one for one, grade in found.items() if grade == top > 0)


class Unreadable(ValueError):
    """A line that says nothing; its number is in the message."""


def read(text: str) -> Judged:
    """Read a set. Blank lines and comments (`#`) are left out. Raises Unreadable."""
    grades: dict[str, dict[str, float]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != FIELDS:
            raise Unreadable(f"line {number}: query id, document id and grade, by tabulators")
        try:
            grade = float(fields[2])
        except ValueError:
            grade = nan
        if not isfinite(grade):
            raise Unreadable(f"line {number}: the grade is no number: {fields[2]!r}")
        grades.setdefault(fields[0].strip(), {})[fields[1].strip()] = grade
    return Judged(grades)
