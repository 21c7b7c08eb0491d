"""Leads to needs: by words first, by pieces of words where stems differ, by vectors across languages."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np

from necmergitur.innovation.constants import (
    HUBS,
    NEAR,
    NEARER_STRONG,
    PIECES_WEIGHT,
    SHARE_STRONG,
    SHARED_WORDS_MIN,
    VECTORS_BLOCK,
    VECTORS_NOTHING,
    VECTORS_WEIGHT,
    WHOLE_MAX,
)
from necmergitur.innovation.lexical import Bm25, Floats, Places, against, best
from necmergitur.innovation.pieces import Pieces


class Embedder(Protocol):
    """A model that gives texts of any language vectors of length one (`adapters.embedding`)."""

    def passages(self, given: Sequence[str]) -> Floats:
        """Return a row for each text."""
        ...

    def queries(self, given: Sequence[str]) -> Floats:
        """Return a row for each question."""
        ...


class Question(msgspec.Struct, frozen=True):
    """What is looked for, and its vector where it has one by now."""

    text: str
    vector: Floats | None = None


class Likeness(msgspec.Struct, frozen=True):
    """How much one text answers a question, whatever other texts do: a rank says nothing where little was found."""

    share: float
    words: int
    nearness: float | None = None

    def is_strong(self, usual: float | None = None) -> bool:
        """Whether words or meaning alone reach what wrong pairs hardly ever reach.

        `usual`: how near the two would be if they had nothing in particular in common (`Background.usual`); without it
        nearness says nothing.
        """
        if self.words >= SHARED_WORDS_MIN and self.share >= SHARE_STRONG:
            return True
        return self.nearness is not None and usual is not None and self.nearness - usual >= NEARER_STRONG


class Index:
    """Texts that may answer. They come one by one, their vectors later; no index is built anew for any of them."""

    def __init__(self, documents: Sequence[str] = (), vectors: Floats | None = None) -> None:
        """Index documents; `vectors`: a row for each, or None while they are not made yet."""
        self._texts = list(documents)
        self._words = Bm25(documents)
        self._pieces = Pieces(documents)
        self._vectors = _Vectors()
        self._gone: set[int] = set()
        if vectors is not None:
            for place, vector in enumerate(vectors):
                self._vectors.give(place, vector)

    def __len__(self) -> int:
        """Return how many documents came, those that are gone too."""
        return len(self._texts)

    def add(self, document: str, vector: Floats | None = None) -> int:
        """Index one more document; return its place."""
        self._texts.append(document)
        place = self._words.add(document)
        self._pieces.learn(document)
        if vector is not None:
            self._vectors.give(place, vector)
        return place

    def give(self, place: int, vector: Floats) -> None:
        """Give a document its vector."""
        self._vectors.give(place, vector)

    def forget(self, place: int) -> None:
        """Find a document no longer, and keep its text no longer."""
        self._gone.add(place)
        self._texts[place] = ""
        self._pieces.forget(place)

    def best(self, question: Question, most: int = NEAR) -> list[tuple[int, float]]:
        """Return the documents that answer best, with their scores; those that share nothing are left out."""
        words = self._words.scores(self._words.asked(question.text))
        nearness = None if question.vector is None else self._vectors.nearness(question.vector, len(self._texts))
        if self._gone:
            words[list(self._gone)] = -1
        places = self._chosen(words, nearness, max(NEAR, most))
        scores = self._fused(question, places, words[places], None if nearness is None else nearness[places])
        return [(int(places[at]), float(scores[at])) for at in best(scores, most) if scores[at] > 0]

    def against(self, place: int, questions: Sequence[Question]) -> Floats:
        """Return how well one document answers each of many questions: what a new one is held against."""
        document = self._texts[place]
        said = self._words.said(document)
        words = np.array([against(self._words.asked(question.text), said) for question in questions], np.float32)
        pieces = self._pieces.scores(document, [(each.text, each.text) for each in questions])
        vector = self._vectors.of(place)
        found: Floats = words + np.float32(PIECES_WEIGHT) * pieces
        if vector is not None:
            near = [0.0 if each.vector is None else _above(float(each.vector @ vector)) for each in questions]
            found = found + np.float32(VECTORS_WEIGHT) * np.array(near, np.float32)
        return found

    def vector(self, place: int) -> Floats | None:
        """Return a document's vector, if it was given one."""
        return self._vectors.of(place)

    def likeness(self, question: Question, place: int) -> Likeness:
        """Return how much of a question one document answers."""
        share, words = self._words.share(question.text, self._texts[place])
        vector = None if question.vector is None else self.vector(place)
        nearness = None if vector is None or question.vector is None else float(question.vector @ vector)
        return Likeness(share, words, nearness)

    def _chosen(self, words: Floats, nearness: Floats | None, most: int) -> Places:
        """Return whom to measure closely: everybody where they are few, else those with the best words or vectors."""
        if len(self._texts) <= WHOLE_MAX:
            return np.array([place for place in range(len(self._texts)) if place not in self._gone], np.int64)
        chosen = {int(place) for place in best(words, most) if words[place] > 0}
        if nearness is not None:
            chosen |= {int(place) for place in best(nearness, most) if nearness[place] > 0} - self._gone
        return np.array(sorted(chosen), np.int64)

    def _fused(self, question: Question, places: Places, words: Floats, nearness: Floats | None) -> Floats:
        near = self._pieces.scores(question.text, [(int(place), self._texts[place]) for place in places])
        found: Floats = words + np.float32(PIECES_WEIGHT) * near
        return found if nearness is None else found + np.float32(VECTORS_WEIGHT) * nearness


