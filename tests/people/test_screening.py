"""What leads outside the relay is covered; ordinary words are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.people.screening import COVER, screen

COVERED = [
    ("Appelez-moi au 06 12 34 56 78", "phone"),
    ("mon num +33 6.12.34.56.78", "phone"),
    ("06-12-34-56-78 svp", "phone"),
    ("0.6.1.2.3.4.5.6.7.8", "phone"),
    ("\uff10\uff16 \uff11\uff12 \uff13\uff14 \uff15\uff16 \uff17\uff18", "phone"),
    (
        "0\ufe0f\u20e36\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e36\ufe0f\u20e37\ufe0f\u20e38",
        "phone",
    ),
    ("\u0660\u0666 \u0661\u0662 \u0663\u0664 \u0665\u0666 \u0667\u0668", "phone"),
    ("zéro six douze trente quatre cinquante", "phone"),
    ("call me +44 20 7946 0958", "phone"),
    ("je suis au 12 rue de Rivoli", "address"),
    ("12bis, avenue de la République", "address"),
    ("rue Oberkampf au 45", "address"),
    ("221B Baker Street", "address"),
    ("75011 Paris", "address"),
    ("digicode 45B12", "code"),
    ("le code est 1234A", "code"),
    ("helene@example.org", "email"),
    ("helene (at) example point org", "email"),
    ("https://t.me/helene", "link"),
    ("mon insta : helene_75", "link"),
    ("ajoute @helene75", "link"),
    ("48.8566, 2.3522", "place"),
    ("///daring.lion.race", "place"),
]
KEPT = [
    "J'arrive dans 10 minutes avec mes 2 enfants",
    "Je porte un manteau rouge et un sac bleu",
    "Nous sommes 4, dont un bébé de 8 mois",
    "I am at the meeting place, near the big tree",
    "Il est 23h45, je marche vite",
    "Merci infiniment, vous êtes gentils",
    "La rue est calme, j'attends devant la borne",
]


@pytest.mark.parametrize(("text", "kind"), COVERED)
def test_what_leads_to_somebody_is_covered(text: str, kind: str) -> None:
    shown = screen(text, "FR")
    assert kind in shown.covered, shown
    assert COVER in shown.text
    assert not sum(char.isdigit() for char in shown.text) > 2, shown.text


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_words_pass(text: str) -> None:
    assert screen(text, "FR") == (text, ())


@given(st.text(max_size=280))
def test_any_text_is_shown_on_one_safe_line_and_screening_again_changes_nothing(text: str) -> None:
    once = screen(text, "FR")
    assert "\n" not in once.text
    assert screen(once.text, "FR").text == once.text
