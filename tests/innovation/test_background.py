"""What is usual, measured on the themes themselves: none is left out, as a city's need of that theme is not."""

import numpy as np
import pytest

from necmergitur.adapters.embedding import E5
from necmergitur.innovation.background import LANGUAGES, Background, background, embedded, themes
from necmergitur.innovation.constants import NEARER_ALIKE, NEARER_STRONG
from necmergitur.innovation.lexical import Floats


@pytest.fixture(scope="module")
def made() -> Floats:
    return embedded(E5())


def test_each_theme_is_told_four_times_in_different_words() -> None:
    told = themes()
    texts = [text for theme in told for text in (*theme.needs.values(), *theme.leads.values())]
    assert len(told) == 32 and len(set(texts)) == 128 and all(texts)


def test_the_vectors_that_come_with_the_package_are_those_of_its_themes_and_model(made: Floats) -> None:
    """Else: `python -m necmergitur.app.themes`."""
    needs, leads = background()._needs, background()._leads
    come = np.stack([[rows[of] for of in LANGUAGES] for rows in (needs, leads)])
    assert come.shape == made.shape
    assert np.abs(come - made).max() < 2e-3  # half precision, and another processor's rounding


def test_a_text_of_another_language_is_held_against_the_last() -> None:
    needs, leads = np.eye(4, dtype=np.float32)[:2], np.eye(4, dtype=np.float32)[2:]
    small = Background(np.stack([needs[:, None], leads[:, None]]))
    question, text = np.array([0, 0, 0.25, 0.75]), np.array([0.5, 0.125, 0, 0])
    assert small.usual(question, "fr", text, "fr") == pytest.approx((0.25 + 0.5) / 2)
    assert small.usual(question, "fr", text, "de") == pytest.approx((0.75 + 0.5) / 2)
    assert small.usual(question, "nl", text, "de") == pytest.approx((0.75 + 0.125) / 2)


def test_half_of_the_right_pairs_are_nearer_than_usual_and_hardly_any_wrong_one(made: Floats) -> None:
    (questions, texts), usual = made, background().usual
    right, wrong = [], []
    for asked_in, asked in zip(LANGUAGES, questions, strict=True):
        for told_in, told in zip(LANGUAGES, texts, strict=True):
            for number, question in enumerate(asked):
                nearer = [float(question @ text) - usual(question, asked_in, text, told_in) for text in told]
                right.append(nearer.pop(number) >= NEARER_STRONG)
                wrong += [one >= NEARER_STRONG for one in nearer]
    assert np.mean(right) > 0.5
    assert np.mean(wrong) < 0.02


def test_needs_told_in_two_languages_are_alike_and_hardly_any_others(made: Floats) -> None:
    french, english = made[0]
    usual = background().usual_of_questions
    nearer = np.array([[one @ other - usual(one, "fr", other, "en") for other in english] for one in french])
    same = np.eye(len(french), dtype=bool)
    assert (nearer[same] >= NEARER_ALIKE).mean() > 0.8
    assert (nearer[~same] >= NEARER_ALIKE).mean() < 0.005