class _Vectors:
    """Vectors by place, in blocks: giving one never copies the others."""

    def __init__(self) -> None:
        self._blocks: dict[int, Floats] = {}

    def give(self, place: int, vector: Floats) -> None:
        number, at = divmod(place, VECTORS_BLOCK)
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = np.zeros((VECTORS_BLOCK, len(vector)), np.float32)
        block[at] = vector

    def of(self, place: int) -> Floats | None:
        block = self._blocks.get(place // VECTORS_BLOCK)
        vector = None if block is None else block[place % VECTORS_BLOCK]
        return vector if vector is not None and vector.any() else None

    def nearness(self, vector: Floats, size: int) -> Floats:
        found = np.zeros(size + VECTORS_BLOCK, np.float32)
        for number, block in self._blocks.items():
            start = number * VECTORS_BLOCK
            found[start : start + VECTORS_BLOCK] = np.maximum(0, block @ vector - np.float32(VECTORS_NOTHING))
        return found[:size]


def across(queries: Floats, documents: Floats) -> Floats:
    """Return the nearness of texts of two languages, each document held against how near it is to all questions.

    A text that is near everything is near nothing in particular (CSLS: Conneau and others 2018, section 2.3).
    """
    near = queries @ documents.T
    usual = np.sort(near, axis=0)[-HUBS:].mean(axis=0)
    found: Floats = (2 * near - usual[None]).astype(np.float32)
    return found


def recall(ranked: Sequence[Sequence[str]], wanted: Sequence[frozenset[str]], at: int) -> float:
    """Return in how many rankings one of the wanted is among the first `at`."""
    hits = sum(not good.isdisjoint(order[:at]) for order, good in zip(ranked, wanted, strict=True))
    return hits / len(wanted) if wanted else 0.0


def precision(order: Sequence[str], good: Callable[[str], bool], at: int = 10) -> float:
    """Return how many of the first `at` are good, of `at`: what analysts' votes say of one need."""
    return sum(good(one) for one in order[:at]) / at


def _above(cosine: float) -> float:
    return max(0.0, cosine - VECTORS_NOTHING)
