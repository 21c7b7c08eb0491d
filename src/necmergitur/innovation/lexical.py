"""Texts found by the words they share (BM25), and vectors of words weighed by how rare they are (TF-IDF)."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse

from necmergitur.innovation import texts
from necmergitur.innovation.constants import ASKED_WORDS_MAX, BM25_B, BM25_K1, OPEN_MAX, SAID_MAX

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Cut = Callable[[str], Iterable[str]]


class _Segment(msgspec.Struct, frozen=True):
    """Texts that were packed: for each word, who holds it and how much that says."""

    starts: npt.NDArray[np.int64]
    holders: npt.NDArray[np.int32]
    weights: Floats

    def of(self, word: int) -> slice:
        return slice(self.starts[word], self.starts[word + 1]) if word + 1 < len(self.starts) else slice(0, 0)


class Bm25:
    """Okapi BM25 (Robertson and Zaragoza 2009, equation 3.15) over what `cut` makes of texts.

    Texts given at first are packed at once. Those that come later are found at once and packed from time to time: none
    of them waits for an index to be built anew. How long a text is beside others is judged when it comes.
    """

    def __init__(self, documents: Sequence[str] = (), cut: Cut = texts.stems) -> None:
        """Index the documents."""
        self._cut = cut
        self._numbers: dict[str, int] = {}
        self._held: list[int] = []
        self._segments: list[_Segment] = []
        self._open: dict[int, list[tuple[int, float]]] = {}
        self._opened = 0
        self._size = 0
        self._length = 0
        if documents:
            self._load(documents)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return self._size

    def add(self, document: str) -> int:
        """Index one more text; return its place."""
        place = self._size
        counts = Counter(self._cut(document))
        length = counts.total()
        self._size += 1
        self._length += length
        norm = self._norm(length, self._length / self._size)
        for word, count in counts.items():
            number = self._number(word)
            self._held[number] += 1
            self._open.setdefault(number, []).append((place, count * (BM25_K1 + 1) / (count + norm)))
        self._opened += 1
        if self._opened >= OPEN_MAX:
            self._pack()
        return place

    def asked(self, query: str) -> dict[str, float]:
        """Return what each word of a question counts, among the words that are known."""
        return {
            word: min(count, SAID_MAX) * self._rarity(self._numbers[word])
            for word, count in Counter(self._cut(query)).items()
            if word in self._numbers
        }

    def scores(self, asked: Mapping[str, float]) -> Floats:
        """Return how well each text answers, as a part of the best answer there could be."""
        found = np.zeros(self._size, np.float32)
        for word, counts in asked.items():
            number = self._numbers[word]
            for segment in self._segments:
                at = segment.of(number)
                found[segment.holders[at]] += np.float32(counts) * segment.weights[at]
            for place, weight in self._open.get(number, ()):
                found[place] += counts * weight
        return found / np.float32(_most(asked))

    def said(self, document: str) -> dict[str, float]:
        """Return what each word of one text says of it: what `against` holds questions against."""
        counts = Counter(self._cut(document))
        norm = self._norm(counts.total(), self._length / max(1, self._size))
        return {word: count * (BM25_K1 + 1) / (count + norm) for word, count in counts.items()}

    def share(self, query: str, document: str) -> tuple[float, int]:
        """Return how much of what a question says one text says too, each word weighed by its rarity, and in how many.

        A word no text holds is the rarest: so one common word of a long question is little, whatever others share.
        """
        weights = {
            word: min(count, SAID_MAX)
            * self._rarity_of(self._held[at] if (at := self._numbers.get(word)) is not None else 0)
            for word, count in Counter(self._cut(query)).items()
        }
        shared = weights.keys() & set(self._cut(document))
        long = max(1.0, len(weights) / ASKED_WORDS_MAX)
        return long * sum(weights[word] for word in shared) / (sum(weights.values()) or 1.0), len(shared)

    def _number(self, word: str) -> int:
        number = self._numbers.setdefault(word, len(self._held))
        if number == len(self._held):
            self._held.append(0)
        return number

    def _rarity(self, number: int) -> float:
        return self._rarity_of(self._held[number])

    def _rarity_of(self, held: int) -> float:
        return float(np.log1p((self._size - held + 0.5) / (held + 0.5)))

    @staticmethod
    def _norm(length: float, usual: float) -> float:
        return BM25_K1 * (1 - BM25_B + BM25_B * length / max(1.0, usual))

    def _load(self, documents: Sequence[str]) -> None:
        counts, self._numbers = counted(documents, self._cut)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        self._size, self._length = len(documents), int(lengths.sum())
        usual = max(1.0, self._length / self._size)
        norm = (BM25_K1 * (1 - BM25_B + BM25_B * lengths / usual)).astype(np.float32)
        counts.data *= np.float32(BM25_K1 + 1) / (counts.data + np.repeat(norm, np.diff(counts.indptr)))
        by_word = counts.tocsc()
        self._held = np.diff(by_word.indptr).tolist()
        self._segments = [_Segment(by_word.indptr.astype(np.int64), by_word.indices.astype(np.int32), by_word.data)]

    def _pack(self) -> None:
        sizes = np.zeros(len(self._held) + 1, np.int64)
        ordered = sorted(self._open)
        for number in ordered:
            sizes[number + 1] = len(self._open[number])
        entries = [entry for number in ordered for entry in self._open[number]]
        holders = np.fromiter((place for place, _ in entries), np.int32, len(entries))
        weights = np.fromiter((weight for _, weight in entries), np.float32, len(entries))
        self._segments.append(_Segment(np.cumsum(sizes), holders, weights))
        self._open, self._opened = {}, 0


class Tfidf:
    """Vectors of length one over what `cut` makes of texts: counts by their logarithm, each weighed by its rarity."""

    def __init__(self, documents: Sequence[str], cut: Cut = texts.stems) -> None:
        """Make the vectors."""
        counts, _ = counted(documents, cut)
        held = np.bincount(counts.indices, minlength=counts.shape[1])
        rarity = (np.log((1 + len(documents)) / (1 + held)) + 1).astype(np.float32)
        counts.data = (1 + np.log(counts.data)) * rarity[counts.indices]
        squares = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
        lengths = np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
        counts.data /= np.repeat(lengths, np.diff(counts.indptr))
        self.vectors = counts


def against(asked: Mapping[str, float], said: Mapping[str, float]) -> float:
    """Return how well one text answers a question, as a part of the best answer there could be."""
    return sum(counts * said.get(word, 0.0) for word, counts in asked.items()) / _most(asked)


def counted(documents: Sequence[str], cut: Cut) -> tuple[sparse.csr_matrix, dict[str, int]]:
    """Return a row of counts for each text, and the number of each word's column."""
    numbers: dict[str, int] = {}
    columns, values, starts = array("i"), array("f"), array("q", [0])
    for document in documents:
        counts = Counter(cut(document))
        columns.extend([numbers.setdefault(word, len(numbers)) for word in counts])
        values.extend(counts.values())
        starts.append(len(columns))
    shape = (len(documents), len(numbers))
    rows = sparse.csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), np.array(starts)), shape)
    return rows, numbers


def best(scores: Floats, most: int) -> Places:
    """Return the places of the highest scores, best first; ties by place, so that the same texts rank the same."""
    most = min(most, len(scores))
    if most == 0:
        return np.zeros(0, np.int64)
    edge = np.partition(scores, len(scores) - most)[len(scores) - most]
    above = np.flatnonzero(scores > edge)
    chosen = np.concatenate([above, np.flatnonzero(scores == edge)[: most - len(above)]])
    return chosen[np.lexsort((chosen, -scores[chosen]))]


def _most(asked: Mapping[str, float]) -> float:
    return sum(asked.values()) * (BM25_K1 + 1) or 1.0
