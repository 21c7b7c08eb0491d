"""What a text says: words, stems, language, and whether it was met before."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.innovation import texts
from necmergitur.innovation.constants import SIMHASH_NEAR_BITS, TEXT_CHARS_MAX
from necmergitur.innovation.pieces import pieces

NEED = (
    "La nuit, des personnes tombent dans la Seine et personne ne les voit : il faut repérer une chute dans l'eau en moins "
    "de trente secondes, sans filmer les quais, et prévenir les secours fluviaux avec un endroit précis. Les berges sont "
    "sombres, les bateaux passent, et les capteurs doivent tenir une crue."
)


def test_words_are_split_where_something_is_elided_or_compounded() -> None:
    assert texts.words("L'eau-de-vie, aujourd\u2019hui") == ["l", "eau", "de", "vie", "aujourd", "hui"]


def test_stems_leave_out_what_says_nothing_and_join_what_is_inflected() -> None:
    assert texts.stems("Les chutes dans l'eau") == texts.stems("la chute dans les eaux")
    assert texts.stems("The falls into water") == texts.stems("a fall into the waters")


@pytest.mark.parametrize(
    ("text", "language"),
    [(NEED, "fr"), ("People fall into the river at night and nobody sees them.", "en"), ("", "fr")],
)
def test_small_words_say_which_language_it_is(text: str, language: str) -> None:
    assert texts.language_of(text) == language


def test_accents_composed_or_not_are_the_same_word() -> None:
    assert texts.stems("de\u0301tection") == texts.stems("détection")


def test_pieces_mark_the_ends_of_a_word() -> None:
    assert pieces("crue") == [" cr", "cru", "rue", "ue ", " cru", "crue", "rue "]


def test_a_text_is_near_itself_with_a_word_changed_and_not_near_another() -> None:
    changed = NEED.replace("précis", "exact")
    other = "A bench for vendors: queues at gates of venues are counted by lidar and told to stewards before they grow long."
    assert texts.near(texts.simhash(NEED), texts.simhash(changed))
    assert texts.simhash(NEED) == texts.simhash(NEED.upper())
    assert not texts.near(texts.simhash(NEED), texts.simhash(other))


def test_the_nearest_of_many_is_found_or_nothing() -> None:
    hashes = np.array(
        [texts.simhash(f"{word} {NEED[:60]}") for word in ("pompe", "radar")] + [texts.simhash(NEED)], np.uint64
    )
    assert texts.nearest(texts.simhash(NEED + " Merci."), hashes) == 2
    assert texts.nearest(texts.simhash("Quelque chose de tout autre, qui ne parle de rien."), hashes) is None
    assert texts.nearest(1, np.zeros(0, np.uint64)) is None


@given(st.text(max_size=300))
def test_any_text_has_words_stems_and_a_number_of_64_bits(text: str) -> None:
    assert all(stem for stem in texts.stems(text))
    assert 0 <= texts.simhash(text) < 1 << 64
    assert texts.near(texts.simhash(text), texts.simhash(text))


def test_of_a_text_without_end_only_the_beginning_is_read() -> None:
    assert texts.words("a " * TEXT_CHARS_MAX) == ["a"] * (TEXT_CHARS_MAX // 2)


def test_texts_by_chance_are_never_near() -> None:
    rng = np.random.default_rng(7)
    hashes = [texts.simhash(" ".join(f"m{n}" for n in rng.integers(0, 5_000, 60))) for _ in range(300)]
    apart = [(one ^ other).bit_count() for place, one in enumerate(hashes) for other in hashes[:place]]
    assert min(apart) > SIMHASH_NEAR_BITS
