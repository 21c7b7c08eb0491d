"""BM25 beside its formula, and beside itself when texts come one by one."""

import math

import numpy as np
import pytest

from necmergitur.innovation import texts
from necmergitur.innovation.constants import BM25_B, BM25_K1, OPEN_MAX
from necmergitur.innovation.lexical import Bm25, Tfidf, against, best

DOCUMENTS = ("pompe pompe crue", "crue barrage niveau eau", "foule densité quai", "")


def split(text: str) -> list[str]:
    return text.split()


def by_the_book(query: str, documents: tuple[str, ...]) -> list[float]:
    parts = [document.split() for document in documents]
    usual = sum(map(len, parts)) / len(parts)
    rarity = {}
    for word in query.split():
        held = sum(word in part for part in parts)
        if held:
            rarity[word] = math.log(1 + (len(parts) - held + 0.5) / (held + 0.5))
    most = sum(rarity.values()) * (BM25_K1 + 1)
    return [
        sum(
            rarity[word]
            * part.count(word)
            * (BM25_K1 + 1)
            / (part.count(word) + BM25_K1 * (1 - BM25_B + BM25_B * len(part) / usual))
            for word in rarity
        )
        / most
        for part in parts
    ]


def test_scores_are_the_books_as_a_part_of_the_best_there_could_be() -> None:
    index = Bm25(DOCUMENTS, split)
    found = index.scores(index.asked("pompe crue inconnu"))
    assert found == pytest.approx(by_the_book("pompe crue inconnu", DOCUMENTS), rel=1e-5)


def test_texts_that_come_one_by_one_are_found_as_if_they_had_been_there() -> None:
    rng = np.random.default_rng(3)
    documents = [" ".join(f"m{n}" for n in rng.zipf(1.4, 12) if n < 500) for _ in range(2 * OPEN_MAX + 30)]
    whole = Bm25(documents, split)
    grown = Bm25(documents[:100], split)
    places = [grown.add(document) for document in documents[100:]]
    assert places == list(range(100, len(documents))) and len(grown) == len(documents)
    asked = grown.asked("m2 m7 m31")
    assert asked == pytest.approx(whole.asked("m2 m7 m31"))
    assert grown.scores(asked) == pytest.approx(whole.scores(asked), abs=0.02)  # lengths are judged as they come


def test_one_text_held_against_a_question_scores_what_the_index_says() -> None:
    index = Bm25(DOCUMENTS, split)
    asked = index.asked("crue eau")
    assert against(asked, index.said(DOCUMENTS[1])) == pytest.approx(float(index.scores(asked)[1]), rel=1e-5)


def test_a_question_of_unknown_words_finds_nothing() -> None:
    index = Bm25(DOCUMENTS)
    assert not index.scores(index.asked("zzz")).any()
    assert len(Bm25().scores({})) == 0


def test_a_word_said_a_hundred_times_counts_as_said_thrice() -> None:
    index = Bm25(DOCUMENTS, split)
    assert index.asked("crue " * 100) == index.asked("crue crue crue")


def test_ties_are_broken_by_place() -> None:
    assert best(np.array([1, 2, 2, 0, 2], np.float32), 2).tolist() == [1, 2]
    assert best(np.array([1, 2], np.float32), 5).tolist() == [1, 0]
    assert best(np.zeros(0, np.float32), 5).tolist() == []


def test_vectors_of_words_have_length_one_and_nothing_has_none() -> None:
    vectors = Tfidf(["pompe crue", "crue crue", "le la"], texts.stems).vectors
    assert np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel() == pytest.approx([1, 1, 0])
