"""Texts found by the words they share: BM25 over stems, and the cosine of their pieces (TF-IDF).

Both are products of sparse matrices: a hundred thousand texts are indexed and asked in seconds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from necmergitur.innovation import texts
from necmergitur.innovation.constants import BM25_B, BM25_K1

Floats = npt.NDArray[np.float32]
Cut = Callable[[str], Sequence[str]]


class _Words:
    """Numbers of words, given as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def matrix(self, counted: Iterable[Counter[str]], *, grow: bool) -> sparse.csr_matrix:
        """Return counts: a row for each text, a column for each word known (or met now)."""
        numbers = self.numbers
        starts, columns, values = [0], [], []
        for counts in counted:
            for word, count in counts.items():
                number = numbers.setdefault(word, len(numbers)) if grow else numbers.get(word)
                if number is not None:
                    columns.append(number)
                    values.append(count)
            starts.append(len(columns))
        shape = (len(starts) - 1, len(numbers))
        return sparse.csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), np.array(starts)), shape)


class Bm25:
    """Okapi BM25 (Robertson and Zaragoza 2009, equation 3.15) over what `cut` makes of texts."""

    def __init__(self, documents: Sequence[str], cut: Cut = texts.stems) -> None:
        """Index the documents."""
        self._cut = cut
        self._words = _Words()
        counts = self._words.matrix((Counter(cut(text)) for text in documents), grow=True)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        held = np.bincount(counts.indices, minlength=counts.shape[1])
        self._idf = np.log1p((len(documents) - held + 0.5) / (held + 0.5)).astype(np.float32)
        norm = BM25_K1 * (1 - BM25_B + BM25_B * lengths / max(1e-9, lengths.mean() if len(documents) else 1.0))
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        counts.data = counts.data * (BM25_K1 + 1) / (counts.data + norm[rows]).astype(np.float32)
        self._columns = counts.tocsc().T.tocsr()  # by word

    def scores(self, query: str) -> Floats:
        """Return how well each document answers, in the order they were given."""
        asked = self._words.matrix([Counter(self._cut(query))], grow=False)
        asked.data = np.minimum(asked.data, 3.0) * self._idf[asked.indices]  # said thrice is said
        found: Floats = np.asarray((asked @ self._columns[: len(self._idf)]).todense(), np.float32).ravel()
        return found


class Tfidf:
    """The cosine between vectors of parts, each weighed by how rare it is; counts by their logarithm."""

    def __init__(self, documents: Sequence[str], cut: Cut = texts.stems) -> None:
        """Index the documents."""
        self._cut = cut
        self._words = _Words()
        counts = self._words.matrix((Counter(cut(text)) for text in documents), grow=True)
        held = np.bincount(counts.indices, minlength=counts.shape[1])
        self._idf = (np.log((1 + len(documents)) / (1 + held)) + 1).astype(np.float32)
        self.vectors = self._weighed(counts)
        self._by_word = self.vectors.T.tocsr()

    def scores(self, query: str) -> Floats:
        """Return the cosine with each document."""
        found: Floats = np.asarray((self.vectors_of([query]) @ self._by_word).todense(), np.float32).ravel()
        return found

    def vectors_of(self, given: Sequence[str]) -> sparse.csr_matrix:
        """Return the vectors of other texts, among the words that are known."""
        return self._weighed(self._words.matrix((Counter(self._cut(text)) for text in given), grow=False))

    def _weighed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        counts.data = (1 + np.log(np.maximum(counts.data, 1))).astype(np.float32) * self._idf[counts.indices]
        squares = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        counts.data = counts.data / np.sqrt(np.maximum(squares, 1e-12))[rows].astype(np.float32)
        return counts


def best(scores: Floats, most: int) -> npt.NDArray[np.int64]:
    """Return the places of the highest scores, best first; ties by place, so that the same texts rank the same."""
    most = min(most, len(scores))
    if most == 0:
        return np.zeros(0, np.int64)
    chosen = np.argpartition(-scores, most - 1)[:most]
    return chosen[np.lexsort((chosen, -scores[chosen]))]
