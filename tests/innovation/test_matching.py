"""Leads to needs: words, pieces and vectors, texts that come and go."""

import numpy as np
import pytest

from necmergitur.innovation import matching
from necmergitur.innovation.constants import VECTORS_BLOCK, WHOLE_MAX
from necmergitur.innovation.lexical import Bm25
from necmergitur.innovation.matching import Index, Question

LEADS = (
    "Un radar mesure la hauteur de l'eau sous les ponts et annonce la crue deux jours avant.",
    "Des lampadaires s'allument au passage des piétons et s'éteignent derrière eux.",
    "Lidar counts how dense a crowd is on a platform, without a picture of anybody.",
)


def vector(*parts: float) -> np.ndarray:
    made = np.array(parts, np.float32)
    return made / np.linalg.norm(made)


def test_words_find_what_answers() -> None:
    assert Index(LEADS).best(Question("prévoir les crues"), 1)[0][0] == 0


def test_pieces_find_what_stems_miss() -> None:
    found = Index(LEADS).best(Question("éclairage du lampadère piétonnier"), 1)
    assert found[0][0] == 1


def test_vectors_find_what_shares_no_word_and_their_want_hides_nothing() -> None:
    index = Index([f"rien de tel {n}" for n in range(WHOLE_MAX + 1)])
    question = Question("Compter une foule sur un quai", vector(1, 0.1))
    place = index.add(LEADS[2])
    assert place not in [found for found, _ in index.best(question, 10)]
    index.give(place, vector(1, 0))
    assert index.best(question, 10)[0][0] == place


def test_a_lead_added_later_is_found_at_once_and_forgotten_when_it_goes() -> None:
    index = Index(LEADS[:1])
    place = index.add(LEADS[1])
    assert index.best(Question("lampadaires"), 5)[0][0] == place
    index.forget(place)
    assert place not in [found for found, _ in index.best(Question("lampadaires"), 5)]
    assert len(index) == 2


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Index().best(Question("crue")) == []


def test_a_new_lead_is_held_against_every_need_and_scores_as_if_asked() -> None:
    index = Index(LEADS)
    needs = [Question("Prévoir les crues de la Seine"), Question("Éclairer moins la nuit"), Question("xyz")]
    place = index.add("Une sonde prévoit la crue et prévient les riverains de la Seine.")
    held = index.against(place, needs)
    assert held.argmax() == 0 and held.shape == (3,)
    asked = dict(index.best(needs[0]))
    assert held[0] == pytest.approx(asked[place], rel=0.01)


def test_needs_that_change_are_held_against_as_they_are_now() -> None:
    index = Index(LEADS)
    flood, light = Question("prévoir la crue"), Question("allumer les lampadaires")
    assert index.against(0, [flood, light]).argmax() == 0
    assert index.against(0, [light, flood]).argmax() == 1


def test_vectors_of_a_new_lead_count_beside_its_words() -> None:
    index = Index(LEADS)
    needs = [Question("un", vector(1, 0)), Question("deux", vector(0, 1)), Question("trois")]
    place = index.add("Something else entirely", vector(0.1, 1))
    assert index.against(place, needs).argmax() == 1


def test_vectors_in_later_blocks_are_found_where_they_belong() -> None:
    index = Index(["vide"] * (VECTORS_BLOCK + 5))
    index.give(VECTORS_BLOCK + 3, vector(1, 0))
    assert index.best(Question("autre", vector(1, 0)), 3)[0][0] == VECTORS_BLOCK + 3


def test_a_text_near_everything_is_near_nothing_in_particular() -> None:
    queries = np.array([vector(1, 0, 0.6), vector(0, 1, 0.6)])
    documents = np.array([vector(1, 0, 0.2), vector(0.2, 1, 0.2), vector(0.4, 0.4, 1)])
    assert matching.across(queries, documents).argmax(axis=1).tolist() == [0, 1]


def test_recall_and_precision_count_what_was_wanted() -> None:
    ranked, wanted = [["a", "b"], ["c", "d"]], [frozenset("b"), frozenset("c")]
    assert matching.recall(ranked, wanted, 1) == 0.5
    assert matching.recall(ranked, wanted, 2) == 1
    assert matching.recall([], [], 1) == 0
    assert matching.precision(["a", "b", "c"], {"a", "c"}.__contains__) == pytest.approx(0.2)


def test_one_common_word_of_a_question_is_weak_though_nothing_else_was_found() -> None:
    index = Index(LEADS)
    question = Question("Une personne tombe dans le fleuve la nuit, un passage que nul sauveteur ne voit.")
    place, _ = index.best(question, 1)[0]
    assert not index.likeness(question, place).is_strong()
    flood = Question("Annoncer la crue deux jours avant, mesurer la hauteur sous les ponts")
    assert index.likeness(flood, 0).is_strong()
    assert not index.likeness(flood, 1).is_strong()


def test_what_is_nearer_than_usual_by_meaning_is_strong_without_a_word_in_common() -> None:
    index = Index(["alpha beta"])
    index.give(0, vector(1, 0.1))
    for aside, strong in ((0.1, True), (1.0, False)):
        likeness = index.likeness(Question("gamma", vector(1, aside)), 0)
        assert likeness.is_strong(0.9) is strong
        assert not likeness.is_strong(), "a cosine alone says nothing"
    assert not index.likeness(Question("gamma"), 0).is_strong(0.1)


def test_a_long_question_need_not_be_said_whole() -> None:
    words = Bm25(LEADS)
    usual, long = (
        words.share("radar hauteur eau ponts crue " + " ".join(f"mot{n}" for n in range(more)), LEADS[0])
        for more in (25, 95)
    )
    assert usual[1] == long[1] == 5
    assert long[0] > 0.8 * usual[0]
