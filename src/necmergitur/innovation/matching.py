"""Leads to needs: by words first, by pieces of words for what is misspelt or compounded, by vectors across languages."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from necmergitur.innovation import texts
from necmergitur.innovation.constants import NEAR, PIECES_WEIGHT, VECTORS_WEIGHT
from necmergitur.innovation.lexical import Bm25, Tfidf, best

Floats = npt.NDArray[np.float32]


class Embedder(Protocol):
    """A model that gives texts of any language vectors of length one (`adapters.embedding`)."""

    def passages(self, given: Sequence[str]) -> Floats:
        """Return a row for each text."""
        ...

    def queries(self, given: Sequence[str]) -> Floats:
        """Return a row for each question."""
        ...


class Matcher:
    """Texts that answer a text. `vectors`: a row for each document, or None while they are not made yet."""

    def __init__(self, documents: Sequence[str], vectors: Floats | None = None) -> None:
        """Index the documents."""
        self._words = Bm25(documents)
        self._pieces = Tfidf(documents, texts.pieces)
        self.vectors = vectors

    def scores(self, query: str, vector: Floats | None = None) -> Floats:
        """Return how well each document answers, each measure as a part of its best."""
        scores = _of_best(self._words.scores(query)) + PIECES_WEIGHT * _of_best(self._pieces.scores(query))
        if vector is not None and self.vectors is not None:
            near = self.vectors @ vector
            scores = scores + VECTORS_WEIGHT * _of_best(near - near.min())
        found: Floats = scores.astype(np.float32)
        return found

    def best(self, query: str, most: int = NEAR, vector: Floats | None = None) -> list[tuple[int, float]]:
        """Return the documents that answer best, with their scores; those that share nothing are left out."""
        scores = self.scores(query, vector)
        return [(int(place), float(scores[place])) for place in best(scores, most) if scores[place] > 0]


def across(queries: Floats, documents: Floats) -> Floats:
    """Return the nearness of texts of two languages, each document held against how near it is to all questions.

    A text that is near everything is near nothing in particular (CSLS: Conneau and others 2018, section 2.3).
    """
    near = queries @ documents.T
    most = min(10, len(queries))
    usual = np.sort(near, axis=0)[-most:].mean(axis=0)
    found: Floats = (2 * near - usual[None]).astype(np.float32)
    return found


def recall(ranked: Sequence[Sequence[str]], wanted: Sequence[frozenset[str]], at: int) -> float:
    """Return in how many rankings one of the wanted is among the first `at`."""
    hits = sum(not good.isdisjoint(order[:at]) for order, good in zip(ranked, wanted, strict=True))
    return hits / len(wanted) if wanted else 0.0


def precision(order: Sequence[str], good: Callable[[str], bool], at: int = 10) -> float:
    """Return how many of the first `at` are good, of `at`: what analysts' votes say of one need."""
    return sum(good(one) for one in order[:at]) / at


def _of_best(scores: Floats) -> Floats:
    top = float(scores.max(initial=0.0))
    return scores / top if top > 0 else scores
