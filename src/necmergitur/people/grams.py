"""Pieces of two and three characters, of names and of their skeletons, and which entries hold them.

A segment is made at once from many names and never changes. Every weight comes from how rare a piece is, so an entry is
stored as bare numbers: about 130 bytes for a name.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_BASE = 37  # the edge of a word, 26 letters, 10 digits
_PAIRS = _BASE**2
_LETTERS = _PAIRS + _BASE**3  # pairs first, then pieces of three
BORN_CODES = 2 * _LETTERS  # then the same of skeletons, then parts of a birth date
CODES = BORN_CODES + 372 + 12 * 256 + 31 * 256  # day and month; month and year; day and year

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_VALUES = np.zeros(256, dtype=np.int64)
_VALUES[np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", dtype=np.uint8)] = np.arange(1, 27)
_VALUES[np.frombuffer(b"0123456789", dtype=np.uint8)] = np.arange(27, 37)


def codes_of(texts: Sequence[str], first: int = 0) -> tuple[Integers, Integers]:
    """Return (entry, code) of each piece of folded texts, several times where it stands several times.

    `first`: 0 for names, `_LETTERS` for skeletons. Pieces never span two words: their order does not matter.
    """
    joined = "".join(f" {text} " for text in texts).encode()
    values = _VALUES[np.frombuffer(joined, dtype=np.uint8)]
    entries = np.repeat(np.arange(len(texts)), np.fromiter((len(t) + 2 for t in texts), dtype=np.int64))
    here, after = values[:-1], values[1:]
    pairs = (here > 0) | (after > 0)
    triples = pairs[:-1] & (after[:-1] > 0)
    pair_codes = (here * _BASE + after)[pairs]
    triple_codes = (_PAIRS + (here[:-1] * _BASE + after[:-1]) * _BASE + values[2:])[triples]
    return (
        np.concatenate((entries[:-1][pairs], entries[:-2][triples])),
        np.concatenate((pair_codes, triple_codes)) + first,
    )


def name_codes(texts: Sequence[str], skeletons: Sequence[str]) -> tuple[Integers, Integers]:
    """Return (entry, code) of names and of their skeletons."""
    entries, codes = codes_of(texts)
    sound_entries, sound_codes = codes_of(skeletons, _LETTERS)
    return np.concatenate((entries, sound_entries)), np.concatenate((codes, sound_codes))


def born_codes(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Return three codes of a birth date: whichever part is written wrong, one of them is still right."""
    year %= 256
    month, day = month - 1, day - 1
    return (
        BORN_CODES + month * 31 + day,
        BORN_CODES + 372 + month * 256 + year,
        BORN_CODES + 372 + 12 * 256 + day * 256 + year,
    )


class Segment:
    """Which of `count` entries hold each code."""

    def __init__(self, entries: Integers, codes: Integers, count: int) -> None:
        """Sort (entry, code) pairs by code; a pair that comes twice counts once."""
        self.count = count
        keys = codes * max(count, 1)
        keys += entries
        keys.sort()  # measured: np.unique takes thirty times as long
        keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))] if keys.size else keys
        self._holders = (keys % max(count, 1)).astype(np.int32)
        self._starts = np.searchsorted(keys, np.arange(CODES + 1) * max(count, 1)).astype(np.int64)

    def frequencies(self) -> Integers:
        """Return how many entries hold each code."""
        return np.diff(self._starts)

    def lengths(self, weights: Floats) -> Floats:
        """Return each entry's length: the root of the sum of its names' squared weights."""
        squares = np.repeat(weights[:BORN_CODES] ** 2, self.frequencies()[:BORN_CODES])
        holders = self._holders[: squares.size]
        return np.sqrt(np.bincount(holders, weights=squares, minlength=self.count)).astype(np.float32)

    def add_up(self, codes: Sequence[int], weights: Sequence[float], into: Floats) -> None:
        """Add each code's weight to the entries that hold it."""
        for code, weight in zip(codes, weights, strict=True):
            into[self._holders[self._starts[code] : self._starts[code + 1]]] += np.float32(weight)
