"""The small model of many languages, as it comes with its package."""

import numpy as np
import pytest

from necmergitur.adapters import embedding
from necmergitur.adapters.embedding import E5


class Rows:
    """Texts as somebody keeps them."""

    def __init__(self, *texts: str) -> None:
        self.texts = dict(enumerate(texts))
        self.vectors: dict[int, bytes] = {}

    def without_vector(self, most: int) -> list[tuple[int, str]]:
        return [(row, text) for row, text in self.texts.items() if row not in self.vectors][:most]

    def keep_vector(self, row: int, vector: bytes) -> None:
        self.vectors[row] = vector


@pytest.fixture(scope="module")
def model() -> E5:
    return E5()


def test_a_french_need_is_nearest_to_the_english_lead_that_answers_it(model: E5) -> None:
    needs = model.queries(
        ["Repérer une personne tombée dans le fleuve la nuit", "Compter les gens à l'entrée d'un stade"]
    )
    leads = model.passages(
        ["Queues at stadium gates are counted by lidar", "Thermal cameras see swimmers in dark water"]
    )
    assert (needs @ leads.T).argmax(axis=1).tolist() == [1, 0]


def test_texts_without_a_vector_get_one_a_few_at_a_time(model: E5) -> None:
    rows = Rows("une pompe", "", "a pump " * 500)
    assert [embedding.embed_missing(rows, model, 2) for _ in range(3)] == [2, 1, 0]
    assert {len(stored) for stored in rows.vectors.values()} == {2 * embedding.DIMENSIONS}


def test_a_stored_vector_comes_back_with_length_one(model: E5) -> None:
    made = model.passages(["une pompe"])[0]
    back = embedding.unpacked(embedding.packed(made))
    assert float(np.linalg.norm(back)) == pytest.approx(1, abs=1e-5)
    assert float(back @ made) > 0.9999


@pytest.mark.parametrize("stored", [b"", b"\x00" * 768, b"\x01" * 100, b"\xff\x7f" * 384])
def test_bytes_that_are_no_vector_are_refused(stored: bytes) -> None:
    with pytest.raises(ValueError):
        embedding.unpacked(stored)


def test_no_texts_are_no_vectors(model: E5) -> None:
    assert model.passages([]).shape == (0, embedding.DIMENSIONS)
