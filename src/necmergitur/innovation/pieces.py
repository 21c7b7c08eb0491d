"""Texts compared by pieces of their words: what is misspelt or compounded shares pieces where stems differ."""

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from necmergitur.innovation import texts
from necmergitur.innovation.constants import (
    PIECE_SIZES,
    PIECES_BITS,
    PIECES_CHARS_MAX,
    PIECES_KEPT_MAX,
    PIECES_SAMPLE,
    WORDS_KEPT_MAX,
)

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]
Cut = tuple[Numbers, Floats]


class _Words(dict[str, list[int]]):
    """The numbers of each word's pieces, cut once."""

    def __missing__(self, word: str) -> list[int]:
        if len(self) >= WORDS_KEPT_MAX:
            self.clear()
        found = [crc32(piece.encode()) >> (32 - PIECES_BITS) for piece in pieces(word)]
        self[word] = found
        return found


_WORDS = _Words()


def pieces(word: str) -> list[str]:
    """Return the pieces of three and four characters of a word, its ends marked."""
    marked = f" {texts.fold(word)} "
    return [marked[at : at + size] for size in PIECE_SIZES for at in range(max(1, len(marked) - size + 1))]


class Pieces:
    """How near texts are by their pieces: the cosine, each piece weighed by how rare it is in the first texts met."""

    def __init__(self, documents: Sequence[str] = ()) -> None:
        """Learn how rare pieces are from some of the documents, evenly spread."""
        self._held = np.zeros(1 << PIECES_BITS, np.float32)
        self._met = 0
        self._kept: dict[int | str, Cut] = {}
        step = max(1, -(-len(documents) // PIECES_SAMPLE))
        for document in documents[::step]:
            self.learn(document)

    def learn(self, document: str) -> None:
        """Learn from one more text, until enough were met."""
        if self._met < PIECES_SAMPLE:
            self._held[_cut(document)[0]] += 1
            self._met += 1

    def scores(self, query: str, documents: Sequence[tuple[int | str, str]]) -> Floats:
        """Return the cosine of a text with each of some others; their pieces are kept by the keys they come with."""
        if not documents:
            return np.zeros(0, np.float32)
        asked = np.zeros(1 << PIECES_BITS, np.float32)
        numbers, weights = self._weighed(*_cut(query))
        asked[numbers] = weights / max(1e-9, float(np.linalg.norm(weights)))
        cuts = [self._of(key, document) for key, document in documents]
        sizes = np.array([len(found) for found, _ in cuts])
        rows = np.repeat(np.arange(len(cuts)), sizes)
        all_numbers, all_said = (np.concatenate(parts) for parts in zip(*cuts, strict=True))
        numbers, weights = self._weighed(all_numbers, all_said)
        norms = np.sqrt(np.bincount(rows, weights * weights, len(cuts)))
        return (np.bincount(rows, weights * asked[numbers], len(cuts)) / np.maximum(norms, 1e-9)).astype(np.float32)

    def forget(self, key: int | str) -> None:
        """Keep the pieces of a text no longer."""
        self._kept.pop(key, None)

    def _weighed(self, numbers: Numbers, said: Floats) -> Cut:
        rarity = np.log((1 + self._met) / (1 + self._held[numbers])) + 1
        return numbers, (said * rarity).astype(np.float32)

    def _of(self, key: int | str, document: str) -> Cut:
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= PIECES_KEPT_MAX:
                self._kept.pop(next(iter(self._kept)))
            found = self._kept[key] = _cut(document)
        return found


def _cut(text: str) -> Cut:
    counts: Counter[int] = Counter()
    for word, count in Counter(texts.words(text[:PIECES_CHARS_MAX])).items():
        for number in _WORDS[word]:
            counts[number] += count
    numbers = np.fromiter(counts, np.int32, len(counts))
    said = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
    return numbers, said.astype(np.float32)
