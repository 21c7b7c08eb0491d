"""A pasted post becomes a draft: what it says is read, what it does not say is asked."""

import pytest

from necmergitur.people.posts import Draft, read

POSTS = [
    ("#portesouvertes 11e 3 places", Draft("offer", 11, 3)),
    ("#PorteOuverte Paris 10ème, un lit, métro Goncourt", Draft("offer", 10, 1)),
    ("#portesouvertes 75011 deux couchages, chats ok, pas d'enfants", Draft("offer", 11, 2, animals=True)),
    ("#opendoor 3rd, sofa for two people, English spoken, no pets", Draft("offer", 3, 2, languages=("en",))),
    ("#PortesOuvertes femmes uniquement, 18e, 2 pers", Draft("offer", 18, 2, women_only=True)),
    ("#chercheabri on est 4 avec un bébé, 20e", Draft("ask", 20, 4, children=True)),
    ("bonjour, cherche un toit pour 2 personnes, fauteuil roulant, 12e", Draft("ask", 12, 2, wheelchair=True)),
    ("#portesouvertes 500 places", Draft("offer")),
    ("bonne nuit à tous", Draft("")),
    ("", Draft("")),
]


@pytest.mark.parametrize(("text", "draft"), POSTS)
def test_a_post_is_read(text: str, draft: Draft) -> None:
    assert read(text) == draft


def test_names_numbers_and_addresses_of_a_post_are_not_taken() -> None:
    draft = read("#portesouvertes 11e 3 places chez Hélène, 12 rue Oberkampf, 0612345678")
    assert draft == Draft("offer", 11, 3)


def test_a_giant_post_is_read_to_its_bound() -> None:
    assert read("#portesouvertes " + "x" * 1_000_000 + " 3 places") == Draft("offer")
